//! Precision, recall and their weighted harmonic mean.

use serde::Serialize;

/// Precision, recall and F.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PrecisionRecall {
    /// Share of the candidate that the reference has.
    pub precision: f64,
    /// Share of the reference that the candidate has.
    pub recall: f64,
    /// Harmonic mean of both, or the weighted one where the metric says so.
    pub f: f64,
}

impl PrecisionRecall {
    /// From precision and recall, with F1.
    pub fn new(precision: f64, recall: f64) -> Self {
        Self::weighted(precision, recall, 1.0)
    }

    /// From precision and recall, with `F_beta = (1 + beta^2) P R / (R + beta^2 P)`; 0 when both are 0. A `beta` above 1 favours recall.
    pub fn weighted(precision: f64, recall: f64, beta: f64) -> Self {
        let denominator = recall + beta * beta * precision;
        let f = if denominator > 0.0 { (1.0 + beta * beta) * precision * recall / denominator } else { 0.0 };
        Self { precision, recall, f }
    }

    /// From counts: `hits` of `candidate` and of `reference`; a share of nothing is 0.
    pub fn from_counts(hits: usize, candidate: usize, reference: usize) -> Self {
        Self::new(share(hits, candidate), share(hits, reference))
    }

    /// The one with the larger F; the first on equality.
    pub(crate) fn better(self, other: Self) -> Self {
        if other.f > self.f { other } else { self }
    }
}

/// `part / whole`, 0 of nothing.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
