//! Blurs, axis by axis, channel by channel.
//!
//! # Source
//! petsiuk2018rise: the blur of its evaluation, a Gaussian-filtered delta of 11 by 11. The filter is a product over axes, so is the kernel.

use crate::error::{MetricError, Result};
use crate::image::{Image, strides};

/// What lies beyond the border.
#[derive(Clone, Copy, PartialEq)]
enum Border {
    /// Zeros.
    Zero,
    /// The image again, mirrored, with its edge repeated.
    Mirror,
}

/// Gaussian weights out to 4 sigma, summing to 1.
fn gaussian(sigma: f64) -> Vec<f64> {
    let radius = (4.0 * sigma + 0.5) as isize;
    let raw: Vec<f64> = (-radius..=radius).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|w| w / sum).collect()
}

/// Index inside `0..n` of a place beyond, mirrored with the edge repeated.
fn mirrored(at: isize, n: usize) -> usize {
    let around = at.rem_euclid(2 * n as isize) as usize;
    if around < n { around } else { 2 * n - 1 - around }
}

/// One axis of the RISE kernel: a centred delta of length `length` under a Gaussian filter with mirrored borders. The kernel is the outer
/// product of it with itself, and sums to 1 because the folded tails stay inside.
///
/// # Errors
/// When the length isn't between 1 and 4096, or sigma isn't a positive number below 10 000 px.
pub fn rise_kernel(length: usize, sigma: f64) -> Result<Vec<f64>> {
    if length == 0 || length > 4096 {
        return Err(MetricError::parameter("length of the kernel", length, "1 to 4096"));
    }
    Ok(kernel(length, positive(sigma)?))
}

fn kernel(length: usize, sigma: f64) -> Vec<f64> {
    let weights = gaussian(sigma);
    let radius = weights.len() as isize / 2;
    let centre = length / 2;
    let folded = |i: usize| {
        let hits = (-radius..=radius).filter(|&o| mirrored(i as isize + o, length) == centre);
        hits.map(|o| weights[(o + radius) as usize]).sum()
    };
    (0..length).map(folded).collect()
}

/// The blur of the RISE evaluation: kernel of 11, sigma of 5 px, zeros beyond the border, so that borders darken.
pub fn rise_blur(image: &Image) -> Vec<f64> {
    blur(image, &kernel(11, 5.0), Border::Zero)
}

/// Gaussian blur with mirrored borders; sigma in px.
///
/// # Errors
/// When sigma isn't a positive number below 10 000 px.
pub fn gaussian_blur(image: &Image, sigma: f64) -> Result<Vec<f64>> {
    Ok(blur(image, &gaussian(positive(sigma)?), Border::Mirror))
}

fn positive(sigma: f64) -> Result<f64> {
    if sigma > 0.0 && sigma < 1e4 {
        Ok(sigma)
    } else {
        Err(MetricError::parameter("sigma", sigma, "above 0 and below 10000 px"))
    }
}

fn blur(image: &Image, weights: &[f64], border: Border) -> Vec<f64> {
    let mut values = image.values.to_vec();
    for (axis, stride) in strides(image.grid).into_iter().enumerate() {
        values = along(&values, image.grid[axis], stride, weights, border);
    }
    values
}

/// Correlation along one axis of length `n`, whose neighbours lie `stride` apart.
fn along(values: &[f64], n: usize, stride: usize, weights: &[f64], border: Border) -> Vec<f64> {
    let radius = weights.len() as isize / 2;
    let mut out = vec![0.0; values.len()];
    for (i, o) in out.iter_mut().enumerate() {
        let at = (i / stride % n) as isize;
        let start = i - at as usize * stride;
        for (k, w) in weights.iter().enumerate() {
            let p = at + k as isize - radius;
            let inside = (0..n as isize).contains(&p);
            if inside || border == Border::Mirror {
                *o += w * values[start + mirrored(p, n) * stride];
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurs_keep_a_constant_and_darken_borders() {
        let (grid, values) = ([3, 15, 14], [2.0; 3 * 15 * 14]);
        let image = Image::new(1, &grid, &values).unwrap();
        assert!(gaussian_blur(&image, 1.5).unwrap().iter().all(|v| (v - 2.0).abs() < 1e-12));
        assert!((rise_kernel(11, 5.0).unwrap().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let (grid, values) = ([15, 14], [2.0; 15 * 14]);
        let blurred = rise_blur(&Image::new(1, &grid, &values).unwrap());
        assert!((blurred[7 * 14 + 6] - 2.0).abs() < 1e-12 && blurred[0] < 1.0);
        assert!(gaussian_blur(&image, 0.0).is_err());
    }
}
