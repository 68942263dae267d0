//! How fast the score rises when the most relevant sites are revealed.
//!
//! # Formula
//! ```text
//! s_t = f(baseline with the first t step sites of x),   t = 0 .. T = ceil(N / step)
//! AUC = (sum_t s_t - s_0 / 2 - s_T / 2) / T
//! ```
//!
//! # Symbols
//! - `x`: image; all channels of a site are revealed together; `N`: sites
//! - baseline: by custom the blurred image, kernel 11, sigma 5 px, zeros beyond the border
//!
//! # Cost
//! T + 1 F.
//!
//! # In images
//! The blur hides less in large images than in those of 224 px it was chosen for; borders darken. In 3-D it acts along every axis.
//!
//! # Source
//! petsiuk2018rise.

use crate::baseline::Baseline;
use crate::error::{Result, settle};
use crate::faithfulness::curve::{Steps, along_heatmap};
use crate::image::{Heatmap, Image};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::score::Score;

/// Insertion.
pub static INFO: MetricInfo = MetricInfo {
    id: "insertion",
    name: "Insertion",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "that of a random order",
    summary: "How fast the score rises when the most relevant sites are revealed",
    needs: &[Need::Model],
    cost: "ceil(N / step) + 1 F",
    sources: &["petsiuk2018rise"],
    file: include_str!("insertion.rs"),
};

/// Area under the insertion curve; the curve's x is the fraction revealed.
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
        Ok(start) => along_heatmap(&INFO, evaluator, (&image.with(&start)?, image.values), heatmap, steps)?,
        Err(reason) => Score::of(&INFO, Err(reason)),
    };
    Ok(score.param("baseline", baseline.name()))
}
