//! Maps of volumes on the grid of the image, with its position in space, for viewers of volumes.

use std::path::Path;

use crate::Result;
use crate::field::Field;
use crate::mapped::on_image;
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
