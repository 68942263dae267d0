//! Class activation maps: sums of a layer's feature maps under weights.
//!
//! All of them are functions of the activations `A` (and the gradient `g` of the target at them) as `N x K x S..`, so methods asked for
//! together share one forward and one backward. Maps are raw and signed: rectifying and scaling are display steps.

pub mod ablation_cam;
pub(crate) mod activation;
pub mod cam;
pub mod dff;
pub mod eigen_cam;
pub mod eigen_grad_cam;
pub mod faster_score_cam;
pub mod grad_cam;
pub mod grad_cam_elementwise;
pub mod grad_cam_plus_plus;
pub(crate) mod head_row;
pub mod hires_cam;
pub mod hr_cam;
pub mod is_cam;
pub mod layer_cam;
pub(crate) mod logistic;
pub(crate) mod masks;
pub(crate) mod nmf;
pub(crate) mod principal;
pub mod score_cam;
pub(crate) mod scored;
pub mod smooth_grad_cam_plus_plus;
pub mod ss_cam;
pub mod xgrad_cam;

use pellucid_graph::{AxisMap, Build, Wire};

use crate::Result;
use crate::evidence::Grid;
use crate::layer::Layer;
use crate::method::WrittenMap;

/// The spatial axes of `N x K x S..`.
pub(crate) fn spatial(b: &Build, a: Wire) -> Result<Vec<usize>> {
    Ok((2..b.shape(a)?.len()).collect())
}

/// `sum_k w_k A_k(p)`, weights per channel (`N x K x 1..`) or per position (`N x K x S..`).
pub(crate) fn weighted_sum(b: &mut Build, w: Wire, a: Wire) -> Result<Wire> {
    let product = b.mul(w, a)?;
    Ok(b.sum(product, &[1], false)?)
}

/// A map on the grid of a layer.
pub(crate) fn on_layer(layer: &Layer, wire: Wire) -> WrittenMap {
    WrittenMap { grid: Grid::Layer { name: layer.name.clone() }, wire }
}

/// A wire resized along the axes from `first` on: `half_pixel` or `align_corners` (linear), or `nearest`.
pub(crate) fn resized(b: &mut Build, x: Wire, first: usize, size: &[usize], mode: &str) -> Result<Wire> {
    let shape = b.shape(x)?;
    let maps: Vec<AxisMap> = size
        .iter()
        .enumerate()
        .filter(|(i, n)| shape[first + i] != **n)
        .map(|(i, &n)| interpolation(first + i, shape[first + i], n, mode))
        .collect();
    Ok(b.along_axes(x, &maps)?)
}

/// The interpolation matrix of one axis.
pub(crate) fn interpolation(axis: usize, n_in: usize, n_out: usize, mode: &str) -> AxisMap {
    let mut matrix = vec![0.0; n_out * n_in];
    let last = (n_in - 1) as f64;
    for o in 0..n_out {
        let row = &mut matrix[o * n_in..(o + 1) * n_in];
        if mode == "nearest" {
            row[(o * n_in / n_out).min(n_in - 1)] = 1.0;
            continue;
        }
        let u = if mode == "align_corners" {
            if n_out == 1 { 0.0 } else { o as f64 * last / (n_out - 1) as f64 }
        } else {
            ((o as f64 + 0.5) * n_in as f64 / n_out as f64 - 0.5).clamp(0.0, last)
        };
        let low = u.floor().min(last) as usize;
        let high = (low + 1).min(n_in - 1);
        row[low] += 1.0 - (u - low as f64);
        row[high] += u - low as f64;
    }
    AxisMap { axis, n_out, n_in, matrix }
}

/// `sum w a(p)` over pairs of a weight and `n` values, on the host; a weight of 0 adds nothing.
pub(crate) fn linear_sum<'a>(terms: impl Iterator<Item = (f64, &'a [f64])>, n: usize) -> Vec<f64> {
    let mut sum = vec![0.0; n];
    for (w, a) in terms.filter(|t| t.0 != 0.0) {
        sum.iter_mut().zip(a).for_each(|(s, a)| *s += w * a);
    }
    sum
}
