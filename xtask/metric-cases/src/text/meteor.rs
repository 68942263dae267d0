//! METEOR 1.5, with the stems, sets and rows that a case brings.

use std::collections::HashMap;

use pellucid_metrics::text::meteor::{FunctionWords, Meteor, Paraphrases};
use pellucid_metrics::text::stem::{SnowballEnglish, Stemmer};
use pellucid_metrics::text::{Segment, Synonyms};
use serde_json::{Value, json};

use super::fields::{defined, lists, string, words};

/// Stems that a case lists.
struct GivenStems(HashMap<String, String>);

impl Stemmer for GivenStems {
    fn id(&self) -> &'static str {
        "given"
    }

    fn stem(&self, word: &str) -> String {
        self.0.get(word).cloned().unwrap_or_else(|| SnowballEnglish::default().stem(word))
    }
}

/// Sets that a case lists by word.
struct GivenSets(HashMap<String, Vec<u64>>);

impl Synonyms for GivenSets {
    fn synsets(&self, word: &str) -> &[u64] {
        self.0.get(word).map_or(&[], Vec::as_slice)
    }
}

/// What a case brings.
struct Given {
    candidate: Vec<String>,
    reference: Vec<String>,
    function_words: FunctionWords,
    stems: GivenStems,
    sets: GivenSets,
    paraphrases: Paraphrases,
}

impl Given {
    fn new(input: &Value) -> Result<Self, String> {
        let rows = lists(&input["paraphrases_ref_then_para"])?;
        let row = |row: Vec<String>| {
            <[String; 2]>::try_from(row).map(|[a, b]| (a, b)).map_err(|r| format!("expected two phrases, found {r:?}"))
        };
        let rows: Vec<(String, String)> = rows.into_iter().map(row).collect::<Result<_, _>>()?;
        Ok(Self {
            candidate: words(&input["candidate_tokens"])?,
            reference: words(&input["reference_tokens"])?,
            function_words: FunctionWords::new(&words(&input["function_words"])?),
            stems: GivenStems(serde_json::from_value(input["stems"].clone()).map_err(|e| e.to_string())?),
            sets: GivenSets(serde_json::from_value(input["shared_synsets"].clone()).map_err(|e| e.to_string())?),
            paraphrases: Paraphrases::new(&rows),
        })
    }

    /// The four sets of modules.
    fn levels(&self) -> [(&'static str, Meteor<'_>); 4] {
        let exact = Meteor::exact(&self.function_words);
        let stem = Meteor { stemmer: Some(&self.stems), ..exact };
        let synonym = Meteor { synonyms: Some(&self.sets), ..stem };
        let full = Meteor { paraphrases: Some(&self.paraphrases), ..synonym };
        [("exact", exact), ("exact_stem", stem), ("exact_stem_synonym", synonym), ("full", full)]
    }

    /// The stems that a case lists are those of our own stemmer.
    fn check_stems(&self) -> Result<(), String> {
        let own = SnowballEnglish::default();
        match self.stems.0.iter().find(|(word, stem)| own.stem(word) != **stem) {
            Some((word, stem)) => Err(format!("stem of `{word}`: expected `{stem}`, found `{}`", own.stem(word))),
            None => Ok(()),
        }
    }
}

pub(super) fn compute(file: &Value, input: &Value) -> Result<Value, String> {
    if input.get("refer_to").is_some() {
        return best_of_references(file);
    }
    let given = Given::new(input)?;
    given.check_stems()?;
    let level = |metric: &Meteor<'_>| {
        let alignment = metric.align(&given.candidate, &given.reference);
        let score = metric.pair(&given.candidate, &given.reference);
        let matches: Vec<[usize; 5]> = alignment
            .matches
            .iter()
            .map(|m| [m.reference_start, m.reference_length, m.candidate_start, m.candidate_length, m.module as usize])
            .collect();
        json!({
            "score": score.value,
            "precision": score.precision,
            "recall": score.recall,
            "fragmentation_penalty": score.penalty,
            "chunks": alignment.chunks,
            "matches_refstart_reflen_candstart_candlen_module": matches,
        })
    };
    Ok(given.levels().iter().map(|(name, metric)| ((*name).to_string(), level(metric))).collect())
}

/// The case that asks for the best of all references of every text in the file.
fn best_of_references(file: &Value) -> Result<Value, String> {
    let mut best = json!({ "exact_stem": {}, "full": {} });
    for case in file["cases"].as_array().ok_or("expected `cases` as a list")? {
        let id = string(&case["id"])?;
        let Some((name, _)) = id.strip_prefix("meteor15-").and_then(|rest| rest.rsplit_once("-ref")) else { continue };
        if case["input"].get("candidate_tokens").is_none() {
            continue;
        }
        let given = Given::new(&case["input"])?;
        let segment = Segment { candidate: given.candidate.clone(), references: vec![given.reference.clone()] };
        for (level, metric) in given.levels() {
            if let Some(scores) = best.get_mut(level) {
                let value = defined(metric.segment(&segment))?.0.value;
                let before = scores[name].as_f64().unwrap_or(0.0);
                scores[name] = json!(before.max(value));
            }
        }
    }
    Ok(best)
}
