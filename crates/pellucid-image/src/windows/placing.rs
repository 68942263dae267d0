//! First voxels of windows along one axis.

use serde::{Deserialize, Serialize};

/// Where windows lie along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placing {
    /// nnU-Net: as few windows as steps of at most `(1 - overlap) n` allow, spread evenly from end to end (halves rounded to the even voxel).
    Even,
    /// MONAI: steps of `floor((1 - overlap) n)` voxels, at least one; the last window is moved back to end with the axis.
    Fixed,
}

impl Placing {
    /// First voxels on an axis of `length` voxels, which is at least the length `patch` of a window.
    pub(super) fn starts(self, length: usize, patch: usize, overlap: f64) -> Vec<usize> {
        let room = length - patch;
        match self {
            Placing::Even => {
                let step = patch as f64 * (1.0 - overlap);
                // Steps of less than a voxel would start several windows at one voxel; each is kept once.
                let steps = ((room as f64 / step).ceil() as usize).min(room);
                let actual = room as f64 / steps.max(1) as f64;
                (0..=steps).map(|i| (actual * i as f64).round_ties_even() as usize).collect()
            }
            Placing::Fixed => {
                let step = if room == 0 { patch } else { ((patch as f64 * (1.0 - overlap)) as usize).max(1) };
                (0..=room.div_ceil(step)).map(|i| (i * step).min(room)).collect()
            }
        }
    }
}
