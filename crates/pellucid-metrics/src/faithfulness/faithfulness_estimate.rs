//! Correlation between relevance and what the score loses, over steps along the ranking.
//!
//! # Formula
//! ```text
//! corr_T ( sum_{i in T} A_i ,  f(x) - f(x with T replaced) ),    T: consecutive pieces of the ranking
//! ```
//!
//! # Symbols
//! - `A`: attribution; `x`: input; pieces of `step` features each, the last may be shorter; they don't overlap and cover all features
//!
//! # Cost
//! `ceil(n / step)` F, and 1.
//!
//! # Source
//! alvarezmelis2018towards.

use crate::baseline::Baseline;
use crate::correlation::pearson;
use crate::error::{Result, attempt};
use crate::faithfulness::subsets::drops;
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::ranking::{descending, tied_fraction};
use crate::score::Score;
use crate::walk::positive_step;

/// Faithfulness estimate.
pub static INFO: MetricInfo = MetricInfo {
    id: "faithfulness-estimate",
    name: "Faithfulness estimate",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (-1.0, 1.0),
    chance: "0",
    summary: "Correlation between relevance and what the score loses, over steps along the ranking",
    needs: &[Need::Model],
    cost: "ceil(n / step) + 1 F",
    sources: &["alvarezmelis2018towards"],
    file: include_str!("faithfulness_estimate.rs"),
};

/// The correlation; series `attribution_sums` and `output_drops`, from the top of the ranking on.
///
/// # Errors
/// When sizes differ, the step is 0, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    step: usize,
    baseline: &Baseline,
) -> Result<Score> {
    let step = positive_step(step)?;
    let found = attempt(|| {
        let (base, full) = (baseline.of(image)?, evaluator.score(image.values)?);
        let order = descending(attribution)?;
        drops(evaluator, full, (image.values, &base), attribution, order.chunks(step))
    })?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(d) => Score::new(&INFO, pearson(&d.sums, &d.drops))?
            .numbers("attribution_sums", d.sums)
            .numbers("output_drops", d.drops)
            .ties(tied_fraction(attribution).unwrap_or(0.0)),
    };
    Ok(score.param("step", step).param("baseline", baseline.name()))
}
