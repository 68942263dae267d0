//! What was done to a volume, as data.

use serde::{Deserialize, Serialize};

use super::lattice::Lattice;
use super::resample::Resampling;
use crate::preprocess::{Grid, Sampling};
use crate::{Affine, Image, ImageError, Orientation, Result};

/// One change of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Axes permuted and reversed: no value changes.
    Reorient {
        /// Orientation before.
        from: Orientation,
        /// Orientation after.
        to: Orientation,
    },
    /// Values found between voxels.
    Resample {
        /// How.
        how: Resampling,
        /// Standard deviations `(x, y, z)` of the Gaussian that went before, in voxels of the grid before; 0 along axes without one.
        sigma: [f64; 3],
    },
}

/// The record of what was done to a volume: enough to repeat it, and to put maps made on the new grid back onto the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transform {
    /// What was done, in order.
    pub operations: Vec<Operation>,
    /// The new grid over the source.
    pub grid: Grid,
}

impl Transform {
    /// The record of an image that was left alone.
    pub fn identity(image: &Image) -> Transform {
        Transform { operations: vec![], grid: Grid::of_source(image.grid(), image.geometry) }
    }

    /// One operation onto a lattice whose point `p` lies at `source_from_grid(p)` of the source.
    pub(super) fn one(
        operation: Operation,
        source: &Lattice,
        lattice: &Lattice,
        source_from_grid: Affine,
    ) -> Transform {
        let (shape, geometry) = (lattice.shape, lattice.geometry);
        let grid = Grid { shape, source_shape: source.shape, source_from_grid, geometry };
        Transform { operations: vec![operation], grid }
    }

    /// `self`, and then `next`, which was done to the result.
    ///
    /// # Errors
    /// When `next` started from another shape.
    pub fn then(mut self, next: &Transform) -> Result<Transform> {
        if next.grid.source_shape != self.grid.shape {
            return Err(ImageError::Invalid(format!(
                "a transform of a volume of shape {:?} can't follow one that ends at {:?}",
                next.grid.source_shape, self.grid.shape
            )));
        }
        self.operations.extend(next.operations.iter().cloned());
        let source_from_grid = self.grid.source_from_grid.after(&next.grid.source_from_grid);
        self.grid = Grid { source_from_grid, source_shape: self.grid.source_shape, ..next.grid };
        Ok(self)
    }

    /// A map on the new grid, brought back onto the source (`D x H x W` of the source); source voxels outside the new grid get `outside`.
    ///
    /// Reorientation is undone exactly; after resampling, values between points of the new grid are found as `sampling` says.
    ///
    /// # Errors
    /// When the map doesn't fill the new grid.
    pub fn to_source(&self, map: &[f32], sampling: Sampling, outside: f32) -> Result<Vec<f32>> {
        self.grid.to_source(map, sampling, outside)
    }
}
