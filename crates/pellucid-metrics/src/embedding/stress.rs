//! Relative error of distances in the embedding.
//!
//! # Formula
//! ```text
//! sqrt( sum (d_ij - e_ij)^2 / sum d_ij^2 )    over all pairs
//! ```
//!
//! # Symbols
//! - `d`, `e`: Euclidean distances in the data and in the embedding
//!
//! # In images
//! The scale of t-SNE and UMAP is arbitrary, and so is this number for them: use the Shepard correlation.
//!
//! # Source
//! kruskal1964multidimensional.

use crate::embedding::neighbours::pairwise;
use crate::error::{Result, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::undefined::Undefined;

/// Stress-1.
pub static INFO: MetricInfo = MetricInfo {
    id: "stress",
    name: "Stress-1",
    family: Family::Embedding,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "none",
    summary: "Relative error of distances in the embedding",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["kruskal1964multidimensional"],
    file: include_str!("stress.rs"),
};

/// Stress over all pairs.
///
/// # Errors
/// When the numbers of points differ.
pub fn evaluate(data: Rows, embedding: Rows) -> Result<Score> {
    same_len("embedded points", data.len(), embedding.len())?;
    let usable = finite(data.values).and_then(|()| finite(embedding.values));
    let value = usable.and_then(|()| {
        let (d, e) = (pairwise(data), pairwise(embedding));
        let total: f64 = d.iter().map(|d| d * d).sum();
        let error: f64 = d.iter().zip(&e).map(|(d, e)| (d - e).powi(2)).sum();
        if total == 0.0 { Err(Undefined::ConstantInput) } else { Ok((error / total).sqrt()) }
    });
    Ok(Score::of(&INFO, value))
}
