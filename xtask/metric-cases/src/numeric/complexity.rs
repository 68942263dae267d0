//! Complexity.

use pellucid_metrics::complexity::{complexity_entropy, effective_complexity, sparseness_gini};
use serde_json::Value;

use super::part;
use crate::decode::{Input, Result};
use crate::encode::{object, outcome};
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table =
    &[("sparseness_gini", gini), ("complexity_entropy", entropy), ("effective_complexity", effective)];

fn gini(input: &Input) -> Result<Value> {
    let score = sparseness_gini::evaluate(&input.array_of("attribution")?.data);
    Ok(object([("gini", outcome(score.value))]))
}

fn entropy(input: &Input) -> Result<Value> {
    let score = complexity_entropy::evaluate(&input.array_of("attribution")?.data);
    Ok(object([("entropy_nats", outcome(score.value)), ("normalised_entropy", part(&score, "normalised"))]))
}

/// A threshold as the cases write it: 1e-05 for 0.00001, 0.1 for 0.1.
fn name(eps: f64) -> String {
    if eps >= 1e-4 {
        return eps.to_string();
    }
    let text = format!("{eps:e}");
    match text.split_once("e-") {
        Some((digits, exponent)) => format!("{digits}e-{exponent:0>2}"),
        None => text,
    }
}

fn effective(input: &Input) -> Result<Value> {
    let attribution = input.array_of("attribution")?.data;
    let one = |eps: f64| Ok((name(eps), outcome(effective_complexity::evaluate(&attribution, eps)?.value)));
    Ok(object(input.array_of("thresholds")?.data.into_iter().map(one).collect::<Result<Vec<_>>>()?))
}
