//! Share of a class' inputs that move towards the class along a concept, tested against random concepts.
//!
//! # Formula
//! ```text
//! TCAV      = share of inputs with grad . v > 0
//! magnitude = sum_{s > 0} |s| / sum |s|,    s = grad . v
//! t         = ( mean random - mean concept ) / ( s_p sqrt(1/n + 1/m) )      two-sided, equal variances
//! ```
//!
//! # Symbols
//! - `grad`: gradient of the class score at a layer; `v`: concept activation vector; `n`, `m`: vectors of the concept (different random negatives),
//!   and of random against random
//! - significant: `p < alpha / hypotheses` (Bonferroni)
//!
//! # Cost
//! 1 backward per input.
//!
//! # In images
//! A gradient of exactly zero counts as not positive. Two vectors each are needed, ten advised; always give the hold-out accuracy of the vectors: a
//! direction that doesn't find the concept says nothing about it.
//!
//! # Source
//! kim2018tcav.

use crate::error::{MetricError, Result, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::statistics::{mean, student_t_two_sided, variance};
use crate::undefined::{Outcome, Undefined};

/// TCAV with significance.
pub static INFO: MetricInfo = MetricInfo {
    id: "tcav",
    name: "TCAV with significance",
    family: Family::Concepts,
    direction: Direction::None,
    range: (0.0, 1.0),
    chance: "that of random concepts",
    summary: "Share of a class' inputs that move towards the class along a concept, tested against random concepts",
    needs: &[Need::Model, Need::Batch],
    cost: "1 backward per input",
    sources: &["kim2018tcav"],
    file: include_str!("tcav.rs"),
};

/// Sensitivities of inputs along a vector.
fn along<'a>(gradients: Rows<'a>, cav: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    gradients.iter().map(move |g| g.iter().zip(cav).map(|(g, v)| g * v).sum())
}

/// Share of the inputs with a positive sensitivity.
fn share(gradients: Rows, cav: &[f64]) -> f64 {
    along(gradients, cav).filter(|s| *s > 0.0).count() as f64 / gradients.len() as f64
}

/// Share of the absolute sensitivity that is positive.
fn magnitude(gradients: Rows, cav: &[f64]) -> Outcome {
    let total: f64 = along(gradients, cav).map(f64::abs).sum();
    let positive: f64 = along(gradients, cav).filter(|s| *s > 0.0).sum();
    if total == 0.0 { Err(Undefined::ZeroTotalRelevance) } else { Ok(positive / total) }
}

/// Two-sided t-test with equal variances: statistic (second less first) and probability.
///
/// # Errors
/// When a side has fewer than two values or the pooled variance is zero.
pub fn t_test(first: &[f64], second: &[f64]) -> Outcome<(f64, f64)> {
    let (n, m) = (first.len() as f64, second.len() as f64);
    let degrees = n + m - 2.0;
    let pooled = ((n - 1.0) * variance(first)? + (m - 1.0) * variance(second)?) / degrees;
    if pooled == 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    let t = (mean(second)? - mean(first)?) / (pooled * (1.0 / n + 1.0 / m)).sqrt();
    Ok((t, student_t_two_sided(t, degrees)))
}

/// Mean TCAV score of the concept's vectors; parts `t`, `p`, `significant`, `random_mean`; series `per_cav`, `random_per_cav`, `magnitude`.
///
/// # Errors
/// When sizes differ or the level isn't between 0 and 1.
pub fn evaluate(gradients: Rows, concept: Rows, random: Rows, alpha: f64, hypotheses: usize) -> Result<Score> {
    same_len("concept vector", gradients.width, concept.width)?;
    same_len("random vector", gradients.width, random.width)?;
    if !(alpha > 0.0 && alpha < 1.0) || hypotheses == 0 {
        return Err(MetricError::parameter(
            "level and number of hypotheses",
            format!("{alpha}, {hypotheses}"),
            "0 to 1, at least 1",
        ));
    }
    let values = [gradients, concept, random].map(|r| finite(r.values));
    let empty = gradients.is_empty() || concept.is_empty();
    if let Some(reason) = values.iter().find_map(|v| v.err()).or(empty.then_some(Undefined::NoInstances)) {
        return Ok(Score::of(&INFO, Err(reason)));
    }
    let shares = |cavs: Rows| cavs.iter().map(|v| share(gradients, v)).collect::<Vec<f64>>();
    let (of_concept, of_random) = (shares(concept), shares(random));
    let test = t_test(&of_concept, &of_random);
    let score = Score::of(&INFO, mean(&of_concept)).part("random_mean", mean(&of_random));
    let score = score.part("t", test.map(|t| t.0)).part("p", test.map(|t| t.1));
    let score = score.part("significant", test.map(|t| f64::from(u8::from(t.1 < alpha / hypotheses as f64))));
    let score = score.numbers("per_cav", of_concept).numbers("random_per_cav", of_random);
    let score = score.list("magnitude", concept.iter().map(|v| magnitude(gradients, v)).collect());
    Ok(score.param("alpha", alpha).param("hypotheses", hypotheses))
}
