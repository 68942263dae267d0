//! Share of the positive relevance on the quadrants of a mosaic that show the target class.
//!
//! # Formula
//! ```text
//! focus = sum_{p in target quadrants} R+_p / sum_p R+_p
//! ```
//!
//! # Symbols
//! - `R+`: positive part of the heatmap of a 2 x 2 mosaic, split at `floor(H/2)` and `floor(W/2)` of the last two axes
//!
//! # In images
//! Two quadrants of the target class and equal relevance everywhere give 0.5. A mosaic of scans is a picture that no model was trained on: compare
//! methods with it, don't judge a model.
//!
//! # Source
//! ariasduart2022focus.

use crate::error::{MetricError, Result, finite};
use crate::image::{Heatmap, Sign, mass};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;

/// Focus.
pub static INFO: MetricInfo = MetricInfo {
    id: "focus",
    name: "Focus",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "0.5",
    summary: "Share of the positive relevance on the quadrants of a mosaic that show the target class",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["ariasduart2022focus"],
    file: include_str!("focus.rs"),
};

/// Share on the target quadrants, given as top left, top right, bottom left, bottom right.
///
/// # Errors
/// When the heatmap has fewer than two axes.
pub fn evaluate(heatmap: &Heatmap, target: [bool; 4]) -> Result<Score> {
    let &[.., h, w] = heatmap.grid else {
        return Err(MetricError::parameter("grid", format!("{:?}", heatmap.grid), "at least two axes"));
    };
    let on = |i: usize| target[2 * usize::from(i / w % h >= h / 2) + usize::from(i % w >= w / 2)];
    let mask: Vec<bool> = (0..heatmap.values.len()).map(on).collect();
    let value = finite(heatmap.values).and_then(|()| mass(heatmap.values, &mask, Sign::Positive)).map(|(a, b)| a / b);
    let chance = mask.iter().filter(|&&m| m).count() as f64 / mask.len() as f64;
    Ok(Score::of(&INFO, value).part("chance", chance))
}
