//! Coefficients of the cubic B-spline that passes through given samples (mirror boundary).
//!
//! # Source
//! Unser, Aldroubi, Eden: B-spline signal processing, part II (1993): one causal and one anti-causal pass with the pole `sqrt(3) - 2`.

use rayon::prelude::*;

use super::Real;

/// Neighbouring lines that are filtered side by side: they share cache lines.
const LANES: usize = 64;

/// Replaces samples by spline coefficients along one axis.
pub(crate) fn prefilter<T: Real>(data: &mut [T], shape: &[usize], axis: usize) {
    let n = shape[axis];
    if n < 2 {
        return;
    }
    let inner: usize = shape[axis + 1..].iter().product();
    let z = 3f64.sqrt() - 2.0;
    // The sum over the mirrored signal to the left of the first sample.
    let mirrored: Vec<f64> = (1..n - 1).map(|k| z.powi(k as i32) + z.powi((2 * n - 2 - k) as i32)).collect();
    data.par_chunks_exact_mut(n * inner).for_each_init(Vec::new, |lines, block| {
        for start in (0..inner).step_by(LANES) {
            let lanes = LANES.min(inner - start);
            lines.clear();
            for row in block.chunks_exact(inner) {
                lines.extend(row[start..start + lanes].iter().map(|v| 6.0 * v.to_f64()));
            }
            coefficients(lines, lanes, &mirrored);
            for (row, line) in block.chunks_exact_mut(inner).zip(lines.chunks_exact(lanes)) {
                row[start..start + lanes].iter_mut().zip(line).for_each(|(v, &c)| *v = T::from_f64(c));
            }
        }
    });
}

/// Filters `lanes` lines at once; sample `i` of lane `k` stands at `i lanes + k`.
fn coefficients(c: &mut [f64], lanes: usize, mirrored: &[f64]) {
    let n = c.len() / lanes;
    let z = 3f64.sqrt() - 2.0;
    for k in 0..lanes {
        let mut first = c[k] + z.powi(n as i32 - 1) * c[(n - 1) * lanes + k];
        for (i, w) in mirrored.iter().enumerate() {
            first += w * c[(i + 1) * lanes + k];
        }
        c[k] = first / (1.0 - z.powi(2 * n as i32 - 2));
    }
    for i in lanes..n * lanes {
        c[i] += z * c[i - lanes];
    }
    let last = (n - 1) * lanes;
    for i in last..n * lanes {
        c[i] = z / (z * z - 1.0) * (c[i] + z * c[i - lanes]);
    }
    for i in (0..last).rev() {
        c[i] = z * (c[i + lanes] - c[i]);
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
