//! The grid of a prepared input, and how maps travel between it and the source image.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Affine, Geometry, ImageError, Result};

/// A regular grid laid over a source image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// `[D, H, W]` of the grid.
    pub shape: [usize; 3],
    /// `[D, H, W]` of the source image.
    pub source_shape: [usize; 3],
    /// Maps grid coordinates `(x, y, z)` to source voxel coordinates.
    pub source_from_grid: Affine,
    /// Position of the grid in the world.
    pub geometry: Geometry,
}

/// How values between grid points are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// The nearest point: for masks and labels.
    Nearest,
    /// Linear in every direction; the outer half of border cells repeats the border.
    Linear,
}

impl Grid {
    /// The grid of the source image itself.
    pub fn of_source(shape: [usize; 3], geometry: Geometry) -> Grid {
        Grid { shape, source_shape: shape, source_from_grid: Affine::IDENTITY, geometry }
    }

    /// A grid of another resolution over the same extent: that of a feature map. Cells divide the extent evenly (half-pixel centres).
    pub fn coarsen(&self, shape: [usize; 3]) -> Grid {
        let scale: [f64; 3] = std::array::from_fn(|i| self.shape[2 - i] as f64 / shape[2 - i].max(1) as f64);
        let fine_from_coarse = Affine::scale_offset(scale, scale.map(|s| (s - 1.0) / 2.0));
        self.moved(shape, &fine_from_coarse)
    }

    /// A grid whose point `p` lies at `self_from_new(p)` of this one.
    pub(crate) fn moved(&self, shape: [usize; 3], self_from_new: &Affine) -> Grid {
        Grid {
            shape,
            source_from_grid: self.source_from_grid.after(self_from_new),
            geometry: self.geometry.regrid(self_from_new),
            ..*self
        }
    }

    /// Puts a map on this grid back onto the source image (`D x H x W` of the source). Source voxels that the grid doesn't cover get `outside`.
    ///
    /// # Errors
    /// When the map doesn't fill the grid, or the grid is flat.
    pub fn to_source(&self, map: &[f32], sampling: Sampling, outside: f32) -> Result<Vec<f32>> {
        let degenerate = || ImageError::Invalid("the grid of the map is degenerate".into());
        let grid_from_source = self.source_from_grid.inverse().ok_or_else(degenerate)?;
        sample(map, self.shape, self.source_shape, &grid_from_source, sampling, outside)
    }

    /// Brings a map on the source image (a mask, a region) onto this grid.
    ///
    /// # Errors
    /// When the map doesn't fill the source.
    pub fn from_source(&self, map: &[f32], sampling: Sampling, outside: f32) -> Result<Vec<f32>> {
        sample(map, self.source_shape, self.shape, &self.source_from_grid, sampling, outside)
    }
}

/// The values of `map` (on a grid of shape `from`) at the places `from_to(p)` of the points `p` of a grid of shape `to`.
fn sample(
    map: &[f32],
    from: [usize; 3],
    to: [usize; 3],
    from_to: &Affine,
    how: Sampling,
    outside: f32,
) -> Result<Vec<f32>> {
    if from.iter().try_fold(1usize, |n, &d| n.checked_mul(d)) != Some(map.len()) || map.is_empty() {
        return Err(ImageError::Size { shape: from.to_vec(), found: map.len() });
    }
    let [depth, height, width] = to;
    let mut out = vec![outside; depth * height * width];
    if out.is_empty() {
        return Ok(out);
    }
    out.par_chunks_mut(width).enumerate().for_each(|(row, line)| {
        let (z, y) = (row / height, row % height);
        for (x, v) in line.iter_mut().enumerate() {
            let q = from_to.apply([x as f64, y as f64, z as f64]);
            if let Some(value) = at(map, from, q, how) {
                *v = value;
            }
        }
    });
    Ok(out)
}

/// The value of a map at a place, `None` outside its cells.
fn at(map: &[f32], [depth, height, width]: [usize; 3], q: [f64; 3], how: Sampling) -> Option<f32> {
    // Rounding may leave the outer edge of a cell a hair outside.
    const SLACK: f64 = 1e-6;
    let sizes = [width, height, depth];
    let inside = (0..3).all(|i| q[i] >= -0.5 - SLACK && q[i] <= sizes[i] as f64 - 0.5 + SLACK);
    if !inside {
        return None;
    }
    let value = |x: usize, y: usize, z: usize| f64::from(map[(z * height + y) * width + x]);
    let last = |i: usize| (sizes[i] - 1) as f64;
    let p: [f64; 3] = std::array::from_fn(|i| q[i].clamp(0.0, last(i)));
    if how == Sampling::Nearest {
        let n: [usize; 3] = std::array::from_fn(|i| (q[i] + 0.5).floor().clamp(0.0, last(i)) as usize);
        return Some(value(n[0], n[1], n[2]) as f32);
    }
    let low: [usize; 3] = std::array::from_fn(|i| p[i].floor() as usize);
    let t: [f64; 3] = std::array::from_fn(|i| p[i] - low[i] as f64);
    let high: [usize; 3] = std::array::from_fn(|i| (low[i] + 1).min(sizes[i] - 1));
    let mut sum = 0.0;
    for corner in 0..8usize {
        let pick = |i: usize| if corner >> i & 1 == 1 { (high[i], t[i]) } else { (low[i], 1.0 - t[i]) };
        let ((x, a), (y, b), (z, c)) = (pick(0), pick(1), pick(2));
        let weight = a * b * c;
        // A point of no weight may be NaN without harm.
        if weight > 0.0 {
            sum += weight * value(x, y, z);
        }
    }
    Some(sum as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resize::{Resample, resample};

    #[test]
    fn a_coarse_map_comes_back_as_half_pixel_linear() {
        let map: Vec<f32> = (0..12).map(|v| ((v * v * 5) % 11) as f32).collect();
        let grid = Grid::of_source([1, 17, 23], Geometry::unknown()).coarsen([1, 3, 4]);
        let back = grid.to_source(&map, Sampling::Linear, f32::NAN).unwrap();
        let expected = resample(&map, &[3, 4], &[17, 23], Resample::LinearHalfPixel).unwrap();
        for (a, b) in back.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-5);
        }
    }

    #[test]
    fn a_mask_survives_the_way_to_a_flipped_grid_and_back() {
        let flip = Affine::scale_offset([-1.0, 1.0, -1.0], [3.0, 0.0, 1.0]);
        let source = Grid::of_source([2, 3, 4], Geometry::unknown());
        let grid = source.moved([2, 3, 4], &flip);
        let mask: Vec<f32> = (0..24).map(|v| (v % 5 == 0) as u8 as f32).collect();
        let there = grid.from_source(&mask, Sampling::Nearest, 9.0).unwrap();
        assert_eq!((there[0], there[3]), (mask[12 + 3], mask[12]));
        assert_eq!(grid.to_source(&there, Sampling::Nearest, 9.0).unwrap(), mask);
    }

    #[test]
    fn outside_is_marked() {
        let grid = Grid::of_source([1, 4, 4], Geometry::unknown())
            .moved([1, 2, 2], &Affine::scale_offset([1.0; 3], [1.0, 1.0, 0.0]));
        let back = grid.to_source(&[1.0, 2.0, 3.0, 4.0], Sampling::Linear, -1.0).unwrap();
        assert_eq!(back[..4], [-1.0; 4]);
        assert_eq!(back[4..8], [-1.0, 1.0, 2.0, -1.0]);
        assert!(grid.to_source(&[1.0], Sampling::Linear, 0.0).is_err());
    }
}
