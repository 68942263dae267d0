//! Whether inputs with similar explanations are predicted alike.
//!
//! # Formula
//! ```text
//! D_ij    = sqrt( sum_f (a_if - a_jf)^2 / var_f ) / max D
//! score_i = share of { j != i : D_ij <= 0.6 } with the predicted class of i;  0 if there is none
//! ```
//!
//! # Symbols
//! - `a_i`: attribution of input `i` of `B`; `var_f = 2 sum_i (a_if - mean_f)^2 / (2 B - 1)`: the variance over the set stacked twice
//!
//! # Cost
//! `B^2` distances, no forward.
//!
//! # In images
//! The value depends on the set. `without_neighbours` counts inputs whose 0 says nothing.
//!
//! # Departures
//! A feature that is constant over the set is left out (its standardised distance is 0/0).
//!
//! # Source
//! dasgupta2022framework.

use crate::error::{MetricError, Result, attempt, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::statistics::mean;
use crate::undefined::Undefined;

/// Sufficiency over a set.
pub static INFO: MetricInfo = MetricInfo {
    id: "sufficiency-dasgupta",
    name: "Sufficiency over a set",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "share of the most frequent class",
    summary: "Whether inputs with similar explanations are predicted alike",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["dasgupta2022framework"],
    file: include_str!("sufficiency_dasgupta.rs"),
};

/// Mean over the set; series `per_sample` and `variance`, part `without_neighbours`.
///
/// # Errors
/// When sizes differ or the threshold isn't between 0 and 1.
pub fn evaluate(attributions: Rows, classes: &[usize], threshold: f64) -> Result<Score> {
    same_len("predicted classes", attributions.len(), classes.len())?;
    if !(0.0..=1.0).contains(&threshold) {
        return Err(MetricError::parameter("threshold", threshold, "0 to 1"));
    }
    let found = attempt(|| {
        finite(attributions.values)?;
        if classes.len() < 2 {
            return Err(Undefined::TooFewPoints.into());
        }
        let variance = stacked_variance(attributions);
        Ok((per_sample(attributions, classes, threshold, &variance), variance))
    })?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(((scores, alone), variance)) => Score::of(&INFO, mean(&scores))
            .part("without_neighbours", alone)
            .numbers("per_sample", scores)
            .numbers("variance", variance),
    };
    Ok(score.param("threshold", threshold))
}

/// Variance of each feature over the set stacked twice.
fn stacked_variance(rows: Rows) -> Vec<f64> {
    let b = rows.len() as f64;
    let mut means = vec![0.0; rows.width];
    rows.iter().for_each(|r| means.iter_mut().zip(r).for_each(|(m, v)| *m += v / b));
    let mut squares = vec![0.0; rows.width];
    rows.iter().for_each(|r| squares.iter_mut().zip(r).zip(&means).for_each(|((s, v), m)| *s += (v - m).powi(2)));
    let first = rows.iter().next().unwrap_or_default();
    let constant = |f: usize| rows.iter().all(|r| r[f] == first[f]);
    squares.iter().enumerate().map(|(f, s)| if constant(f) { 0.0 } else { s * 2.0 / (2.0 * b - 1.0) }).collect()
}

/// Score of each row, and how many have no neighbour.
fn per_sample(rows: Rows, classes: &[usize], threshold: f64, variance: &[f64]) -> (Vec<f64>, usize) {
    let all: Vec<&[f64]> = rows.iter().collect();
    let distance = |i: usize, j: usize| {
        let terms = all[i].iter().zip(all[j]).zip(variance).filter(|(_, v)| **v > 0.0);
        terms.map(|((a, b), v)| (a - b).powi(2) / v).sum::<f64>().sqrt()
    };
    let n = all.len();
    let mut distances = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..i {
            distances[i * n + j] = distance(i, j);
            distances[j * n + i] = distances[i * n + j];
        }
    }
    // All rows equal: every distance is 0, also after division by the largest.
    let largest = distances.iter().copied().fold(0.0, f64::max);
    let scale = if largest > 0.0 { largest } else { 1.0 };
    let mut alone = 0;
    let scores = (0..n).map(|i| {
        let near: Vec<usize> = (0..n).filter(|&j| j != i && distances[i * n + j] / scale <= threshold).collect();
        alone += usize::from(near.is_empty());
        near.iter().filter(|&&j| classes[j] == classes[i]).count() as f64 / near.len().max(1) as f64
    });
    (scores.collect(), alone)
}
