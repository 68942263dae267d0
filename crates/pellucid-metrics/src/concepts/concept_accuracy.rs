//! Share of concepts that are predicted right, over samples and concepts.
//!
//! # Formula
//! ```text
//! mean over samples and concepts of [ (p > 0.5) = truth ]
//! ```
//!
//! # Symbols
//! - `p`: predicted probability of a concept; series `roc_auc`: area under the ROC curve of each, undefined for a concept with one class
//!
//! # In images
//! Rare concepts are right most of the time without being found: read the ROC areas.
//!
//! # Source
//! koh2020concept.

use crate::error::{Result, finite, same_len, settle};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::localisation::roc_auc::area;
use crate::model::Rows;
use crate::score::Score;
use crate::undefined::Undefined;

/// Concept accuracy.
pub static INFO: MetricInfo = MetricInfo {
    id: "concept-accuracy",
    name: "Concept accuracy",
    family: Family::Concepts,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "share of the more frequent value",
    summary: "Share of concepts that are predicted right, over samples and concepts",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["koh2020concept"],
    file: include_str!("concept_accuracy.rs"),
};

/// Accuracy; series `roc_auc` per concept.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(probabilities: Rows, present: &[bool]) -> Result<Score> {
    let (p, width) = (probabilities.values, probabilities.width.max(1));
    same_len("true concepts", p.len(), present.len())?;
    let some = if p.is_empty() { Err(Undefined::NoInstances) } else { Ok(()) };
    if let Err(reason) = some.and(finite(p)) {
        return Ok(Score::of(&INFO, Err(reason)));
    }
    let right = p.iter().zip(present).filter(|(p, t)| (**p > 0.5) == **t).count();
    let column = |c: usize| {
        let scores: Vec<f64> = p.iter().skip(c).step_by(width).copied().collect();
        let truth: Vec<bool> = present.iter().skip(c).step_by(width).copied().collect();
        settle(area(&scores, &truth))
    };
    let areas = (0..width).map(column).collect::<Result<Vec<_>>>()?;
    Ok(Score::of(&INFO, Ok(right as f64 / p.len() as f64)).list("roc_auc", areas))
}
