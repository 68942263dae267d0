//! Share of the nearest neighbours that the embedding keeps.
//!
//! # Formula
//! ```text
//! Q_NX(k) = mean_i |near in the data and in the embedding| / k,    LCMC(k) = Q_NX(k) - k / (n - 1)
//! ```
//!
//! # Symbols
//! - near: among the `k` nearest; `n` points
//!
//! # Source
//! lee2009quality.

use crate::embedding::neighbours::preserved;
use crate::error::Result;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;

/// Neighbour preservation.
pub static INFO: MetricInfo = MetricInfo {
    id: "neighbour-preservation",
    name: "Neighbour preservation",
    family: Family::Embedding,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "k / (n - 1); LCMC 0",
    summary: "Share of the nearest neighbours that the embedding keeps",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["lee2009quality"],
    file: include_str!("neighbour_preservation.rs"),
};

/// Share at `k`; part `lcmc` takes chance off.
///
/// # Errors
/// When the numbers of points differ.
pub fn evaluate(data: Rows, embedding: Rows, k: usize) -> Result<Score> {
    let score = Score::new(&INFO, preserved(data, embedding, k))?;
    let lcmc = score.value.map(|q| q - k as f64 / (data.len() as f64 - 1.0));
    Ok(score.part("lcmc", lcmc).param("k", k))
}
