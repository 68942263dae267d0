//! A grid of voxels in the world, without values.

use serde::{Deserialize, Serialize};

use crate::{Affine, Geometry, Image, ImageError, Result};

/// Most voxels that a lattice may have: a voxel size that is a slip of the pen shouldn't take the machine down.
pub(super) const MOST_VOXELS: f64 = (1u64 << 31) as f64;

/// Shape and position of a grid of voxels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lattice {
    /// `[D, H, W]`.
    pub shape: [usize; 3],
    /// Where its voxels lie.
    pub geometry: Geometry,
}

impl Lattice {
    /// The grid of an image.
    pub fn of(image: &Image) -> Lattice {
        Lattice { shape: image.grid(), geometry: image.geometry }
    }

    /// The grid with voxels of `spacing_mm` `(x, y, z)` along the same axes.
    ///
    /// Each axis gets `round(n old / new)` voxels, at least one; the middle of the extent stays, so what rounding adds or cuts falls evenly on
    /// both ends.
    ///
    /// # Errors
    /// When the voxel size isn't known, the wanted one isn't positive, or the grid would be too large.
    pub fn with_spacing(&self, spacing_mm: [f64; 3]) -> Result<Lattice> {
        if !self.geometry.spacing_known() {
            return Err(ImageError::Invalid("the image says nothing of its voxel size".into()));
        }
        positive(spacing_mm)?;
        let old = self.geometry.spacing_mm();
        let scale: [f64; 3] = std::array::from_fn(|i| spacing_mm[i] / old[i]);
        let sizes: [f64; 3] = std::array::from_fn(|i| (self.shape[2 - i] as f64 / scale[i]).round().max(1.0));
        let shape = admitted(sizes)?;
        let offset = std::array::from_fn(|i| (self.shape[2 - i] as f64 - sizes[i] * scale[i] + scale[i] - 1.0) / 2.0);
        Ok(Lattice { shape, geometry: self.geometry.regrid(&Affine::scale_offset(scale, offset)) })
    }

    /// The RAS grid along the world's axes with voxels of `spacing_mm` whose first voxel is the lowest corner of the box around all voxel
    /// centres of this grid, and that covers it (nibabel's `vox2out_vox`).
    ///
    /// # Errors
    /// When the orientation isn't known, the spacing isn't positive, or the grid would be too large.
    pub fn along_world(&self, spacing_mm: [f64; 3]) -> Result<Lattice> {
        if !self.geometry.orientation_known() {
            return Err(ImageError::Invalid("the image says nothing of the patient's directions".into()));
        }
        positive(spacing_mm)?;
        let [d, h, w] = self.shape.map(|n| n.saturating_sub(1) as f64);
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for corner in 0..8u32 {
            let end = |bit: u32, last: f64| if corner >> bit & 1 == 1 { last } else { 0.0 };
            let p = self.geometry.world([end(0, w), end(1, h), end(2, d)]);
            for i in 0..3 {
                low[i] = low[i].min(p[i]);
                high[i] = high[i].max(p[i]);
            }
        }
        let sizes = std::array::from_fn(|i| ((high[i] - low[i]) / spacing_mm[i]).ceil() + 1.0);
        Ok(Lattice { shape: admitted(sizes)?, geometry: Geometry::oriented(Affine::scale_offset(spacing_mm, low)) })
    }
}

fn positive(spacing_mm: [f64; 3]) -> Result<()> {
    if spacing_mm.iter().all(|v| v.is_finite() && *v > 0.0) {
        return Ok(());
    }
    Err(ImageError::Invalid(format!("voxel sizes of {spacing_mm:?} mm; positive numbers are due")))
}

/// `[D, H, W]` of sizes along `(x, y, z)`.
fn admitted(sizes: [f64; 3]) -> Result<[usize; 3]> {
    let count: f64 = sizes.iter().product();
    if !(1.0..=MOST_VOXELS).contains(&count) {
        return Err(ImageError::Invalid(format!("a grid of {sizes:?} voxels is too large (at most {MOST_VOXELS})")));
    }
    Ok([sizes[2] as usize, sizes[1] as usize, sizes[0] as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_extent_stays_where_it_is() {
        let affine = Affine { rows: [[0.0, -1.5, 0.2, 7.0], [0.8, 0.0, 0.0, -3.0], [0.0, 0.1, 4.0, 2.0]] };
        let lattice = Lattice { shape: [9, 31, 20], geometry: Geometry::oriented(affine) };
        let middle = |l: &Lattice| l.geometry.world(std::array::from_fn(|i| (l.shape[2 - i] as f64 - 1.0) / 2.0));
        for spacing in [[1.0; 3], [0.3, 2.0, 9.0], [100.0; 3]] {
            let finer = lattice.with_spacing(spacing).unwrap();
            let found = finer.geometry.spacing_mm();
            assert!((0..3).all(|i| (found[i] - spacing[i]).abs() < 1e-12));
            let (a, b) = (middle(&lattice), middle(&finer));
            assert!((0..3).all(|i| (a[i] - b[i]).abs() < 1e-9), "{a:?} {b:?}");
        }
    }

    #[test]
    fn impossible_lattices_are_refused() {
        let unknown = Lattice { shape: [2; 3], geometry: Geometry::unknown() };
        assert!(unknown.with_spacing([1.0; 3]).is_err() && unknown.along_world([1.0; 3]).is_err());
        let known = Lattice { shape: [200; 3], geometry: Geometry::oriented(Affine::IDENTITY) };
        for spacing in [[0.0, 1.0, 1.0], [f64::NAN; 3], [-1.0; 3], [1e-9; 3]] {
            assert!(known.with_spacing(spacing).is_err() && known.along_world(spacing).is_err());
        }
    }
}
