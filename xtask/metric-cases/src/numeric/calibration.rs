//! Calibration.

use pellucid_metrics::calibration::{adaptive_ece, brier, classwise_ece, ece, mce, nll, rmsce};
use serde_json::Value;

use super::{part, rows};
use crate::decode::{Input, Result};
use crate::encode::{object, outcome};
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[("calibration", all)];

fn all(input: &Input) -> Result<Value> {
    let (probabilities, labels) = (input.array_of("probabilities")?, input.array_of("labels")?.indices()?);
    let (p, bins) = (rows(&probabilities), input.index_of("n_bins")?);
    let expected = ece::evaluate(p, &labels, bins)?;
    Ok(object([
        ("ece", outcome(expected.value)),
        ("mce", outcome(mce::evaluate(p, &labels, bins)?.value)),
        ("rmsce", outcome(rmsce::evaluate(p, &labels, bins)?.value)),
        ("adaptive_ece_equal_mass", outcome(adaptive_ece::evaluate(p, &labels, bins)?.value)),
        ("classwise_ece", outcome(classwise_ece::evaluate(p, &labels, bins)?.value)),
        ("brier_multiclass", outcome(brier::evaluate(p, &labels)?.value)),
        ("nll", outcome(nll::evaluate(p, &labels)?.value)),
        ("accuracy", part(&expected, "accuracy")),
        ("mean_confidence", part(&expected, "mean_confidence")),
    ]))
}
