//! Root mean squared gap between accuracy and confidence over bins of confidence.
//!
//! # Formula
//! ```text
//! RMSCE = sqrt( sum_m n_m/n (acc_m - conf_m)^2 )
//! ```
//!
//! # Symbols
//! - bin `m` of `M` (15): `(m-1)/M < confidence <= m/M`, the first one with 0; confidence: that of the predicted class
//!
//! # Source
//! hendrycks2019oe.

use crate::calibration::bins::reliability;
use crate::error::Result;
use crate::error::settle;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Root mean square calibration error.
pub static INFO: MetricInfo = MetricInfo {
    id: "rmsce",
    name: "Root mean square calibration error",
    family: Family::Calibration,
    direction: Direction::Lower,
    range: (0.0, 1.0),
    chance: "none",
    summary: "Root mean squared gap between accuracy and confidence over bins of confidence",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["hendrycks2019oe"],
    file: include_str!("rmsce.rs"),
};

/// The value for `samples x classes` probabilities and labels.
///
/// # Errors
/// When sizes differ, or a label or a probability is out of range.
pub fn evaluate(probabilities: Rows, labels: &[usize], bins: usize) -> Result<Score> {
    let found = settle(reliability(probabilities, labels, bins))?;
    let n = labels.len() as f64;
    let value = found.map(|bins| bins.iter().map(|b| b.count as f64 / n * b.gap().powi(2)).sum::<f64>().sqrt());
    Ok(Score::of(&INFO, value).param("bins", bins))
}
