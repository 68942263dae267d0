//! Share of the positive relevance in the mask, and its ratio to chance.
//!
//! # Formula
//! ```text
//! mu   = sum_{p in S} R+_p / sum_p R+_p
//! mu_w = mu * N / |S|
//! ```
//!
//! # Symbols
//! - `R+`: positive part of the heatmap, or its absolute value; `S`: true sites; `N`: sites
//!
//! # In images
//! `mu` is the relevance mass accuracy; `mu_weighted` above 1 is better than chance, whatever the size of the mask.
//!
//! # Source
//! kohlbrenner2020towards.

use crate::error::Result;
use crate::image::{Heatmap, Mask, Sign, checked, mass};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;

/// Attribution localisation.
pub static INFO: MetricInfo = MetricInfo {
    id: "attribution-localisation",
    name: "Attribution localisation",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "|S|/N, weighted 1",
    summary: "Share of the positive relevance in the mask, and its ratio to chance",
    needs: &[Need::Mask],
    cost: "none",
    sources: &["kohlbrenner2020towards"],
    file: include_str!("attribution_localisation.rs"),
};

/// Share of the positive (or absolute) relevance in the mask; the ratio to chance is the part `mu_weighted`.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask, absolute: bool) -> Result<Score> {
    let sign = if absolute { Sign::Abs } else { Sign::Positive };
    let value = checked(heatmap, mask).and_then(|()| {
        let (inside, total) = mass(heatmap.values, mask.values, sign)?;
        Ok(inside / total)
    });
    let score = Score::new(&INFO, value)?;
    let weighted = score.value.map(|mu| mu / mask.fraction());
    Ok(score.part("mu_weighted", weighted).part("chance", mask.fraction()).param("sign", sign.name()))
}
