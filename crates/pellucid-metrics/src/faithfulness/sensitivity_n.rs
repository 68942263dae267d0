//! Correlation between the relevance of subsets and what the score loses, for several sizes of subsets.
//!
//! # Formula
//! ```text
//! PCC_n = corr_{|T| = n} ( sum_{i in T} A_i ,  f(x) - f(x with T replaced) )
//! ```
//!
//! # Symbols
//! - `A`: attribution; `x`: input; `n`: about ten sizes from 1 feature to 80 % of them, equally spaced in the logarithm; 100 subsets each
//!
//! # Axioms
//! An attribution that explains a linear model has 1 for every `n`.
//!
//! # Cost
//! 1 F per subset, and 1.
//!
//! # Source
//! ancona2018towards.

use crate::baseline::Baseline;
use crate::correlation::pearson;
use crate::error::{Result, attempt, settle};
use crate::faithfulness::subsets::drops;
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::random::Stream;
use crate::score::Score;
use crate::statistics::mean;
use crate::undefined::{Outcome, Undefined};

/// Sensitivity-n.
pub static INFO: MetricInfo = MetricInfo {
    id: "sensitivity-n",
    name: "Sensitivity-n",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (-1.0, 1.0),
    chance: "0",
    summary: "Correlation between the relevance of subsets and what the score loses, for several sizes of subsets",
    needs: &[Need::Model],
    cost: "1 F per subset + 1 F",
    sources: &["ancona2018towards"],
    file: include_str!("sensitivity_n.rs"),
};

/// Subsets of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Features per subset.
    pub n: usize,
    /// Flat feature indices.
    pub subsets: Vec<Vec<usize>>,
}

/// Mean of the defined correlations; the correlation for each size is the part of its number, and in the series `pcc`.
///
/// # Errors
/// When sizes differ, an index lies outside, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    sizes: &[Size],
    baseline: &Baseline,
) -> Result<Score> {
    let found = attempt(|| {
        let (base, full) = (baseline.of(image)?, evaluator.score(image.values)?);
        let mut all = Vec::with_capacity(sizes.len());
        for size in sizes {
            let subsets = size.subsets.iter().map(Vec::as_slice);
            let d = drops(evaluator, full, (image.values, &base), attribution, subsets)?;
            all.push(settle(pearson(&d.sums, &d.drops))?);
        }
        Ok(all)
    })?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(all) => {
            let score = Score::of(&INFO, defined_mean(&all));
            let score = sizes.iter().zip(&all).fold(score, |s, (size, pcc)| s.part(size.n.to_string(), *pcc));
            score.list("pcc", all)
        }
    };
    Ok(score.param("baseline", baseline.name()))
}

/// Mean over defined values; the first reason if there is none.
fn defined_mean(all: &[Outcome]) -> Outcome {
    let defined: Vec<f64> = all.iter().copied().flatten().collect();
    mean(&defined).map_err(|none| all.iter().find_map(|v| v.err()).unwrap_or(none))
}

/// Draws `count` subsets for each of `sizes` sizes between 1 and 80 % of the features.
///
/// # Errors
/// When there is no feature.
pub fn sample(features: usize, sizes: usize, count: usize, seed: u64) -> Result<Vec<Size>> {
    if features == 0 {
        return Err(Undefined::TooFewPoints.into());
    }
    let most = (0.8 * features as f64).max(1.0);
    let size = |i: usize| most.powf(i as f64 / sizes.saturating_sub(1).max(1) as f64).round().max(1.0) as usize;
    let mut all: Vec<usize> = (0..sizes).map(size).map(|n| n.min(features)).collect();
    all.dedup();
    let draw = |n: usize| {
        let stream = Stream::new(seed, 0x736e).part(n as u64);
        Size { n, subsets: (0..count).map(|i| stream.part(i as u64).subset(features, n)).collect() }
    };
    Ok(all.into_iter().map(draw).collect())
}
