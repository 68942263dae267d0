//! Relative loss of confidence when the input is multiplied by its map.
//!
//! # Formula
//! ```text
//! mean over images of max(0, Y - O) / Y,    Y = f(x),  O = f(x * m)
//! ```
//!
//! # Symbols
//! - `f`: probability of the class; `m`: map in `[0, 1]`, of the image's size, alike for all channels
//!
//! # Cost
//! 2 F per image.
//!
//! # In images
//! The product is taken on what the model sees, so 0 is the mean of standardised data, not black. Papers print percent; this is a fraction.
//! Without the division it is `mean_absolute_drop`.
//!
//! # Source
//! chattopadhay2018gradcampp.

use crate::cam::confidence::{Confidence, over_images};
use crate::error::finite;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;
use crate::statistics::mean;

/// Average drop.
pub static INFO: MetricInfo = MetricInfo {
    id: "average-drop",
    name: "Average drop",
    family: Family::Cam,
    direction: Direction::Lower,
    range: (0.0, 1.0),
    chance: "that of a random map",
    summary: "Relative loss of confidence when the input is multiplied by its map",
    needs: &[Need::Model],
    cost: "2 F per image",
    sources: &["chattopadhay2018gradcampp"],
    file: include_str!("average_drop.rs"),
};

/// Average drop; part `mean_absolute_drop`.
pub fn evaluate(images: &[Confidence]) -> Score {
    let absolute: Vec<f64> = images.iter().map(|c| (c.full - c.masked).max(0.0)).collect();
    let absolute =
        finite(&images.iter().flat_map(|c| [c.full, c.masked]).collect::<Vec<_>>()).and_then(|()| mean(&absolute));
    over_images(&INFO, images.iter().map(|c| c.drop()).collect()).part("mean_absolute_drop", absolute)
}
