//! Why a metric has no value.

use serde::Serialize;

/// Why a metric has no value for a case. A metric gives a number or one of these; it never gives NaN, and never makes up 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    /// The ground-truth mask has no true position.
    #[error("the mask is empty")]
    EmptyMask,
    /// The ground-truth mask covers everything, so nothing can lie outside it.
    #[error("the mask covers everything")]
    FullMask,
    /// A value of the input, the map or the model's output is NaN or infinite.
    #[error("a value isn't finite")]
    NonFinite,
    /// There is no reference text to compare with.
    #[error("there is no reference text")]
    NoReferences,
    /// There is no case to score.
    #[error("there are no instances")]
    NoInstances,
    /// Neither side has a tuple, so agreement on tuples means nothing.
    #[error("neither side has a tuple")]
    NoTuples,
    /// Leaving one annotator out leaves nobody to agree with.
    #[error("there are fewer than two human answers")]
    TooFewAnswers,
}

/// A value, or why there is none.
pub type Outcome<T = f64> = std::result::Result<T, Undefined>;
