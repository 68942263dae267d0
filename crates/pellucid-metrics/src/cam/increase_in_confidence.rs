//! Share of the images whose confidence rises when they are multiplied by their map.
//!
//! # Formula
//! ```text
//! mean over images of [O > Y],    Y = f(x),  O = f(x * m)
//! ```
//!
//! # Symbols
//! - as for the average drop; equal confidence isn't a rise
//!
//! # Cost
//! 2 F per image.
//!
//! # Source
//! chattopadhay2018gradcampp.

use crate::cam::confidence::{Confidence, over_images};
use crate::error::finite;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;

/// Increase in confidence.
pub static INFO: MetricInfo = MetricInfo {
    id: "increase-in-confidence",
    name: "Increase in confidence",
    family: Family::Cam,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "that of a random map",
    summary: "Share of the images whose confidence rises when they are multiplied by their map",
    needs: &[Need::Model],
    cost: "2 F per image",
    sources: &["chattopadhay2018gradcampp"],
    file: include_str!("increase_in_confidence.rs"),
};

/// Increase in confidence, a fraction.
pub fn evaluate(images: &[Confidence]) -> Score {
    let rises = |c: &Confidence| finite(&[c.full, c.masked]).map(|()| f64::from(u8::from(c.masked > c.full)));
    over_images(&INFO, images.iter().map(rises).collect())
}
