//! Reads the fields of a case.

use pellucid_metrics::text::Segment;
use pellucid_metrics::{Outcome, Undefined};
use serde_json::{Value, json};

/// A list of strings.
pub(super) fn words(value: &Value) -> Result<Vec<String>, String> {
    serde_json::from_value(value.clone()).map_err(|e| format!("expected a list of strings, found {value}: {e}"))
}

/// A list of lists of strings.
pub(super) fn lists(value: &Value) -> Result<Vec<Vec<String>>, String> {
    serde_json::from_value(value.clone()).map_err(|e| format!("expected lists of strings, found {value}: {e}"))
}

/// A string.
pub(super) fn string(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("expected a string, found {value}"))
}

/// The candidate and references under these keys.
pub(super) fn segment(input: &Value, candidate: &str, references: &str) -> Result<Segment, String> {
    Ok(Segment { candidate: words(&input[candidate])?, references: lists(&input[references])? })
}

/// All candidates with their references, under `candidates` and `references`.
pub(super) fn segments(input: &Value) -> Result<Vec<Segment>, String> {
    let candidates = lists(&input["candidates"])?;
    let references = input["references"].as_array().ok_or("expected `references` as a list")?;
    let both = candidates.into_iter().zip(references);
    both.map(|(candidate, r)| Ok(Segment { candidate, references: lists(r)? })).collect()
}

/// A value, or that it's undefined.
pub(super) fn outcome(value: Outcome<impl Into<Value>>) -> Value {
    value.map_or_else(|reason: Undefined| json!({ "undefined": reason }), Into::into)
}

/// A reason as an error, where a case always has a value.
pub(super) fn defined<T>(value: Outcome<T>) -> Result<T, String> {
    value.map_err(|reason| reason.to_string())
}
