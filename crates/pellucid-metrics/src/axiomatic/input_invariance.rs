//! Whether an explanation ignores a shift of the input that the model undoes.
//!
//! # Formula
//! ```text
//! f2(x + s) = f1(x);    invariant  <=>  |a1 - a2| <= 1e-4 + 1e-5 |a2|  everywhere
//! ```
//!
//! # Symbols
//! - `f2`: the model with the bias of its first affine layer changed by `- W s`; `a1`, `a2`: explanations of `f1` at `x`, of `f2` at `x + s`
//!
//! # Cost
//! 2 explanations.
//!
//! # In images
//! Zero padding breaks the construction at the borders: pad with `s`, or take a model whose first convolution doesn't pad.
//!
//! # Source
//! kindermans2019unreliability.

use crate::error::{Result, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;

/// Input invariance.
pub static INFO: MetricInfo = MetricInfo {
    id: "input-invariance",
    name: "Input invariance",
    family: Family::Axiomatic,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "none",
    summary: "Whether an explanation ignores a shift of the input that the model undoes",
    needs: &[Need::Explainer, Need::Weights],
    cost: "2 A",
    sources: &["kindermans2019unreliability"],
    file: include_str!("input_invariance.rs"),
};

/// 1 if invariant, 0 if not; part `max_abs_difference`.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(original: &[f64], shifted: &[f64]) -> Result<Score> {
    same_len("explanation of the shifted input", original.len(), shifted.len())?;
    let checked = finite(original).and_then(|()| finite(shifted));
    let same = original.iter().zip(shifted).all(|(a, b)| (a - b).abs() <= 1e-4 + 1e-5 * b.abs());
    let largest = original.iter().zip(shifted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let score = Score::of(&INFO, checked.map(|()| f64::from(u8::from(same))));
    Ok(score.part("max_abs_difference", checked.map(|()| largest)))
}
