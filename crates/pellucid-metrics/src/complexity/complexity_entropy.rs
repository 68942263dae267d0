//! Entropy of the absolute relevance.
//!
//! # Formula
//! ```text
//! H = - sum_i p_i ln p_i,   p_i = |a_i| / sum |a|,   0 ln 0 = 0
//! ```
//!
//! # Symbols
//! - `a`: attribution of `n` values; `normalised`: `H / ln n`, in `[0, 1]`
//!
//! # Source
//! bhatt2020evaluating.

use crate::complexity::relative;
use crate::info::{Direction, Family, MetricInfo};
use crate::score::Score;
use crate::undefined::Undefined;

/// Complexity (entropy).
pub static INFO: MetricInfo = MetricInfo {
    id: "complexity-entropy",
    name: "Complexity (entropy)",
    family: Family::Complexity,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "ln n when constant",
    summary: "Entropy of the absolute relevance",
    needs: &[],
    cost: "none",
    sources: &["bhatt2020evaluating"],
    file: include_str!("complexity_entropy.rs"),
};

/// Entropy, nats; part `normalised`.
pub fn evaluate(attribution: &[f64]) -> Score {
    let value = relative(attribution).map(|a| {
        let total: f64 = a.iter().sum();
        let term = |v: &f64| if *v == 0.0 { 0.0 } else { v / total * (v / total).ln() };
        (0.0 - a.iter().map(term).sum::<f64>()).max(0.0)
    });
    let most = (attribution.len() as f64).ln();
    let normalised = value.and_then(|h| if most == 0.0 { Err(Undefined::TooFewPoints) } else { Ok(h / most) });
    Score::of(&INFO, value).part("normalised", normalised)
}
