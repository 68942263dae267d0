//! Elementwise functions of one input: the rescale rule.

use pellucid_graph::Wire;

use super::context::{Context, Nonlinearity};
use super::reveal;
use crate::gradient::{self, Flows};
use crate::{Pull, Result};

/// Steps, which have no gradient but a difference.
pub(super) const STEPS: &[&str] = &["Sign", "Floor", "Ceil", "Round"];

/// The multiplier by the variant that is set, or by rescale where the other doesn't apply.
pub(super) fn nonlinear(c: &Context, p: &mut Pull) -> Result<Flows> {
    c.only_data(p, |i| i == 0)?;
    if c.settings.nonlinearity != Nonlinearity::Rescale
        && p.node.op != "Neg"
        && let Some(flows) = reveal::reveal_cancel(c, p)?
    {
        return Ok(flows);
    }
    let dx = rescaled(c, p)?;
    Ok(p.only(dx))
}

/// `m (y - y') / (x - x')`, the gradient where `x` is `x'`.
pub(super) fn rescaled(c: &Context, p: &mut Pull) -> Result<Wire> {
    let (x, y, m) = (p.x(0)?, p.y()?, p.g()?);
    let at_baseline = c.twin.reference(y);
    match p.node.op.as_str() {
        "Neg" => return Ok(p.b.neg(m)?),
        // Quotients that need no difference of nearly equal numbers: -1 / (x x') and 1 / (y + y').
        "Reciprocal" => {
            let d = p.b.mul(y, at_baseline)?;
            let d = p.b.mul(m, d)?;
            return Ok(p.b.neg(d)?);
        }
        "Sqrt" => return root(p, m, y, at_baseline),
        _ => {}
    }
    let otherwise = derivative(p)?;
    let d = c.difference(p, x)?;
    let dy = p.b.sub(y, at_baseline)?;
    let flow = p.b.mul(m, dy)?;
    c.per_unit(p, flow, d, otherwise)
}

/// Zero where both roots are: there is nothing to share.
fn root(p: &mut Pull, m: Wire, y: Wire, at_baseline: Wire) -> Result<Wire> {
    let sum = p.b.add(y, at_baseline)?;
    let on = p.b.above(sum, 0.0)?;
    let one = p.b.scalar(1.0, sum)?;
    let sum = p.b.select(on, sum, one)?;
    let dx = p.b.div(m, sum)?;
    Ok(p.b.keep_where(on, dx)?)
}

/// The gradient's flow to the first input; zeros for steps.
pub(super) fn derivative(p: &mut Pull) -> Result<Wire> {
    let flow = gradient::adjoint(p)?.into_iter().next().flatten();
    match flow {
        Some(flow) => Ok(flow),
        None => {
            let x = p.x(0)?;
            let (dtype, shape) = (p.dtype(x)?, p.shape(x)?);
            Ok(p.b.zeros(dtype, &shape)?)
        }
    }
}
