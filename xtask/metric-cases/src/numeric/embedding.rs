//! Embeddings.

use pellucid_metrics::embedding::{
    embedding_continuity, neighbour_preservation, shepard_correlation, stress, trustworthiness,
};
use serde_json::Value;

use super::{part, rows};
use crate::decode::{Input, Result};
use crate::encode::{object, outcome};
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[("trustworthiness_continuity", all)];

fn all(input: &Input) -> Result<Value> {
    let (high, low) = (input.array_of("high_dim")?, input.array_of("low_dim")?);
    let (high, low) = (rows(&high), rows(&low));
    let at = |k: usize| {
        let kept = neighbour_preservation::evaluate(high, low, k)?;
        let values = object([
            ("trustworthiness", outcome(trustworthiness::evaluate(high, low, k)?.value)),
            ("continuity", outcome(embedding_continuity::evaluate(high, low, k)?.value)),
            ("neighbour_preservation_qnx", outcome(kept.value)),
            ("lcmc", part(&kept, "lcmc")),
        ]);
        Ok((format!("k_{k}"), values))
    };
    let mut found = input.array_of("ks")?.indices()?.into_iter().map(at).collect::<Result<Vec<_>>>()?;
    found.push(("shepard_spearman".into(), outcome(shepard_correlation::evaluate(high, low)?.value)));
    found.push(("stress_1".into(), outcome(stress::evaluate(high, low)?.value)));
    Ok(object(found))
}
