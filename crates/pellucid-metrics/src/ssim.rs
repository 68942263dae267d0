//! Structural similarity.
//!
//! # Formula
//! ```text
//! mean over windows of (2 m_a m_b + C1)(2 s_ab + C2) / ((m_a^2 + m_b^2 + C1)(s_a^2 + s_b^2 + C2))
//! ```
//! Windows of 7 sites per axis with equal weights that lie wholly inside; sample covariance; `C = (K L)^2` with K 0.01 and 0.03, `L` the joint range.
//!
//! # Source
//! wang2004ssim.

use crate::error::{Result, finite, same_len};
use crate::image::strides;
use crate::undefined::Undefined;

/// Sites per axis of a window.
const WINDOW: usize = 7;

/// Mean similarity of two maps on a grid; several channels, one after the other, are averaged. `[n]` as grid takes them as one line.
///
/// # Errors
/// When sizes differ; undefined when an axis is shorter than the window, both maps are constant, or a value isn't finite.
pub fn ssim(grid: &[usize], a: &[f64], b: &[f64]) -> Result<f64> {
    let sites: usize = grid.iter().product();
    same_len("second map", a.len(), b.len())?;
    let channels = a.len() / sites.max(1);
    same_len("maps of this grid", channels.max(1) * sites, a.len())?;
    finite(a)?;
    finite(b)?;
    if grid.is_empty() || grid.iter().any(|&s| s < WINDOW) {
        return Err(Undefined::TooSmall.into());
    }
    let both = || a.iter().chain(b).copied();
    let range = both().fold(f64::NEG_INFINITY, f64::max) - both().fold(f64::INFINITY, f64::min);
    if range == 0.0 {
        return Err(Undefined::ConstantInput.into());
    }
    // In units of the range, so that tiny maps don't lose their squares.
    let unit = |v: &[f64]| v.iter().map(|v| v / range).collect::<Vec<f64>>();
    let per_channel = a.chunks_exact(sites).zip(b.chunks_exact(sites)).map(|(a, b)| one(grid, &unit(a), &unit(b)));
    Ok(per_channel.sum::<f64>() / channels as f64)
}

fn one(grid: &[usize], a: &[f64], b: &[f64]) -> f64 {
    let (c1, c2) = (0.01f64.powi(2), 0.03f64.powi(2));
    let n = WINDOW.pow(grid.len() as u32) as f64;
    let product = |x: &[f64], y: &[f64]| means(grid, x.iter().zip(y).map(|(x, y)| x * y).collect());
    let (ma, mb) = (means(grid, a.to_vec()), means(grid, b.to_vec()));
    let (aa, bb, ab) = (product(a, a), product(b, b), product(a, b));
    let sample = n / (n - 1.0);
    let at = |i: usize| {
        let (va, vb) = (sample * (aa[i] - ma[i] * ma[i]), sample * (bb[i] - mb[i] * mb[i]));
        let cov = sample * (ab[i] - ma[i] * mb[i]);
        (2.0 * ma[i] * mb[i] + c1) * (2.0 * cov + c2) / ((ma[i] * ma[i] + mb[i] * mb[i] + c1) * (va + vb + c2))
    };
    (0..ma.len()).map(at).sum::<f64>() / ma.len() as f64
}

/// Means of all windows, axis by axis; each axis gets shorter by the window less one.
fn means(grid: &[usize], mut values: Vec<f64>) -> Vec<f64> {
    let mut size = grid.to_vec();
    for axis in 0..grid.len() {
        let (stride, n) = (strides(&size)[axis], size[axis]);
        let kept = n - WINDOW + 1;
        let blocks = values.chunks_exact(n * stride);
        values = blocks
            .flat_map(|block| {
                let mean = |i: usize| (0..WINDOW).map(|k| block[i + k * stride]).sum::<f64>() / WINDOW as f64;
                (0..kept * stride).map(mean).collect::<Vec<f64>>()
            })
            .collect();
        size[axis] = kept;
    }
    values
}
