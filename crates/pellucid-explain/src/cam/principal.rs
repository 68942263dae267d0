//! Projection of feature maps on their first principal component: what Eigen-CAM and Eigen-Grad-CAM share.

use rayon::prelude::*;

use crate::cam::activation::Activation;
use crate::linalg::{dot, leading};

/// Feature maps projected on the first principal vector.
pub(crate) struct Projection {
    /// `X v_1`, one value per position; its entry of largest magnitude is positive.
    pub map: Vec<f64>,
    /// The three largest singular values (fewer when there are fewer channels or positions).
    pub singular_values: Vec<f64>,
}

/// Singular values reported.
const REPORTED: usize = 3;

/// Relative distance of the first two singular values below which the first vector isn't unique in practice.
const CLOSE: f64 = 1e-3;

impl Projection {
    /// Projects `X` (positions x channels); `centred` subtracts the mean of each channel first. Only the smaller of the two Gram matrices is
    /// decomposed.
    pub fn of(a: &Activation, centred: bool) -> Projection {
        let (channels, positions) = (a.channels, a.positions());
        let mut x = a.values().to_vec();
        if centred {
            for channel in x.chunks_mut(positions) {
                let mean = channel.iter().sum::<f64>() / positions as f64;
                channel.iter_mut().for_each(|v| *v -= mean);
            }
        }
        let mut map = vec![0.0; positions];
        let singular = if channels < positions {
            let found = leading(gram(&x, channels, positions), channels, REPORTED);
            for (channel, v) in x.chunks(positions).zip(&found.vector) {
                map.iter_mut().zip(channel).for_each(|(m, x)| *m += v * x);
            }
            found.values
        } else {
            let found = leading(gram(&transposed(&x, channels, positions), positions, channels), positions, REPORTED);
            let length = found.values.first().map_or(0.0, |l| l.max(0.0).sqrt());
            map.iter_mut().zip(&found.vector).for_each(|(m, u)| *m = length * u);
            found.values
        };
        fix_sign(&mut map);
        Projection { map, singular_values: singular.into_iter().map(|l| l.max(0.0).sqrt()).collect() }
    }

    /// What a reader must know of the first component, if anything.
    pub fn note(&self, layer: &str) -> Option<String> {
        let first = self.singular_values.first().copied().unwrap_or(0.0);
        let second = self.singular_values.get(1).copied().unwrap_or(0.0);
        if first <= 0.0 {
            return Some(format!("`{layer}` doesn't vary over positions, so it has no principal component"));
        }
        (first - second <= CLOSE * first).then(|| {
            format!("the first two singular values of `{layer}` are within 0.1 %, so the first component isn't unique")
        })
    }
}

/// `X X'` for `rows x n` values.
fn gram(x: &[f64], rows: usize, n: usize) -> Vec<f64> {
    let row = |i: usize| &x[i * n..(i + 1) * n];
    let mut g = vec![0.0; rows * rows];
    g.par_chunks_mut(rows).enumerate().for_each(|(i, out)| (0..=i).for_each(|j| out[j] = dot(row(i), row(j))));
    for i in 0..rows {
        for j in 0..i {
            g[j * rows + i] = g[i * rows + j];
        }
    }
    g
}

fn transposed(x: &[f64], rows: usize, n: usize) -> Vec<f64> {
    let mut t = vec![0.0; x.len()];
    for i in 0..rows {
        for j in 0..n {
            t[j * rows + i] = x[i * n + j];
        }
    }
    t
}

/// Turns the vector so that its entry of largest magnitude (the first of equals) is positive.
fn fix_sign(map: &mut [f64]) {
    let top = map.iter().fold(0.0f64, |m, v| if v.abs() > m.abs() { *v } else { m });
    if top < 0.0 {
        map.iter_mut().for_each(|v| *v = -*v);
    }
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Tensor;

    use super::*;
    use crate::layer::{Layer, Layout};
    use crate::random::Stream;

    fn maps(channels: usize, positions: usize, values: Vec<f64>) -> Activation {
        let layer = Layer { name: "a".into(), layout: Layout::ChannelsFirst, because: String::new() };
        let values = values.into_iter().map(|v| v as f32).collect();
        Activation::of_layer(&layer, &Tensor::f32(&[1, channels, positions], values).unwrap()).unwrap()
    }

    #[test]
    fn a_map_of_rank_one_is_its_own_projection() {
        // A_k(p) = c_k u(p), so X v_1 = |c| u up to sign; more channels than positions and fewer
        for c in [vec![3.0, -4.0], vec![1.0, 2.0, 2.0, 4.0]] {
            let u = [0.5, -2.0, 1.0];
            let values = c.iter().flat_map(|c| u.iter().map(move |u| c * u)).collect();
            let found = Projection::of(&maps(c.len(), 3, values), false);
            let length = c.iter().map(|c| c * c).sum::<f64>().sqrt();
            for (f, u) in found.map.iter().zip(u) {
                assert!((f + length * u).abs() < 1e-6, "{:?}", found.map);
            }
            assert!((found.singular_values[0] - length * f64::sqrt(5.25)).abs() < 1e-6);
            assert!(found.singular_values[1] < 1e-6 && found.note("a").is_none());
        }
    }

    #[test]
    fn both_gram_matrices_give_the_same_projection() {
        let (k, z) = (6, 6);
        let values = Stream::new(3, 0, 0).normals(k * z);
        let wide = Projection::of(&maps(k, z, values.clone()), true);
        // a silent channel or a repeated last position would change X; more positions with the same columns doubled don't change v_1
        let doubled: Vec<f64> = values.chunks(z).flat_map(|c| [c, c].concat()).collect();
        let tall = Projection::of(&maps(k, 2 * z, doubled), true);
        for (a, b) in wide.map.iter().zip(&tall.map) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
        assert!((tall.singular_values[0] - f64::sqrt(2.0) * wide.singular_values[0]).abs() < 1e-5);
    }

    #[test]
    fn a_layer_that_does_not_vary_gives_zero_and_says_so() {
        let found = Projection::of(&maps(2, 4, vec![5.0; 8]), true);
        assert!(found.map.iter().all(|v| *v == 0.0));
        assert!(found.note("a").unwrap().contains("no principal component"));
    }

    #[test]
    fn two_equal_components_are_reported() {
        let found = Projection::of(&maps(2, 4, vec![1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0, -1.0]), true);
        assert!(found.note("a").unwrap().contains("isn't unique"));
    }
}
