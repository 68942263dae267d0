//! Operators that are linear in their data: multipliers are gradients.

use pellucid_graph::Wire;

use super::context::Context;
use super::operands::is_data;
use crate::gradient::{self, Flows};
use crate::{Pull, Result};

/// The gradient; offsets drop out of differences.
pub(super) fn linear(c: &Context, p: &mut Pull) -> Result<Flows> {
    let op = p.node.op.clone();
    c.only_data(p, |i| is_data(&op, i))?;
    gradient::adjoint(p)
}

/// `Where`: with a condition that differs between input and baseline, each operand counts half where it is taken in one of them only. What
/// the change of the condition itself puts in is left out.
pub(super) fn select(c: &Context, p: &mut Pull) -> Result<Flows> {
    if !c.differs(p, 0) {
        return linear(c, p);
    }
    let g = p.g()?;
    let mut inputs = p.node.inputs.clone();
    inputs[0] = inputs[0].map(|w| c.twin.reference(w));
    let outputs = p.node.outputs.clone();
    let here = gradient::adjoint(p)?;
    let there = p.adjoint_at(inputs, outputs, vec![Some(g)])?;
    here.into_iter().zip(there).map(|(a, b)| half_sum(p, a, b)).collect()
}

/// `(a + b) / 2`.
fn half_sum(p: &mut Pull, a: Option<Wire>, b: Option<Wire>) -> Result<Option<Wire>> {
    match (a, b) {
        (Some(a), Some(b)) => {
            let sum = p.b.add(a, b)?;
            Ok(Some(p.b.scale(sum, 0.5)?))
        }
        _ => Ok(None),
    }
}
