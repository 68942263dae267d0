//! Area over the relative score while segments are replaced, most relevant first.
//!
//! # Formula
//! ```text
//! r_0 = 1,  r_l = f(x with the first l segments replaced) / f(x)
//! IROF = 1 - (sum_l r_l - r_0 / 2 - r_L / 2) / L
//! ```
//!
//! # Symbols
//! - segments: sites with one label, ordered by the mean of the heatmap in them, equal ones by lower label; `L` of them
//!
//! # Cost
//! L + 1 F.
//!
//! # In images
//! Segments are replaced by the mean of each channel of the image unless another baseline is given. 1 - 1/(2L) is the most a score that never
//! goes below 0 can reach.
//!
//! # Source
//! rieger2020irof.

use crate::area;
use crate::baseline::Baseline;
use crate::error::{Result, attempt, same_len};
use crate::faithfulness::regions::by_label;
use crate::image::{Heatmap, Image};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::ranking::{descending, tied_along};
use crate::score::Score;
use crate::statistics::mean;
use crate::undefined::{Outcome, Undefined};
use crate::walk::Walk;

/// IROF.
pub static INFO: MetricInfo = MetricInfo {
    id: "irof",
    name: "IROF",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (f64::NEG_INFINITY, 1.0),
    chance: "that of a random order",
    summary: "Area over the relative score while segments are replaced, most relevant first",
    needs: &[Need::Model],
    cost: "segments + 1 F",
    sources: &["rieger2020irof"],
    file: include_str!("irof.rs"),
};

/// IROF; the curve is relative to the full score.
///
/// # Errors
/// When sizes differ or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    heatmap: &Heatmap,
    segments: &[i64],
    baseline: &Baseline,
) -> Result<Score> {
    heatmap.fits(image)?;
    same_len("segment labels", image.sites(), segments.len())?;
    let found = attempt(|| {
        crate::error::finite(heatmap.values)?;
        let groups = by_label(segments);
        let within = |g: &Vec<usize>| mean(&g.iter().map(|&i| heatmap.values[i]).collect::<Vec<f64>>());
        let relevance = groups.iter().map(within).collect::<Outcome<Vec<f64>>>()?;
        let order = descending(&relevance)?;
        let end = baseline.of(image)?;
        let walk = Walk { start: image.values, end: &end, channels: image.channels };
        let scores = walk.scores(evaluator, order.iter().map(|&g| groups[g].as_slice()))?;
        if scores[0] == 0.0 {
            return Err(Undefined::ZeroReferenceOutput.into());
        }
        let ratios: Vec<f64> = scores.iter().map(|s| s / scores[0]).collect();
        crate::error::finite(&ratios)?;
        Ok((ratios, tied_along(&relevance, &order)))
    })?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok((ratios, tied)) => {
            let x = (0..ratios.len()).map(|l| l as f64).collect();
            Score::of(&INFO, area::uniform(&ratios).map(|a| 1.0 - a)).curve(x, ratios).ties(tied)
        }
    };
    Ok(score.param("baseline", baseline.name()))
}
