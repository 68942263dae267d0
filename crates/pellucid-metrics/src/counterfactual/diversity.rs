//! How far the counterfactuals of one input lie apart.
//!
//! # Formula
//! ```text
//! mean Euclidean distance over all pairs
//! ```
//!
//! # Symbols
//! - pairs of different counterfactuals of one input
//!
//! # Source
//! mothilal2020dice.

use crate::counterfactual::squared;
use crate::error::finite;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::statistics::mean;

/// Diversity.
pub static INFO: MetricInfo = MetricInfo {
    id: "diversity",
    name: "Diversity",
    family: Family::Counterfactual,
    direction: Direction::Higher,
    range: (0.0, f64::INFINITY),
    chance: "none",
    summary: "How far the counterfactuals of one input lie apart",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["mothilal2020dice"],
    file: include_str!("diversity.rs"),
};

/// Mean distance of pairs.
pub fn evaluate(counterfactuals: Rows) -> Score {
    let all: Vec<&[f64]> = counterfactuals.iter().collect();
    let pairs = (0..all.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    let distances: Vec<f64> = pairs.map(|(i, j)| squared(all[i], all[j]).sqrt()).collect();
    Score::of(&INFO, finite(counterfactuals.values).and_then(|()| mean(&distances)))
}
