//! Tuples, RadGraph, CheXbert, answers to questions.

use std::collections::BTreeMap;

use pellucid_metrics::text::{
    self, Entity, EntityGraph, LABELS, LabelF1, Labels, Matching, Mention, NoSynonyms, Positive, RadGraphLevel,
    SynonymSets, Synonyms,
};
use serde_json::{Value, json};

use super::fields::{defined, lists, outcome, string, words};

pub(super) fn tuples(_: &Value, input: &Value) -> Result<Value, String> {
    let (candidate, reference) = (lists(&input["candidate_tuples"])?, lists(&input["reference_tuples"])?);
    let sets = SynonymSets::new(&lists(&input["synonym_sets"])?);
    let score = |matching, synonyms: &dyn Synonyms| match text::tuple_f1(&candidate, &reference, synonyms, matching) {
        Ok(score) => json!({
            "true_positives": score.true_positives,
            "precision": score.scores.precision,
            "recall": score.scores.recall,
            "f1": score.scores.f,
        }),
        // Counts and shares of nothing are 0 in the cases; only F1 is undefined.
        Err(reason) => json!({ "true_positives": 0, "precision": 0.0, "recall": 0.0, "f1": { "undefined": reason } }),
    };
    Ok(json!({
        "spice_rule_exact": score(Matching::SpiceRule, &NoSynonyms),
        "one_to_one_exact": score(Matching::OneToOne, &NoSynonyms),
        "spice_rule_synonyms": score(Matching::SpiceRule, &sets),
        "one_to_one_synonyms": score(Matching::OneToOne, &sets),
    }))
}

pub(super) fn radgraph(_: &Value, input: &Value) -> Result<Value, String> {
    let graph = |key: &str| {
        let entities: BTreeMap<String, Entity> =
            serde_json::from_value(input[key].clone()).map_err(|e| format!("{key}: {e}"))?;
        EntityGraph::new(entities).map_err(|e| e.to_string())
    };
    let (hypothesis, reference) = (graph("hypothesis_entities")?, graph("reference_entities")?);
    let score = |level| {
        let score = text::radgraph_f1(&hypothesis, &reference, level);
        json!({ "precision": score.precision, "recall": score.recall, "f1": score.f })
    };
    Ok(json!({
        "simple": score(RadGraphLevel::Simple),
        "partial": score(RadGraphLevel::Partial),
        "complete": score(RadGraphLevel::Complete),
    }))
}

pub(super) fn chexbert(_: &Value, input: &Value) -> Result<Value, String> {
    let candidates = labels(&input["hypothesis_classes"])?;
    let references = labels(&input["reference_classes_0blank_1pos_2neg_3uncertain"])?;
    let reports: Vec<(Labels, Labels)> = candidates.into_iter().zip(references).collect();
    let positive = if input["positive_classes"] == json!([1]) { Positive::Alone } else { Positive::WithUncertain };
    let five: Vec<usize> = serde_json::from_value(input["five_label_indices"].clone()).map_err(|e| e.to_string())?;
    let mut values = json!({});
    for (count, indices) in [("14", (0..LABELS.len()).collect()), ("5", five)] {
        let score = text::chexbert_f1(&reports, positive, &indices);
        let part = |value: fn(&LabelF1) -> Value| score.as_ref().map_or_else(|r| json!({ "undefined": r }), value);
        values[format!("micro_f1_{count}")] = part(|s| json!(s.micro));
        values[format!("macro_f1_{count}")] = part(|s| json!(s.macro_mean));
        values[format!("per_label_f1_{count}")] = part(|s| json!(s.per_label));
    }
    Ok(values)
}

fn labels(array: &Value) -> Result<Vec<Labels>, String> {
    let classes: Vec<u8> = serde_json::from_value(array["data"].clone()).map_err(|e| e.to_string())?;
    let mention =
        |&class: &u8| Mention::from_class(class).ok_or_else(|| format!("expected a class from 0 to 3, found {class}"));
    let report = |row: &[u8]| {
        let row: Vec<Mention> = row.iter().map(mention).collect::<Result<_, _>>()?;
        Labels::try_from(row).map_err(|row| format!("expected 14 labels, found {}", row.len()))
    };
    classes.chunks(LABELS.len()).map(report).collect()
}

pub(super) fn vqa(_: &Value, input: &Value) -> Result<Value, String> {
    let (prediction, answers) = (string(&input["prediction"])?, words(&input["ten_human_answers"])?);
    Ok(json!({
        "vqa_accuracy": outcome(text::vqa_accuracy(prediction, &answers)),
        "simple_min_n_over_3": defined(text::vqa_accuracy_simple(prediction, &answers))?,
    }))
}
