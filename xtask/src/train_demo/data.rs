//! Phantoms as examples.

use anyhow::Result;
use pellucid::graph::Tensor;
use pellucid::image::phantom::Spec;
use pellucid::train::{Example, Source};

/// Level that becomes 0, about that of the background, and levels that become 1.
pub const MEAN: f32 = 100.0;
/// See [`MEAN`].
pub const STD: f32 = 50.0;

/// Phantoms of a seed, drawn once. Their levels are whole numbers up to 255, so a byte holds one exactly.
pub struct Phantoms {
    size: Vec<usize>,
    drawn: Vec<(Vec<u8>, usize)>,
    /// Seed they follow from.
    pub seed: u64,
}

impl Phantoms {
    /// Draws `count` phantoms, on all cores.
    pub fn make(spec: &Spec, seed: u64, count: usize) -> Result<Phantoms> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let each = count.div_ceil(threads).max(1);
        let draw = |start: usize| -> Result<Vec<(Vec<u8>, usize)>> {
            (start..(start + each).min(count))
                .map(|i| {
                    let phantom = spec.make(seed, i as u64)?;
                    Ok((phantom.image.voxels().iter().map(|v| *v as u8).collect(), phantom.label))
                })
                .collect()
        };
        let parts: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..count).step_by(each).map(|start| scope.spawn(move || draw(start))).collect();
            workers.into_iter().filter_map(|w| w.join().ok()).collect()
        });
        let drawn = parts.into_iter().collect::<Result<Vec<_>>>()?.concat();
        Ok(Phantoms { size: spec.size.clone(), drawn, seed })
    }

    /// Number of phantoms.
    pub fn len(&self) -> usize {
        self.drawn.len()
    }

    /// The class of a phantom.
    pub fn label(&self, i: usize) -> usize {
        self.drawn[i].1
    }

    /// A phantom as the network takes it.
    pub fn pixels(&self, i: usize) -> Vec<f32> {
        self.drawn[i].0.iter().map(|v| (f32::from(*v) - MEAN) / STD).collect()
    }

    /// Pixels with an axis for sample and channel each.
    pub fn tensor(&self, pixels: Vec<f32>) -> pellucid::train::Result<Tensor> {
        Ok(Tensor::f32(&[&[1, 1], self.size.as_slice()].concat(), pixels)?)
    }

    /// A phantom as an example.
    pub fn example(&self, i: usize) -> pellucid::train::Result<Example> {
        let inputs = vec![self.tensor(self.pixels(i))?];
        Ok(Example { inputs, labels: Tensor::i64(&[1], vec![self.label(i) as i64])? })
    }

    /// All of them as a source.
    pub fn source<'a>(&self, make: &'a (dyn Fn(usize) -> pellucid::train::Result<Example> + Sync)) -> Source<'a> {
        Source::new(self.len(), make)
    }
}
