//! Robustness.

use pellucid_metrics::robustness::*;
use pellucid_metrics::{Batching, Image, Outcome, Rows, Score};
use serde_json::{Value, json};

use super::{defined, series};
use crate::decode::{Array, CaseError, Input, Result};
use crate::encode::{list, object, outcome};
use crate::model::Explanation;
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[
    ("local_lipschitz", lipschitz),
    ("max_avg_sensitivity", sensitivity),
    ("relative_stability", stability),
    ("continuity", shifts),
    ("consistency", consistent),
];

const BATCH: Batching = Batching { rows: Some(4) };

/// Explanation, input and listed perturbed inputs of a case.
struct Perturbed {
    explanation: Explanation,
    x: Array,
    listed: Array,
}

impl Perturbed {
    fn read(input: &Input) -> Result<Perturbed> {
        let (x, listed) = (input.array_of("x")?, input.array_of("perturbed_inputs")?);
        listed.expect("perturbed inputs", None, x.data.len())?;
        Ok(Perturbed { explanation: Explanation::read(input)?, x, listed })
    }

    fn count(&self) -> usize {
        self.listed.shape[0]
    }

    fn write(&self) -> impl FnMut(usize, &mut [f64]) -> pellucid_metrics::Result<()> + '_ {
        let width = self.listed.width();
        move |i, row| {
            row.copy_from_slice(&self.listed.data[i * width..(i + 1) * width]);
            Ok(())
        }
    }

    /// Predicted class of each perturbed input.
    fn classes(&self) -> Value {
        let class = |v: &[f64]| argmax(&self.explanation.model.outputs_of(v));
        self.listed.data.chunks(self.listed.width()).map(|v| Value::from(class(v))).collect()
    }
}

fn argmax(values: &[f64]) -> usize {
    (0..values.len()).rev().max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}

fn lipschitz(input: &Input) -> Result<Value> {
    let p = Perturbed::read(input)?;
    let score = local_lipschitz::evaluate(&mut p.explanation.clone(), BATCH, &p.x.data, p.count(), p.write())?;
    Ok(object([
        ("per_sample", series(&score, "per_sample")),
        ("local_lipschitz", outcome(score.value)),
        ("classes_perturbed", p.classes()),
    ]))
}

fn sensitivity(input: &Input) -> Result<Value> {
    let p = Perturbed::read(input)?;
    let max = max_sensitivity::evaluate(&mut p.explanation.clone(), BATCH, &p.x.data, p.count(), p.write())?;
    let avg = avg_sensitivity::evaluate(&mut p.explanation.clone(), BATCH, &p.x.data, p.count(), p.write())?;
    Ok(object([
        ("per_sample", series(&max, "per_sample")),
        ("max_sensitivity", outcome(max.value)),
        ("avg_sensitivity", outcome(avg.value)),
    ]))
}

fn all(score: &Score) -> Value {
    outcome(score.get("all").unwrap_or(score.value))
}

fn stability(input: &Input) -> Result<Value> {
    let p = Perturbed::read(input)?;
    let (x, count, model) = (&p.x.data, p.count(), &p.explanation.model);
    let mut explainer = p.explanation.clone();
    if input.has("hidden_layer") {
        let (layer, hidden) = (input.index_of("hidden_layer")?, model.clone());
        if layer >= hidden.depth() {
            return Err(CaseError::Input(format!("no layer {layer}")));
        }
        let mut representation =
            |rows: Rows<'_>| Ok(rows.iter().flat_map(|v| hidden.hidden(v, layer)).collect::<Vec<f64>>());
        let score = relative_representation_stability::evaluate(
            &mut explainer,
            &mut model.clone(),
            &mut representation,
            BATCH,
            x,
            count,
            &mut p.write(),
        )?;
        return Ok(object([("rrs_per_sample", series(&score, "per_sample")), ("rrs_all", all(&score))]));
    }
    let write = &mut p.write();
    let ris = relative_input_stability::evaluate(&mut explainer, &mut model.clone(), BATCH, x, count, write)?;
    let ros = relative_output_stability::evaluate(&mut explainer, &mut model.clone(), BATCH, x, count, write)?;
    Ok(object([
        ("ris_per_sample", series(&ris, "per_sample")),
        ("ros_per_sample", series(&ros, "per_sample")),
        ("predicted_class", json!(argmax(&model.outputs_of(x)))),
        ("predicted_class_perturbed", p.classes()),
        ("ris_all", all(&ris)),
        ("ros_all", all(&ros)),
        ("ris_same_prediction", outcome(ris.value)),
        ("ros_same_prediction", outcome(ros.value)),
    ]))
}

fn shifts(input: &Input) -> Result<Value> {
    let x = input.array_of("x")?;
    let mut explanation = Explanation::read(input)?;
    let shifts: Vec<i64> = input.array_of("shifts")?.data.iter().map(|v| *v as i64).collect();
    let Some((&channels, grid)) = x.shape.split_first() else {
        return Err(CaseError::Input("an image expected".into()));
    };
    let score = continuity::evaluate(&mut explanation, BATCH, &Image::new(channels, grid, &x.data)?, &shifts)?;
    Ok(object([("per_shift", series(&score, "per_shift")), ("continuity", outcome(score.value))]))
}

fn consistent(input: &Input) -> Result<Value> {
    let attributions = input.array_of("attributions")?;
    let classes = input.array_of("predicted_classes")?.indices()?;
    let words = input.get("discretisation")?.word()?;
    let first = words.strip_prefix("sign of the first ").and_then(|w| w.split(' ').next()).and_then(|n| n.parse().ok());
    let n = first.ok_or_else(|| CaseError::Input(format!("unknown discretisation `{words}`")))?;
    let labels = attributions.data.chunks(attributions.width()).map(|a| consistency::signs_of_first(a, n));
    let labels = defined(labels.collect::<Outcome<Vec<_>>>())?;
    let score = consistency::evaluate(&labels, &classes)?;
    let listed = labels.iter().map(|l| list(l.iter().map(|v| *v as f64))).collect();
    Ok(object([("labels", listed), ("per_sample", series(&score, "per_sample")), ("mean", outcome(score.value))]))
}
