//! Area under the curve of scores while regions are replaced, most relevant first.
//!
//! # Formula
//! ```text
//! AUC = (sum_k f_k - f_0 / 2 - f_L / 2) / L,    f_k: score with the first k regions replaced
//! ```
//!
//! # Symbols
//! - regions as for AOPC
//!
//! # Cost
//! L + 1 F per baseline.
//!
//! # Source
//! montavon2018methods.

use crate::area;
use crate::baseline::Baseline;
use crate::error::{Result, settle};
use crate::faithfulness::aopc::{Perturbation, curve, region_relevance};
use crate::faithfulness::curve::Order;
use crate::image::{Heatmap, Image};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::ranking::tied_fraction;
use crate::score::Score;

/// Selectivity.
pub static INFO: MetricInfo = MetricInfo {
    id: "selectivity",
    name: "Selectivity",
    family: Family::Faithfulness,
    direction: Direction::Lower,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "that of a random order",
    summary: "Area under the curve of scores while regions are replaced, most relevant first",
    needs: &[Need::Model],
    cost: "L + 1 F per baseline",
    sources: &["montavon2018methods"],
    file: include_str!("selectivity.rs"),
};

/// Area under the curve.
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
    let order = Order::MostRelevantFirst.of(&relevance);
    let found = settle(order.map_err(Into::into).and_then(|order| curve(evaluator, image, rule, &order, baselines)))?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(curve) => {
            let x = (0..curve.len()).map(|k| k as f64).collect();
            let score = Score::of(&INFO, area::uniform(&curve)).curve(x, curve);
            score.ties(tied_fraction(&relevance).unwrap_or(0.0))
        }
    };
    let names: Vec<String> = baselines.iter().map(Baseline::name).collect();
    Ok(score.param("region_size", rule.size).param("steps", rule.steps).param("baseline", names.join("+")))
}
