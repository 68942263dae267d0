//! Making a model's input from an image: steps in order, each recorded, and the way back for maps.

mod clahe;
mod colour;
mod grid;
mod intensity;
mod layout;
mod pointwise;
mod spatial;
mod step;
mod work;

use serde::{Deserialize, Serialize};

pub use colour::{REC_601, REC_709};
pub use grid::{Grid, Sampling};
pub use layout::Layout;
pub use pointwise::Pointwise;
pub(crate) use spatial::is_orientation;
pub use step::{Colour, CropAt, Over, RESIZE_MODES, SquareHow, Step};

use crate::{Image, ImageError, Result};
use work::Work;

/// A step that was done, with what it measured in the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// The step with all its parameters.
    pub step: Step,
    /// `(name, value)` of statistics that it took: ends of a range, mean, middle slice.
    pub measured: Vec<(String, f64)>,
    /// `[C, D, H, W]` after it.
    pub shape: [usize; 4],
}

/// An input ready for a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// Values of the tensor, in its layout.
    pub values: Vec<f32>,
    /// Sizes of the tensor's axes; the batch axis, if any, is 1.
    pub shape: Vec<usize>,
    /// Order of the tensor's axes.
    pub layout: Layout,
    /// `[C, D, H, W]` of the same values before the layout.
    pub image_shape: [usize; 4],
    /// The grid of the values over the source image.
    pub grid: Grid,
    /// What was done, in order.
    pub steps: Vec<Applied>,
    /// The functions that values went through; `None` when a step was no function of one value (CLAHE).
    pub functions: Option<Vec<Pointwise>>,
    /// Warnings.
    pub notes: Vec<String>,
}

/// Prepares an image. `focus` is a point of interest in voxel coordinates `(x, y, z)` of the image, for crops and slices around it.
///
/// # Errors
/// When a step can't be done on this image (named with its position), the layout lacks an axis that the image needs, or values that aren't
/// finite would reach the model.
pub fn prepare(image: &Image, steps: &[Step], layout: &Layout, focus: Option<[f64; 3]>) -> Result<Prepared> {
    let mut work = Work::new(image, focus);
    let mut applied = vec![];
    for (i, step) in steps.iter().enumerate() {
        let done = spatial::apply(&mut work, step)
            .or_else(|| colour::apply(&mut work, step))
            .or_else(|| intensity::apply(&mut work, step))
            .unwrap_or_else(|| Err("isn't known".into()));
        done.map_err(|reason| ImageError::Step { index: i + 1, step: step.key().into(), reason })?;
        applied.push(Applied { step: step.clone(), measured: std::mem::take(&mut work.measured), shape: work.shape });
    }
    let bad = work.voxels.iter().filter(|v| !v.is_finite()).count();
    if bad > 0 {
        return Err(ImageError::NotFinite { found: bad, of: work.voxels.len() });
    }
    let Work { voxels, shape: image_shape, grid, notes, functions, .. } = work;
    let (values, shape) = layout.pack(voxels, image_shape)?;
    Ok(Prepared { values, shape, layout: layout.clone(), image_shape, grid, steps: applied, functions, notes })
}

impl Prepared {
    /// What a value of the source image (in its units) would have become in a channel: for baselines in physical units. `None` when a step made
    /// it depend on place.
    pub fn value_of(&self, v: f64, channel: usize) -> Option<f64> {
        let functions = self.functions.as_ref()?;
        Some(functions.iter().fold(v, |v, f| f.apply(v, channel)))
    }

    /// A map over the model's grid, or over a coarser grid of the same extent such as a feature map's, put back onto the source image.
    /// `map_shape` is `[D, H, W]` or `[H, W]`.
    ///
    /// # Errors
    /// When the values don't fill the shape.
    pub fn resample_to_source(
        &self,
        map: &[f32],
        map_shape: &[usize],
        sampling: Sampling,
        outside: f32,
    ) -> Result<Vec<f32>> {
        let shape = match *map_shape {
            [h, w] => [1, h, w],
            [d, h, w] => [d, h, w],
            _ => return Err(ImageError::Size { shape: map_shape.to_vec(), found: map.len() }),
        };
        self.grid.coarsen(shape).to_source(map, sampling, outside)
    }
}
