//! Distance of counterfactuals from their inputs.
//!
//! # Formula
//! ```text
//! L1, L2, Linf of x' - x
//! L1/MAD = mean over features of |x'_f - x_f| / MAD_f,    MAD_f = median |v - median v| over the training set
//! ```
//!
//! # Symbols
//! - `x'`: counterfactual of `x`; features whose MAD is 0 are left out
//!
//! # Source
//! wachter2017counterfactual.

use crate::counterfactual::{paired, squared};
use crate::error::{Result, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::statistics::{mean, median};
use crate::undefined::{Outcome, Undefined};

/// Proximity.
pub static INFO: MetricInfo = MetricInfo {
    id: "proximity",
    name: "Proximity",
    family: Family::Counterfactual,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "none",
    summary: "Distance of counterfactuals from their inputs",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["wachter2017counterfactual"],
    file: include_str!("proximity.rs"),
};

/// Median absolute deviation of each feature of a training set.
///
/// # Errors
/// When it is empty or a value isn't finite.
pub fn median_absolute_deviation(training: Rows) -> Outcome<Vec<f64>> {
    finite(training.values)?;
    let of_feature = |f: usize| {
        let column: Vec<f64> = training.iter().map(|r| r[f]).collect();
        let middle = median(&column)?;
        median(&column.iter().map(|v| (v - middle).abs()).collect::<Vec<f64>>())
    };
    (0..training.width).map(of_feature).collect()
}

/// Mean L1; series `l1`, `l2`, `linf` and, with deviations given, `l1_mad` per counterfactual.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(x: Rows, counterfactuals: Rows, deviations: Option<&[f64]>) -> Result<Score> {
    deviations.map_or(Ok(()), |d| same_len("deviations", x.width, d.len()))?;
    if let Err(reason) = paired(x, counterfactuals)? {
        return Ok(Score::of(&INFO, Err(reason)));
    }
    let over = |f: &dyn Fn(&[f64], &[f64]) -> f64| {
        x.iter().zip(counterfactuals.iter()).map(|(a, b)| f(a, b)).collect::<Vec<f64>>()
    };
    let gaps = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect::<Vec<f64>>();
    let l1 = over(&|a, b| gaps(a, b).iter().sum());
    let score = Score::of(&INFO, mean(&l1)).numbers("l2", over(&|a, b| squared(a, b).sqrt()));
    let score = score.numbers("linf", over(&|a, b| gaps(a, b).into_iter().fold(0.0, f64::max))).numbers("l1", l1);
    let Some(deviations) = deviations else { return Ok(score) };
    let kept: Vec<usize> = (0..x.width).filter(|&f| deviations[f] > 0.0).collect();
    let scaled =
        |a: &[f64], b: &[f64]| mean(&kept.iter().map(|&f| (a[f] - b[f]).abs() / deviations[f]).collect::<Vec<f64>>());
    let per_sample =
        x.iter().zip(counterfactuals.iter()).map(|(a, b)| scaled(a, b).map_err(|_| Undefined::ZeroVariance));
    Ok(score.part("features_without_deviation", x.width - kept.len()).list("l1_mad", per_sample.collect()))
}
