//! How much of the model's accuracy the concepts carry.
//!
//! # Formula
//! ```text
//! eta = ( acc(h of g of concepts) - a_r ) / ( acc(f) - a_r )
//! ```
//!
//! # Symbols
//! - `acc(h of g of concepts)`: best accuracy of a model that sees the concept scores only; `acc(f)`: of the model; `a_r`: of chance
//!
//! # In images
//! The value may leave `[0, 1]`; `clipped` doesn't.
//!
//! # Source
//! yeh2020completeness.

use crate::error::finite;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;
use crate::undefined::{Outcome, Undefined};

/// Concept completeness.
pub static INFO: MetricInfo = MetricInfo {
    id: "concept-completeness",
    name: "Concept completeness",
    family: Family::Concepts,
    direction: Direction::Higher,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "0",
    summary: "How much of the model's accuracy the concepts carry",
    needs: &[Need::Model, Need::Labels],
    cost: "a trained head",
    sources: &["yeh2020completeness"],
    file: include_str!("concept_completeness.rs"),
};

/// Completeness of one set of concepts.
///
/// # Errors
/// When the model is as accurate as chance or an accuracy isn't finite.
pub fn completeness(concepts: f64, model: f64, chance: f64) -> Outcome {
    finite(&[concepts, model, chance])?;
    if model == chance {
        return Err(Undefined::ChanceEqualsModelAccuracy);
    }
    Ok((concepts - chance) / (model - chance))
}

/// Completeness from three accuracies; part `clipped`.
pub fn evaluate(concepts: f64, model: f64, chance: f64) -> Score {
    let value = completeness(concepts, model, chance);
    Score::of(&INFO, value).part("clipped", value.map(|v| v.clamp(0.0, 1.0)))
}
