//! Correlation between the relevance of random subsets and what the score loses without them.
//!
//! # Formula
//! ```text
//! corr_T ( sum_{i in T} A_i ,  f(x) - f(x with T replaced) )
//! ```
//!
//! # Symbols
//! - `A`: attribution; `x`: input; `T`: subsets of one size, `max(1, round(0.05 n))` of `n` features unless given; 100 of them
//!
//! # Cost
//! 1 F per subset, and 1.
//!
//! # In images
//! Removing one value of one channel rarely moves a model: too small subsets measure noise.
//!
//! # Source
//! bhatt2020evaluating.

use crate::baseline::Baseline;
use crate::correlation::pearson;
use crate::error::{Result, attempt};
use crate::faithfulness::subsets::{drops, subset_size};
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::random::Stream;
use crate::score::Score;

/// Faithfulness correlation.
pub static INFO: MetricInfo = MetricInfo {
    id: "faithfulness-correlation",
    name: "Faithfulness correlation",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (-1.0, 1.0),
    chance: "0",
    summary: "Correlation between the relevance of random subsets and what the score loses without them",
    needs: &[Need::Model],
    cost: "1 F per subset + 1 F",
    sources: &["bhatt2020evaluating"],
    file: include_str!("faithfulness_correlation.rs"),
};

/// The correlation over given subsets of flat feature indices; series `attribution_sums` and `output_drops`.
///
/// # Errors
/// When sizes differ, an index lies outside, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    subsets: &[Vec<usize>],
    baseline: &Baseline,
) -> Result<Score> {
    let found = attempt(|| {
        let (base, full) = (baseline.of(image)?, evaluator.score(image.values)?);
        drops(evaluator, full, (image.values, &base), attribution, subsets.iter().map(Vec::as_slice))
    })?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(d) => Score::new(&INFO, pearson(&d.sums, &d.drops))?
            .numbers("attribution_sums", d.sums)
            .numbers("output_drops", d.drops),
    };
    Ok(score.param("subsets", subsets.len()).param("baseline", baseline.name()))
}

/// Draws `count` subsets of `size` features; the size is `max(1, round(0.05 n))` for `None`.
///
/// # Errors
/// When the size is 0 or larger than the number of features.
pub fn sample(features: usize, size: Option<usize>, count: usize, seed: u64) -> Result<Vec<Vec<usize>>> {
    let size = size.unwrap_or_else(|| ((0.05 * features as f64).round() as usize).max(1));
    let size = subset_size(size, features)?;
    let stream = Stream::new(seed, 0x6663);
    Ok((0..count).map(|i| stream.part(i as u64).subset(features, size)).collect())
}
