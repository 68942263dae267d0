//! Share of features that a counterfactual leaves alone.
//!
//! # Formula
//! ```text
//! 1 - #{ f : |x'_f - x_f| > eps } / n
//! ```
//!
//! # Symbols
//! - `x'`: counterfactual of `x`, `n` features; with several channels, `sites` is the same over sites of which any channel changed
//!
//! # Source
//! mothilal2020dice.

use crate::counterfactual::paired;
use crate::error::{MetricError, Result};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::statistics::mean;

/// Sparsity of change.
pub static INFO: MetricInfo = MetricInfo {
    id: "sparsity",
    name: "Sparsity of change",
    family: Family::Counterfactual,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "none",
    summary: "Share of features that a counterfactual leaves alone",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["mothilal2020dice"],
    file: include_str!("sparsity.rs"),
};

/// Mean share; series `per_sample`, `changed` (counts), `sites`.
///
/// # Errors
/// When sizes differ, or the channels don't divide the features.
pub fn evaluate(x: Rows, counterfactuals: Rows, eps: f64, channels: usize) -> Result<Score> {
    if channels == 0 || !x.width.is_multiple_of(channels) {
        return Err(MetricError::parameter("channels", channels, "a divisor of the number of features"));
    }
    if let Err(reason) = paired(x, counterfactuals)? {
        return Ok(Score::of(&INFO, Err(reason)));
    }
    let sites = x.width / channels;
    let changed = |a: &[f64], b: &[f64], f: usize| (a[f] - b[f]).abs() > eps;
    let features = |a: &[f64], b: &[f64]| (0..a.len()).filter(|&f| changed(a, b, f)).count() as f64;
    let places = |a: &[f64], b: &[f64]| {
        (0..sites).filter(|s| (0..channels).any(|c| changed(a, b, c * sites + s))).count() as f64 / sites as f64
    };
    let pairs = || x.iter().zip(counterfactuals.iter());
    let counts: Vec<f64> = pairs().map(|(a, b)| features(a, b)).collect();
    let shares: Vec<f64> = counts.iter().map(|c| 1.0 - c / x.width as f64).collect();
    let score = Score::of(&INFO, mean(&shares)).numbers("sites", pairs().map(|(a, b)| 1.0 - places(a, b)));
    Ok(score.numbers("per_sample", shares).numbers("changed", counts).param("eps", eps))
}
