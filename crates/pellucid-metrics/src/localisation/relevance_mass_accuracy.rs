//! Share of the relevance that lies in the mask.
//!
//! # Formula
//! ```text
//! RMA = sum_{p in S} R_p / sum_p R_p
//! ```
//!
//! # Symbols
//! - `R`: heatmap, under the rule for its sign (positive part by default); `S`: true sites of the mask
//!
//! # In images
//! A constant map scores `|S|/N`: read every value beside that `chance`. With `raw` signs the value can leave `[0, 1]` and explode near a total of
//! zero; `mixed_signs` is 1 then. With a box as mask it is the energy-based pointing game.
//!
//! # Source
//! arras2022clevrxai.

use crate::error::Result;
use crate::image::{Heatmap, Mask, Sign, checked, mass};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;

/// Relevance mass accuracy.
pub static INFO: MetricInfo = MetricInfo {
    id: "relevance-mass-accuracy",
    name: "Relevance mass accuracy",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "|S|/N",
    summary: "Share of the relevance that lies in the mask",
    needs: &[Need::Mask],
    cost: "none",
    sources: &["arras2022clevrxai", "wang2020scorecam"],
    file: include_str!("relevance_mass_accuracy.rs"),
};

/// Share of the relevance in the mask.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask, sign: Sign) -> Result<Score> {
    let value = checked(heatmap, mask).and_then(|()| {
        let (inside, total) = mass(heatmap.values, mask.values, sign)?;
        Ok(inside / total)
    });
    let mixed = sign == Sign::Raw && heatmap.values.iter().any(|v| *v < 0.0) && heatmap.values.iter().any(|v| *v > 0.0);
    let score = Score::new(&INFO, value)?.part("chance", mask.fraction()).part("mixed_signs", mixed);
    Ok(score.param("sign", sign.name()))
}
