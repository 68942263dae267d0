//! Mean of the map: how much of the image it keeps.
//!
//! # Formula
//! ```text
//! mean_p |m_p|
//! ```
//!
//! # Symbols
//! - `m`: map in `[0, 1]`
//!
//! # Source
//! poppi2021revisiting.

use crate::error::{MetricError, Result, attempt, finite};
use crate::info::{Direction, Family, MetricInfo};
use crate::score::Score;
use crate::statistics::mean;

/// Complexity of a CAM.
pub static INFO: MetricInfo = MetricInfo {
    id: "cam-complexity",
    name: "Complexity of a CAM",
    family: Family::Cam,
    direction: Direction::Lower,
    range: (0.0, 1.0),
    chance: "mean of the map",
    summary: "Mean of the map: how much of the image it keeps",
    needs: &[],
    cost: "none",
    sources: &["poppi2021revisiting"],
    file: include_str!("cam_complexity.rs"),
};

/// Mean of a map in `[0, 1]`.
///
/// # Errors
/// When a value lies outside.
pub fn evaluate(map: &[f64]) -> Result<Score> {
    let value = attempt(|| {
        finite(map)?;
        // Room for what interpolation in single precision adds.
        match map.iter().find(|v| !(-1e-6..=1.0 + 1e-6).contains(*v)) {
            Some(bad) => Err(MetricError::parameter("value of the map", bad, "0 to 1; bring it there first")),
            None => Ok(mean(&map.iter().map(|v| v.abs()).collect::<Vec<_>>())?),
        }
    })?;
    Ok(Score::of(&INFO, value))
}
