//! Maps of volumes on the grid of the image, with its position in space, for viewers of volumes.

use std::path::Path;

use rayon::prelude::*;

use crate::Result;
use crate::field::{Field, Reading};
use crate::frame::Frame;
use crate::scene::Seen;

/// Writes a map (channels summed, otherwise raw) as a NIfTI volume on the grid of its image.
///
/// # Errors
/// When the file can't be written.
pub(crate) fn write(path: &Path, map: &Field, input: &Seen) -> Result<()> {
    let values = on_image(map, &input.frame);
    pellucid_image::write_nifti(path, &values, &input.frame.image_grid(), &input.image.geometry)?;
    Ok(())
}

/// A map of the model input read at every voxel of the image, linear between cells; 0 where the model didn't look.
pub(crate) fn on_image(map: &Field, frame: &Frame) -> Vec<f32> {
    let [d, h, w] = frame.image_grid();
    let mut values = vec![0.0; d * h * w];
    values.par_chunks_mut(h * w).enumerate().for_each(|(z, slice)| {
        for (i, v) in slice.iter_mut().enumerate() {
            let place = frame.to_input([(i % w) as f64, (i / w) as f64, z as f64]);
            *v = map.read(place, Reading::Linear).unwrap_or(0.0);
        }
    });
    values
}

#[cfg(test)]
mod tests {
    use pellucid_image::Affine;

    use super::*;

    #[test]
    fn values_land_on_their_voxels_and_zero_elsewhere() {
        let map = Field::new([2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        // the input is a crop that starts at voxel (1, 0, 1)
        let frame = Frame::new([3, 1, 4], [2, 1, 2], Affine::scale_offset([1.0; 3], [1.0, 0.0, 1.0])).unwrap();
        let expected = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0];
        assert_eq!(on_image(&map, &frame), expected);
    }
}
