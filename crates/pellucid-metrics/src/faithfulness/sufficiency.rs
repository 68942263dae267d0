//! What the score loses when only the most relevant features are kept.
//!
//! # Formula
//! ```text
//! mean_q ( f(x) - f(baseline with the top ceil(q n) features of x) )
//! ```
//!
//! # Symbols
//! - `x`: input of `n` features; `q`: 1, 5, 10, 20 and 50 % unless given; equal relevance by lower index
//!
//! # Cost
//! 1 F per fraction, and 1.
//!
//! # In images
//! Single values of single channels are replaced. Another metric of this name compares explanations within a set.
//!
//! # Source
//! deyoung2020eraser.

use crate::baseline::Baseline;
use crate::error::Result;
use crate::faithfulness::eraser::{self, Top};
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::score::Score;

pub use crate::faithfulness::eraser::FRACTIONS;

/// Sufficiency.
pub static INFO: MetricInfo = MetricInfo {
    id: "sufficiency",
    name: "Sufficiency",
    family: Family::Faithfulness,
    direction: Direction::Lower,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "that of a random order",
    summary: "What the score loses when only the most relevant features are kept",
    needs: &[Need::Model],
    cost: "1 F per fraction + 1 F",
    sources: &["deyoung2020eraser"],
    file: include_str!("sufficiency.rs"),
};

/// Mean over the fractions; the curve holds the loss at each.
///
/// # Errors
/// When sizes differ, a fraction isn't between 0 and 1, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    fractions: &[f64],
    baseline: &Baseline,
) -> Result<Score> {
    eraser::evaluate(&INFO, Top::Kept, evaluator, image, attribution, fractions, baseline)
}
