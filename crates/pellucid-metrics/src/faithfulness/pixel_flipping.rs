//! How fast the score falls when single features are replaced in the order of their relevance.
//!
//! # Formula
//! ```text
//! f_k = f(x with the first k step features replaced),   k = 0 .. K = ceil(n / step)
//! AUC  = (sum_k f_k - f_0 / 2 - f_K / 2) / K
//! AOPC = 1/(K+1) sum_k (f_0 - f_k)
//! ABPC = AOPC(most relevant first) - AOPC(least relevant first)
//! ```
//!
//! # Symbols
//! - `x`: input; a feature is one value of one channel; `n`: features
//!
//! # Cost
//! 2 (K + 1) F for both orders.
//!
//! # In images
//! Channels of a site are flipped apart: for images that hold one measurement in several channels use deletion.
//!
//! # Source
//! bach2015lrp.

use crate::area;
use crate::baseline::Baseline;
use crate::error::{Result, settle};
use crate::faithfulness::curve::{Order, along_features, aopc};
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::ranking::tied_fraction;
use crate::score::Score;
use crate::walk::fractions;

/// Pixel flipping.
pub static INFO: MetricInfo = MetricInfo {
    id: "pixel-flipping",
    name: "Pixel flipping",
    family: Family::Faithfulness,
    direction: Direction::Lower,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "that of a random order; ABPC 0",
    summary: "How fast the score falls when single features are replaced in the order of their relevance",
    needs: &[Need::Model],
    cost: "2 (ceil(n / step) + 1) F",
    sources: &["bach2015lrp"],
    file: include_str!("pixel_flipping.rs"),
};

/// The curve in one order: `ceil(n / step) + 1` scores, the first of the untouched input.
///
/// # Errors
/// When sizes differ, the step is 0, the model fails or a value isn't finite.
pub fn curve(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    step: usize,
    baseline: &Baseline,
    order: Order,
) -> Result<Vec<f64>> {
    along_features(evaluator, (image.values, &baseline.of(image)?), attribution, step, order)
}

/// Area under the curve of the most relevant first; parts `lerf_auc`, `aopc_morf`, `aopc_lerf`, `abpc`, series `lerf_curve`.
///
/// # Errors
/// When sizes differ, the step is 0, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    step: usize,
    baseline: &Baseline,
) -> Result<Score> {
    let mut one = |order| settle(curve(evaluator, image, attribution, step, baseline, order));
    let (most, least) = (one(Order::MostRelevantFirst)?, one(Order::LeastRelevantFirst)?);
    let (most, least) = match (most, least) {
        (Ok(most), Ok(least)) => (most, least),
        (Err(reason), _) | (_, Err(reason)) => return Ok(Score::of(&INFO, Err(reason)).param("step", step)),
    };
    let score = Score::of(&INFO, area::uniform(&most)).part("lerf_auc", area::uniform(&least));
    let score = score.part("aopc_morf", aopc(&most)).part("aopc_lerf", aopc(&least));
    let score = score.part("abpc", aopc(&most) - aopc(&least)).numbers("lerf_curve", least);
    let score = score.curve(fractions(attribution.len(), step), most).ties(tied_fraction(attribution).unwrap_or(0.0));
    Ok(score.param("step", step).param("baseline", baseline.name()))
}
