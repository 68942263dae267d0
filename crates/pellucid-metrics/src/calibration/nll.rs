//! Mean negative logarithm of the true class' probability.
//!
//! # Formula
//! ```text
//! mean over samples of - ln max( p_y , 1e-12 )
//! ```
//!
//! # Symbols
//! - `p_y`: probability of the true class
//!
//! # Source
//! guo2017calibration.

use crate::calibration::bins::checked;
use crate::error::Result;
use crate::error::settle;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Negative log-likelihood.
pub static INFO: MetricInfo = MetricInfo {
    id: "nll",
    name: "Negative log-likelihood",
    family: Family::Calibration,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "ln K when uniform",
    summary: "Mean negative logarithm of the true class' probability",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["guo2017calibration"],
    file: include_str!("nll.rs"),
};

/// The value for `samples x classes` probabilities and labels.
///
/// # Errors
/// When sizes differ, or a label or a probability is out of range.
pub fn evaluate(probabilities: Rows, labels: &[usize]) -> Result<Score> {
    let value = settle(checked(probabilities, labels))?;
    let loss = |p: &[f64], y: usize| 0.0 - p[y].clamp(1e-12, 1.0).ln();
    let mean = || probabilities.iter().zip(labels).map(|(p, &y)| loss(p, y)).sum::<f64>() / labels.len() as f64;
    Ok(Score::of(&INFO, value.map(|()| mean())))
}
