//! Harmonic mean of coherency, one minus complexity and one minus drop.
//!
//! # Formula
//! ```text
//! ADCC = 3 / ( 1/coherency + 1/(1 - complexity) + 1/(1 - drop) ),   0 if one term is 0
//! ```
//!
//! # Symbols
//! - coherency, complexity, drop: those of one image
//!
//! # Cost
//! 2 F and 2 explanations per image.
//!
//! # Source
//! poppi2021revisiting.

use crate::cam::confidence::{Confidence, over_images};
use crate::cam::{cam_complexity, coherency};
use crate::error::{MetricError, Result, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;
use crate::undefined::Outcome;

/// ADCC.
pub static INFO: MetricInfo = MetricInfo {
    id: "adcc",
    name: "ADCC",
    family: Family::Cam,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "that of a random map",
    summary: "Harmonic mean of coherency, one minus complexity and one minus drop",
    needs: &[Need::Model, Need::Explainer],
    cost: "2 F and 2 A per image",
    sources: &["poppi2021revisiting"],
    file: include_str!("adcc.rs"),
};

/// The harmonic mean for one image.
pub fn combine(coherency: Outcome, complexity: Outcome, drop: Outcome) -> Outcome {
    let terms = [coherency?, 1.0 - complexity?, 1.0 - drop?];
    Ok(if terms.contains(&0.0) { 0.0 } else { 3.0 / terms.iter().map(|t| 1.0 / t).sum::<f64>() })
}

/// ADCC over images: scores, maps in `[0, 1]`, and maps of the multiplied inputs, in the same order.
///
/// # Errors
/// When sizes differ or a map leaves `[0, 1]`.
pub fn evaluate(images: &[Confidence], maps: &[&[f64]], maps_of_masked: &[&[f64]]) -> Result<Score> {
    same_len("maps", images.len(), maps.len())?;
    same_len("maps of multiplied inputs", images.len(), maps_of_masked.len())?;
    let one = |i: usize| -> std::result::Result<[Outcome; 4], MetricError> {
        let coherency = coherency::evaluate(maps[i], maps_of_masked[i])?.value;
        let complexity = cam_complexity::evaluate(maps[i])?.value;
        let drop = images[i].drop();
        Ok([combine(coherency, complexity, drop), coherency, complexity, drop])
    };
    let all = (0..images.len()).map(one).collect::<Result<Vec<_>>>()?;
    let column = |k: usize| all.iter().map(|row| row[k]).collect::<Vec<Outcome>>();
    let score = over_images(&INFO, column(0)).list("coherency", column(1));
    Ok(score.list("complexity", column(2)).list("drop", column(3)))
}
