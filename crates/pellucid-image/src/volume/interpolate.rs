//! Values between voxels.

use serde::{Deserialize, Serialize};

use crate::resize::{b_spline, mirror_index};

/// How values between voxels are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// The nearest voxel, of two equally near the higher index: for masks and labels.
    Nearest,
    /// Linear in every direction.
    Linear,
    /// Cubic B-spline through the voxels, mirrored at the borders (scipy, nibabel and ITK of order 3); overshoots at sharp edges.
    Cubic,
}

/// Rounding may leave the outer edge of a cell a hair outside.
const SLACK: f64 = 1e-6;

/// The voxels of one axis that a place looks at, with their weights.
#[derive(Clone, Copy)]
pub(super) struct Taps {
    index: [usize; 4],
    weight: [f64; 4],
    count: usize,
}

impl Taps {
    /// The taps at the place `u` on an axis of `n` voxels. Beyond the outermost centres the border repeats.
    pub fn new(how: Interpolation, u: f64, n: usize) -> Taps {
        let last = (n - 1) as f64;
        let mut taps = Taps { index: [0; 4], weight: [0.0; 4], count: 0 };
        if how == Interpolation::Nearest {
            taps.push((u + 0.5).floor().clamp(0.0, last) as usize, 1.0);
            return taps;
        }
        let u = u.clamp(0.0, last);
        let low = u.floor();
        let t = u - low;
        if how == Interpolation::Linear {
            taps.push(low as usize, 1.0 - t);
            taps.push((low as usize + 1).min(n - 1), t);
        } else {
            (-1..=2i64).for_each(|k| taps.push(mirror_index(low as i64 + k, n), b_spline(t - k as f64)));
        }
        taps
    }

    fn push(&mut self, index: usize, weight: f64) {
        // A voxel of no weight may be NaN without harm.
        if weight != 0.0 {
            self.index[self.count] = index;
            self.weight[self.count] = weight;
            self.count += 1;
        }
    }

    /// `(index, weight)`.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.index.iter().copied().zip(self.weight.iter().copied()).take(self.count)
    }
}

/// Whether a place on an axis of `n` voxels lies in one of its cells: at most half a voxel beyond the outermost centres.
pub(super) fn inside(u: f64, n: usize) -> bool {
    u >= -0.5 - SLACK && u <= n as f64 - 0.5 + SLACK
}

/// The value of one channel (spline coefficients for [`Interpolation::Cubic`]) at a place `(x, y, z)`.
pub(super) fn at(values: &[f32], [d, h, w]: [usize; 3], place: [f64; 3], how: Interpolation) -> f32 {
    let (x, y, z) = (Taps::new(how, place[0], w), Taps::new(how, place[1], h), Taps::new(how, place[2], d));
    let mut sum = 0.0;
    for (k, c) in z.iter() {
        for (j, b) in y.iter() {
            let row = (k * h + j) * w;
            let line: f64 = x.iter().map(|(i, a)| a * f64::from(values[row + i])).sum();
            sum += c * b * line;
        }
    }
    sum as f32
}
