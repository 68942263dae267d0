//! Share of the possible gain of confidence that multiplying by the map brings.
//!
//! # Formula
//! ```text
//! mean over images of max(0, O - Y) / (1 - Y),    Y = f(x),  O = f(x * m)
//! ```
//!
//! # Symbols
//! - as for the average drop; an image with `Y = 1` can't gain and is left out
//!
//! # Cost
//! 2 F per image.
//!
//! # Source
//! zhang2024opticam.

use crate::cam::confidence::{Confidence, over_images};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;

/// Average gain.
pub static INFO: MetricInfo = MetricInfo {
    id: "average-gain",
    name: "Average gain",
    family: Family::Cam,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "that of a random map",
    summary: "Share of the possible gain of confidence that multiplying by the map brings",
    needs: &[Need::Model],
    cost: "2 F per image",
    sources: &["zhang2024opticam"],
    file: include_str!("average_gain.rs"),
};

/// Average gain, a fraction.
pub fn evaluate(images: &[Confidence]) -> Score {
    over_images(&INFO, images.iter().map(|c| c.gain()).collect())
}
