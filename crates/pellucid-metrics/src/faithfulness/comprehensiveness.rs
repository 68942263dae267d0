//! What the score loses without the most relevant features.
//!
//! # Formula
//! ```text
//! mean_q ( f(x) - f(x with the top ceil(q n) features replaced) )
//! ```
//!
//! # Symbols
//! - `x`: input of `n` features; `q`: 1, 5, 10, 20 and 50 % unless given; equal relevance by lower index
//!
//! # Cost
//! 1 F per fraction, and 1.
//!
//! # In images
//! Single values of single channels are replaced.
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

/// Comprehensiveness.
pub static INFO: MetricInfo = MetricInfo {
    id: "comprehensiveness",
    name: "Comprehensiveness",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "that of a random order",
    summary: "What the score loses without the most relevant features",
    needs: &[Need::Model],
    cost: "1 F per fraction + 1 F",
    sources: &["deyoung2020eraser"],
    file: include_str!("comprehensiveness.rs"),
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
    eraser::evaluate(&INFO, Top::Removed, evaluator, image, attribution, fractions, baseline)
}
