//! Correlation between the map of an input and that of the input multiplied by its map.
//!
//! # Formula
//! ```text
//! ( pearson( CAM(x), CAM(x * m) ) + 1 ) / 2
//! ```
//!
//! # Symbols
//! - `CAM(x)`: map of the class; `m`: the map brought to `[0, 1]`
//!
//! # Cost
//! 2 explanations.
//!
//! # Departures
//! A constant map has no correlation: undefined here, 0 in published code.
//!
//! # Source
//! poppi2021revisiting.

use crate::correlation::pearson;
use crate::error::Result;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;

/// Coherency.
pub static INFO: MetricInfo = MetricInfo {
    id: "coherency",
    name: "Coherency",
    family: Family::Cam,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "0.5",
    summary: "Correlation between the map of an input and that of the input multiplied by its map",
    needs: &[Need::Explainer],
    cost: "2 A per image",
    sources: &["poppi2021revisiting"],
    file: include_str!("coherency.rs"),
};

/// Coherency of the map and of the one on the multiplied input.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(map: &[f64], map_of_masked: &[f64]) -> Result<Score> {
    Score::new(&INFO, pearson(map, map_of_masked).map(|r| (r + 1.0) / 2.0))
}
