//! Shapley value of each concept's part in the completeness.
//!
//! # Formula
//! ```text
//! phi_i = sum_{S without i} |S|! (m - |S| - 1)! / m!  ( eta(S and i) - eta(S) )
//! sum_i phi_i = eta(all) - eta(none)
//! ```
//!
//! # Symbols
//! - `eta`: completeness; `m`: concepts, at most 12 for the exact value, else the mean over given orders
//!
//! # Cost
//! `2^m` trained heads, or `m + 1` per order.
//!
//! # Source
//! yeh2020completeness.

use crate::concepts::concept_completeness::completeness;
use crate::error::{MetricError, Result, attempt};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::random::Stream;
use crate::score::Score;
use crate::undefined::Undefined;

/// ConceptSHAP.
pub static INFO: MetricInfo = MetricInfo {
    id: "concept-shap",
    name: "ConceptSHAP",
    family: Family::Concepts,
    direction: Direction::None,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "0",
    summary: "Shapley value of each concept's part in the completeness",
    needs: &[Need::Model, Need::Labels],
    cost: "2^m trained heads",
    sources: &["yeh2020completeness"],
    file: include_str!("concept_shap.rs"),
};

/// Most concepts for which every subset is evaluated.
pub const MOST_EXACT: usize = 12;

/// Shapley values over all subsets; `accuracy` is asked once for each, with the concepts ascending. The value is what they sum to; series `shap`,
/// part `efficiency_residual`.
///
/// # Errors
/// When there are more than 12 concepts or none, or `accuracy` fails.
pub fn evaluate(
    concepts: usize,
    model: f64,
    chance: f64,
    mut accuracy: impl FnMut(&[usize]) -> Result<f64>,
) -> Result<Score> {
    if concepts == 0 || concepts > MOST_EXACT {
        return Err(MetricError::parameter("concepts", concepts, "1 to 12; take sampled orders for more"));
    }
    let found = attempt(|| {
        let members = |set: usize| (0..concepts).filter(|i| set >> i & 1 == 1).collect::<Vec<usize>>();
        let eta = |set: usize| Ok(completeness(accuracy(&members(set))?, model, chance)?);
        (0..1usize << concepts).map(eta).collect::<Result<Vec<f64>>>()
    })?;
    let eta = match found {
        Err(reason) => return Ok(Score::of(&INFO, Err(reason))),
        Ok(eta) => eta,
    };
    let weights: Vec<f64> = (0..concepts).map(|size| weight(size, concepts)).collect();
    let shap = |i: usize| {
        let without = (0..eta.len()).filter(|set| set >> i & 1 == 0);
        without.map(|set| weights[set.count_ones() as usize] * (eta[set | 1 << i] - eta[set])).sum::<f64>()
    };
    Ok(finish((0..concepts).map(shap).collect(), eta[eta.len() - 1] - eta[0]))
}

/// `size! (m - size - 1)! / m!`, as one over `m` times a binomial coefficient.
fn weight(size: usize, concepts: usize) -> f64 {
    let choose = (0..size).fold(1.0, |c, k| c * (concepts - 1 - k) as f64 / (k + 1) as f64);
    1.0 / (concepts as f64 * choose)
}

fn finish(shap: Vec<f64>, whole: f64) -> Score {
    let residual = shap.iter().sum::<f64>() - whole;
    Score::of(&INFO, Ok(whole)).part("efficiency_residual", residual).numbers("shap", shap)
}

/// Shapley values as means over orders of all concepts.
///
/// # Errors
/// When there is no order, one isn't a permutation of the concepts, or `accuracy` fails.
pub fn over_orders(
    concepts: usize,
    model: f64,
    chance: f64,
    orders: &[Vec<usize>],
    mut accuracy: impl FnMut(&[usize]) -> Result<f64>,
) -> Result<Score> {
    let whole = |o: &Vec<usize>| {
        let mut sorted = o.clone();
        sorted.sort_unstable();
        sorted.into_iter().eq(0..concepts)
    };
    if !orders.iter().all(whole) {
        return Err(MetricError::parameter("order of concepts", "not a permutation", "each concept once"));
    }
    let found = attempt(|| {
        if orders.is_empty() || concepts == 0 {
            return Err(Undefined::TooFewPoints.into());
        }
        let none = completeness(accuracy(&[])?, model, chance)?;
        let (mut sums, mut last) = (vec![0.0; concepts], none);
        for order in orders {
            let mut before = none;
            for k in 0..concepts {
                let mut set = order[..=k].to_vec();
                set.sort_unstable();
                let now = completeness(accuracy(&set)?, model, chance)?;
                sums[order[k]] += (now - before) / orders.len() as f64;
                before = now;
            }
            last = before;
        }
        Ok((sums, last - none))
    })?;
    Ok(found
        .map_or_else(|reason| Score::of(&INFO, Err(reason)), |(shap, whole)| finish(shap, whole))
        .param("orders", orders.len()))
}

/// Draws orders of the concepts.
pub fn sample(concepts: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let stream = Stream::new(seed, 0x6373);
    (0..count as u64).map(|i| stream.part(i).permutation(concepts)).collect()
}
