//! One score: a case, a method, a metric.

use serde::{Deserialize, Serialize};

/// A score, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The value.
    Value(f64),
    /// The metric has no value here, for this reason.
    Undefined(String),
    /// The method or the metric failed.
    Failed(String),
}

impl Outcome {
    /// The value, if there is one.
    pub fn value(&self) -> Option<f64> {
        match self {
            Outcome::Value(v) => Some(*v),
            _ => None,
        }
    }
}

/// A line of the table of cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the case.
    pub case: String,
    /// What is explained, in words.
    pub target: String,
    /// The method with its parameters, or a control.
    pub method: String,
    /// The metric with its parameters.
    pub metric: String,
    /// Seed of everything that draws.
    pub seed: u64,
    /// The score.
    pub outcome: Outcome,
    /// The metric with every parameter as it was used.
    pub signature: String,
    /// Passes through the model, forwards and backwards, that the method's map took.
    pub passes: u64,
    /// Share of sites whose value others share, for metrics that rank.
    pub tied: Option<f64>,
}

/// What tells one row from all others.
pub(crate) type Key = (String, String, String, u64);

impl Row {
    pub(crate) fn key(&self) -> Key {
        (self.case.clone(), self.method.clone(), self.metric.clone(), self.seed)
    }
}
