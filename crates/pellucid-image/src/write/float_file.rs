//! What the writers of volumes share: sizes checked, values as little-endian `float32`.

use std::io::Write;

use crate::{ImageError, Result};

/// `[C, D, H, W]` of a shape `[D, H, W]` or `[C, D, H, W]` that `count` values fill.
pub fn four_axes(count: usize, shape: &[usize]) -> Result<[usize; 4]> {
    let wrong = || ImageError::Size { shape: shape.to_vec(), found: count };
    let four = match *shape {
        [d, h, w] => [1, d, h, w],
        [c, d, h, w] => [c, d, h, w],
        _ => return Err(wrong()),
    };
    let product = four.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    if product == Some(count) && count > 0 { Ok(four) } else { Err(wrong()) }
}

/// Writes values by blocks.
pub fn write_floats(w: &mut dyn Write, values: &[f32]) -> std::io::Result<()> {
    let mut buffer = Vec::with_capacity(1 << 16);
    for block in values.chunks(1 << 14) {
        buffer.clear();
        block.iter().for_each(|v| buffer.extend_from_slice(&v.to_le_bytes()));
        w.write_all(&buffer)?;
    }
    Ok(())
}
