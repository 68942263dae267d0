//! Tokenisers.

use pellucid_metrics::text::Tokenizer;
use serde_json::{Value, json};

use super::fields::string;

const NAMES: &[(&str, Tokenizer)] = &[
    ("mteval_13a", Tokenizer::Mteval13a),
    ("mteval_13a_lowercased", Tokenizer::Mteval13aLowercase),
    ("rouge_score", Tokenizer::Rouge),
    ("rouge_score_stemmed", Tokenizer::RougeStemmed),
    ("ptb_lowercased", Tokenizer::PtbLike),
    ("coco_caption", Tokenizer::CocoCompat),
    ("meteor_1_5_norm", Tokenizer::Meteor),
];

pub(super) fn compute(_: &Value, input: &Value) -> Result<Value, String> {
    let text = string(&input["text"])?;
    Ok(NAMES.iter().map(|(name, tokenizer)| ((*name).to_string(), json!(tokenizer.tokenize(text)))).collect())
}
