//! Change of the score when sites are removed and filled in from their neighbours, most against least relevant first.
//!
//! # Formula
//! ```text
//! d(p)     = f(x with floor(p N / 100) sites filled in) - f(x)
//! combined = ( mean_p d_LeRF(p) - mean_p d_MoRF(p) ) / 2
//! ```
//!
//! # Symbols
//! - `x`: image, `N` sites; `p`: percentages, 10, 20, .. 90 unless given; MoRF, LeRF: most, least relevant first
//!
//! # Cost
//! 2 F per percentage, and 1; two linear systems per percentage and channel.
//!
//! # In images
//! Filling in from neighbours leaves less of a shape for the model to see than a constant does. `accuracy_morf` is the share of the percentages at
//! which the target is still predicted, the number of the paper when averaged over images. Normal noise of 0.01 is added to filled values: it is
//! meant for standardised images.
//!
//! # Departures
//! Sites are selected by rank; tools that threshold at a percentile remove all or none of many equal values.
//!
//! # Source
//! rong2022road.

use crate::error::{MetricError, Result, attempt};
use crate::faithfulness::curve::Order;
use crate::faithfulness::imputation::impute;
use crate::image::{Heatmap, Image};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::random::Stream;
use crate::ranking::tied_fraction;
use crate::score::Score;
use crate::statistics::mean;

/// ROAD.
pub static INFO: MetricInfo = MetricInfo {
    id: "road",
    name: "ROAD",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (f64::NEG_INFINITY, f64::INFINITY),
    chance: "0",
    summary: "Change of the score when sites are removed and filled in from their neighbours, most against least relevant first",
    needs: &[Need::Model],
    cost: "2 F per percentage + 1 F",
    sources: &["rong2022road"],
    file: include_str!("road.rs"),
};

/// Percentages of the common tools.
pub static PERCENTAGES: [f64; 9] = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0];

/// What happened along one order.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Sites removed at each percentage.
    pub removed: Vec<usize>,
    /// Score at each percentage.
    pub outputs: Vec<f64>,
    /// Predicted class at each percentage.
    pub predicted: Vec<usize>,
}

/// How many sites a percentage removes.
fn removed(percent: f64, sites: usize) -> Result<usize> {
    if !(0.0..=100.0).contains(&percent) {
        return Err(MetricError::parameter("percentage", percent, "0 to 100"));
    }
    Ok((percent * sites as f64 / 100.0).floor() as usize)
}

/// The images of one order are filled in when they are needed. `noise` holds, for each percentage, `channels x removed` values in rank order.
///
/// # Errors
/// When sizes differ, a percentage is out of range, the model fails or a value isn't finite; undefined when every site is removed.
pub fn along(
    evaluator: &mut Evaluator,
    image: &Image,
    heatmap: &Heatmap,
    percentages: &[f64],
    order: Order,
    noise: Option<&[Vec<f64>]>,
) -> Result<Removal> {
    heatmap.fits(image)?;
    if let Some(noise) = noise {
        crate::error::same_len("noises", percentages.len(), noise.len())?;
    }
    let counts = percentages.iter().map(|&p| removed(p, image.sites())).collect::<Result<Vec<usize>>>()?;
    let order = order.of(heatmap.values)?;
    let all = evaluator.outputs(counts.len(), image.values.len(), |i, row| {
        row.copy_from_slice(&impute(image, &order[..counts[i]], noise.map(|n| n[i].as_slice()))?);
        Ok(())
    })?;
    let class = evaluator.class();
    Ok(Removal {
        outputs: (0..counts.len()).map(|i| all.row(i)[class]).collect(),
        predicted: (0..counts.len()).map(|i| all.predicted(i)).collect(),
        removed: counts,
    })
}

/// ROAD combined; parts `morf`, `lerf` (mean changes), `accuracy_morf`, `accuracy_lerf`; series `morf`, `lerf` (scores), `morf_predicted`,
/// `lerf_predicted`, `removed`.
///
/// # Errors
/// When sizes differ, a percentage is out of range, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    heatmap: &Heatmap,
    percentages: &[f64],
    noise: Option<&[Vec<f64>]>,
) -> Result<Score> {
    let found = attempt(|| {
        let full = evaluator.score(image.values)?;
        let mut one = |order| along(evaluator, image, heatmap, percentages, order, noise);
        Ok((full, one(Order::MostRelevantFirst)?, one(Order::LeastRelevantFirst)?))
    })?;
    let (full, most, least) = match found {
        Ok(found) => found,
        Err(reason) => return Ok(Score::of(&INFO, Err(reason))),
    };
    let change = |r: &Removal| mean(&r.outputs).map(|m| m - full);
    let class = evaluator.class();
    let kept = |r: &Removal| mean(&r.predicted.iter().map(|&c| f64::from(u8::from(c == class))).collect::<Vec<_>>());
    let value = change(&most).and_then(|m| Ok((change(&least)? - m) / 2.0));
    let classes = |r: &Removal| r.predicted.iter().map(|&c| c as f64).collect::<Vec<f64>>();
    let score = Score::of(&INFO, value).part("morf", change(&most)).part("lerf", change(&least));
    let score = score.part("accuracy_morf", kept(&most)).part("accuracy_lerf", kept(&least)).part("full", full);
    let score = score.numbers("morf_predicted", classes(&most)).numbers("lerf_predicted", classes(&least));
    let score = score.numbers("removed", most.removed.iter().map(|&k| k as f64));
    let score = score.numbers("morf", most.outputs).numbers("lerf", least.outputs);
    Ok(score.ties(tied_fraction(heatmap.values).unwrap_or(0.0)).param("percentages", format!("{percentages:?}")))
}

/// Draws the noise of each percentage.
///
/// # Errors
/// When a percentage is out of range.
pub fn sample(image: &Image, percentages: &[f64], sigma: f64, seed: u64) -> Result<Vec<Vec<f64>>> {
    let stream = Stream::new(seed, 0x726f);
    let noise = |(i, &p): (usize, &f64)| {
        let mut draw = stream.part(i as u64);
        Ok((0..image.channels * removed(p, image.sites())?).map(|_| sigma * draw.normal()).collect())
    };
    percentages.iter().enumerate().map(noise).collect()
}
