//! Mean over classes of the calibration error of that class' probability.
//!
//! # Formula
//! ```text
//! mean_k sum_m n_mk/n | share of class k in bin - mean p_k in bin |
//! ```
//!
//! # Symbols
//! - bins of equal width of `p_k`, over all samples; series `per_class`
//!
//! # Source
//! kull2019dirichlet.

use crate::calibration::bins::{checked, equal_width, expected};
use crate::error::Result;
use crate::error::settle;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::statistics::mean;

/// Classwise expected calibration error.
pub static INFO: MetricInfo = MetricInfo {
    id: "classwise-ece",
    name: "Classwise expected calibration error",
    family: Family::Calibration,
    direction: Direction::Lower,
    range: (0.0, 1.0),
    chance: "none",
    summary: "Mean over classes of the calibration error of that class' probability",
    needs: &[Need::Labels],
    cost: "none",
    sources: &["kull2019dirichlet"],
    file: include_str!("classwise_ece.rs"),
};

/// The value for `samples x classes` probabilities and labels.
///
/// # Errors
/// When sizes differ, or a label or a probability is out of range.
pub fn evaluate(probabilities: Rows, labels: &[usize], bins: usize) -> Result<Score> {
    let of_class = |k: usize| {
        let samples: Vec<(f64, bool)> = probabilities.iter().zip(labels).map(|(p, &l)| (p[k], l == k)).collect();
        Ok(expected(&equal_width(&samples, bins)?))
    };
    let all = checked(probabilities, labels);
    let found = settle(all.and_then(|()| (0..probabilities.width).map(of_class).collect::<Result<Vec<f64>>>()))?;
    Ok(match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(classes) => Score::of(&INFO, mean(&classes)).numbers("per_class", classes),
    }
    .param("bins", bins))
}
