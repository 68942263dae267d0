//! What the metrics that remove sites in the order of a heatmap share.

use crate::area;
use crate::error::{MetricError, Result, attempt, same_len};
use crate::faithfulness::imputation::impute;
use crate::image::{Heatmap, Image, Mask};
use crate::info::{Direction, MetricInfo};
use crate::model::Evaluator;
use crate::random::Stream;
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

/// How far each step goes, and where.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steps<'a> {
    /// Sites per step: `max(1, round(N / 224))` for `None`.
    pub size: Option<usize>,
    /// Only sites of this region take part, such as the body: air around it can't be removed. `N` is their number.
    pub region: Option<Mask<'a>>,
}

impl Steps<'_> {
    /// So many sites per step, everywhere.
    pub fn of(size: usize) -> Steps<'static> {
        Steps { size: Some(size), region: None }
    }

    /// Ranked sites of the region.
    fn within(&self, heatmap: &Heatmap, mut order: Vec<usize>) -> Result<Vec<usize>> {
        let Some(region) = self.region else { return Ok(order) };
        if region.grid != heatmap.grid {
            let (expected, found) = (heatmap.values.len(), region.values.len());
            return Err(MetricError::Size { what: "region for this heatmap", expected, found });
        }
        order.retain(|&i| region.values[i]);
        if order.is_empty() { Err(Undefined::EmptyMask.into()) } else { Ok(order) }
    }

    fn size(&self, sites: usize) -> Result<usize> {
        positive_step(self.size.unwrap_or_else(|| ((sites as f64 / 224.0).round() as usize).max(1)))
    }
}

/// The curve while the sites of one image turn into another one in the order of a heatmap.
pub(crate) fn along_heatmap(
    info: &MetricInfo,
    evaluator: &mut Evaluator,
    (start, end): (&Image, &[f64]),
    heatmap: &Heatmap,
    steps: Steps,
) -> Result<Score> {
    heatmap.fits(start)?;
    let found = attempt(|| {
        let order = steps.within(heatmap, descending(heatmap.values)?)?;
        let (step, tied) = (steps.size(order.len())?, tied_along(heatmap.values, &order));
        let walk = Walk { start: start.values, end, channels: start.channels };
        Ok((walk.scores(evaluator, order.chunks(step))?, fractions(order.len(), step), step, tied))
    })?;
    let region = if steps.region.is_some() { "given" } else { "all" };
    Ok(match found {
        Err(reason) => Score::of(info, Err(reason)),
        Ok((curve, x, step, tied)) => areas(info, x, curve).ties(tied).param("step", step),
    }
    .param("region", region))
}

/// The curve while ranked sites are filled in from those that are left; it ends one step before nothing would be left. `noise` is drawn anew for
/// each step.
pub(crate) fn along_imputation(
    info: &MetricInfo,
    evaluator: &mut Evaluator,
    image: &Image,
    heatmap: &Heatmap,
    steps: Steps,
    (sigma, seed): (f64, u64),
) -> Result<Score> {
    heatmap.fits(image)?;
    let found = attempt(|| {
        let order = steps.within(heatmap, descending(heatmap.values)?)?;
        let (step, tied) = (steps.size(order.len())?, tied_along(heatmap.values, &order));
        let mut x = fractions(order.len(), step);
        x.truncate(x.len() - usize::from(order.len() == image.sites()));
        let stream = Stream::new(seed, 0x6c69);
        let curve = evaluator.scores(x.len(), image.values.len(), |t, row| {
            let removed = &order[..(t * step).min(order.len())];
            let mut draw = stream.part(t as u64);
            let noise: Vec<f64> = (0..image.channels * removed.len()).map(|_| sigma * draw.normal()).collect();
            row.copy_from_slice(&impute(image, removed, Some(&noise))?);
            Ok(())
        })?;
        Ok((curve, x, step, tied))
    })?;
    Ok(match found {
        Err(reason) => Score::of(info, Err(reason)),
        Ok((curve, x, step, tied)) => areas(info, x, curve).ties(tied).param("step", step),
    })
}

/// Area under a curve, plain, by true fraction, and relative to its ends.
fn areas(info: &MetricInfo, x: Vec<f64>, curve: Vec<f64>) -> Score {
    let auc = area::uniform(&curve);
    // What is left when all is removed: the end of a deletion, the start of an insertion.
    let (first, last) = (curve[0], curve[curve.len() - 1]);
    let (full, none) = if info.direction == Direction::Higher { (last, first) } else { (first, last) };
    let normalised =
        if full == none { Err(Undefined::ZeroOutputDifference) } else { auc.map(|a| (a - none) / (full - none)) };
    let score = Score::of(info, auc).part("auc_by_fraction", area::trapezoid(&x, &curve));
    score.part("auc_normalised", normalised).curve(x, curve)
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
