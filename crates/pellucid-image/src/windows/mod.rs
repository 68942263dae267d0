//! Sliding windows over a volume: where they lie, how they are weighted, and how maps of windows become one map.
//!
//! Networks for volumes see patches. What holds for their predictions holds for explanations: a voxel near the border of a patch has seen
//! less of its surroundings, so overlapping maps are averaged with weights that fall towards the border. The two conventions in wide use
//! are reproduced, because a model should be explained on the windows that it predicts on:
//!
//! | | nnU-Net | MONAI |
//! |---|---|---|
//! | step | at most `(1 - overlap) n`, evenly spread over the axis | `floor((1 - overlap) n)`, at least 1 |
//! | last window | ends with the axis, because steps are spread | moved back to end with the axis |
//! | volume smaller than the patch | padded on both ends, the odd voxel after | padded on both ends, the odd voxel after |
//! | usual overlap | 0.5 | 0.25 |
//! | Gaussian | centred on voxel `n / 2`, cut at 4 sigma, largest weight 10, zeros raised to the least weight | centred on the patch, least weight raised to 0.001 |
//!
//! `n` is the length of the patch along an axis; both use `sigma = 0.125 n`.
//!
//! # Source
//! Isensee et al.: nnU-Net. Nature Methods 18, 203-211 (2021), and its inference code, version 2; MONAI `sliding_window_inference` 1.6.

mod importance;
mod merge;
mod placing;

use serde::{Deserialize, Serialize};

pub use importance::Importance;
pub use merge::{Merge, merge};
pub use placing::Placing;

use crate::{Affine, Geometry, ImageError, Result};

/// How a volume is cut into windows: what goes into a record.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tiling {
    /// `[D, H, W]` of a window.
    pub patch: [usize; 3],
    /// Part of a window that the next one covers again, from 0 to below 1.
    pub overlap: f64,
    /// Where windows lie.
    pub placing: Placing,
    /// How voxels of a window count.
    pub importance: Importance,
}

impl Tiling {
    /// As nnU-Net predicts: overlap 0.5, Gaussian weights of `sigma = 0.125 n`.
    pub fn nnunet(patch: [usize; 3]) -> Tiling {
        Tiling { patch, overlap: 0.5, placing: Placing::Even, importance: Importance::NnUnet { sigma_scale: 0.125 } }
    }

    /// As MONAI predicts with `mode="gaussian"`: overlap 0.25, Gaussian weights of `sigma = 0.125 n`.
    pub fn monai(patch: [usize; 3]) -> Tiling {
        Tiling { patch, overlap: 0.25, placing: Placing::Fixed, importance: Importance::Monai { sigma_scale: 0.125 } }
    }
}

/// The windows of one volume, in the order of prediction: along `W` fastest, along `D` slowest.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    tiling: Tiling,
    grid: [usize; 3],
    /// Voxels added before the first along each axis, where the volume is smaller than the patch.
    before: [usize; 3],
    /// First voxels along each axis, counted with those added.
    starts: [Vec<usize>; 3],
}

/// One window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its number.
    pub index: usize,
    /// `[z, y, x]` of its first voxel in the volume; below 0 where the volume is smaller than the patch.
    pub start: [i64; 3],
}

impl Windows {
    /// The windows over a volume of `grid` `[D, H, W]`.
    ///
    /// # Errors
    /// When an axis of the volume or the patch is empty, or the overlap isn't from 0 to below 1.
    pub fn new(grid: [usize; 3], tiling: &Tiling) -> Result<Windows> {
        let Tiling { patch, overlap, placing, .. } = *tiling;
        if grid.contains(&0) || patch.contains(&0) {
            return Err(ImageError::Invalid(format!("windows of {patch:?} over a volume of {grid:?}")));
        }
        if !(0.0..1.0).contains(&overlap) {
            return Err(ImageError::Invalid(format!("an overlap of {overlap}; a number from 0 to below 1 is due")));
        }
        tiling.importance.check()?;
        let before = std::array::from_fn(|i| patch[i].saturating_sub(grid[i]) / 2);
        let starts = std::array::from_fn(|i| placing.starts(grid[i].max(patch[i]), patch[i], overlap));
        Ok(Windows { tiling: *tiling, grid, before, starts })
    }

    /// How they were made.
    pub fn tiling(&self) -> &Tiling {
        &self.tiling
    }

    /// `[D, H, W]` of the volume.
    pub fn grid(&self) -> [usize; 3] {
        self.grid
    }

