//! Resampling of maps and images, axis by axis, in the conventions that other tools use.
//!
//! Every method is linear and separable: along one axis an output is a short weighted sum of inputs ([`AxisWeights`]), so one pass per axis does it
//! in any number of dimensions.

mod pil;
pub(crate) mod spline;
mod weights;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use pil::{PilFilter, pil_8bit};
pub use weights::AxisWeights;
pub(crate) use weights::{b_spline, mirror as mirror_index};

use crate::{ImageError, Result};

/// Where an output sample looks in the input, and with which weights. `n_in`, `n_out` are the lengths, `o` the output index, `u` the place looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resample {
    /// Input `floor(o n_in / n_out)` (torch `nearest`, OpenCV `INTER_NEAREST`).
    NearestFloor,
    /// Input nearest to `u = (o + 0.5) n_in / n_out - 0.5` (PIL `NEAREST`, torch `nearest-exact`, scikit-image).
    Nearest,
    /// Linear at `u = (o + 0.5) n_in / n_out - 0.5`, edges repeated (OpenCV, torch `align_corners=False`, ONNX `half_pixel`).
    LinearHalfPixel,
    /// Linear at `u = o (n_in - 1) / (n_out - 1)` (torch `align_corners=True`, scipy `zoom` of order 1).
    LinearAlignCorners,
    /// Linear at the half-pixel place, borders mirrored without repeating the edge, clipped to the range of the input (scikit-image `resize`).
    MirrorHalfPixel,
    /// Cubic B-spline through the samples at `u = o (n_in - 1) / (n_out - 1)` (scipy `zoom` of order 3).
    SplineAlignCorners,
    /// Cubic convolution, `a = -0.75`, at the half-pixel place, edges repeated (OpenCV, torch `bicubic`).
    CubicHalfPixel,
    /// Triangle widened by the shrinking factor, weights normalised at the borders (PIL `BILINEAR`, torch `antialias=True`).
    LinearAntialias,
    /// Cubic convolution, `a = -0.5`, widened by the shrinking factor (PIL `BICUBIC`).
    CubicAntialias,
    /// Mean over the part of the input that the output sample covers (OpenCV `INTER_AREA` when shrinking).
    Area,
}

/// Numbers that can be resampled; sums are always taken in `f64`.
pub trait Real: Copy + Send + Sync + PartialOrd {
    /// The number as `f64`.
    fn to_f64(self) -> f64;
    /// Rounded from `f64`.
    fn from_f64(v: f64) -> Self;
}

impl Real for f32 {
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn from_f64(v: f64) -> f32 {
        v as f32
    }
}

impl Real for f64 {
    fn to_f64(self) -> f64 {
        self
    }
    fn from_f64(v: f64) -> f64 {
        v
    }
}

/// Resamples the last `size.len()` axes of `values` to `size`; leading axes (channels) are kept.
///
/// # Errors
/// When the values don't fill `shape`, an axis is empty, or `size` has more axes than `shape`.
pub fn resample<T: Real>(values: &[T], shape: &[usize], size: &[usize], method: Resample) -> Result<Vec<T>> {
    let product = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    if product != Some(values.len()) || values.is_empty() {
        return Err(ImageError::Size { shape: shape.to_vec(), found: values.len() });
    }
    if size.len() > shape.len() || size.contains(&0) {
        return Err(ImageError::Invalid(format!("an image of shape {shape:?} can't be resized to {size:?}")));
    }
    let mut data = values.to_vec();
    let mut shape = shape.to_vec();
    let first = shape.len() - size.len();
    // The last axis first, as PIL does: with rounding in between the order shows.
    for axis in (first..shape.len()).rev() {
        let wanted = size[axis - first];
        if method == Resample::SplineAlignCorners {
            spline::prefilter(&mut data, &shape, axis);
        }
        // A method that keeps every sample where it is needs no pass; a spline must be evaluated back from its coefficients.
        if wanted != shape[axis] || method == Resample::SplineAlignCorners {
            data = AxisWeights::new(method, shape[axis], wanted).apply(&data, &shape, axis);
            shape[axis] = wanted;
        }
    }
    if method == Resample::MirrorHalfPixel {
        clip_to_range_of(&mut data, values);
    }
    Ok(data)
}

fn clip_to_range_of<T: Real>(data: &mut [T], input: &[T]) {
    let smaller = |a: T, b: T| if b < a { b } else { a };
    let larger = |a: T, b: T| if b > a { b } else { a };
    let (lo, hi) = input.iter().fold((input[0], input[0]), |(lo, hi), &v| (smaller(lo, v), larger(hi, v)));
    data.iter_mut().for_each(|v| *v = larger(lo, smaller(hi, *v)));
}

impl AxisWeights {
    /// The weighted sums along `axis` of row-major values of the given shape.
    pub fn apply<T: Real>(&self, values: &[T], shape: &[usize], axis: usize) -> Vec<T> {
        let (n_in, n_out) = (shape[axis], self.n_out());
        let inner: usize = shape[axis + 1..].iter().product();
        let outer: usize = shape[..axis].iter().product();
        let mut out = vec![T::from_f64(0.0); outer * n_out * inner];
        if inner == 1 {
            out.par_chunks_mut(n_out).zip(values.par_chunks(n_in)).for_each(|(out, line)| {
                for (o, v) in out.iter_mut().enumerate() {
                    *v = T::from_f64(self.taps(o).map(|(i, w)| w * line[i].to_f64()).sum());
                }
            });
            return out;
        }
        out.par_chunks_mut(inner).enumerate().for_each(|(row, out)| {
            let slab = &values[row / n_out * n_in * inner..][..n_in * inner];
            let mut sums = vec![0.0f64; inner];
            for (i, w) in self.taps(row % n_out) {
                sums.iter_mut().zip(&slab[i * inner..(i + 1) * inner]).for_each(|(s, v)| *s += w * v.to_f64());
            }
            out.iter_mut().zip(&sums).for_each(|(v, &s)| *v = T::from_f64(s));
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stays_constant_in_every_method() {
        use Resample::*;
        for method in [
            NearestFloor,
            Nearest,
            LinearHalfPixel,
            LinearAlignCorners,
            MirrorHalfPixel,
            SplineAlignCorners,
            CubicHalfPixel,
            LinearAntialias,
            CubicAntialias,
            Area,
        ] {
            for size in [[1, 1, 1], [3, 9, 2], [5, 4, 3], [11, 1, 7]] {
                let out = resample(&[2.5f64; 60], &[5, 4, 3], &size, method).unwrap();
                assert_eq!(out.len(), size.iter().product::<usize>());
                assert!(out.iter().all(|v| (v - 2.5).abs() < 1e-12), "{method:?} {size:?}");
            }
        }
    }

    #[test]
    fn channels_are_resized_one_by_one() {
        let a = [1.0f32, 2.0, 5.0, 3.0];
        let b = [7.0f32, 0.0, 1.0, 4.0];
        let both: Vec<f32> = a.iter().chain(&b).copied().collect();
        let joint = resample(&both, &[2, 2, 2], &[3, 5], Resample::LinearHalfPixel).unwrap();
        let single = resample(&b, &[2, 2], &[3, 5], Resample::LinearHalfPixel).unwrap();
        assert_eq!(&joint[15..], &single[..]);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(resample(&[1.0f32; 4], &[2, 2], &[0, 2], Resample::Nearest).is_err());
        assert!(resample(&[1.0f32; 4], &[2, 3], &[2, 2], Resample::Nearest).is_err());
        assert!(resample(&[1.0f32; 4], &[4], &[2, 2], Resample::Nearest).is_err());
    }
}
