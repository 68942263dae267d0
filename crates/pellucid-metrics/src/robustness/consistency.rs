//! Whether inputs with the same discretised explanation are predicted alike.
//!
//! # Formula
//! ```text
//! score_i = share of { j != i : label(a_j) = label(a_i) } with the predicted class of i;  0 if there is none
//! ```
//!
//! # Symbols
//! - `label`: a discretised explanation, such as the signs of the first features, or the places and signs of the largest ones
//!
//! # In images
//! Signs of the first features say little about an image: [`signs_of_largest`] is the one to use on images. `without_neighbours` counts inputs whose 0
//! says nothing.
//!
//! # Departures
//! A known library tags it lower-is-better.
//!
//! # Source
//! dasgupta2022framework.

use std::collections::HashMap;

use crate::error::{Result, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::ranking::descending;
use crate::score::Score;
use crate::statistics::mean;
use crate::undefined::{Outcome, Undefined};

/// Consistency over a set.
pub static INFO: MetricInfo = MetricInfo {
    id: "consistency",
    name: "Consistency over a set",
    family: Family::Robustness,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "share of the most frequent class",
    summary: "Whether inputs with the same discretised explanation are predicted alike",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["dasgupta2022framework"],
    file: include_str!("consistency.rs"),
};

fn sign(v: f64) -> i64 {
    i64::from(v > 0.0) - i64::from(v < 0.0)
}

/// Signs of the first `n` values.
///
/// # Errors
/// When a value isn't finite.
pub fn signs_of_first(attribution: &[f64], n: usize) -> Outcome<Vec<i64>> {
    crate::error::finite(attribution)?;
    Ok(attribution.iter().take(n).map(|&v| sign(v)).collect())
}

/// Places (from 1 on) of the `n` largest absolute values, ascending, each times its sign.
///
/// # Errors
/// When a value isn't finite.
pub fn signs_of_largest(attribution: &[f64], n: usize) -> Outcome<Vec<i64>> {
    let size: Vec<f64> = attribution.iter().map(|v| v.abs()).collect();
    let mut top: Vec<usize> = descending(&size)?.into_iter().take(n).collect();
    top.sort_unstable();
    Ok(top.into_iter().map(|i| (i as i64 + 1) * sign(attribution[i])).collect())
}

/// Mean over the set; series `per_sample`, part `without_neighbours`.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(labels: &[Vec<i64>], classes: &[usize]) -> Result<Score> {
    same_len("predicted classes", labels.len(), classes.len())?;
    if labels.len() < 2 {
        return Ok(Score::of(&INFO, Err(Undefined::TooFewPoints)));
    }
    let mut same: HashMap<&[i64], (usize, HashMap<usize, usize>)> = HashMap::new();
    for (label, &class) in labels.iter().zip(classes) {
        let group = same.entry(label).or_default();
        group.0 += 1;
        *group.1.entry(class).or_default() += 1;
    }
    let mut alone = 0;
    let per_sample = labels.iter().zip(classes).map(|(label, class)| {
        let (all, by_class) = &same[label.as_slice()];
        alone += usize::from(*all == 1);
        (by_class[class] - 1) as f64 / (all - 1).max(1) as f64
    });
    let per_sample: Vec<f64> = per_sample.collect();
    Ok(Score::of(&INFO, mean(&per_sample)).part("without_neighbours", alone).numbers("per_sample", per_sample))
}
