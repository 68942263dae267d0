//! Quality of counterfactuals: inputs near the original that get another class.

pub mod diversity;
pub mod im1;
pub mod im2;
pub mod image_similarity;
pub mod plausibility;
pub mod proximity;
pub mod sparsity;
pub mod validity;

use crate::error::{Result, finite, same_len};
use crate::model::Rows;
use crate::undefined::{Outcome, Undefined};

/// Inputs and counterfactuals of one shape.
fn paired(x: Rows, counterfactuals: Rows) -> Result<Outcome<()>> {
    same_len("width of the counterfactuals", x.width, counterfactuals.width)?;
    same_len("counterfactuals", x.values.len(), counterfactuals.values.len())?;
    let some = if x.is_empty() { Err(Undefined::NoInstances) } else { Ok(()) };
    Ok(some.and_then(|()| finite(x.values)).and_then(|()| finite(counterfactuals.values)))
}

/// Squared Euclidean distance.
fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}
