//! The RevealCancel rule: what raises a unit's input and what lowers it are valued apart, so that neither hides behind the other.

use pellucid_graph::Wire;
use pellucid_graph::op::{self, Role};

use super::context::{Context, Nonlinearity};
use super::nonlinear::rescaled;
use crate::gradient::Flows;
use crate::relevance::{Operator, below};
use crate::slope::per_unit;
use crate::{Pull, Result};

/// Below this size a part of the difference is no basis for a multiplier: its own is then that of the whole difference.
const LEAST_PART: f64 = 1e-7;

/// Operators that are dense.
const DENSE: &[&str] = &["Gemm", "MatMul", "Linear"];

/// The two parts of a difference, or of what flows back to them.
#[derive(Clone, Copy)]
struct Parts {
    up: Wire,
    down: Wire,
}

/// Multipliers of the data of the linear node before this nonlinearity, sent past it; nothing is left for the nonlinearity's own input.
/// `None` where there is no such node, and where the input between the two is asked for itself.
pub(super) fn reveal_cancel(c: &Context, p: &mut Pull) -> Result<Option<Flows>> {
    let Some(before) = linear_before(c, p)? else { return Ok(None) };
    let z = p.x(0)?;
    let dense = DENSE.contains(&p.b.graph.nodes()[before].op.as_str());
    if c.settings.nonlinearity == Nonlinearity::RevealCancelBehindDense && !dense {
        return Ok(None);
    }
    let mut linear = Pull::new(p.b.graph, before, vec![], vec![]);
    let Some(operator) = Operator::of(&mut linear)?.filter(|o| c.twin.differs(o.x)) else { return Ok(None) };
    let d = c.difference(&mut linear, operator.x)?;
    let parts = contributions(&mut linear, &operator, d, z)?;
    // The operands as they are used: factors of the node are taken in.
    let node = linear.node;
    let m = multipliers(c, p, parts)?;
    let mut linear = Pull { node, ..Pull::new(p.b.graph, before, vec![], vec![]) };
    let flow = shared_back(&mut linear, &operator, d, m)?;
    p.send(operator.x, flow);
    Ok(Some(vec![None; p.node.inputs.len()]))
}

/// Index of the linear node that makes the node's input, perhaps with a constant added to it.
fn linear_before(c: &Context, p: &Pull) -> Result<Option<usize>> {
    let mut wire = p.x(0)?;
    for _ in 0..2 {
        if c.sources.contains(&wire) {
            return Ok(None);
        }
        let Some(index) = p.b.graph.info(wire).producer else { return Ok(None) };
        let node = &p.b.graph.nodes()[index];
        if op::find(&node.op).is_some_and(|o| o.role == Role::Linear) {
            return Ok(Some(index));
        }
        let varying: Vec<Wire> = node.inputs.iter().flatten().copied().filter(|w| c.twin.differs(*w)).collect();
        match (node.op.as_str(), &varying[..]) {
            ("Add", [only]) => wire = *only,
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// The positive and the negative contributions to the difference of the linear node's output, of the shape of `z`.
fn contributions(p: &mut Pull, o: &Operator, d: Wire, z: Wire) -> Result<Parts> {
    let (d_up, d_down) = (p.b.relu(d)?, below(p, d)?);
    let (w_up, w_down) = (p.b.relu(o.w)?, below(p, o.w)?);
    let shape = p.shape(z)?;
    let mut sum = |pairs: [(Wire, Wire); 2]| -> Result<Wire> {
        let a = o.forward(p, pairs[0].0, pairs[0].1, None)?;
        let b = o.forward(p, pairs[1].0, pairs[1].1, None)?;
        let sum = p.b.add(a, b)?;
        Ok(p.b.expand(sum, &shape)?)
    };
    Ok(Parts { up: sum([(d_up, w_up), (d_down, w_down)])?, down: sum([(d_up, w_down), (d_down, w_up)])? })
}

/// `y+ = 1/2 [f(z' + d+) - f(z') + f(z) - f(z' + d-)]` per `d+`, and `y-` likewise, times what flows back to `y`.
fn multipliers(c: &Context, p: &mut Pull, d: Parts) -> Result<Parts> {
    let (y, m) = (p.y()?, p.g()?);
    let y_baseline = c.twin.reference(y);
    let (f_up, f_down) = (moved(c, p, d.up)?, moved(c, p, d.down)?);
    let whole = p.b.sub(y, y_baseline)?;
    let apart = p.b.sub(f_up, f_down)?;
    let otherwise = rescaled(c, p)?;
    let mut per = |sign: f64, part: Wire| -> Result<Wire> {
        let swing = p.b.scale(apart, sign)?;
        let made = p.b.add(whole, swing)?;
        let made = p.b.scale(made, 0.5)?;
        let flow = p.b.mul(m, made)?;
        per_unit(p, flow, part, otherwise, LEAST_PART)
    };
    Ok(Parts { up: per(1.0, d.up)?, down: per(-1.0, d.down)? })
}

/// The nonlinearity at its baseline moved by a part of the difference.
fn moved(c: &Context, p: &mut Pull, part: Wire) -> Result<Wire> {
    let z_baseline = c.twin.reference(p.x(0)?);
    let mut inputs = p.node.inputs.clone();
    inputs[0] = Some(p.b.add(z_baseline, part)?);
    let (op, attrs) = (p.node.op.clone(), p.node.attrs.clone());
    let out = p.b.op_many(&op, &inputs, attrs, 1)?;
    out.first().copied().ok_or_else(|| p.refuse("it gives nothing"))
}

/// Back to the linear node's data: an element whose difference raises a unit takes the multiplier of the positive part there, one that
/// lowers it that of the negative part, one without a difference their mean.
fn shared_back(p: &mut Pull, o: &Operator, d: Wire, m: Parts) -> Result<Wire> {
    let y = p.y()?;
    let shape = p.shape(y)?;
    let m = Parts { up: p.b.sum_to(m.up, &shape)?, down: p.b.sum_to(m.down, &shape)? };
    let (w_up, w_down) = (p.b.relu(o.w)?, below(p, o.w)?);
    let mut both = |up: Wire, down: Wire| -> Result<Wire> {
        let a = o.back(p, m.up, up)?;
        let b = o.back(p, m.down, down)?;
        Ok(p.b.add(a, b)?)
    };
    let (raised, lowered) = (both(w_up, w_down)?, both(w_down, w_up)?);
    let mean = p.b.add(raised, lowered)?;
    let mean = p.b.scale(mean, 0.5)?;
    let zero = p.b.scalar(0.0, d)?;
    let (positive, negative) = (p.b.greater(d, zero)?, p.b.less(d, zero)?);
    let rest = p.b.select(negative, lowered, mean)?;
    Ok(p.b.select(positive, raised, rest)?)
}
