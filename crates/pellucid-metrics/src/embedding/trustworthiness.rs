//! Whether neighbours in the embedding are neighbours in the data.
//!
//! # Formula
//! ```text
//! T(k) = 1 - 2/(n k (2n - 3k - 1)) sum_i sum_{j near in the embedding, not in the data} ( r(i,j) - k )
//! ```
//!
//! # Symbols
//! - `r(i,j)`: rank of `j` among the neighbours of `i`, from 1 on; `k` below half the number of points: 5, 10 and 30 are customary
//! - ranks are those in the data
//!
//! # Source
//! venna2001neighborhood.

use crate::embedding::neighbours::intrusion;
use crate::error::Result;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Trustworthiness.
pub static INFO: MetricInfo = MetricInfo {
    id: "trustworthiness",
    name: "Trustworthiness",
    family: Family::Embedding,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "about 0.5",
    summary: "Whether neighbours in the embedding are neighbours in the data",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["venna2001neighborhood"],
    file: include_str!("trustworthiness.rs"),
};

/// Trustworthiness at `k`.
///
/// # Errors
/// When the numbers of points differ.
pub fn evaluate(data: Rows, embedding: Rows, k: usize) -> Result<Score> {
    Ok(Score::new(&INFO, intrusion(data, embedding, k))?.param("k", k))
}