    /// Number of windows, at least 1.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.starts.iter().map(Vec::len).product()
    }

    /// Window `index`, `None` past the last.
    pub fn get(&self, index: usize) -> Option<Window> {
        let [_, h, w] = [0, 1, 2].map(|i| self.starts[i].len());
        let at = [index / w / h, index / w % h, index % w];
        let start = |i: usize| Some(*self.starts[i].get(at[i])? as i64 - self.before[i] as i64);
        Some(Window { index, start: [start(0)?, start(1)?, start(2)?] })
    }

    /// All windows in order.
    pub fn iter(&self) -> impl Iterator<Item = Window> + '_ {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    /// The values of a window, cut out of a volume of `channels` (`C x D x H x W`), with `fill` outside of it.
    ///
    /// # Errors
    /// When the values don't fill the volume.
    pub fn cut(&self, values: &[f32], channels: usize, window: &Window, fill: f32) -> Result<Vec<f32>> {
        let [d, h, w] = self.grid;
        let full = [channels, d, h, w];
        if values.is_empty() || full.iter().try_fold(1usize, |n, &k| n.checked_mul(k)) != Some(values.len()) {
            return Err(ImageError::Size { shape: full.to_vec(), found: values.len() });
        }
        let [pd, ph, pw] = self.tiling.patch;
        let mut out = vec![fill; channels * pd * ph * pw];
        let [z0, y0, x0] = window.start;
        // The part of a row of the window that lies in the volume.
        let first = (-x0).clamp(0, pw as i64) as usize;
        let last = (w as i64 - x0).clamp(0, pw as i64) as usize;
        for (row, line) in out.chunks_exact_mut(pw).enumerate() {
            let (c, z, y) = (row / ph / pd, (row / ph % pd) as i64 + z0, (row % ph) as i64 + y0);
            if first < last && (0..d as i64).contains(&z) && (0..h as i64).contains(&y) {
                let from = ((c * d + z as usize) * h + y as usize) * w + (x0 + first as i64) as usize;
                line[first..last].copy_from_slice(&values[from..from + last - first]);
            }
        }
        Ok(out)
    }

    /// Where the voxels of a window lie, in the geometry of the volume.
    pub fn geometry(&self, window: &Window, of_volume: &Geometry) -> Geometry {
        let [z, y, x] = window.start.map(|v| v as f64);
        of_volume.regrid(&Affine::scale_offset([1.0; 3], [x, y, z]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voxel_is_in_a_window_and_windows_end_with_the_volume() {
        for tiling in [Tiling::nnunet([4, 5, 7]), Tiling::monai([4, 5, 7])] {
            for grid in [[4, 5, 7], [9, 11, 20], [3, 30, 2], [1, 1, 1], [5, 6, 8]] {
                for overlap in [0.0, 0.25, 0.5, 0.9, 0.999] {
                    let windows = Windows::new(grid, &Tiling { overlap, ..tiling }).unwrap();
                    let mut seen = vec![0u32; grid.iter().product()];
                    for window in windows.iter() {
                        for i in 0..seen.len() {
                            let p = [i / grid[2] / grid[1], i / grid[2] % grid[1], i % grid[2]];
                            let inside =
                                (0..3).all(|k| (0..tiling.patch[k] as i64).contains(&(p[k] as i64 - window.start[k])));
                            seen[i] += u32::from(inside);
                        }
                        // A window reaches outside only where the volume is smaller.
                        for k in 0..3 {
                            let (n, p, s) = (grid[k] as i64, tiling.patch[k] as i64, window.start[k]);
                            assert!(if n >= p { s >= 0 && s + p <= n } else { s == -((p - n) / 2) });
                        }
                    }
                    assert!(seen.iter().all(|&s| s > 0), "{grid:?} {overlap} {:?}", tiling.placing);
                    assert_eq!(windows.get(windows.len()), None);
                }
            }
        }
    }

    #[test]
    fn a_window_holds_what_lies_under_it() {
        let values: Vec<f32> = (0..2 * 3 * 4 * 5).map(|v| v as f32).collect();
        let windows = Windows::new([3, 4, 5], &Tiling::monai([2, 6, 2])).unwrap();
        let geometry = Geometry::oriented(Affine::scale_offset([1.0, 2.0, 3.0], [10.0, 20.0, 30.0]));
        for window in windows.iter() {
            let cut = windows.cut(&values, 2, &window, -1.0).unwrap();
            for (i, &v) in cut.iter().enumerate() {
                let (c, z, y, x) = (i / 24, i / 12 % 2, i / 2 % 6, i % 2);
                let [z, y, x] = [z as i64 + window.start[0], y as i64 + window.start[1], x as i64 + window.start[2]];
                let inside = (0..4).contains(&y);
                let due = if inside { values[((c * 3 + z as usize) * 4 + y as usize) * 5 + x as usize] } else { -1.0 };
                assert_eq!(v, due);
            }
            let here = windows.geometry(&window, &geometry);
            let [z, y, x] = window.start.map(|v| v as f64);
            assert_eq!(here.world([0.0; 3]), geometry.world([x, y, z]));
        }
        assert!(windows.cut(&values, 1, &windows.get(0).unwrap(), 0.0).is_err());
    }

    #[test]
    fn impossible_windows_are_refused() {
        let tiling = Tiling::nnunet([2; 3]);
        assert!(Windows::new([0, 1, 1], &tiling).is_err());
        assert!(Windows::new([1; 3], &Tiling { patch: [1, 0, 1], ..tiling }).is_err());
        for overlap in [1.0, -0.1, f64::NAN] {
            assert!(Windows::new([4; 3], &Tiling { overlap, ..tiling }).is_err());
        }
        let importance = Importance::Monai { sigma_scale: 0.0 };
        assert!(Windows::new([4; 3], &Tiling { importance, ..tiling }).is_err());
        let text = serde_json::to_string(&tiling).unwrap();
        assert_eq!(serde_json::from_str::<Tiling>(&text).unwrap(), tiling);
    }
}
