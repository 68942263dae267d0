//! Difference between the sum of the attribution and what it should explain.
//!
//! # Formula
//! ```text
//! delta = sum_i A_i - ( f(x) - f(baseline) )
//! ```
//!
//! # Symbols
//! - `A`: attribution of `x` against the baseline; `f`: the score that was explained
//!
//! # Cost
//! 2 F.
//!
//! # In images
//! `relative` is `|delta|` over the difference of the scores; `complete` asks for at most 0.001 of it.
//!
//! # Source
//! sundararajan2017ig.

use crate::error::{Result, attempt, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::score::Score;
use crate::undefined::Undefined;

/// Completeness.
pub static INFO: MetricInfo = MetricInfo {
    id: "completeness",
    name: "Completeness",
    family: Family::Axiomatic,
    direction: Direction::CloserToZero,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "none",
    summary: "Difference between the sum of the attribution and what it should explain",
    needs: &[Need::Model],
    cost: "2 F",
    sources: &["sundararajan2017ig"],
    file: include_str!("completeness.rs"),
};

/// The difference; parts `output_difference`, `attribution_sum`, `relative`, `complete`.
///
/// # Errors
/// When sizes differ or the model fails.
pub fn evaluate(evaluator: &mut Evaluator, x: &[f64], baseline: &[f64], attribution: &[f64]) -> Result<Score> {
    same_len("baseline", x.len(), baseline.len())?;
    let found = attempt(|| {
        finite(attribution)?;
        evaluator.scores(2, x.len(), |i, row| {
            row.copy_from_slice(if i == 0 { x } else { baseline });
            Ok(())
        })
    })?;
    let scores = match found {
        Ok(scores) => scores,
        Err(reason) => return Ok(Score::of(&INFO, Err(reason))),
    };
    let difference = scores[0] - scores[1];
    let sum: f64 = attribution.iter().sum();
    let delta = sum - difference;
    let relative =
        if difference == 0.0 { Err(Undefined::ZeroOutputDifference) } else { Ok(delta.abs() / difference.abs()) };
    let score = Score::of(&INFO, Ok(delta)).part("output_difference", difference).part("attribution_sum", sum);
    Ok(score.part("relative", relative).part("complete", delta.abs() <= 1e-3 * difference.abs()))
}
