//! Why a metric has no value.

use serde::Serialize;

/// Why a metric has no value for a case. A metric gives a number or one of these; it never gives NaN, and never makes up 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, thiserror::Error)]
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
    /// The relevance that would be shared out sums to zero.
    #[error("the total relevance is zero")]
    ZeroTotalRelevance,
    /// One side of a comparison is constant.
    #[error("one side is constant")]
    ConstantInput,
    /// The heatmap is constant, so no threshold splits it.
    #[error("the heatmap is constant")]
    ConstantHeatmap,
    /// The number of top-ranked positions is 0 or more than there are.
    #[error("the number of top-ranked positions is out of range")]
    BadK,
    /// Both sets are empty.
    #[error("both sets are empty")]
    BothEmpty,
    /// The model's output that others are divided by is zero.
    #[error("the reference output is zero")]
    ZeroReferenceOutput,
    /// The confidence is 1, so no gain is possible.
    #[error("the reference output is one")]
    FullReferenceOutput,
    /// Every position was removed, so there is nothing to fill from.
    #[error("no position is left to fill from")]
    NoObservedPixels,
    /// The outputs at input and baseline are equal.
    #[error("the outputs at input and baseline are equal")]
    ZeroOutputDifference,
    /// The entropy that others are divided by is zero.
    #[error("the entropy of the original map is zero")]
    ZeroEntropy,
    /// The prediction changed for every perturbed input.
    #[error("no perturbed input keeps the predicted class")]
    NoSampleKeepsPrediction,
    /// Too few values to compare.
    #[error("there are too few values")]
    TooFewPoints,
    /// There is no instance to count.
    #[error("there is no instance")]
    NoInstances,
    /// All labels are of one class.
    #[error("all labels are of one class")]
    SingleClass,
    /// Chance and the model are equally accurate, so nothing can be explained.
    #[error("the model is as accurate as chance")]
    ChanceEqualsModelAccuracy,
    /// All values of a test are equal.
    #[error("the variance is zero")]
    ZeroVariance,
    /// The number of neighbours is too large for the number of points.
    #[error("the number of neighbours is too large")]
    KTooLarge,
    /// There is no tuple to compare.
    #[error("there is no tuple")]
    NoTuples,
    /// There is no reference text to compare with.
    #[error("there is no reference text")]
    NoReferences,
    /// Leaving one annotator out leaves nobody to agree with.
    #[error("there are fewer than two human answers")]
    TooFewAnswers,
    /// The map is smaller than the window of the comparison.
    #[error("the map is smaller than the window")]
    TooSmall,
}

/// A value, or why there is none.
pub type Outcome<T = f64> = std::result::Result<T, Undefined>;
