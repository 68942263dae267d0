//! Distance of counterfactuals from the training data.
//!
//! # Formula
//! ```text
//! mean Euclidean distance of x' to its k nearest training points
//! ```
//!
//! # Symbols
//! - `x'`: counterfactual; `k`: 3; only training points of the target class when labels are given
//!
//! # In images
//! Distances of raw pixels say little: hand in features of an independent encoder.
//!
//! # Source
//! dandl2020multi.

use crate::counterfactual::squared;
use crate::error::{MetricError, Result, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::statistics::mean;
use crate::undefined::{Outcome, Undefined};

/// Plausibility.
pub static INFO: MetricInfo = MetricInfo {
    id: "plausibility",
    name: "Plausibility",
    family: Family::Counterfactual,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "that of training points",
    summary: "Distance of counterfactuals from the training data",
    needs: &[Need::Training, Need::Batch],
    cost: "none",
    sources: &["dandl2020multi"],
    file: include_str!("plausibility.rs"),
};

/// Labels of the training set and the target class of each counterfactual.
#[derive(Clone, Copy, Debug)]
pub struct Classes<'a> {
    /// Class of each training point.
    pub training: &'a [usize],
    /// Target class of each counterfactual.
    pub targets: &'a [usize],
}

/// Mean distance; series `per_sample`.
///
/// # Errors
/// When sizes differ or `k` is 0.
pub fn evaluate(counterfactuals: Rows, training: Rows, k: usize, classes: Option<Classes>) -> Result<Score> {
    same_len("width of the training points", counterfactuals.width, training.width)?;
    if let Some(c) = classes {
        same_len("classes of the training points", training.len(), c.training.len())?;
        same_len("target classes", counterfactuals.len(), c.targets.len())?;
    }
    if k == 0 {
        return Err(MetricError::parameter("neighbours", k, "at least 1"));
    }
    if let Err(reason) = finite(counterfactuals.values).and_then(|()| finite(training.values)) {
        return Ok(Score::of(&INFO, Err(reason)));
    }
    let one = |(i, x): (usize, &[f64])| -> Outcome {
        let allowed = |j: usize| classes.is_none_or(|c| c.training[j] == c.targets[i]);
        let mut near: Vec<f64> =
            training.iter().enumerate().filter(|(j, _)| allowed(*j)).map(|(_, t)| squared(x, t).sqrt()).collect();
        if near.len() < k {
            return Err(Undefined::TooFewPoints);
        }
        near.sort_unstable_by(f64::total_cmp);
        mean(&near[..k])
    };
    let per_sample: Vec<Outcome> = counterfactuals.iter().enumerate().map(one).collect();
    let defined: Vec<f64> = per_sample.iter().copied().flatten().collect();
    let value = mean(&defined).map_err(|none| per_sample.iter().find_map(|v| v.err()).unwrap_or(none));
    Ok(Score::of(&INFO, value).list("per_sample", per_sample).param("k", k).param("by_class", classes.is_some()))
}
