//! Largest relative change of the explanation per change of the output.
//!
//! # Formula
//! ```text
//! ROS = max_j |(a - a_j) / a|_2 / |h(x) - h(x_j)|_2
//! ```
//!
//! # Symbols
//! - `a`, `a_j`: explanations of `x` and the perturbed `x_j`; divisions are element by element, a divisor of exactly zero becomes 1e-6
//! - `h`: outputs of the model; logits in the paper
//!
//! # Cost
//! 1 F and 1 explanation per perturbed input, and 1 each.
//!
//! # In images
//! Only perturbed inputs with the same predicted class count; without one it is undefined. One tiny `a_i` dominates the maximum: read `median`.
//! Uniform noise between `-r` and `r` is the custom.
//!
//! # Source
//! agarwal2022rethinking.

use crate::error::Result;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::{Batching, Explainer, Model};
use crate::robustness::stability::{self, Divisor, Samples};
use crate::score::Score;

/// Relative output stability.
pub static INFO: MetricInfo = MetricInfo {
    id: "relative-output-stability",
    name: "Relative output stability",
    family: Family::Robustness,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "0 for a constant explanation",
    summary: "Largest relative change of the explanation per change of the output",
    needs: &[Need::Model, Need::Explainer],
    cost: "1 F and 1 A per sample + 1 each",
    sources: &["agarwal2022rethinking"],
    file: include_str!("relative_output_stability.rs"),
};

/// The stability over inputs that `write` makes; parts `all` (without regard to the prediction), `median`, `kept`, series `per_sample`.
///
/// # Errors
/// When sizes differ, or an input can't be explained or evaluated.
pub fn evaluate(
    explainer: &mut dyn Explainer,
    model: &mut dyn Model,
    batching: Batching,
    x: &[f64],
    count: usize,
    write: &mut dyn FnMut(usize, &mut [f64]) -> Result<()>,
) -> Result<Score> {
    stability::evaluate(&INFO, explainer, model, Divisor::Output, Samples { x, count, write, batching })
}
