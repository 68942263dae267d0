//! One map from the maps of overlapping windows.
//!
//! # Formula
//! `M(p) = sum_k w(p - s_k) m_k(p - s_k) / sum_k w(p - s_k)` over the windows `k` that cover `p`, with first voxel `s_k` and weights `w > 0`.
//!
//! # Cost
//! Sums are held for as many slices as a window has, not for the volume: windows come in order, so slices before the present one are
//! finished and given out.

use rayon::prelude::*;

use super::{Window, Windows};
use crate::{ImageError, Result};

/// Takes maps of windows in their order and gives out finished slices.
#[derive(Debug)]
pub struct Merge<'a> {
    windows: &'a Windows,
    channels: usize,
    weights: Vec<f32>,
    /// Number of the window that is due.
    next: usize,
    /// First slice of the slab, counted with slices added before the volume.
    first: usize,
    /// Weighted sums, `C x D x H x W` of the slab over the padded volume.
    sums: Vec<f64>,
    /// Sums of weights, `D x H x W` of the slab.
    totals: Vec<f64>,
}

impl<'a> Merge<'a> {
    /// A merger of maps of `channels` each.
    ///
    /// # Errors
    /// When there are no channels, or the slab would be too large to count.
    pub fn new(windows: &'a Windows, channels: usize) -> Result<Merge<'a>> {
        let [_, h, w] = Merge::padded(windows);
        let depth = windows.tiling.patch[0];
        let size = [depth, h, w]
            .iter()
            .try_fold(channels, |n, &k| n.checked_mul(k))
            .filter(|&n| n > 0 && n < isize::MAX as usize / 8);
        let size =
            size.ok_or_else(|| ImageError::Invalid(format!("maps of {channels} channels over {:?}", windows.grid)))?;
        let weights = windows.tiling.importance.weights(windows.tiling.patch);
        Ok(Merge {
            windows,
            channels,
            weights,
            next: 0,
            first: 0,
            sums: vec![0.0; size],
            totals: vec![0.0; size / channels],
        })
    }

    /// Sizes of the volume with the voxels added around it.
    fn padded(windows: &Windows) -> [usize; 3] {
        std::array::from_fn(|i| windows.grid[i].max(windows.tiling.patch[i]))
    }

    /// Adds the map of the next window (`C x D x H x W` of the patch). `finished` gets the slices that no later window touches: their index in
    /// the volume, and their values `C x H x W`.
    ///
    /// # Errors
    /// When the map doesn't fill the window, or all windows have been added.
    pub fn add(&mut self, map: &[f32], mut finished: impl FnMut(usize, &[f32])) -> Result<()> {
        let [pd, ph, pw] = self.windows.tiling.patch;
        if map.len() != self.channels * pd * ph * pw {
            return Err(ImageError::Size { shape: vec![self.channels, pd, ph, pw], found: map.len() });
        }
        let window = self.windows.get(self.next);
        let Window { start, .. } =
            window.ok_or_else(|| ImageError::Invalid(format!("there are only {} windows", self.windows.len())))?;
        let [z, y, x]: [usize; 3] = std::array::from_fn(|i| (start[i] + self.windows.before[i] as i64) as usize);
        self.give_out(z, &mut finished);
        let [_, h, w] = Merge::padded(self.windows);
        let add = |plane: &mut [f64], value: &(dyn Fn(usize) -> f64 + Sync), row_of: usize| {
            for j in 0..ph {
                let line = &mut plane[(y + j) * w + x..][..pw];
                line.iter_mut().enumerate().for_each(|(i, v)| *v += value((row_of * ph + j) * pw + i));
            }
        };
        let weights = &self.weights;
        self.sums.par_chunks_exact_mut(h * w).enumerate().for_each(|(k, plane)| {
            let weighted = |i: usize| f64::from(weights[i % weights.len()]) * f64::from(map[i]);
            add(plane, &weighted, k);
        });
        self.totals.par_chunks_exact_mut(h * w).enumerate().for_each(|(k, plane)| {
            add(plane, &|i| f64::from(weights[i]), k);
        });
        self.next += 1;
        Ok(())
    }

    /// Gives out the last slices.
    ///
    /// # Errors
    /// When windows are missing.
    pub fn finish(mut self, mut finished: impl FnMut(usize, &[f32])) -> Result<()> {
        if self.next != self.windows.len() {
            let reason = format!("maps of {} windows of {} were added", self.next, self.windows.len());
            return Err(ImageError::Invalid(reason));
        }
        let end = Merge::padded(self.windows)[0];
        self.give_out(end, &mut finished);
        Ok(())
    }

    /// Gives out the slices before `z` and moves the slab there.
    fn give_out(&mut self, z: usize, finished: &mut impl FnMut(usize, &[f32])) {
        let depth = self.windows.tiling.patch[0];
        let count = z.saturating_sub(self.first).min(depth);
        if count == 0 {
            return;
        }
        for k in 0..count {
            // Slices that were added around the volume are nobody's.
            let index = (self.first + k).checked_sub(self.windows.before[0]).filter(|&i| i < self.windows.grid[0]);
            if let Some(index) = index {
                finished(index, &self.slice(k));
            }
        }
        let plane = self.totals.len() / depth;
        for slab in self.sums.chunks_exact_mut(depth * plane).chain([&mut self.totals[..]]) {
            slab.copy_within(count * plane.., 0);
            slab[(depth - count) * plane..].fill(0.0);
        }
        self.first += count;
    }

    /// The weighted means of slice `k` of the slab, without what was added around the volume.
    fn slice(&self, k: usize) -> Vec<f32> {
        let depth = self.windows.tiling.patch[0];
        let [_, h, w] = self.windows.grid;
        let [_, _, width] = Merge::padded(self.windows);
        let [_, y0, x0] = self.windows.before;
        let plane = self.totals.len() / depth;
        let total = &self.totals[k * plane..(k + 1) * plane];
        let mut out = Vec::with_capacity(self.channels * h * w);
        for channel in self.sums.chunks_exact(depth * plane) {
            let sum = &channel[k * plane..(k + 1) * plane];
            for y in y0..y0 + h {
                let row = y * width + x0..y * width + x0 + w;
                out.extend(sum[row.clone()].iter().zip(&total[row]).map(|(s, t)| (s / t) as f32));
            }
        }
        out
    }
}

/// The map of a whole volume (`C x D x H x W`) from a function that gives the map of a window (`C x D x H x W` of the patch).
///
/// # Errors
/// When the function fails or gives another number of values.
pub fn merge(windows: &Windows, channels: usize, mut map: impl FnMut(&Window) -> Result<Vec<f32>>) -> Result<Vec<f32>> {
    let [d, h, w] = windows.grid;
    let mut out = vec![0.0; channels * d * h * w];
    let plane = h * w;
    let mut keep = |z: usize, slice: &[f32]| {
        for (c, values) in slice.chunks_exact(plane).enumerate() {
            out[(c * d + z) * plane..][..plane].copy_from_slice(values);
        }
    };
    let mut merge = Merge::new(windows, channels)?;
    for window in windows.iter() {
        merge.add(&map(&window)?, &mut keep)?;
    }
    merge.finish(&mut keep)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::{Importance, Placing, Tiling};

    fn tilings() -> Vec<Tiling> {
        let mut out = vec![Tiling::nnunet([4, 6, 5]), Tiling::monai([4, 6, 5])];
        let constant = Tiling { importance: Importance::Constant, placing: Placing::Fixed, ..out[0] };
        out.extend([constant, Tiling { overlap: 0.8, ..out[0] }, Tiling { overlap: 0.0, ..out[1] }]);
        out
    }

    const GRIDS: [[usize; 3]; 5] = [[4, 6, 5], [11, 13, 12], [2, 20, 3], [1, 1, 1], [9, 6, 17]];

    /// The maps of windows of a function of the place in the volume.
    fn maps(windows: &Windows, channels: usize, f: impl Fn(usize, [f64; 3]) -> f64) -> Vec<f32> {
        let [pd, ph, pw] = windows.tiling().patch;
        merge(windows, channels, |window| {
            let value = |i: usize| {
                let local = [i / pw / ph % pd, i / pw % ph, i % pw];
                f(i / (pd * ph * pw), std::array::from_fn(|k| window.start[k] as f64 + local[k] as f64)) as f32
            };
            Ok((0..channels * pd * ph * pw).map(value).collect())
        })
        .unwrap()
    }

    #[test]
    fn functions_of_the_place_come_back_whatever_the_windows() {
        for tiling in tilings() {
            for grid in GRIDS {
                let windows = Windows::new(grid, &tiling).unwrap();
                assert!(maps(&windows, 2, |c, _| c as f64 + 0.1).iter().all(|&v| v == 0.1 || v == 1.1));
                let linear = |c: usize, p: [f64; 3]| 3.0 - c as f64 + 0.5 * p[0] - 0.25 * p[1] + 2.0 * p[2];
                let found = maps(&windows, 2, linear);
                let voxels = grid.iter().product::<usize>();
                for (i, v) in found.iter().enumerate() {
                    let p = [i % voxels / grid[2] / grid[1], i / grid[2] % grid[1], i % grid[2]].map(|k| k as f64);
                    assert!((f64::from(*v) - linear(i / voxels, p)).abs() < 1e-5, "{grid:?} {tiling:?}");
                }
            }
        }
    }

    #[test]
    fn the_rolling_sums_equal_those_over_the_whole_volume() {
        for tiling in tilings() {
            for grid in GRIDS {
                let windows = Windows::new(grid, &tiling).unwrap();
                let patch = tiling.patch;
                let weights = tiling.importance.weights(patch);
                let value = |window: usize, i: usize| ((window * 7919 + i * 31) % 101) as f32;
                let n: usize = grid.iter().product();
                let (mut sums, mut totals) = (vec![0.0f64; n], vec![0.0f64; n]);
                for window in windows.iter() {
                    for i in 0..weights.len() {
                        let local = [i / patch[2] / patch[1], i / patch[2] % patch[1], i % patch[2]];
                        let p: [i64; 3] = std::array::from_fn(|k| window.start[k] + local[k] as i64);
                        if (0..3).all(|k| (0..grid[k] as i64).contains(&p[k])) {
                            let at = ((p[0] * grid[1] as i64 + p[1]) * grid[2] as i64 + p[2]) as usize;
                            sums[at] += f64::from(weights[i]) * f64::from(value(window.index, i));
                            totals[at] += f64::from(weights[i]);
                        }
                    }
                }
                assert!(totals.iter().all(|t| *t > 0.0));
                let found =
                    merge(&windows, 1, |w| Ok((0..weights.len()).map(|i| value(w.index, i)).collect())).unwrap();
                for i in 0..n {
                    assert!((f64::from(found[i]) - sums[i] / totals[i]).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn slices_come_once_in_order_and_maps_must_fit() {
        let windows = Windows::new([11, 7, 5], &Tiling::nnunet([4, 6, 5])).unwrap();
        let mut merge = Merge::new(&windows, 1).unwrap();
        let mut seen = vec![];
        assert!(merge.add(&[0.0; 7], |_, _| ()).is_err());
        for _ in windows.iter() {
            merge.add(&[1.0; 120], |z, slice| seen.push((z, slice.len()))).unwrap();
        }
        assert!(merge.add(&[1.0; 120], |_, _| ()).is_err());
        merge.finish(|z, slice| seen.push((z, slice.len()))).unwrap();
        assert_eq!(seen, (0..11).map(|z| (z, 35)).collect::<Vec<_>>());
        assert!(Merge::new(&windows, 1).unwrap().finish(|_, _| ()).is_err());
        assert!(Merge::new(&windows, 0).is_err());
    }

    #[test]
    fn a_map_of_the_cut_volume_is_the_volume() {
        let grid = [9, 8, 3];
        let values: Vec<f32> = (0..2 * 216).map(|v| (v as f32 * 0.37).sin()).collect();
        for tiling in tilings() {
            let windows = Windows::new(grid, &tiling).unwrap();
            let found = merge(&windows, 2, |w| windows.cut(&values, 2, w, f32::NAN)).unwrap();
            for (a, b) in found.iter().zip(&values) {
                assert!((a - b).abs() < 1e-6);
            }
        }
    }
}
