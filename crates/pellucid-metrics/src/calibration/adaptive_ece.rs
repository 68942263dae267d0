//! Mean gap between accuracy and confidence over bins of equal counts.
//!
//! # Formula
//! ```text
//! sum_m n_m/n |acc_m - conf_m|
//! ```
//!
//! # Symbols
//! - bins: samples by ascending confidence, cut into `M` parts whose sizes differ by at most one, larger ones first
//!
//! # Source
//! nguyen2015posterior.

use crate::calibration::bins::{equal_count, expected, top_label};
use crate::error::Result;
use crate::error::settle;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Adaptive expected calibration error.
pub static INFO: MetricInfo = MetricInfo {
    id: "adaptive-ece",
    name: "Adaptive expected calibration error",
    family: Family::Calibration,
    direction: Direction::Lower,
    range: (0.0, 1.0),
    chance: "none",
    summary: "Mean gap between accuracy and confidence over bins of equal counts",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["nguyen2015posterior"],
    file: include_str!("adaptive_ece.rs"),
};

/// The value for `samples x classes` probabilities and labels.
///
/// # Errors
/// When sizes differ, or a label or a probability is out of range.
pub fn evaluate(probabilities: Rows, labels: &[usize], bins: usize) -> Result<Score> {
    let found = settle(top_label(probabilities, labels).and_then(|s| equal_count(&s, bins)))?;
    Ok(Score::of(&INFO, found.map(|b| expected(&b))).param("bins", bins))
}
