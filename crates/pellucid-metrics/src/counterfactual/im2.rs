//! How far the target class' and the general autoencoder disagree on a counterfactual.
//!
//! # Formula
//! ```text
//! IM2 = |AE_t(z) - AE(z)|^2 / ( |z|_1 + eps )
//! ```
//!
//! # Symbols
//! - `z`: counterfactual; `AE_t`, `AE`: autoencoders of the target class and of all classes; `eps`: 1e-8 (tools have up to 1e-5)
//!
//! # In images
//! Tiny adversarial changes score well: report it beside validity under an independent classifier.
//!
//! # Source
//! vanlooveren2021interpretable.

use crate::counterfactual::{paired, squared};
use crate::error::Result;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::statistics::mean;

/// IM2.
pub static INFO: MetricInfo = MetricInfo {
    id: "im2",
    name: "IM2",
    family: Family::Counterfactual,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "none",
    summary: "How far the target class' and the general autoencoder disagree on a counterfactual",
    needs: &[Need::Training, Need::Batch],
    cost: "2 autoencoder passes per counterfactual",
    sources: &["vanlooveren2021interpretable"],
    file: include_str!("im2.rs"),
};

/// Mean over counterfactuals and their reconstructions by the target class' autoencoder and by the general autoencoder; series `per_sample`.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(counterfactuals: Rows, by_target: Rows, by_all: Rows, eps: f64) -> Result<Score> {
    let usable = paired(counterfactuals, by_target)?.and(paired(counterfactuals, by_all)?);
    if let Err(reason) = usable {
        return Ok(Score::of(&INFO, Err(reason)));
    }
    let rows = counterfactuals.iter().zip(by_target.iter()).zip(by_all.iter());
    let per_sample: Vec<f64> =
        rows.map(|((z, a), b)| squared(a, b) / (z.iter().map(|v| v.abs()).sum::<f64>() + eps)).collect();
    Ok(Score::of(&INFO, mean(&per_sample)).numbers("per_sample", per_sample).param("eps", eps))
}
