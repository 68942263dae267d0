//! Noisy copies of a sample, made one by one when they are needed.

use pellucid_graph::Tensor;

use crate::context::Context;
use crate::random::Stream;
use crate::{ExplainError, Result};

/// A sample with Gaussian noise on every input that holds real numbers; copy `i` depends only on the seed and `i`.
pub(crate) struct Noisy {
    parts: Vec<Part>,
    seed: u64,
}

/// One input of the model.
struct Part {
    name: String,
    clean: Tensor,
    source: Source,
}

/// Where an input's noise comes from.
enum Source {
    /// It is left as it is.
    None,
    /// Standard deviation, model units.
    Drawn(f64),
    /// Scaled noise handed in, one row per copy.
    Given(Tensor),
}

impl Noisy {
    /// Noise of a standard deviation of `level` times the range (max - min) of each input. Noise handed in as `noise_<input>` (or `noise`, when
    /// one input holds real numbers), of shape `copies x C x S..`, already scaled, takes its place.
    pub fn new(context: &Context, level: f64, seed: u64) -> Result<Noisy> {
        Noisy::with(context, seed, |values| {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if high > low { level * (high - low) } else { 0.0 }
        })
    }

    /// Noise of the same standard deviation for each input, model units.
    pub fn absolute(context: &Context, sigma: f64, seed: u64) -> Result<Noisy> {
        Noisy::with(context, seed, |_| sigma)
    }

    fn with(context: &Context, seed: u64, sigma: impl Fn(&[f64]) -> f64) -> Result<Noisy> {
        let names = context.model.inputs()?.into_iter().map(|(name, _)| name);
        let floats = context.inputs.iter().filter(|t| t.dtype().is_float()).count();
        let mut parts = Vec::new();
        for (name, clean) in names.zip(context.inputs) {
            let source = match given(context, &name, clean, floats == 1)? {
                _ if !clean.dtype().is_float() => Source::None,
                Some(noise) => Source::Given(noise),
                None => Source::Drawn(sigma(&clean.to_f64())),
            };
            parts.push(Part { name, clean: clean.clone(), source });
        }
        Ok(Noisy { parts, seed })
    }

    /// Copy `i` of the sample.
    pub fn sample(&self, i: usize) -> Result<Vec<Tensor>> {
        self.parts.iter().enumerate().map(|(p, part)| part.noisy(self.seed, i, p)).collect()
    }
}

/// The noise handed in for an input.
fn given(context: &Context, name: &str, clean: &Tensor, only: bool) -> Result<Option<Tensor>> {
    let own = context.injected.get(&format!("noise_{name}"));
    let Some(noise) = own.or_else(|| if only { context.injected.get("noise") } else { None }) else {
        return Ok(None);
    };
    if noise.rank() != clean.rank() || noise.shape()[1..] != clean.shape()[1..] {
        return Err(ExplainError::Input {
            input: name.to_string(),
            reason: format!("its noise has shape {:?}, expected copies x {:?}", noise.shape(), &clean.shape()[1..]),
        });
    }
    Ok(Some(noise.clone()))
}

impl Part {
    fn noisy(&self, seed: u64, i: usize, part: usize) -> Result<Tensor> {
        let noise = match &self.source {
            Source::None => return Ok(self.clean.clone()),
            Source::Drawn(0.0) => return Ok(self.clean.clone()),
            Source::Drawn(sigma) => {
                let normal = Stream::new(seed, i, part).normals(self.clean.len());
                normal.into_iter().map(|v| sigma * v).collect::<Vec<f64>>()
            }
            Source::Given(noise) if i < noise.shape()[0] => noise.sample(i)?.to_f64(),
            Source::Given(noise) => {
                return Err(ExplainError::Input {
                    input: self.name.clone(),
                    reason: format!(
                        "its noise has {} copies, but copy {i} is needed (counted from 0)",
                        noise.shape()[0]
                    ),
                });
            }
        };
        let sum = self.clean.to_f64().iter().zip(&noise).map(|(x, e)| x + e).collect();
        Ok(Tensor::from_f64(self.clean.dtype(), self.clean.shape().to_vec(), sum))
    }
}
