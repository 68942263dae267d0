//! What comprehensiveness and sufficiency share: scores with a top fraction of the features removed, or with nothing else kept.

use crate::baseline::Baseline;
use crate::error::{MetricError, Result, attempt, same_len};
use crate::image::Image;
use crate::info::MetricInfo;
use crate::model::Evaluator;
use crate::ranking::{descending, tied_along};
use crate::score::Score;
use crate::statistics::mean;

/// Fractions of the paper.
pub static FRACTIONS: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];

/// What happens to the top features.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Top {
    /// They are replaced by the baseline.
    Removed,
    /// Only they are kept.
    Kept,
}

/// Mean over fractions of `f(x) - f(changed)`.
pub(crate) fn evaluate(
    info: &MetricInfo,
    top: Top,
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    fractions: &[f64],
    baseline: &Baseline,
) -> Result<Score> {
    let x = image.values;
    same_len("attribution", x.len(), attribution.len())?;
    if let Some(bad) = fractions.iter().find(|q| !(0.0..=1.0).contains(*q)) {
        return Err(MetricError::parameter("fraction of features", bad, "0 to 1"));
    }
    let found = attempt(|| {
        let (base, order) = (baseline.of(image)?, descending(attribution)?);
        let (start, end) = if top == Top::Removed { (x, &base[..]) } else { (&base[..], x) };
        let full = evaluator.score(x)?;
        let scores = evaluator.scores(fractions.len(), x.len(), |i, row| {
            row.copy_from_slice(start);
            let count = ((fractions[i] * x.len() as f64).ceil() as usize).min(x.len());
            order[..count].iter().for_each(|&f| row[f] = end[f]);
            Ok(())
        })?;
        let losses: Vec<f64> = scores.iter().map(|s| full - s).collect();
        Ok((losses, tied_along(attribution, &order)))
    })?;
    let score = match found {
        Err(reason) => Score::of(info, Err(reason)),
        Ok((losses, tied)) => Score::of(info, mean(&losses)).curve(fractions.to_vec(), losses).ties(tied),
    };
    Ok(score.param("fractions", format!("{fractions:?}")).param("baseline", baseline.name()))
}
