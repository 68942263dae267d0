//! Mean gap between accuracy and confidence over bins of confidence.
//!
//! # Formula
//! ```text
//! ECE = sum_m n_m/n |acc_m - conf_m|
//! ```
//!
//! # Symbols
//! - bin `m` of `M` (15): `(m-1)/M < confidence <= m/M`, the first one with 0; confidence: that of the predicted class
//! - parts: `accuracy`, `mean_confidence`; series `bin_confidence`, `bin_accuracy`, `bin_count`: the reliability diagram
//!
//! # Source
//! guo2017calibration.

use crate::calibration::bins::{equal_width, expected, top_label};
use crate::error::Result;
use crate::error::settle;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Expected calibration error.
pub static INFO: MetricInfo = MetricInfo {
    id: "ece",
    name: "Expected calibration error",
    family: Family::Calibration,
    direction: Direction::Lower,
    range: (0.0, 1.0),
    chance: "none",
    summary: "Mean gap between accuracy and confidence over bins of confidence",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["guo2017calibration"],
    file: include_str!("ece.rs"),
};

/// The value for `samples x classes` probabilities and labels.
///
/// # Errors
/// When sizes differ, or a label or a probability is out of range.
pub fn evaluate(probabilities: Rows, labels: &[usize], bins: usize) -> Result<Score> {
    let found = settle(top_label(probabilities, labels).and_then(|s| Ok((equal_width(&s, bins)?, s))))?;
    Ok(match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok((groups, samples)) => {
            let n = samples.len() as f64;
            let right = samples.iter().filter(|s| s.1).count() as f64 / n;
            let score = Score::of(&INFO, Ok(expected(&groups))).part("accuracy", right);
            let score = score.part("mean_confidence", samples.iter().map(|s| s.0).sum::<f64>() / n);
            let score = score.numbers("bin_confidence", groups.iter().map(|b| b.confidence));
            let score = score.numbers("bin_accuracy", groups.iter().map(|b| b.accuracy));
            score.numbers("bin_count", groups.iter().map(|b| b.count as f64))
        }
    }
    .param("bins", bins))
}
