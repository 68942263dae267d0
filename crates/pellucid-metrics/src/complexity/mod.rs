//! How few positions a map needs. A map can be simple and wrong: read these beside faithfulness.

pub mod complexity_entropy;
pub mod effective_complexity;
pub mod sparseness_gini;

use crate::error::finite;
use crate::undefined::{Outcome, Undefined};

/// Absolute values divided by the largest, so that the scale of a map doesn't matter, however tiny or huge.
pub(crate) fn relative(attribution: &[f64]) -> Outcome<Vec<f64>> {
    finite(attribution)?;
    let largest = attribution.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return Err(Undefined::ZeroTotalRelevance);
    }
    Ok(attribution.iter().map(|v| v.abs() / largest).collect())
}
