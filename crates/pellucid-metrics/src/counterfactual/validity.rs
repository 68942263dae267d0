//! Share of the counterfactuals that get the class they should.
//!
//! # Formula
//! ```text
//! target: mean [ class(x') = target ]        flip: mean [ class(x') != class(x) ]
//! ```
//!
//! # Symbols
//! - `x'`: counterfactual of `x`; `class`: the largest output, the first of equal ones
//!
//! # Cost
//! 2 F per counterfactual.
//!
//! # In images
//! Adversarial noise is valid too: read it beside plausibility, or under an independent classifier.
//!
//! # Source
//! mothilal2020dice.

use crate::counterfactual::paired;
use crate::error::{Result, same_len, settle};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::{Evaluator, Rows};
use crate::score::Score;
use crate::statistics::mean;

/// Validity.
pub static INFO: MetricInfo = MetricInfo {
    id: "validity",
    name: "Validity",
    family: Family::Counterfactual,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "none",
    summary: "Share of the counterfactuals that get the class they should",
    needs: &[Need::Model, Need::Batch],
    cost: "2 F per counterfactual",
    sources: &["mothilal2020dice"],
    file: include_str!("validity.rs"),
};

/// Share with the target class; part `flip`; series `target` and `flip` per counterfactual.
///
/// # Errors
/// When sizes differ or the model fails.
pub fn evaluate(evaluator: &mut Evaluator, x: Rows, counterfactuals: Rows, targets: &[usize]) -> Result<Score> {
    let usable = paired(x, counterfactuals)?;
    same_len("target classes", x.len(), targets.len())?;
    let (n, width) = (x.len(), x.width);
    let found = settle(usable.map_err(Into::into).and_then(|()| {
        evaluator.outputs(2 * n, width, |i, row| {
            let (from, at) = if i < n { (x, i) } else { (counterfactuals, i - n) };
            row.copy_from_slice(&from.values[at * width..(at + 1) * width]);
            Ok(())
        })
    }))?;
    Ok(match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(all) => {
            let number = |b: bool| f64::from(u8::from(b));
            let hit: Vec<f64> = (0..n).map(|i| number(all.predicted(n + i) == targets[i])).collect();
            let flip: Vec<f64> = (0..n).map(|i| number(all.predicted(n + i) != all.predicted(i))).collect();
            Score::of(&INFO, mean(&hit)).part("flip", mean(&flip)).numbers("target", hit).numbers("flip", flip)
        }
    })
}
