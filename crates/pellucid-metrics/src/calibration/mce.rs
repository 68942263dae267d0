//! Largest gap between accuracy and confidence over bins of confidence.
//!
//! # Formula
//! ```text
//! MCE = max over bins that aren't empty of |acc_m - conf_m|
//! ```
//!
//! # Symbols
//! - bin `m` of `M` (15): `(m-1)/M < confidence <= m/M`, the first one with 0; confidence: that of the predicted class
//!
//! # Source
//! naeini2015obtaining.

use crate::calibration::bins::{Bin, reliability};
use crate::error::Result;
use crate::error::settle;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Maximum calibration error.
pub static INFO: MetricInfo = MetricInfo {
    id: "mce",
    name: "Maximum calibration error",
    family: Family::Calibration,
    direction: Direction::Lower,
    range: (0.0, 1.0),
    chance: "none",
    summary: "Largest gap between accuracy and confidence over bins of confidence",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["naeini2015obtaining"],
    file: include_str!("mce.rs"),
};

/// The value for `samples x classes` probabilities and labels.
///
/// # Errors
/// When sizes differ, or a label or a probability is out of range.
pub fn evaluate(probabilities: Rows, labels: &[usize], bins: usize) -> Result<Score> {
    let found = settle(reliability(probabilities, labels, bins))?;
    Ok(Score::of(&INFO, found.map(|b| b.iter().filter(|b| b.count > 0).map(Bin::gap).fold(0.0, f64::max)))
        .param("bins", bins))
}
