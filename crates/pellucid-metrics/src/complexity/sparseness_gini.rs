//! Gini index of the absolute relevance.
//!
//! # Formula
//! ```text
//! G = sum_i (2 i - n - 1) a_(i) / ( n sum_i a_(i) ),   i = 1 .. n
//! ```
//!
//! # Symbols
//! - `a_(i)`: absolute attribution, ascending; `n`: values
//!
//! # In images
//! 0 for a constant map, `(n - 1) / n` for a single value.
//!
//! # Source
//! chalasani2020concise.

use crate::complexity::relative;
use crate::info::{Direction, Family, MetricInfo};
use crate::score::Score;

/// Sparseness (Gini).
pub static INFO: MetricInfo = MetricInfo {
    id: "sparseness-gini",
    name: "Sparseness (Gini)",
    family: Family::Complexity,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "0 when constant",
    summary: "Gini index of the absolute relevance",
    needs: &[],
    cost: "none",
    sources: &["chalasani2020concise"],
    file: include_str!("sparseness_gini.rs"),
};

/// Gini index.
pub fn evaluate(attribution: &[f64]) -> Score {
    let value = relative(attribution).map(|mut a| {
        a.sort_unstable_by(f64::total_cmp);
        let n = a.len() as f64;
        let weighted: f64 = a.iter().enumerate().map(|(i, v)| (2.0 * (i as f64 + 1.0) - n - 1.0) * v).sum();
        weighted / (n * a.iter().sum::<f64>())
    });
    Score::of(&INFO, value)
}
