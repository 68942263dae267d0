//! Number of values that aren't negligible against the largest.
//!
//! # Formula
//! ```text
//! #{ i : |a_i| / max |a| > eps }
//! ```
//!
//! # Symbols
//! - `a`: attribution; `eps`: 1e-5, and 0.01 for what a reader would see
//!
//! # In images
//! 0 for a map of zeros. `fraction` is the share of all values.
//!
//! # Departures
//! The paper counts the features that are needed for a given loss; this count is the customary short form.
//!
//! # Source
//! nguyen2020quantitative.

use crate::complexity::relative;
use crate::error::{MetricError, Result};
use crate::info::{Direction, Family, MetricInfo};
use crate::score::Score;
use crate::undefined::Undefined;

/// Effective complexity.
pub static INFO: MetricInfo = MetricInfo {
    id: "effective-complexity",
    name: "Effective complexity",
    family: Family::Complexity,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "n when constant",
    summary: "Number of values that aren't negligible against the largest",
    needs: &[],
    cost: "none",
    sources: &["nguyen2020quantitative"],
    file: include_str!("effective_complexity.rs"),
};

/// The count above a threshold; part `fraction`.
///
/// # Errors
/// When the threshold isn't between 0 and 1.
pub fn evaluate(attribution: &[f64], eps: f64) -> Result<Score> {
    if !(0.0..=1.0).contains(&eps) {
        return Err(MetricError::parameter("threshold", eps, "0 to 1 of the largest value"));
    }
    let value = match relative(attribution) {
        Err(Undefined::ZeroTotalRelevance) => Ok(0.0),
        other => other.map(|a| a.iter().filter(|v| **v > eps).count() as f64),
    };
    let fraction = value.map(|v| v / attribution.len().max(1) as f64);
    Ok(Score::of(&INFO, value).part("fraction", fraction).param("eps", eps))
}
