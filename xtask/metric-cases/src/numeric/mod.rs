//! Functions for the metrics that work on numbers, by family.

pub mod axiomatic;
pub mod calibration;
pub mod cam;
pub mod complexity;
pub mod concepts;
pub mod counterfactual;
pub mod embedding;
pub mod faithfulness;
pub mod localisation;
pub mod randomisation;
pub mod removal;
pub mod robustness;

use pellucid_metrics::{Outcome, Rows, Score};
use serde_json::Value;

use crate::decode::{Array, CaseError, Result};
use crate::encode::{list, outcome};

/// A part of a score; the reason of the value when there is no part because of it.
fn part(score: &Score, name: &str) -> Value {
    match (score.get(name), score.value) {
        (Some(value), _) => outcome(value),
        (None, Err(reason)) => outcome(Err(reason)),
        (None, Ok(_)) => Value::String(format!("no part `{name}`")),
    }
}

/// A series of a score; the reason of the value when there is no series because of it.
fn series(score: &Score, name: &str) -> Value {
    match (score.series(name), score.value) {
        (Some(values), _) => values.iter().map(|v| outcome(*v)).collect(),
        (None, Err(reason)) => outcome(Err(reason)),
        (None, Ok(_)) => Value::String(format!("no series `{name}`")),
    }
}

/// The curve of a score.
fn curve(score: &Score) -> Value {
    score.curve.as_ref().map_or_else(|| outcome(score.value), |c| list(c.y.iter().copied()))
}

/// A matrix as rows.
fn rows(array: &Array) -> Rows<'_> {
    Rows { values: &array.data, width: array.width() }
}

/// A value that is there, or an error of the case.
fn defined<T>(value: Outcome<T>) -> Result<T> {
    value.map_err(|reason| CaseError::Metric(reason.into()))
}
