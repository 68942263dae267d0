//! Relevance per unit of a sum, `R / (z + epsilon sign(z))`.

use pellucid_graph::{DType, Wire};

use crate::{Pull, Result};

/// Stabiliser of the rules that have no epsilon of their own.
pub(super) const STABILISER: f64 = 1e-6;

/// What an epsilon of 0 stands for: far below any sum that matters, and above zero, so that nothing divides by zero.
const TINY: f64 = 1e-12;

/// The smallest normal half: a smaller epsilon would be lost or rounded to zero.
const LEAST_HALF: f64 = 6.2e-5;

/// `r / (z + epsilon sign(z))` with `sign(0) = 1`, zero where `r` is zero. Both have the same shape.
pub(super) fn quotient(p: &mut Pull, r: Wire, z: Wire, epsilon: f64) -> Result<Wire> {
    let d = stabilised(p, z, epsilon)?;
    let zero = p.b.scalar(0.0, r)?;
    let idle = p.b.equal(r, zero)?;
    let one = p.b.scalar(1.0, d)?;
    // A denominator of 1 rather than a masked quotient: 0 / NaN and 0 / inf never arise.
    let d = p.b.select(idle, one, d)?;
    Ok(p.b.div(r, d)?)
}

fn stabilised(p: &mut Pull, z: Wire, epsilon: f64) -> Result<Wire> {
    let least = if p.dtype(z)? == DType::F16 { LEAST_HALF } else { TINY };
    let epsilon = epsilon.max(least);
    let zero = p.b.scalar(0.0, z)?;
    let negative = p.b.less(z, zero)?;
    let (up, down) = (p.b.shift(z, epsilon)?, p.b.shift(z, -epsilon)?);
    Ok(p.b.select(negative, down, up)?)
}
