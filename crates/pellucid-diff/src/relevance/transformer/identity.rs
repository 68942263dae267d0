//! Activations as scalings.

use pellucid_graph::Wire;

use crate::slope::per_unit;
use crate::{Pull, Result, Rule, gradient};

/// `m_x = m_y f(x) / x`, the derivative at 0, for functions that are 0 at 0; relevance passes unchanged. Clips that don't hold 0, and powers
/// that aren't 0 there, hand nothing on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity;

impl Rule for Identity {
    fn id(&self) -> &'static str {
        "lrp-identity"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let nothing = vec![None; p.node.inputs.len()];
        if !p.wants(0) || !zero_at_zero(p) {
            return Ok(nothing);
        }
        let (x, y, m) = (p.x(0)?, p.y()?, p.g()?);
        p.wants.iter_mut().skip(1).for_each(|w| *w = false);
        let otherwise = if p.node.op == "Sqrt" {
            // Its slope at 0 is infinite, the relevance there is 0.
            p.b.scalar(0.0, x)?
        } else {
            gradient::adjoint(p)?.into_iter().next().flatten().ok_or_else(|| p.refuse("it has no derivative"))?
        };
        let flow = p.b.mul(m, y)?;
        let dx = per_unit(p, flow, x, otherwise, 0.0)?;
        Ok(p.only(dx))
    }
}

/// Whether the function is 0 at 0, as far as its parameters decide that.
fn zero_at_zero(p: &Pull) -> bool {
    let bound = |i: usize| p.constant(i).map(|t| t.to_f64().first().copied().unwrap_or(0.0));
    match p.node.op.as_str() {
        "Clip" => {
            let known = |i: usize| p.input(i).is_none() || p.constant(i).is_some();
            known(1) && known(2) && bound(1).is_none_or(|low| low <= 0.0) && bound(2).is_none_or(|high| high >= 0.0)
        }
        "Pow" => bound(1).is_some_and(|exponent| exponent > 0.0),
        _ => true,
    }
}
