//! What can go wrong, apart from a metric being undefined.

use crate::undefined::{Outcome, Undefined};

/// Why a metric couldn't be worked out.
#[derive(Debug, thiserror::Error)]
pub enum MetricError {
    /// The metric has no value here. Functions that give a [`crate::Score`] put it into the score instead.
    #[error("undefined: {0}")]
    Undefined(#[from] Undefined),
    /// Two things that belong together differ in size.
    #[error("{what}: expected {expected} values, found {found}")]
    Size {
        /// Which one.
        what: &'static str,
        /// How many it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// An index lies outside what it points into.
    #[error("{what}: index {index} is outside 0..{len}")]
    Index {
        /// Of what.
        what: &'static str,
        /// The index.
        index: usize,
        /// The length.
        len: usize,
    },
    /// A parameter is out of range.
    #[error("{what}: `{found}` is out of range; {allowed}")]
    Parameter {
        /// Which one.
        what: &'static str,
        /// What was given.
        found: String,
        /// What may be given.
        allowed: &'static str,
    },
    /// The model or the explainer failed.
    #[error("the model could not be evaluated: {0}")]
    Model(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is no such metric.
    #[error("there is no metric `{0}`")]
    NoMetric(String),
}

/// Result of a metric.
pub type Result<T> = std::result::Result<T, MetricError>;

impl MetricError {
    /// A failure of the model.
    pub fn model(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> MetricError {
        MetricError::Model(error.into())
    }

    pub(crate) fn parameter(what: &'static str, found: impl ToString, allowed: &'static str) -> MetricError {
        MetricError::Parameter { what, found: found.to_string(), allowed }
    }
}

/// Takes being undefined out of the errors.
///
/// # Errors
/// Every other error.
pub fn settle<T>(result: Result<T>) -> Result<Outcome<T>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(MetricError::Undefined(reason)) => Ok(Err(reason)),
        Err(other) => Err(other),
    }
}

/// Runs a part of a metric in which `?` may stop at being undefined.
pub(crate) fn attempt<T>(part: impl FnOnce() -> Result<T>) -> Result<Outcome<T>> {
    settle(part())
}

/// Refuses NaN and infinities.
pub(crate) fn finite(values: &[f64]) -> Outcome<()> {
    if values.iter().all(|v| v.is_finite()) { Ok(()) } else { Err(Undefined::NonFinite) }
}

/// Refuses a length that differs from the expected one.
pub(crate) fn same_len(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(MetricError::Size { what, expected, found }) }
}

/// Refuses indices outside `0..len`.
pub(crate) fn inside(what: &'static str, indices: &[usize], len: usize) -> Result<()> {
    match indices.iter().find(|&&i| i >= len) {
        None => Ok(()),
        Some(&index) => Err(MetricError::Index { what, index, len }),
    }
}
