//! How fast the score falls when the most relevant sites are removed.
//!
//! # Formula
//! ```text
//! s_t = f(x with the first t step sites replaced),   t = 0 .. T = ceil(N / step)
//! AUC = (sum_t s_t - s_0 / 2 - s_T / 2) / T
//! ```
//!
//! # Symbols
//! - `x`: image; all channels of a site are replaced together; `N`: sites
//! - `step`: sites per step, `max(1, round(N / 224))` unless given
//!
//! # Cost
//! T + 1 F.
//!
//! # In images
//! The published rule removes to zeros of a standardised image, where 0 is the mean of the data. On raw intensities choose the baseline knowingly:
//! in HU zero is soft tissue. Steps count alike even if the last is shorter; `auc_by_fraction` weighs it by its width. A constant map is removed in
//! raster order: look at the tied fraction. Filling in from neighbours ([`with_imputation`]) shows the model less of the removed shape; its
//! curve ends one step early, for at least one site must be left.
//!
//! # Source
//! petsiuk2018rise.

use crate::baseline::Baseline;
use crate::error::{Result, settle};
use crate::faithfulness::curve::{Steps, along_heatmap, along_imputation};
use crate::image::{Heatmap, Image};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::score::Score;

/// Deletion.
pub static INFO: MetricInfo = MetricInfo {
    id: "deletion",
    name: "Deletion",
    family: Family::Faithfulness,
    direction: Direction::Lower,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "that of a random order",
    summary: "How fast the score falls when the most relevant sites are removed",
    needs: &[Need::Model],
    cost: "ceil(N / step) + 1 F",
    sources: &["petsiuk2018rise"],
    file: include_str!("deletion.rs"),
};

/// Area under the deletion curve; the curve's x is the fraction removed.
///
/// # Errors
/// When sizes differ, the step is 0, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    heatmap: &Heatmap,
    steps: Steps,
    baseline: &Baseline,
) -> Result<Score> {
    let score = match settle(baseline.of(image))? {
        Ok(end) => along_heatmap(&INFO, evaluator, (image, &end), heatmap, steps)?,
        Err(reason) => Score::of(&INFO, Err(reason)),
    };
    Ok(score.param("baseline", baseline.name()))
}

/// Area under the deletion curve when removed sites are filled in from their neighbours, with normal noise of `sigma`.
///
/// # Errors
/// When sizes differ, the step is 0, or the model fails.
pub fn with_imputation(
    evaluator: &mut Evaluator,
    image: &Image,
    heatmap: &Heatmap,
    steps: Steps,
    sigma: f64,
    seed: u64,
) -> Result<Score> {
    let score = along_imputation(&INFO, evaluator, image, heatmap, steps, (sigma, seed))?;
    Ok(score.param("baseline", format!("noisy_linear_imputation({sigma},seed={seed})")))
}
