//! Share of the `|S|` most relevant sites that lie in the mask.
//!
//! # Formula
//! ```text
//! RRA = |TopK(R) and S| / K,   K = |S|
//! expected over ties = (hits above the K-th value + (K - number above) * hits among tied / number tied) / K
//! ```
//!
//! # Symbols
//! - `R`: heatmap with its sign; `S`: true sites of the mask
//!
//! # In images
//! Equal values are ranked by their place, so a map with many zeros gets part of its score from the raster; `expected_over_ties` is what a random
//! order of equal values would give, and makes a constant map score `|S|/N`.
//!
//! # Source
//! arras2022clevrxai.

use crate::error::Result;
use crate::image::{Heatmap, Mask, checked};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::localisation::top_k_intersection::Top;
use crate::score::Score;

/// Relevance rank accuracy.
pub static INFO: MetricInfo = MetricInfo {
    id: "relevance-rank-accuracy",
    name: "Relevance rank accuracy",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "|S|/N",
    summary: "Share of the |S| most relevant sites that lie in the mask",
    needs: &[Need::Mask],
    cost: "none",
    sources: &["arras2022clevrxai"],
    file: include_str!("relevance_rank_accuracy.rs"),
};

/// Share of the top `|S|` sites in the mask.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask) -> Result<Score> {
    let top =
        crate::settle(checked(heatmap, mask).and_then(|()| Ok(Top::of(heatmap.values, mask.values, mask.count())?)))?;
    let score = Score::of(&INFO, top.map(|t| t.share)).part("expected_over_ties", top.map(|t| t.expected));
    let score = score.part("chance", mask.fraction());
    Ok(match top {
        Ok(t) => score.ties(t.tied),
        Err(_) => score,
    })
}
