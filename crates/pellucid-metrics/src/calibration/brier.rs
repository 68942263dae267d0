//! Mean squared distance of the probabilities from the truth.
//!
//! # Formula
//! ```text
//! mean over samples of sum_k ( p_k - [y = k] )^2
//! ```
//!
//! # Symbols
//! - `p_k`: probability of class `k`; `y`: label. Between 0 and 2: some texts halve it for two classes
//!
//! # Source
//! brier1950verification.

use crate::calibration::bins::checked;
use crate::error::Result;
use crate::error::settle;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Brier score.
pub static INFO: MetricInfo = MetricInfo {
    id: "brier",
    name: "Brier score",
    family: Family::Calibration,
    direction: Direction::Lower,
    range: (0.0, 2.0),
    chance: "1 - 1/K when uniform",
    summary: "Mean squared distance of the probabilities from the truth",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["brier1950verification"],
    file: include_str!("brier.rs"),
};

/// The value for `samples x classes` probabilities and labels.
///
/// # Errors
/// When sizes differ, or a label or a probability is out of range.
pub fn evaluate(probabilities: Rows, labels: &[usize]) -> Result<Score> {
    let squares =
        |p: &[f64], y: usize| p.iter().enumerate().map(|(k, p)| (p - f64::from(u8::from(k == y))).powi(2)).sum::<f64>();
    let value = settle(checked(probabilities, labels))?;
    let mean = || probabilities.iter().zip(labels).map(|(p, &y)| squares(p, y)).sum::<f64>() / labels.len() as f64;
    Ok(Score::of(&INFO, value.map(|()| mean())))
}
