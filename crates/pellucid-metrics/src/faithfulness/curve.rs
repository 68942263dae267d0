//! What the metrics that remove sites in the order of a heatmap share.

use crate::area;
use crate::error::{Result, attempt, same_len};
use crate::image::{Heatmap, Image};
use crate::info::{Direction, MetricInfo};
use crate::model::Evaluator;
use crate::ranking::{ascending, descending, tied_along};
use crate::score::Score;
use crate::undefined::{Outcome, Undefined};
use crate::walk::{Walk, fractions, positive_step};

/// In which order positions are removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Most relevant first.
    #[default]
    MostRelevantFirst,
    /// Least relevant first. Not the reverse of the other where values are equal.
    LeastRelevantFirst,
}

impl Order {
    /// Indices in this order; equal values by lower index.
    ///
    /// # Errors
    /// When a value isn't finite.
    pub fn of(self, values: &[f64]) -> Outcome<Vec<usize>> {
        match self {
            Order::MostRelevantFirst => descending(values),
            Order::LeastRelevantFirst => ascending(values),
        }
    }
}

/// Sites per step unless given: about 224 steps.
pub(crate) fn default_step(sites: usize) -> usize {
    ((sites as f64 / 224.0).round() as usize).max(1)
}

/// The curve while the sites of one image turn into another one in the order of a heatmap.
pub(crate) fn along_heatmap(
    info: &MetricInfo,
    evaluator: &mut Evaluator,
    (start, end): (&Image, &[f64]),
    heatmap: &Heatmap,
    step: Option<usize>,
) -> Result<Score> {
    heatmap.fits(start)?;
    let step = positive_step(step.unwrap_or_else(|| default_step(start.sites())))?;
    let found = attempt(|| {
        let order = descending(heatmap.values)?;
        let walk = Walk { start: start.values, end, channels: start.channels };
        Ok((walk.scores(evaluator, order.chunks(step))?, tied_along(heatmap.values, &order)))
    })?;
    let (curve, tied) = match found {
        Ok(found) => found,
        Err(reason) => return Ok(Score::of(info, Err(reason)).param("step", step)),
    };
    let x = fractions(start.sites(), step);
    let auc = area::uniform(&curve);
    // What is left when all is removed: the end of a deletion, the start of an insertion.
    let (full, none) = match info.direction {
        Direction::Higher => (curve[curve.len() - 1], curve[0]),
        _ => (curve[0], curve[curve.len() - 1]),
    };
    let normalised =
        if full == none { Err(Undefined::ZeroOutputDifference) } else { auc.map(|a| (a - none) / (full - none)) };
    let score = Score::of(info, auc).part("auc_by_fraction", area::trapezoid(&x, &curve));
    Ok(score.part("auc_normalised", normalised).curve(x, curve).ties(tied).param("step", step))
}

/// The curve of flat features in an order.
pub(crate) fn along_features(
    evaluator: &mut Evaluator,
    (start, end): (&[f64], &[f64]),
    attribution: &[f64],
    step: usize,
    order: Order,
) -> Result<Vec<f64>> {
    same_len("attribution", start.len(), attribution.len())?;
    let order = order.of(attribution)?;
    Walk { start, end, channels: 1 }.scores(evaluator, order.chunks(positive_step(step)?))
}

/// Area over the perturbation curve: `1/(L+1) sum_{k=0..L} (f_0 - f_k)`.
pub(crate) fn aopc(curve: &[f64]) -> f64 {
    curve.iter().map(|f| curve[0] - f).sum::<f64>() / curve.len() as f64
}

/// The difference of an insertion's and a deletion's value: one number for both, higher is better.
pub fn insertion_less_deletion(insertion: &Score, deletion: &Score) -> Outcome {
    Ok(insertion.value? - deletion.value?)
}
