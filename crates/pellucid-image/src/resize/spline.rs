//! Coefficients of the cubic B-spline that passes through given samples (mirror boundary).
//!
//! # Source
//! Unser, Aldroubi, Eden: B-spline signal processing, part II (1993): one causal and one anti-causal pass with the pole `sqrt(3) - 2`.

use rayon::prelude::*;

use super::Real;

/// Replaces samples by spline coefficients along one axis.
pub(crate) fn prefilter<T: Real>(data: &mut [T], shape: &[usize], axis: usize) {
    let n = shape[axis];
    if n < 2 {
        return;
    }
    let inner: usize = shape[axis + 1..].iter().product();
    data.par_chunks_exact_mut(n * inner).for_each(|block| {
        let mut line = vec![0.0; n];
        for offset in 0..inner {
            for (i, c) in line.iter_mut().enumerate() {
                *c = block[i * inner + offset].to_f64();
            }
            coefficients(&mut line);
            for (i, &c) in line.iter().enumerate() {
                block[i * inner + offset] = T::from_f64(c);
            }
        }
    });
}

fn coefficients(c: &mut [f64]) {
    let n = c.len();
    let z = 3f64.sqrt() - 2.0;
    c.iter_mut().for_each(|v| *v *= 6.0);
    // The sum over the mirrored signal to the left of the first sample.
    let mut first = c[0] + z.powi(n as i32 - 1) * c[n - 1];
    for (k, v) in c.iter().enumerate().take(n - 1).skip(1) {
        first += (z.powi(k as i32) + z.powi((2 * n - 2 - k) as i32)) * v;
    }
    c[0] = first / (1.0 - z.powi(2 * n as i32 - 2));
    for i in 1..n {
        c[i] += z * c[i - 1];
    }
    c[n - 1] = z / (z * z - 1.0) * (c[n - 1] + z * c[n - 2]);
    for i in (0..n - 1).rev() {
        c[i] = z * (c[i + 1] - c[i]);
    }
}

#[cfg(test)]
mod tests {
    use crate::resize::{Resample, resample};

    #[test]
    fn the_spline_passes_through_the_samples() {
        let samples: Vec<f64> = (0..42).map(|i| ((i * i * 7) % 23) as f64).collect();
        let same = resample(&samples, &[6, 7], &[6, 7], Resample::SplineAlignCorners).unwrap();
        for (a, b) in samples.iter().zip(&same) {
            assert!((a - b).abs() < 1e-10);
        }
        let finer = resample(&samples[..7], &[7], &[13], Resample::SplineAlignCorners).unwrap();
        for i in 0..7 {
            assert!((finer[2 * i] - samples[i]).abs() < 1e-10);
        }
    }
}
