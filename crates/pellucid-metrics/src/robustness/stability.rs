//! What the three relative stabilities share: relative change of the explanation over a change of something else, where the prediction stays.

use crate::error::{MetricError, Result, attempt};
use crate::info::MetricInfo;
use crate::model::{Batching, Evaluator, Explainer, Model};
use crate::robustness::perturbed::{changes, norm};
use crate::score::Score;
use crate::statistics::median;
use crate::undefined::Undefined;

/// Stands for a divisor of exactly zero.
pub(crate) const EPS: f64 = 1e-6;

/// An input and how its perturbed versions are made.
pub(crate) struct Samples<'a> {
    pub x: &'a [f64],
    pub count: usize,
    pub write: &'a mut dyn FnMut(usize, &mut [f64]) -> Result<()>,
    pub batching: Batching,
}

/// What the change of the explanation is divided by.
pub(crate) enum Divisor<'m> {
    /// Relative change of the input.
    Input,
    /// Change of the model's outputs.
    Output,
    /// Relative change of a hidden representation.
    Representation(&'m mut dyn Model),
}

/// `|(a - b) / a|_2` element by element; a zero divisor becomes [`EPS`].
fn relative_change(a: &[f64], b: &[f64]) -> f64 {
    let change = |(a, b): (&f64, &f64)| (a - b) / if *a == 0.0 { EPS } else { *a };
    norm(&a.iter().zip(b).map(change).collect::<Vec<f64>>())
}

/// Change of each perturbed row against row 0.
fn against_first(outputs: &crate::model::Outputs, distance: impl Fn(&[f64], &[f64]) -> f64) -> Vec<f64> {
    (1..outputs.len()).map(|j| distance(outputs.row(0), outputs.row(j))).collect()
}

/// Outputs of the input and of all its perturbed versions.
fn outputs(model: &mut dyn Model, samples: &mut Samples) -> Result<crate::model::Outputs> {
    let mut evaluator = Evaluator::new(model, 0);
    if let Some(rows) = samples.batching.rows {
        evaluator = evaluator.batch(rows);
    }
    let (x, write) = (samples.x, &mut samples.write);
    evaluator.outputs(samples.count + 1, x.len(), |i, row| match i {
        0 => {
            row.copy_from_slice(x);
            Ok(())
        }
        _ => write(i - 1, row),
    })
}

/// Largest ratio over the perturbed inputs that keep the predicted class.
pub(crate) fn evaluate(
    info: &MetricInfo,
    explainer: &mut dyn Explainer,
    model: &mut dyn Model,
    divisor: Divisor,
    mut samples: Samples,
) -> Result<Score> {
    let found = attempt(|| {
        let x = samples.x;
        let write = |i: usize, row: &mut [f64]| (samples.write)(i, row);
        let (_, all) = changes(
            explainer,
            samples.batching,
            x,
            samples.count,
            write,
            |row| relative_change(x, row),
            relative_change,
        )?;
        let predictions = outputs(model, &mut samples)?;
        let divisors = match divisor {
            Divisor::Input => all.iter().map(|c| c.input).collect(),
            Divisor::Output => against_first(&predictions, crate::robustness::perturbed::euclidean),
            Divisor::Representation(hidden) => against_first(&outputs(hidden, &mut samples)?, relative_change),
        };
        if divisors.len() != all.len() {
            return Err(MetricError::Size { what: "divisors", expected: all.len(), found: divisors.len() });
        }
        let ratio =
            |(c, d): (&crate::robustness::perturbed::Change, f64)| c.explanation / if d == 0.0 { EPS } else { d };
        let ratios: Vec<f64> = all.iter().zip(divisors).map(ratio).collect();
        let keeps: Vec<bool> =
            (1..predictions.len()).map(|j| predictions.predicted(j) == predictions.predicted(0)).collect();
        Ok((ratios, keeps))
    })?;
    let score = match found {
        Err(reason) => Score::of(info, Err(reason)),
        Ok((ratios, keeps)) => {
            let kept: Vec<f64> = ratios.iter().zip(&keeps).filter(|(_, k)| **k).map(|(r, _)| *r).collect();
            let largest = |v: &[f64]| v.iter().copied().reduce(f64::max);
            let score = Score::of(info, largest(&kept).ok_or(Undefined::NoSampleKeepsPrediction));
            let score = score.part("all", largest(&ratios).ok_or(Undefined::TooFewPoints)).part("kept", kept.len());
            let score = score.part("median", median(&kept).map_err(|_| Undefined::NoSampleKeepsPrediction));
            let kept = keeps.iter().map(|&k| f64::from(u8::from(k)));
            score.numbers("per_sample", ratios).numbers("keeps_prediction", kept)
        }
    };
    Ok(score.param("samples", samples.count).param("eps", EPS))
}
