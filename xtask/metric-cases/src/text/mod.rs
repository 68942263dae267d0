//! Cases of the metrics of text.

mod clinical;
mod compare;
mod fields;
mod meteor;
mod ngrams;
mod tokenizers;

pub use compare::compare;

use serde_json::Value;

/// Computes what a case expects, from the file (for cases that refer to others) and the case's input.
pub type Compute = fn(&Value, &Value) -> Result<Value, String>;

/// File name without extension, and what computes its cases.
pub static TABLE: &[(&str, Compute)] = &[
    ("tokenizers", tokenizers::compute),
    ("bleu", ngrams::bleu),
    ("rouge", ngrams::rouge),
    ("cider", ngrams::cider),
    ("meteor_1_5", meteor::compute),
    ("meteor_nltk", ngrams::meteor_nltk),
    ("spice_tuple_f1", clinical::tuples),
    ("radgraph_f1_scorer", clinical::radgraph),
    ("chexbert_f1_scorer", clinical::chexbert),
    ("vqa_accuracy", clinical::vqa),
];

/// Runs every case of a file.
///
/// # Errors
/// One line per case that differs.
pub fn run(file: &Value, compute: Compute) -> Result<usize, Vec<String>> {
    let cases = file["cases"].as_array().map_or(&[][..], Vec::as_slice);
    let tolerance = |key: &str| file["tolerance"][key].as_f64().unwrap_or(0.0);
    let (abs, rel) = (tolerance("abs"), tolerance("rel"));
    let mut failures = Vec::new();
    for case in cases {
        let id = case["id"].as_str().unwrap_or("?");
        match compute(file, &case["input"]) {
            Ok(got) => {
                let mut differences = Vec::new();
                compare(&case["expected"], &got, (abs, rel), "", &mut differences);
                failures.extend(differences.into_iter().map(|d| format!("{id}{d}")));
            }
            Err(error) => failures.push(format!("{id}: {error}")),
        }
    }
    if failures.is_empty() { Ok(cases.len()) } else { Err(failures) }
}
