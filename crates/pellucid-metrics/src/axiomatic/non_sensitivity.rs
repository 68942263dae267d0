//! Number of features that are irrelevant to the map or to the model, but not to both.
//!
//! # Formula
//! ```text
//! | {i : |a_i| / max |a| < eps}  xor  {i : |f(x) - f(x with feature i replaced)| < eps} |
//! ```
//!
//! # Symbols
//! - `a`: attribution; `eps`: 1e-5
//!
//! # Cost
//! 1 F per feature, and 1: use it on few features.
//!
//! # Source
//! nguyen2020quantitative.

use crate::baseline::Baseline;
use crate::complexity::relative;
use crate::error::{Result, attempt, same_len};
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::score::Score;
use crate::undefined::Undefined;

/// Non-sensitivity.
pub static INFO: MetricInfo = MetricInfo {
    id: "non-sensitivity",
    name: "Non-sensitivity",
    family: Family::Axiomatic,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "none",
    summary: "Number of features that are irrelevant to the map or to the model, but not to both",
    needs: &[Need::Model],
    cost: "n + 1 F",
    sources: &["nguyen2020quantitative"],
    file: include_str!("non_sensitivity.rs"),
};

/// The count; part `rate`, series `zero_attribution` and `insensitive`.
///
/// # Errors
/// When sizes differ or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    baseline: &Baseline,
    eps: f64,
) -> Result<Score> {
    let x = image.values;
    same_len("attribution", x.len(), attribution.len())?;
    let found = attempt(|| {
        let zero: Vec<bool> = match relative(attribution) {
            Err(Undefined::ZeroTotalRelevance) => vec![true; x.len()],
            other => other?.iter().map(|a| *a < eps).collect(),
        };
        let (base, full) = (baseline.of(image)?, evaluator.score(x)?);
        let scores = evaluator.scores(x.len(), x.len(), |i, row| {
            row.copy_from_slice(x);
            row[i] = base[i];
            Ok(())
        })?;
        Ok((zero, scores.iter().map(|s| (full - s).abs() < eps).collect::<Vec<bool>>()))
    })?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok((zero, insensitive)) => {
            let count = zero.iter().zip(&insensitive).filter(|(a, b)| a != b).count() as f64;
            let number = |v: Vec<bool>| v.into_iter().map(|b| f64::from(u8::from(b)));
            let score = Score::of(&INFO, Ok(count)).part("rate", count / x.len() as f64);
            score.numbers("zero_attribution", number(zero)).numbers("insensitive", number(insensitive))
        }
    };
    Ok(score.param("eps", eps).param("baseline", baseline.name()))
}
