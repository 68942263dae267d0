//! Whether the target class' autoencoder explains a counterfactual better than the original class' one.
//!
//! # Formula
//! ```text
//! IM1 = |z - AE_t(z)|^2 / ( |z - AE_o(z)|^2 + eps )
//! ```
//!
//! # Symbols
//! - `z`: counterfactual; `AE_t`, `AE_o`: autoencoders of the target and of the original class; `eps`: 1e-8 (tools have up to 1e-5)
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

/// IM1.
pub static INFO: MetricInfo = MetricInfo {
    id: "im1",
    name: "IM1",
    family: Family::Counterfactual,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "none",
    summary: "Whether the target class' autoencoder explains a counterfactual better than the original class' one",
    needs: &[Need::Training, Need::Batch],
    cost: "2 autoencoder passes per counterfactual",
    sources: &["vanlooveren2021interpretable"],
    file: include_str!("im1.rs"),
};

/// Mean over counterfactuals and their reconstructions by the target class' autoencoder and by the original class; series `per_sample`.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(counterfactuals: Rows, by_target: Rows, by_origin: Rows, eps: f64) -> Result<Score> {
    let usable = paired(counterfactuals, by_target)?.and(paired(counterfactuals, by_origin)?);
    if let Err(reason) = usable {
        return Ok(Score::of(&INFO, Err(reason)));
    }
    let rows = counterfactuals.iter().zip(by_target.iter()).zip(by_origin.iter());
    let per_sample: Vec<f64> = rows.map(|((z, a), b)| squared(z, a) / (squared(z, b) + eps)).collect();
    Ok(Score::of(&INFO, mean(&per_sample)).numbers("per_sample", per_sample).param("eps", eps))
}
