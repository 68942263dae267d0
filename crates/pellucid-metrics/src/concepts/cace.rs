//! Mean effect on the outputs of putting a concept into inputs.
//!
//! # Formula
//! ```text
//! CaCE_k = mean over pairs of f_k(x with the concept) - f_k(x without)
//! ```
//!
//! # Symbols
//! - pairs: inputs that differ in the concept only; `f_k`: output of class `k`; the value is `sum_k |CaCE_k|`
//!
//! # Cost
//! 2 F per pair.
//!
//! # In images
//! Pairs that differ in more than the concept measure more than the concept.
//!
//! # Source
//! goyal2019explaining.

use crate::error::{Result, attempt, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::{Evaluator, Rows};
use crate::score::Score;
use crate::undefined::Undefined;

/// Causal concept effect.
pub static INFO: MetricInfo = MetricInfo {
    id: "cace",
    name: "Causal concept effect",
    family: Family::Concepts,
    direction: Direction::None,
    range: (0.0, f64::INFINITY),
    chance: "0",
    summary: "Mean effect on the outputs of putting a concept into inputs",
    needs: &[Need::Model, Need::Batch],
    cost: "2 F per pair",
    sources: &["goyal2019explaining"],
    file: include_str!("cace.rs"),
};

/// Sum of absolute effects; series `per_class` has them signed.
///
/// # Errors
/// When sizes differ or the model fails.
pub fn evaluate(evaluator: &mut Evaluator, present: Rows, absent: Rows) -> Result<Score> {
    same_len("inputs without the concept", present.len(), absent.len())?;
    same_len("width of inputs without the concept", present.width, absent.width)?;
    let (pairs, width) = (present.len(), present.width);
    let found = attempt(|| {
        if pairs == 0 {
            return Err(Undefined::NoInstances.into());
        }
        evaluator.outputs(2 * pairs, width, |i, row| {
            let (from, at) = if i < pairs { (present, i) } else { (absent, i - pairs) };
            row.copy_from_slice(&from.values[at * width..(at + 1) * width]);
            Ok(())
        })
    })?;
    Ok(match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(all) => {
            let effect =
                |k: usize| (0..pairs).map(|i| all.row(i)[k] - all.row(i + pairs)[k]).sum::<f64>() / pairs as f64;
            let effects: Vec<f64> = (0..all.classes).map(effect).collect();
            Score::of(&INFO, Ok(effects.iter().map(|e| e.abs()).sum())).numbers("per_class", effects)
        }
    })
}
