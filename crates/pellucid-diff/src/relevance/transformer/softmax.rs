//! The softmax of attention as a linear map at its input.

use pellucid_graph::Wire;

use crate::gradient::norm::softmax_axis;
use crate::{Pull, Result, Rule};

/// `R_x = x (R - s sum R)`: the gradient times the input; what the softmax has at zero is absorbed, so relevance isn't kept. A masked
/// position (minus infinity) gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax;

impl Rule for Softmax {
    fn id(&self) -> &'static str {
        "lrp-softmax"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let (x, s, r) = (p.x(0)?, p.y()?, p.g()?);
        let axis = softmax_axis(p, s)?;
        let total = p.b.sum(r, &[axis], true)?;
        let share = p.b.mul(s, total)?;
        let d = p.b.sub(r, share)?;
        let open = p.b.above(s, 0.0)?;
        let zero = p.b.scalar(0.0, x)?;
        let x = p.b.select(open, x, zero)?;
        let dx = p.b.mul(x, d)?;
        Ok(p.only(dx))
    }
}
