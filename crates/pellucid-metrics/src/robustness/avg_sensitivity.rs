//! Mean relative change of the explanation under small changes of the input.
//!
//! # Formula
//! ```text
//! mean_j |a(x_j) - a(x)|_2 / |a(x)|_2
//! ```
//!
//! # Symbols
//! - `a`: explanation; `x_j`: perturbed inputs, uniform noise between `-r` and `r`; custom knows r = 0.2 with 200 and r = 0.02 with 10 of them
//!
//! # Cost
//! 1 explanation per perturbed input, and 1.
//!
//! # In images
//! `r` is in the unit of what the model sees: on standardised images 0.02 is 2 % of a standard deviation. A zero explanation is divided by 1.
//!
//! # Source
//! yeh2019infidelity; bhatt2020evaluating.

use crate::error::{Result, settle};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::{Batching, Explainer};
use crate::robustness::perturbed::{changes, euclidean, norm};
use crate::score::Score;

/// Avg-sensitivity.
pub static INFO: MetricInfo = MetricInfo {
    id: "avg-sensitivity",
    name: "Avg-sensitivity",
    family: Family::Robustness,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "0 for a constant explanation",
    summary: "Mean relative change of the explanation under small changes of the input",
    needs: &[Need::Explainer],
    cost: "1 A per sample + 1 A",
    sources: &["bhatt2020evaluating"],
    file: include_str!("avg_sensitivity.rs"),
};

/// The sensitivity over inputs that `write` makes; series `per_sample`.
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
    let found = settle(changes(explainer, batching, x, count, write, |_| 0.0, euclidean))?;
    let ratios = found.map(|(original, all)| {
        let size = norm(&original);
        let size = if size == 0.0 { 1.0 } else { size };
        all.iter().map(|c| c.explanation / size).collect::<Vec<f64>>()
    });
    Ok(match ratios {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(r) => Score::of(&INFO, Ok(r.iter().sum::<f64>() / r.len() as f64)).numbers("per_sample", r),
    }
    .param("samples", count))
}
