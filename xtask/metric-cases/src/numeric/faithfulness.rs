//! Faithfulness by subsets, single features, perturbations and sets.

use pellucid_metrics::faithfulness::sensitivity_n::{self, Size};
use pellucid_metrics::faithfulness::*;
use pellucid_metrics::{Baseline, Evaluator};
use serde_json::Value;

use super::removal::{Setting, constant};
use super::{curve, part, rows, series};
use crate::decode::{CaseError, Input, Result};
use crate::encode::{boolean, object, outcome};
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[
    ("sensitivity_n", sensitivity),
    ("faithfulness_correlation", correlation),
    ("faithfulness_estimate", estimate),
    ("monotonicity", monotone),
    ("monotonicity_correlation", monotone_correlation),
    ("infidelity", infidelity_of),
    ("sufficiency_dasgupta", over_set),
];

fn sensitivity(input: &Input) -> Result<Value> {
    let s = Setting::read(input)?;
    let attribution = input.array_of("attribution")?.data;
    let size = |(n, subsets): (&str, Input)| {
        let n = n.parse().map_err(|_| CaseError::Input(format!("`{n}` isn't a size")))?;
        Ok(Size { n, subsets: subsets.index_lists()? })
    };
    let sizes = input.get("subsets_by_n")?.entries()?.into_iter().map(size).collect::<Result<Vec<_>>>()?;
    let mut model = s.model.clone();
    let mut evaluator = Evaluator::new(&mut model, s.target).batch(5);
    let score = sensitivity_n::evaluate(&mut evaluator, &s.image()?, &attribution, &sizes, &constant(input)?)?;
    let by_n = sizes.iter().map(|size| (size.n.to_string(), part(&score, &size.n.to_string())));
    Ok(object([("pcc_by_n", object(by_n)), ("mean_pcc", outcome(score.value))]))
}

fn correlation(input: &Input) -> Result<Value> {
    let s = Setting::read(input)?;
    let attribution = input.array_of("attribution")?.data;
    let (subsets, mut model) = (input.get("subsets")?.index_lists()?, s.model.clone());
    let mut evaluator = Evaluator::new(&mut model, s.target).batch(5);
    let score =
        faithfulness_correlation::evaluate(&mut evaluator, &s.image()?, &attribution, &subsets, &constant(input)?)?;
    Ok(object([
        ("attribution_sums", series(&score, "attribution_sums")),
        ("output_drops", series(&score, "output_drops")),
        ("pearson", outcome(score.value)),
    ]))
}

fn estimate(input: &Input) -> Result<Value> {
    let s = Setting::read(input)?;
    let (attribution, mut model) = (input.array_of("attribution")?.data, s.model.clone());
    let step = input.index_of("features_in_step")?;
    let mut evaluator = Evaluator::new(&mut model, s.target);
    let score = faithfulness_estimate::evaluate(&mut evaluator, &s.image()?, &attribution, step, &constant(input)?)?;
    Ok(object([("pearson", outcome(score.value))]))
}

fn monotone(input: &Input) -> Result<Value> {
    let s = Setting::read(input)?;
    let (attribution, mut model) = (input.array_of("attribution")?.data, s.model.clone());
    let baseline = Baseline::Image(input.array_of("baseline")?.data);
    let step = input.index_of("features_in_step")?;
    let mut evaluator = Evaluator::new(&mut model, s.target);
    let score = monotonicity::evaluate(&mut evaluator, &s.image()?, &attribution, step, &baseline)?;
    Ok(object([
        ("outputs_from_baseline", curve(&score)),
        ("monotone", boolean(score.value)),
        ("fraction_non_decreasing", part(&score, "fraction_non_decreasing")),
    ]))
}

fn monotone_correlation(input: &Input) -> Result<Value> {
    let s = Setting::read(input)?;
    let (attribution, mut model) = (input.array_of("attribution_abs")?.data, s.model.clone());
    let values = input.array_of("replacement_values_feature_by_sample")?;
    let (samples, eps) = (values.width(), input.number_of("eps")?);
    let mut evaluator = Evaluator::new(&mut model, s.target).batch(9);
    let score =
        monotonicity_correlation::evaluate(&mut evaluator, &s.image()?, &attribution, &values.data, samples, eps)?;
    let changes = series(&score, "expected_squared_change");
    Ok(object([("expected_squared_change", changes), ("spearman", outcome(score.value))]))
}

fn infidelity_of(input: &Input) -> Result<Value> {
    let s = Setting::read(input)?;
    let (attribution, mut model) = (input.array_of("attribution")?.data, s.model.clone());
    let listed = input.array_of("perturbations")?;
    listed.expect("perturbations", None, s.x.data.len())?;
    let (count, width) = (listed.shape[0], listed.width());
    let mut evaluator = Evaluator::new(&mut model, s.target).batch(3);
    let score = infidelity::evaluate(&mut evaluator, &s.image()?, &attribution, false, count, |i, row| {
        row.copy_from_slice(&listed.data[i * width..(i + 1) * width]);
        Ok(())
    })?;
    Ok(object([("infidelity", outcome(score.value)), ("infidelity_scaled", part(&score, "scaled"))]))
}

fn over_set(input: &Input) -> Result<Value> {
    let attributions = input.array_of("attributions")?;
    let classes = input.array_of("predicted_classes")?.indices()?;
    let score = sufficiency_dasgupta::evaluate(rows(&attributions), &classes, input.number_of("threshold")?)?;
    Ok(object([
        ("per_sample", series(&score, "per_sample")),
        ("mean", outcome(score.value)),
        ("variance_used", series(&score, "variance")),
    ]))
}
