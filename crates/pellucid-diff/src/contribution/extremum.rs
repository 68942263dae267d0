//! Maxima and minima: the winner at the input and the winner at the baseline share the difference.

use pellucid_graph::Wire;

use super::context::Context;
use super::operands::is_data;
use crate::gradient::{self, Flows};
use crate::{Pull, Result};

/// With `c = max(y, y')` the winner at the input gets `c - y'`, the winner at the baseline `y - c`; one of the two is zero, and the other
/// winner's own difference isn't. Contributions of overlapping windows are added before they are divided by the difference. For minima
/// `c = min(y, y')`.
pub(super) fn extremum(c: &Context, p: &mut Pull) -> Result<Flows> {
    let (y, m, op) = (p.y()?, p.g()?, p.node.op.clone());
    c.only_data(p, |i| is_data(&op, i))?;
    if op == "TopK" {
        single(p, y)?;
    }
    let at_baseline = c.twin.reference(y);
    let least = op == "Min" || op == "ReduceMin" || (op == "TopK" && p.int("largest", 1) == 0);
    let top = if least { p.b.min(y, at_baseline)? } else { p.b.max(y, at_baseline)? };
    let gain = p.b.sub(top, at_baseline)?;
    let gain = p.b.mul(m, gain)?;
    let loss = p.b.sub(y, top)?;
    let loss = p.b.mul(m, loss)?;
    let (inputs, outputs) = (p.node.inputs.clone(), p.node.outputs.clone());
    let (inputs2, outputs2) = (c.references(&inputs), c.references(&outputs));
    let won = p.adjoint_at(inputs.clone(), outputs, first(p, gain))?;
    let lost = p.adjoint_at(inputs2, outputs2, first(p, loss))?;
    let plain = gradient::adjoint(p)?;
    let mut out = vec![None; inputs.len()];
    for (i, x) in inputs.into_iter().enumerate() {
        let flows = (won.get(i).copied().flatten(), lost.get(i).copied().flatten(), plain.get(i).copied().flatten());
        if let (Some(x), (Some(won), Some(lost), Some(plain))) = (x, flows) {
            let sum = p.b.add(won, lost)?;
            let d = c.difference(p, x)?;
            out[i] = Some(c.per_unit(p, sum, d, plain)?);
        }
    }
    Ok(out)
}

/// A flow into the first of the node's outputs.
fn first(p: &Pull, flow: Wire) -> Flows {
    let mut out = vec![None; p.node.outputs.len().max(1)];
    out[0] = Some(flow);
    out
}

/// The largest of many is a maximum; of several, the ranks of elements change places between input and baseline.
fn single(p: &Pull, y: Wire) -> Result<()> {
    let shape = p.shape(y)?;
    let axis = p.axis(p.int("axis", -1), shape.len())?;
    if shape[axis] == 1 { Ok(()) } else { Err(p.refuse("the largest elements have a rule only for `k` of 1")) }
}
