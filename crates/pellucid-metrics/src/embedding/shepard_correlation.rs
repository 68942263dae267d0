//! Rank correlation between distances in the data and in the embedding.
//!
//! # Formula
//! ```text
//! spearman( d_ij , e_ij )    over all pairs
//! ```
//!
//! # Symbols
//! - `d`, `e`: Euclidean distances in the data and in the embedding; scale doesn't matter
//!
//! # Source
//! shepard1962analysis.

use crate::correlation::spearman;
use crate::embedding::neighbours::pairwise;
use crate::error::{Result, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Shepard correlation.
pub static INFO: MetricInfo = MetricInfo {
    id: "shepard-correlation",
    name: "Shepard correlation",
    family: Family::Embedding,
    direction: Direction::Higher,
    range: (-1.0, 1.0),
    chance: "0",
    summary: "Rank correlation between distances in the data and in the embedding",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["shepard1962analysis"],
    file: include_str!("shepard_correlation.rs"),
};

/// The correlation over all pairs; memory grows with their number.
///
/// # Errors
/// When the numbers of points differ.
pub fn evaluate(data: Rows, embedding: Rows) -> Result<Score> {
    same_len("embedded points", data.len(), embedding.len())?;
    let usable = finite(data.values).and_then(|()| finite(embedding.values));
    let value = usable.map_err(Into::into).and_then(|()| spearman(&pairwise(data), &pairwise(embedding)));
    Score::new(&INFO, value)
}
