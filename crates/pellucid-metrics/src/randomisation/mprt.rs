//! Similarity of the map to those of models with more and more randomised layers.
//!
//! # Formula
//! ```text
//! mean over steps of s( a , a under randomised layers )
//! ```
//!
//! # Symbols
//! - `a`: attribution; `s`: Spearman's correlation of absolute values unless another is asked for
//! - top down: from the last layer on, cascading; bottom up: from the first on; independent: one layer at a time, the last first
//!
//! # Cost
//! 1 explanation per layer, and 1.
//!
//! # In images
//! Edges of the image are in every map, so a moderate value isn't proof of anything: compare methods, and read the curve over layers.
//!
//! # Departures
//! The mean doesn't hold the map's similarity to itself, as a known library's does.
//!
//! # Source
//! adebayo2018sanity.

use crate::error::{Result, settle};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::randomisation::similarity::Similarity;
use crate::score::Score;
use crate::statistics::mean;

/// Model parameter randomisation.
pub static INFO: MetricInfo = MetricInfo {
    id: "mprt",
    name: "Model parameter randomisation",
    family: Family::Randomisation,
    direction: Direction::Lower,
    range: (-1.0, 1.0),
    chance: "1 for a map that ignores the model",
    summary: "Similarity of the map to those of models with more and more randomised layers",
    needs: &[Need::Explainer, Need::Weights],
    cost: "1 A per layer + 1 A",
    sources: &["adebayo2018sanity"],
    file: include_str!("mprt.rs"),
};

/// In which order layers are randomised. Layers count from the input on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cascade {
    /// From the last layer on, all later ones stay randomised.
    #[default]
    TopDown,
    /// From the first layer on, all earlier ones stay randomised.
    BottomUp,
    /// One layer at a time, the last first.
    Independent,
}

impl Cascade {
    /// The randomised layers of each step, in the order they were randomised.
    pub fn steps(self, layers: usize) -> Vec<Vec<usize>> {
        match self {
            Cascade::TopDown => (1..=layers).map(|k| (layers - k..layers).rev().collect()).collect(),
            Cascade::BottomUp => (1..=layers).map(|k| (0..k).collect()).collect(),
            Cascade::Independent => (0..layers).rev().map(|l| vec![l]).collect(),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Cascade::TopDown => "top_down",
            Cascade::BottomUp => "bottom_up",
            Cascade::Independent => "independent",
        }
    }
}

/// Mean similarity over steps; `explain` gives the map under the randomised layers of a step. Series `per_step`.
///
/// # Errors
/// When sizes differ or `explain` fails.
pub fn evaluate(
    original: &[f64],
    layers: usize,
    cascade: Cascade,
    similarity: Similarity,
    mut explain: impl FnMut(&[usize]) -> Result<Vec<f64>>,
) -> Result<Score> {
    let mut per_step = Vec::with_capacity(layers);
    for randomised in cascade.steps(layers) {
        per_step.push(settle(explain(&randomised).and_then(|map| similarity.of(original, &map)))?);
    }
    let defined: Vec<f64> = per_step.iter().copied().flatten().collect();
    let value = mean(&defined).map_err(|none| per_step.iter().find_map(|v| v.err()).unwrap_or(none));
    let score = Score::of(&INFO, value).part("last", per_step.last().copied().unwrap_or(value));
    Ok(score.list("per_step", per_step).param("order", cascade.name()).param("similarity", similarity.name()))
}
