//! Rise of the map's entropy when all layers are randomised.
//!
//! # Formula
//! ```text
//! ( H(a_full) - H(a) ) / H(a)
//! ```
//!
//! # Symbols
//! - `a`: map; `a_full`: map with all layers randomised; `H`: entropy, nats, of the histogram with 100 equal bins between a map's own smallest and
//!   largest value, the last bin closed
//!
//! # Cost
//! 2 explanations.
//!
//! # Source
//! hedstroem2024smprt.

use crate::error::{MetricError, Result, finite};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;
use crate::statistics::{entropy, histogram};
use crate::undefined::{Outcome, Undefined};

/// Efficient model parameter randomisation.
pub static INFO: MetricInfo = MetricInfo {
    id: "efficient-mprt",
    name: "Efficient model parameter randomisation",
    family: Family::Randomisation,
    direction: Direction::Higher,
    range: (-1.0, f64::INFINITY),
    chance: "0 for a map that ignores the model",
    summary: "Rise of the map's entropy when all layers are randomised",
    needs: &[Need::Explainer, Need::Weights],
    cost: "2 A",
    sources: &["hedstroem2024smprt"],
    file: include_str!("efficient_mprt.rs"),
};

/// Entropy of a map's histogram, nats; 0 for a constant map.
///
/// # Errors
/// When a value isn't finite.
pub(crate) fn map_entropy(map: &[f64], bins: usize) -> Outcome {
    finite(map)?;
    if map.is_empty() {
        return Err(Undefined::TooFewPoints);
    }
    Ok(histogram(map, bins).map_or(0.0, |(counts, _)| entropy(&counts)))
}

/// The relative rise; parts `entropy_original`, `entropy_randomised`.
///
/// # Errors
/// When there is no bin, or more than a million.
pub fn evaluate(original: &[f64], fully_randomised: &[f64], bins: usize) -> Result<Score> {
    if bins == 0 || bins > 1 << 20 {
        return Err(MetricError::parameter("bins", bins, "1 to 1048576"));
    }
    let (before, after) = (map_entropy(original, bins), map_entropy(fully_randomised, bins));
    let value = before.and_then(|b| if b == 0.0 { Err(Undefined::ZeroEntropy) } else { Ok((after? - b) / b) });
    let score = Score::of(&INFO, value).part("entropy_original", before).part("entropy_randomised", after);
    Ok(score.param("bins", bins))
}
