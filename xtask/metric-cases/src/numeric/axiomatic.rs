//! Axioms.

use pellucid_metrics::Evaluator;
use pellucid_metrics::axiomatic::{completeness, input_invariance, non_sensitivity};
use serde_json::Value;

use super::removal::{Setting, constant};
use super::{part, series};
use crate::decode::{Input, Result};
use crate::encode::{array, boolean, number, object, outcome};
use crate::model::Explanation;
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table =
    &[("completeness", complete), ("non_sensitivity", insensitive), ("input_invariance", invariant)];

fn complete(input: &Input) -> Result<Value> {
    let Setting { x, mut model, target } = Setting::read(input)?;
    let (baseline, attribution) = (input.array_of("baseline")?.data, input.array_of("attribution")?.data);
    let mut evaluator = Evaluator::new(&mut model, target);
    let score = completeness::evaluate(&mut evaluator, &x.data, &baseline, &attribution)?;
    Ok(object([
        ("output_difference", part(&score, "output_difference")),
        ("attribution_sum", part(&score, "attribution_sum")),
        ("delta", outcome(score.value)),
        ("relative_delta", part(&score, "relative")),
        ("complete_at_rel_1e_3", boolean(score.get("complete").unwrap_or(score.value))),
    ]))
}

fn insensitive(input: &Input) -> Result<Value> {
    let s = Setting::read(input)?;
    let (attribution, mut model) = (input.array_of("attribution")?.data, s.model.clone());
    let mut evaluator = Evaluator::new(&mut model, s.target).batch(6);
    let eps = input.number_of("eps")?;
    let score = non_sensitivity::evaluate(&mut evaluator, &s.image()?, &attribution, &constant(input)?, eps)?;
    let flags = |name: &str| match score.series(name) {
        Some(values) => array(&[values.len()], values.iter().copied().flatten()),
        None => series(&score, name),
    };
    Ok(object([
        ("violations", outcome(score.value)),
        ("violation_rate", part(&score, "rate")),
        ("zero_attribution", flags("zero_attribution")),
        ("insensitive_feature", flags("insensitive")),
    ]))
}

fn invariant(input: &Input) -> Result<Value> {
    let Setting { x, model, target } = Setting::read(input)?;
    let shift = input.number_of("shift")?;
    let moved: Vec<f64> = x.data.iter().map(|v| v + shift).collect();
    let bias = input.array_of("shifted_bias")?;
    bias.expect("shifted bias", Some(model.classes()), 1)?;
    let other = model.with_bias(bias.data);
    let mut all = Vec::new();
    for (name, times_input) in [("gradient", false), ("input_x_gradient", true)] {
        let explain =
            |model: &crate::ClosedForm, v: &[f64]| Explanation { model: model.clone(), target, times_input }.of(v);
        let score = input_invariance::evaluate(&explain(&model, &x.data), &explain(&other, &moved))?;
        let difference = part(&score, "max_abs_difference");
        all.push((name, object([("max_abs_difference", difference), ("invariant", boolean(score.value))])));
    }
    let outputs = model.outputs_of(&x.data)[target] - other.outputs_of(&moved)[target];
    all.push(("output_difference", number(outputs.abs())));
    Ok(object(all))
}
