//! Rank correlation between the size of relevance and how much a feature moves the score.
//!
//! # Formula
//! ```text
//! e_i = mean_t (f(x with x_i := t) - f(x))^2 * inv,    inv = 1 / f(x)^2 if |f(x)| >= eps, else 1
//! spearman( |A_i| , e_i )
//! ```
//!
//! # Symbols
//! - `A`: attribution; `x`: input; `t`: replacement values of feature `i`; `eps`: 1e-5
//!
//! # Cost
//! 1 F per feature and replacement, and 1: use it on few features, such as segments.
//!
//! # Source
//! nguyen2020quantitative.

use crate::correlation::spearman;
use crate::error::{Result, attempt, same_len};
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::random::Stream;
use crate::ranking::tied_fraction;
use crate::score::Score;

/// Monotonicity correlation.
pub static INFO: MetricInfo = MetricInfo {
    id: "monotonicity-correlation",
    name: "Monotonicity correlation",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (-1.0, 1.0),
    chance: "0",
    summary: "Rank correlation between the size of relevance and how much a feature moves the score",
    needs: &[Need::Model],
    cost: "n samples + 1 F",
    sources: &["nguyen2020quantitative"],
    file: include_str!("monotonicity_correlation.rs"),
};

/// The correlation for given replacement values, `features x samples`; series `expected_squared_change`.
///
/// # Errors
/// When sizes differ or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    replacements: &[f64],
    samples: usize,
    eps: f64,
) -> Result<Score> {
    let x = image.values;
    same_len("attribution", x.len(), attribution.len())?;
    same_len("replacement values", x.len().saturating_mul(samples), replacements.len())?;
    let size: Vec<f64> = attribution.iter().map(|a| a.abs()).collect();
    let changes = attempt(|| {
        let full = evaluator.score(x)?;
        let scores = evaluator.scores(replacements.len(), x.len(), |i, row| {
            row.copy_from_slice(x);
            row[i / samples] = replacements[i];
            Ok(())
        })?;
        let inverse = if full.abs() >= eps { 1.0 / (full * full) } else { 1.0 };
        let change = |of_feature: &[f64]| of_feature.iter().map(|s| (s - full).powi(2)).sum::<f64>() / samples as f64;
        Ok(scores.chunks(samples.max(1)).map(|c| change(c) * inverse).collect::<Vec<f64>>())
    })?;
    let score = match changes {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(e) => Score::new(&INFO, spearman(&size, &e))?
            .numbers("expected_squared_change", e)
            .ties(tied_fraction(&size).unwrap_or(0.0)),
    };
    Ok(score.param("samples", samples).param("eps", eps))
}

/// Draws replacement values, uniform between two numbers: `features x samples`.
pub fn sample(features: usize, samples: usize, low: f64, high: f64, seed: u64) -> Vec<f64> {
    let stream = Stream::new(seed, 0x6d63);
    (0..features as u64)
        .flat_map(|i| {
            let mut of_feature = stream.part(i);
            (0..samples).map(move |_| of_feature.between(low, high)).collect::<Vec<f64>>()
        })
        .collect()
}
