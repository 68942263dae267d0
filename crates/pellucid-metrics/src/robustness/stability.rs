//! What the three relative stabilities share: relative change of the explanation over a change of something else, where the prediction stays.

use crate::error::{Result, attempt};
use crate::info::MetricInfo;
use crate::model::{Batching, Evaluator, Explainer, Model, argmax};
use crate::robustness::perturbed::{changes, euclidean, norm};
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

/// How the outputs for the perturbed inputs differ from those for the input.
struct Outputs {
    distances: Vec<f64>,
    /// Whether the largest output is the same one.
    keeps: Vec<bool>,
}

/// Runs the input and all its perturbed versions through a model; only one batch of outputs is held.
fn outputs(model: &mut dyn Model, samples: &mut Samples, distance: fn(&[f64], &[f64]) -> f64) -> Result<Outputs> {
    let mut evaluator = Evaluator::new(model, 0);
    if let Some(rows) = samples.batching.rows {
        evaluator = evaluator.batch(rows);
    }
    let (x, write, count) = (samples.x, &mut samples.write, samples.count);
    let write = |i: usize, row: &mut [f64]| match i {
        0 => {
            row.copy_from_slice(x);
            Ok(())
        }
        _ => write(i - 1, row),
    };
    let mut first: Option<Vec<f64>> = None;
    let mut found = Outputs { distances: Vec::with_capacity(count), keeps: Vec::with_capacity(count) };
    evaluator.each(count + 1, x.len(), write, |rows, width| {
        for row in rows.chunks_exact(width) {
            let Some(first) = &first else {
                first = Some(row.to_vec());
                continue;
            };
            found.distances.push(distance(first, row));
            found.keeps.push(argmax(first) == argmax(row));
        }
    })?;
    Ok(found)
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
        let (x, count) = (samples.x, samples.count);
        let write = |i: usize, row: &mut [f64]| (samples.write)(i, row);
        let of_input = |row: &[f64]| relative_change(x, row);
        let (_, all) = changes(explainer, samples.batching, x, count, write, of_input, relative_change)?;
        let predicted = outputs(model, &mut samples, euclidean)?;
        let divisors = match divisor {
            Divisor::Input => all.iter().map(|c| c.input).collect(),
            Divisor::Output => predicted.distances,
            Divisor::Representation(hidden) => outputs(hidden, &mut samples, relative_change)?.distances,
        };
        let or_eps = |d: f64| if d == 0.0 { EPS } else { d };
        let ratios: Vec<f64> = all.iter().zip(divisors).map(|(c, d)| c.explanation / or_eps(d)).collect();
        Ok((ratios, predicted.keeps))
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
