//! How far the score falls on average while regions are replaced in the order of their relevance.
//!
//! # Formula
//! ```text
//! AOPC = 1/(L+1) sum_{k=0..L} (f(x_0) - f(x_k)),    x_k: x with the first k regions replaced
//! ABPC = AOPC(most relevant first) - AOPC(least relevant first)
//! ```
//!
//! # Symbols
//! - regions: boxes of `p` px per axis from the first site on, cut off at the far borders; a region's relevance is the sum of the heatmap in it
//! - `L`: regions replaced, at most all
//!
//! # Cost
//! 2 L + 2 F per baseline.
//!
//! # In images
//! The paper has p = 9, L = 100, and the mean over ten replacements by uniform noise: hand ten [`Baseline::Uniform`] with different seeds in.
//!
//! # Departures
//! Some texts divide by L and begin at k = 1: that number is the part `aopc_survey`, larger by (L+1)/L.
//!
//! # Source
//! samek2017evaluating.

use crate::area;
use crate::baseline::Baseline;
use crate::error::{MetricError, Result, attempt};
use crate::faithfulness::curve::{Order, aopc};
use crate::faithfulness::regions::regions;
use crate::image::{Heatmap, Image};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::ranking::tied_fraction;
use crate::score::Score;
use crate::walk::Walk;

/// AOPC.
pub static INFO: MetricInfo = MetricInfo {
    id: "aopc",
    name: "AOPC by region perturbation",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "that of a random order; ABPC 0",
    summary: "How far the score falls on average while regions are replaced in the order of their relevance",
    needs: &[Need::Model],
    cost: "2 (L + 1) F per baseline",
    sources: &["samek2017evaluating"],
    file: include_str!("aopc.rs"),
};

/// Size and number of regions.
#[derive(Clone, Copy, Debug)]
pub struct Perturbation {
    /// Edge of a region, px.
    pub size: usize,
    /// Most regions replaced.
    pub steps: usize,
}

impl Default for Perturbation {
    fn default() -> Perturbation {
        Perturbation { size: 9, steps: 100 }
    }
}

/// Relevance of each region.
///
/// # Errors
/// When the size of a region is 0.
pub fn region_relevance(heatmap: &Heatmap, size: usize) -> Result<Vec<f64>> {
    Ok(regions(heatmap.grid, size)?.iter().map(|r| r.iter().map(|&i| heatmap.values[i]).sum()).collect())
}

/// The curve for regions in a given order, such as a permutation; the mean over the baselines.
///
/// # Errors
/// When sizes differ, an index lies outside, there is no baseline, the model fails or a value isn't finite.
pub fn curve(
    evaluator: &mut Evaluator,
    image: &Image,
    rule: Perturbation,
    order: &[usize],
    baselines: &[Baseline],
) -> Result<Vec<f64>> {
    if baselines.is_empty() {
        return Err(MetricError::parameter("baselines", 0, "at least 1"));
    }
    let regions = regions(image.grid, rule.size)?;
    crate::error::inside("region", order, regions.len())?;
    let steps = &order[..order.len().min(rule.steps)];
    let mut sum = vec![0.0; steps.len() + 1];
    for baseline in baselines {
        let end = baseline.of(image)?;
        let walk = Walk { start: image.values, end: &end, channels: image.channels };
        let curve = walk.scores(evaluator, steps.iter().map(|&r| regions[r].as_slice()))?;
        sum.iter_mut().zip(curve).for_each(|(s, c)| *s += c / baselines.len() as f64);
    }
    Ok(sum)
}

/// AOPC of the most relevant first; parts `aopc_survey`, `aopc_lerf`, `abpc`, `selectivity_auc`, series `lerf_curve`.
///
/// # Errors
/// When sizes differ, there is no baseline, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    heatmap: &Heatmap,
    rule: Perturbation,
    baselines: &[Baseline],
) -> Result<Score> {
    heatmap.fits(image)?;
    let relevance = region_relevance(heatmap, rule.size)?;
    let both = attempt(|| {
        let mut one = |order: Order| curve(evaluator, image, rule, &order.of(&relevance)?, baselines);
        Ok((one(Order::MostRelevantFirst)?, one(Order::LeastRelevantFirst)?))
    })?;
    let score = match both {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok((most, least)) => {
            let steps = (most.len() - 1) as f64;
            let value = aopc(&most);
            let score =
                Score::of(&INFO, Ok(value)).part("aopc_survey", survey(value, steps)).part("aopc_lerf", aopc(&least));
            let score = score.part("abpc", value - aopc(&least)).part("selectivity_auc", area::uniform(&most));
            let x = (0..most.len()).map(|k| k as f64).collect();
            score.curve(x, most).numbers("lerf_curve", least).ties(tied_fraction(&relevance).unwrap_or(0.0))
        }
    };
    let names: Vec<String> = baselines.iter().map(Baseline::name).collect();
    Ok(score.param("region_size", rule.size).param("steps", rule.steps).param("baseline", names.join("+")))
}

/// The number of texts that divide by L and begin at k = 1.
fn survey(aopc: f64, steps: f64) -> crate::Outcome {
    if steps == 0.0 { Err(crate::Undefined::TooFewPoints) } else { Ok(aopc * (steps + 1.0) / steps) }
}

/// AOPC of a curve that was worked out for a given order: `1/(L+1) sum (f_0 - f_k)`.
///
/// # Errors
/// When the curve is empty.
pub fn of_curve(curve: &[f64]) -> crate::Outcome {
    if curve.is_empty() { Err(crate::Undefined::TooFewPoints) } else { Ok(aopc(curve)) }
}
