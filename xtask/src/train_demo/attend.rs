//! Where a model looks: a box is moved over a phantom, and the place where covering it lowers the score most is where the evidence lies.
//!
//! The box is filled with the level that the network sees as 0. The place counts as on the lesion (on the marker) when the box there touches it.

use anyhow::Result;
use pellucid::engine::Session;
use pellucid::graph::Tensor;
use pellucid::image::phantom::Spec;
use pellucid::train::{Example, Source, Trainable, predict};

use super::data::Phantoms;

/// Side of the box, as a part of the smallest axis.
const PART: usize = 8;

/// Shares of the phantoms with a lesion that the model classifies rightly.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    /// The strongest box touches the lesion.
    pub on_lesion: f64,
    /// The strongest box touches the marker, of those that have one.
    pub on_marker: f64,
    /// Number of phantoms.
    pub count: usize,
}

impl std::fmt::Display for Attention {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (lesion, marker) = (100.0 * self.on_lesion, 100.0 * self.on_marker);
        write!(f, "evidence on the lesion in {lesion:.0} % of {}, on the marker in {marker:.0} %", self.count)
    }
}

/// Occludes the first `count` phantoms with a lesion that are classified rightly.
pub fn measure(session: &Session, model: &Trainable, spec: &Spec, test: &Phantoms, count: usize) -> Result<Attention> {
    let example = |i: usize| test.example(i);
    let outputs = predict(session, model, &test.source(&example))?;
    let right = (0..test.len()).filter(|&i| test.label(i) > 0 && best(&outputs[i]) == test.label(i));
    let (mut lesion, mut marker, mut marked, mut seen) = (0, 0, 0, 0);
    for i in right.take(count) {
        let truth = spec.make(test.seed, i as u64)?;
        let boxes = boxes(&spec.size);
        let strongest = strongest(session, model, test, i, &outputs[i], &boxes)?;
        let touches = |mask: &[bool]| boxes[strongest].iter().any(|&p| mask[p]);
        seen += 1;
        lesion += usize::from(touches(&truth.mask));
        marker += usize::from(touches(&truth.marker));
        marked += usize::from(truth.attributes.marker);
    }
    let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
    Ok(Attention { on_lesion: share(lesion, seen), on_marker: share(marker, marked), count: seen })
}

/// The box that lowers the margin of the right class over the best other one most.
fn strongest(
    session: &Session,
    model: &Trainable,
    test: &Phantoms,
    i: usize,
    output: &Tensor,
    boxes: &[Vec<usize>],
) -> Result<usize> {
    let pixels = test.pixels(i);
    let covered = |b: usize| {
        let mut pixels = pixels.clone();
        boxes[b].iter().for_each(|&p| pixels[p] = 0.0);
        let labels = Tensor::i64(&[1], vec![0])?;
        Ok(Example { inputs: vec![test.tensor(pixels)?], labels })
    };
    let class = test.label(i);
    let whole = margin(output, class);
    let drops = predict(session, model, &Source::new(boxes.len(), &covered))?;
    let drops: Vec<f64> = drops.iter().map(|o| whole - margin(o, class)).collect();
    Ok((0..drops.len()).fold(0, |best, b| if drops[b] > drops[best] { b } else { best }))
}

fn margin(output: &Tensor, class: usize) -> f64 {
    let z = output.to_f64();
    let other = z.iter().enumerate().filter(|(k, _)| *k != class).map(|(_, v)| *v).fold(f64::MIN, f64::max);
    z[class] - other
}

fn best(output: &Tensor) -> usize {
    let z = output.to_f64();
    (0..z.len()).fold(0, |best, k| if z[k] > z[best] { k } else { best })
}

/// Pixels of each box; boxes overlap by half.
fn boxes(size: &[usize]) -> Vec<Vec<usize>> {
    let side = size.iter().copied().min().unwrap_or(PART) / PART * 3 / 2;
    let mut out = vec![vec![0]];
    for &n in size {
        let starts: Vec<usize> = (0..=n - side).step_by(side / 2).collect();
        // every box so far, extended along one more axis
        out = starts
            .iter()
            .flat_map(|&start| {
                out.iter().map(move |b| {
                    b.iter().flat_map(|&p| (start..start + side).map(move |q| p * n + q)).collect::<Vec<usize>>()
                })
            })
            .collect();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::boxes;

    #[test]
    fn boxes_cover_everything_and_keep_their_size() {
        for size in [vec![64, 64], vec![32, 32, 32]] {
            let boxes = boxes(&size);
            let n: usize = size.iter().product();
            let mut covered = vec![false; n];
            for b in &boxes {
                assert_eq!(b.len(), boxes[0].len());
                b.iter().for_each(|&p| covered[p] = true);
            }
            let share = covered.iter().filter(|c| **c).count() as f64 / n as f64;
            assert!(share > 0.8, "{share}");
        }
        assert_eq!(boxes(&[16, 16])[0], [0, 1, 2, 16, 17, 18, 32, 33, 34]);
    }
}
