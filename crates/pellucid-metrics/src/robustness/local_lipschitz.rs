//! Largest change of the explanation per change of the input.
//!
//! # Formula
//! ```text
//! max_j |a(x) - a(x_j)|_2 / ( |x - x_j|_2 + 1e-10 )
//! ```
//!
//! # Symbols
//! - `a`: explanation; `x_j`: perturbed inputs, by custom 200 with normal noise of 0.1
//!
//! # Cost
//! 1 explanation per perturbed input, and 1.
//!
//! # In images
//! The unit is that of the explanation per unit of the input: comparable only between explanations of one scale.
//!
//! # Source
//! alvarezmelis2018robustness.

use crate::error::{Result, settle};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::{Batching, Explainer};
use crate::robustness::perturbed::{changes, euclidean};
use crate::score::Score;

/// Local Lipschitz estimate.
pub static INFO: MetricInfo = MetricInfo {
    id: "local-lipschitz",
    name: "Local Lipschitz estimate",
    family: Family::Robustness,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "0 for a constant explanation",
    summary: "Largest change of the explanation per change of the input",
    needs: &[Need::Explainer],
    cost: "1 A per sample + 1 A",
    sources: &["alvarezmelis2018robustness"],
    file: include_str!("local_lipschitz.rs"),
};

/// The estimate over inputs that `write` makes; series `per_sample`.
///
/// # Errors
/// When sizes differ or an input can't be explained.
pub fn evaluate(
    explainer: &mut dyn Explainer,
    batching: Batching,
    x: &[f64],
    count: usize,
    write: impl FnMut(usize, &mut [f64]) -> Result<()>,
) -> Result<Score> {
    let found = settle(changes(explainer, batching, x, count, write, |row| euclidean(x, row), euclidean))?;
    let ratios = found.map(|(_, all)| all.iter().map(|c| c.explanation / (c.input + 1e-10)).collect::<Vec<f64>>());
    Ok(match ratios {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(r) => Score::of(&INFO, Ok(r.iter().copied().fold(0.0, f64::max))).numbers("per_sample", r),
    }
    .param("samples", count))
}
