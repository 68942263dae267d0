//! Samples to batches and back.

use pellucid_graph::{GraphError, Tensor};

use crate::{EngineError, Result};

/// The inputs of several samples as the inputs of one batch of `size`: batched inputs are joined along axis 0 and filled up with copies of
/// the last sample; others are taken from the first sample. `None` when a sample has another value in an input without a batch axis.
///
/// # Errors
/// When samples differ in the number, type or shape of their inputs.
pub fn stack(samples: &[Vec<Tensor>], batched: &[bool], size: usize) -> Result<Option<Vec<Tensor>>> {
    let Some(first) = samples.first() else { return Err(GraphError::Invalid("a batch of no samples".into()).into()) };
    if let Some(odd) = samples.iter().find(|s| s.len() != batched.len()) {
        return Err(EngineError::Input {
            index: odd.len().min(batched.len()),
            name: None,
            expected: format!("{} inputs", batched.len()),
            found: odd.len().to_string(),
        });
    }
    let mut out = vec![];
    for (i, &has_axis) in batched.iter().enumerate() {
        if has_axis {
            let last = samples.len() - 1;
            let parts: Vec<Tensor> = (0..size).map(|s| samples[s.min(last)][i].clone()).collect();
            out.push(Tensor::stack(&parts)?);
        } else if samples.iter().all(|s| s[i] == first[i]) {
            out.push(first[i].clone());
        } else {
            return Ok(None);
        }
    }
    Ok(Some(out))
}

/// The outputs of a batch of `size` as the outputs of its first `count` samples.
///
/// # Errors
/// When an output has no axis 0 that counts the samples.
pub fn unstack(outputs: &[Tensor], size: usize, count: usize) -> Result<Vec<Vec<Tensor>>> {
    let mut samples = vec![Vec::with_capacity(outputs.len()); count];
    for (index, output) in outputs.iter().enumerate() {
        let rows = *output.shape().first().unwrap_or(&0);
        if rows == 0 || rows % size != 0 {
            let shape = output.shape();
            let reason =
                format!("output {index} has shape {shape:?}, which doesn't count the {size} samples of a batch");
            return Err(GraphError::Invalid(reason).into());
        }
        for (i, sample) in samples.iter_mut().enumerate() {
            sample.push(rows_of(output, i, rows / size, size)?);
        }
    }
    Ok(samples)
}

/// Rows `[i * each, (i + 1) * each)` of axis 0.
fn rows_of(output: &Tensor, i: usize, each: usize, size: usize) -> Result<Tensor> {
    if each == 1 {
        return Ok(output.sample(i)?);
    }
    let mut split = output.shape().to_vec();
    split[0] = each;
    let mut grouped = vec![size];
    grouped.extend(&split);
    Ok(output.reshape(&grouped)?.sample(i)?.reshape(&split)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(v: f32) -> Tensor {
        Tensor::f32(&[1, 2], vec![v, -v]).unwrap()
    }

    #[test]
    fn there_and_back() {
        let shared = Tensor::scalar(7.0);
        let samples: Vec<Vec<Tensor>> = (0..3).map(|i| vec![row(i as f32), shared.clone()]).collect();
        let batch = stack(&samples, &[true, false], 4).unwrap().unwrap();
        assert_eq!(batch[0].to_f32(), vec![0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 2.0, -2.0]);
        assert_eq!(batch[1], shared);
        let back = unstack(&batch[..1], 4, 3).unwrap();
        assert_eq!(back, samples.iter().map(|s| vec![s[0].clone()]).collect::<Vec<_>>());
    }

    #[test]
    fn other_values_without_a_batch_axis_are_told_apart() {
        let samples = vec![vec![row(1.0), Tensor::scalar(1.0)], vec![row(2.0), Tensor::scalar(2.0)]];
        assert!(stack(&samples, &[true, false], 2).unwrap().is_none());
    }

    #[test]
    fn several_rows_per_sample_stay_together() {
        let output = Tensor::f32(&[4, 1], vec![0.0, 1.0, 2.0, 3.0]).unwrap();
        let samples = unstack(&[output], 2, 2).unwrap();
        assert_eq!(samples[1][0], Tensor::f32(&[2, 1], vec![2.0, 3.0]).unwrap());
    }

    #[test]
    fn an_output_without_samples_is_refused() {
        assert!(unstack(&[Tensor::scalar(1.0)], 2, 2).is_err());
        assert!(unstack(&[Tensor::f32(&[3], vec![0.0; 3]).unwrap()], 2, 2).is_err());
        assert!(stack(&[vec![row(1.0)]], &[true, true], 1).is_err());
    }
}
