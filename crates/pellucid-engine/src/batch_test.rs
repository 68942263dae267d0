//! Does a batch give what its samples give alone? Asked once per graph, before its first batch.
//!
//! Exporters bake the batch of their example into a graph in many ways (a reshape to `1 x N`, a buffer for one sample), and statistics over
//! axis 0 mix samples. Such a graph may fail at another batch size or, worse, run and be wrong.

use pellucid_graph::Tensor;

use crate::family::GraphFamily;
use crate::map::{stack, unstack};
use crate::{EngineError, Result, Session};

/// Outcome of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Batches may be used.
    Sound,
    /// Samples must run one by one; the note says why.
    OneByOne(String),
}

/// Largest difference, relative to the largest value, that rounding may explain.
const RELATIVE: f64 = 1e-5;

/// Runs two different samples as one batch and alone, and compares.
///
/// # Errors
/// When the samples can't be run alone either, or the session is cancelled.
pub fn batch_self_test(session: &Session, family: &dyn GraphFamily, samples: [&[Tensor]; 2]) -> Result<Verdict> {
    if family.max_batch() < 2 {
        return Ok(one_by_one("the batch is fixed in the graph"));
    }
    let single = family.at_batch(1)?;
    let alone = [session.run(&single, samples[0])?, session.run(&single, samples[1])?];
    match together(session, family, samples) {
        Ok(None) => Ok(one_by_one("an input without a batch axis changes from sample to sample")),
        Ok(Some(batch)) => Ok(compare(&alone, &batch)),
        Err(EngineError::Cancelled) => Err(EngineError::Cancelled),
        Err(error) => Ok(one_by_one(&format!("a batch of 2 fails: {error}"))),
    }
}

fn together(session: &Session, family: &dyn GraphFamily, samples: [&[Tensor]; 2]) -> Result<Option<Vec<Vec<Tensor>>>> {
    let graph = family.at_batch(2)?;
    let Some(inputs) = stack(&samples.map(<[Tensor]>::to_vec), family.batched_inputs(), 2)? else { return Ok(None) };
    let outputs = session.run_batch(&graph, &inputs, 2)?;
    unstack(&outputs, 2, 2).map(Some)
}

fn compare(alone: &[Vec<Tensor>; 2], batch: &[Vec<Tensor>]) -> Verdict {
    for (single, batched) in alone.iter().zip(batch) {
        for (index, (a, b)) in single.iter().zip(batched).enumerate() {
            if a.shape() != b.shape() {
                let (want, have) = (a.shape(), b.shape());
                return one_by_one(&format!("output {index} has shape {have:?} in a batch and {want:?} alone"));
            }
            let difference = relative_difference(a, b);
            if difference > RELATIVE {
                return one_by_one(&format!(
                    "output {index} differs by {difference:.1e} between a batch and single samples"
                ));
            }
        }
    }
    Verdict::Sound
}

fn one_by_one(why: &str) -> Verdict {
    Verdict::OneByOne(format!("samples are run one by one: {why}"))
}

/// Largest absolute difference over the largest absolute value of `want`; values that aren't finite must be equal.
pub fn relative_difference(want: &Tensor, have: &Tensor) -> f64 {
    let (want, have) = (want.to_f64(), have.to_f64());
    if want.len() != have.len() {
        return f64::INFINITY;
    }
    let same = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
    let (mut worst, mut scale) = (0f64, 0f64);
    for (a, b) in want.into_iter().zip(have) {
        if same(a, b) {
            scale = if a.is_finite() { scale.max(a.abs()) } else { scale };
        } else if a.is_finite() && b.is_finite() {
            worst = worst.max((a - b).abs());
            scale = scale.max(a.abs());
        } else {
            return f64::INFINITY;
        }
    }
    if worst == 0.0 { 0.0 } else { worst / scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(values: &[f32]) -> Tensor {
        Tensor::f32(&[values.len()], values.to_vec()).unwrap()
    }

    #[test]
    fn differences() {
        assert_eq!(relative_difference(&t(&[1.0, -2.0]), &t(&[1.0, -2.0])), 0.0);
        assert!((relative_difference(&t(&[1.0, -2.0]), &t(&[1.5, -2.0])) - 0.25).abs() < 1e-12);
        assert_eq!(relative_difference(&t(&[f32::NAN, f32::INFINITY]), &t(&[f32::NAN, f32::INFINITY])), 0.0);
        assert_eq!(relative_difference(&t(&[1.0]), &t(&[f32::NAN])), f64::INFINITY);
        assert_eq!(relative_difference(&t(&[1.0]), &t(&[1.0, 2.0])), f64::INFINITY);
        assert_eq!(relative_difference(&t(&[0.0]), &t(&[0.0])), 0.0);
        assert_eq!(relative_difference(&t(&[0.0]), &t(&[1e-9])), f64::INFINITY);
    }
}
