//! Explanations of an input and of its perturbed versions, compared one by one.

use crate::error::{MetricError, Result, finite};
use crate::model::{Batching, Explainer, explain_each};
use crate::random::Stream;
use crate::undefined::Undefined;

/// Distances of one perturbed input and its explanation from the original ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// Of the inputs.
    pub input: f64,
    /// Of the explanations.
    pub explanation: f64,
}

/// Explains `x`, then the inputs that `write` makes, and measures both distances of each; only one batch is held.
pub(crate) fn changes(
    explainer: &mut dyn Explainer,
    batching: Batching,
    x: &[f64],
    count: usize,
    mut write: impl FnMut(usize, &mut [f64]) -> Result<()>,
    input: impl Fn(&[f64]) -> f64,
    explanation: impl Fn(&[f64], &[f64]) -> f64,
) -> Result<(Vec<f64>, Vec<Change>)> {
    finite(x)?;
    if count == 0 {
        return Err(Undefined::TooFewPoints.into());
    }
    let original = explain_one(explainer, x)?;
    let inputs = std::cell::RefCell::new(Vec::with_capacity(count));
    let mut all = Vec::with_capacity(count);
    let write = |i: usize, row: &mut [f64]| {
        write(i, row)?;
        inputs.borrow_mut().push(input(row));
        Ok(())
    };
    explain_each(explainer, batching, count, x.len(), write, |i, a| {
        if a.len() != original.len() {
            return Err(MetricError::Size { what: "explanation", expected: original.len(), found: a.len() });
        }
        all.push(Change { input: inputs.borrow()[i], explanation: explanation(&original, a) });
        Ok(())
    })?;
    Ok((original, all))
}

/// The explanation of one input.
pub(crate) fn explain_one(explainer: &mut dyn Explainer, x: &[f64]) -> Result<Vec<f64>> {
    let mut found = Vec::new();
    let copy = |_: usize, row: &mut [f64]| {
        row.copy_from_slice(x);
        Ok(())
    };
    explain_each(explainer, Batching::default(), 1, x.len(), copy, |_, a| {
        found = a.to_vec();
        Ok(())
    })?;
    Ok(found)
}

/// Euclidean distance.
pub(crate) fn euclidean(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Euclidean norm.
pub(crate) fn norm(a: &[f64]) -> f64 {
    a.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// Writes `x` with uniform noise between `-radius` and `radius`; draw `i` is the same whenever it is asked for.
pub fn uniform_noise(x: &[f64], radius: f64, seed: u64) -> impl FnMut(usize, &mut [f64]) -> Result<()> + use<'_> {
    let stream = Stream::new(seed, 0x756e);
    move |i, row| {
        let mut draw = stream.part(i as u64);
        row.iter_mut().zip(x).for_each(|(r, x)| *r = x + draw.between(-radius, radius));
        Ok(())
    }
}

/// Writes `x` with normal noise; draw `i` is the same whenever it is asked for.
pub fn gaussian_noise(x: &[f64], sigma: f64, seed: u64) -> impl FnMut(usize, &mut [f64]) -> Result<()> + use<'_> {
    let stream = Stream::new(seed, 0x676e);
    move |i, row| {
        let mut draw = stream.part(i as u64);
        row.iter_mut().zip(x).for_each(|(r, x)| *r = x + sigma * draw.normal());
        Ok(())
    }
}
