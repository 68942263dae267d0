//! Concepts.

use std::collections::HashMap;

use pellucid_metrics::concepts::intervention_curve::{self, Bottleneck, Truth};
use pellucid_metrics::concepts::{cace, concept_accuracy, concept_completeness, concept_shap, tcav};
use pellucid_metrics::{Evaluator, MetricError, Rows};
use serde_json::Value;

use super::{curve, defined, part, rows, series};
use crate::decode::{CaseError, Input, Result};
use crate::encode::{object, outcome};
use crate::model::ClosedForm;
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[
    ("cbm_intervention_curve", interventions),
    ("concept_completeness_shap", shap),
    ("tcav_significance", significance),
    ("cace", effect),
];

fn interventions(input: &Input) -> Result<Value> {
    let predicted = input.array_of("concept_values")?;
    let present = input.array_of("true_concepts")?.mask();
    let percentile =
        |key| -> Result<Vec<f64>> { if input.has(key) { Ok(input.array_of(key)?.data) } else { Ok(Vec::new()) } };
    let (low, high) = (percentile("percentile_5")?, percentile("percentile_95")?);
    let truth = match input.get("value_kind")?.word()? {
        "probabilities" => Truth::Probability,
        "logits" => Truth::Logit { low: &low, high: &high },
        other => return Err(CaseError::Input(format!("unknown kind of value `{other}`"))),
    };
    let (groups, labels) = (input.get("groups")?.index_lists()?, input.array_of("labels")?.indices()?);
    let orders = input.get("order_per_sample")?.index_lists()?;
    let (w, b) = (input.array_of("label_head_w")?, input.array_of("label_head_b")?.data);
    w.expect("label head", Some(b.len()), predicted.width())?;
    let mut head = |values: Rows<'_>| {
        let score =
            |v: &[f64], k: usize| b[k] + v.iter().zip(&w.data[k * w.width()..]).map(|(v, w)| v * w).sum::<f64>();
        Ok(values.iter().flat_map(|v| (0..b.len()).map(|k| score(v, k)).collect::<Vec<f64>>()).collect::<Vec<f64>>())
    };
    let data = Bottleneck { predicted: rows(&predicted), present: &present, truth, groups: &groups, labels: &labels };
    let score = intervention_curve::evaluate(&mut head, &data, &orders)?;
    let probabilities = input.array_of("concept_probabilities")?;
    let accuracy = concept_accuracy::evaluate(rows(&probabilities), &present)?;
    Ok(object([
        ("accuracy_curve", curve(&score)),
        ("normalised_auc", outcome(score.value)),
        ("gain_full_intervention", part(&score, "gain")),
        ("concept_accuracy", outcome(accuracy.value)),
        ("concept_roc_auc", series(&accuracy, "roc_auc")),
    ]))
}

fn shap(input: &Input) -> Result<Value> {
    let concepts = input.index_of("n_concepts")?;
    let (model, chance) = (input.number_of("accuracy_model")?, input.number_of("accuracy_chance")?);
    let mut table = HashMap::new();
    for entry in input.get("accuracy_by_subset")?.items()? {
        table.insert(entry.array_of("concepts")?.indices()?, entry.number_of("accuracy")?);
    }
    let look = |set: &[usize]| table.get(set).copied().ok_or(MetricError::NoMetric(format!("accuracy of {set:?}")));
    let all = look(&(0..concepts).collect::<Vec<_>>())?;
    let completeness = concept_completeness::evaluate(all, model, chance);
    let score = concept_shap::evaluate(concepts, model, chance, look)?;
    defined(score.value)?;
    Ok(object([
        ("completeness", outcome(completeness.value)),
        ("completeness_clipped", part(&completeness, "clipped")),
        ("concept_shap", series(&score, "shap")),
        ("efficiency_residual", part(&score, "efficiency_residual")),
    ]))
}

fn significance(input: &Input) -> Result<Value> {
    let (gradients, concept) = (input.array_of("gradients")?, input.array_of("concept_cavs")?);
    let random = input.array_of("random_cavs")?;
    let (alpha, hypotheses) = (input.number_of("alpha")?, input.index_of("n_hypotheses_bonferroni")?);
    let score = tcav::evaluate(rows(&gradients), rows(&concept), rows(&random), alpha, hypotheses)?;
    let significant = score.get("significant").unwrap_or(score.value);
    Ok(object([
        ("tcav_per_cav", series(&score, "per_cav")),
        ("tcav_random_per_cav", series(&score, "random_per_cav")),
        ("tcav_mean", outcome(score.value)),
        ("magnitude_per_cav", series(&score, "magnitude")),
        ("t_statistic", part(&score, "t")),
        ("p_value", part(&score, "p")),
        ("significant_bonferroni", significant.map_or(Value::Null, |v| Value::Bool(v != 0.0))),
    ]))
}

fn effect(input: &Input) -> Result<Value> {
    let (present, absent) = (input.array_of("x_concept_present")?, input.array_of("x_concept_absent")?);
    let mut model = ClosedForm::read(&input.get("model")?)?;
    let mut evaluator = Evaluator::new(&mut model, 0).batch(3);
    let score = cace::evaluate(&mut evaluator, rows(&present), rows(&absent))?;
    Ok(object([("cace_per_class", series(&score, "per_class")), ("l1_norm", outcome(score.value))]))
}
