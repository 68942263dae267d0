//! Cases of the metrics of text.

mod clinical;
mod fields;
mod meteor;
mod ngrams;
mod tokenizers;

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
