//! How much a voxel of a window counts, by its place in the window.

use serde::{Deserialize, Serialize};

use crate::{ImageError, Result};

/// Weights of the voxels of a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Importance {
    /// All voxels alike.
    Constant,
    /// nnU-Net: a Gaussian of `sigma = sigma_scale n` around voxel `floor(n / 2)`, cut beyond `floor(4 sigma + 0.5)` voxels, scaled to a largest
    /// weight of 10; weights of 0 are raised to the least weight above.
    /// Its code holds them in half precision on a graphics card; here they have 32 bits.
    NnUnet {
        /// Standard deviation over the length of the window.
        sigma_scale: f64,
    },
    /// MONAI: a Gaussian of `sigma = sigma_scale n` around the middle `(n - 1) / 2`; weights below 0.001 are raised to it.
    Monai {
        /// Standard deviation over the length of the window.
        sigma_scale: f64,
    },
}

/// Largest weight of nnU-Net.
const LARGEST: f64 = 10.0;

/// Least weight of MONAI.
const LEAST: f64 = 1e-3;

impl Importance {
    /// Refuses deviations that make no weights.
    pub(super) fn check(self) -> Result<()> {
        match self {
            Importance::NnUnet { sigma_scale } | Importance::Monai { sigma_scale }
                if !(sigma_scale.is_finite() && sigma_scale > 0.0) =>
            {
                Err(ImageError::Invalid(format!("a Gaussian of {sigma_scale} window lengths")))
            }
            _ => Ok(()),
        }
    }

    /// The weights of a window of `[D, H, W]`, row-major, all above 0.
    pub fn weights(self, patch: [usize; 3]) -> Vec<f32> {
        let lines = patch.map(|n| self.line(n));
        let mut out = Vec::with_capacity(patch.iter().product());
        for a in &lines[0] {
            for b in &lines[1] {
                out.extend(lines[2].iter().map(|c| (a * b * c) as f32));
            }
        }
        match self {
            Importance::Constant => {}
            Importance::NnUnet { .. } => {
                out.iter_mut().for_each(|w| *w *= LARGEST as f32);
                let least = out.iter().copied().filter(|&w| w > 0.0).fold(f32::INFINITY, f32::min);
                out.iter_mut().for_each(|w| *w = w.max(least));
            }
            Importance::Monai { .. } => out.iter_mut().for_each(|w| *w = w.max(LEAST as f32)),
        }
        out
    }

    /// Weights along one axis, the largest 1 where the window has a middle voxel.
    fn line(self, n: usize) -> Vec<f64> {
        let bell = |distance: f64, sigma: f64| (-0.5 * (distance / sigma).powi(2)).exp();
        match self {
            Importance::Constant => vec![1.0; n],
            Importance::Monai { sigma_scale } => {
                let middle = (n as f64 - 1.0) / 2.0;
                (0..n).map(|i| bell(i as f64 - middle, sigma_scale * n as f64)).collect()
            }
            Importance::NnUnet { sigma_scale } => {
                let sigma = sigma_scale * n as f64;
                let reach = (4.0 * sigma + 0.5).floor();
                let distance = |i: usize| i as f64 - (n / 2) as f64;
                (0..n).map(|i| if distance(i).abs() <= reach { bell(distance(i), sigma) } else { 0.0 }).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_above_zero_whatever_the_window() {
        for sigma_scale in [0.01, 0.125, 3.0] {
            for importance in
                [Importance::Constant, Importance::NnUnet { sigma_scale }, Importance::Monai { sigma_scale }]
            {
                for patch in [[1, 1, 1], [1, 9, 16], [33, 2, 8]] {
                    let weights = importance.weights(patch);
                    assert_eq!(weights.len(), patch.iter().product::<usize>());
                    assert!(weights.iter().all(|w| *w > 0.0 && w.is_finite()), "{importance:?} {patch:?}");
                }
            }
        }
    }
}
