//! Writing PNG: 8-bit grey or RGB.

use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::write::atomic::write_atomically;
use crate::{ImageError, Result};

/// The bytes of a PNG. `pixels` are `H x W` grey levels or `H x W x 3` RGB levels, told apart by their number.
///
/// # Errors
/// When the number of pixels is neither.
pub fn encode_png(pixels: &[u8], height: usize, width: usize) -> Result<Vec<u8>> {
    let wrong = || ImageError::Size { shape: vec![height, width], found: pixels.len() };
    let area = height.checked_mul(width).filter(|&n| n > 0).ok_or_else(wrong)?;
    let color = match pixels.len() {
        n if n == area => ExtendedColorType::L8,
        n if Some(n) == area.checked_mul(3) => ExtendedColorType::Rgb8,
        _ => return Err(wrong()),
    };
    let (w, h) = (u32::try_from(width).map_err(|_| wrong())?, u32::try_from(height).map_err(|_| wrong())?);
    let mut out = Vec::new();
    let encoded = PngEncoder::new(&mut out).write_image(pixels, w, h, color);
    encoded.map_err(|e| ImageError::Invalid(format!("PNG encoder: {e}")))?;
    Ok(out)
}

/// Writes a PNG of `H x W` grey levels or `H x W x 3` RGB levels.
///
/// # Errors
/// When the number of pixels is neither, or the file can't be written.
pub fn write_png(path: impl AsRef<Path>, pixels: &[u8], height: usize, width: usize) -> Result<()> {
    let bytes = encode_png(pixels, height, width)?;
    write_atomically(path.as_ref(), |w| w.write_all(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_and_rgb_come_back() {
        let grey: Vec<u8> = (0..12).map(|v| v * 20).collect();
        let image = crate::from_bytes(&encode_png(&grey, 3, 4).unwrap(), &Default::default()).unwrap();
        assert_eq!(image.shape(), [1, 1, 3, 4]);
        assert_eq!(image.voxels()[11], 220.0);
        let rgb: Vec<u8> = (0..24).collect();
        let image = crate::from_bytes(&encode_png(&rgb, 2, 4).unwrap(), &Default::default()).unwrap();
        assert_eq!(image.shape(), [3, 1, 2, 4]);
        assert_eq!(image.channel(1).unwrap()[7], 22.0);
        assert!(encode_png(&rgb, 3, 5).is_err());
        assert!(encode_png(&[], 0, 5).is_err());
    }
}
