//! Quotients of differences, with the derivative where the difference vanishes.

use pellucid_graph::{DType, Wire};

use crate::{Pull, Result};

/// `flow / d` where `|d| >= threshold`, `otherwise` elsewhere, also where `d` isn't a number (two infinities of one sign). The threshold is
/// at least the smallest normal number of the type. All of one shape, or broadcasting to that of `flow`.
pub(crate) fn per_unit(p: &mut Pull, flow: Wire, d: Wire, otherwise: Wire, threshold: f64) -> Result<Wire> {
    let limit = p.b.scalar(threshold.max(smallest(p.dtype(d)?)), d)?;
    let size = p.b.abs(d)?;
    let far = p.b.greater_or_equal(size, limit)?;
    let one = p.b.scalar(1.0, d)?;
    // A denominator of 1 rather than a masked quotient: 0 / 0 never arises.
    let d = p.b.select(far, d, one)?;
    let quotient = p.b.div(flow, d)?;
    Ok(p.b.select(far, quotient, otherwise)?)
}

/// The smallest normal number: smaller thresholds would be rounded to zero.
fn smallest(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 6.2e-5,
        DType::F64 => f64::MIN_POSITIVE,
        _ => f64::from(f32::MIN_POSITIVE),
    }
}
