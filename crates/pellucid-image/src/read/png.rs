//! PNG: 1 to 16 bits, grey, RGB or palette; alpha dropped.

use image::codecs::png::PngDecoder;

use crate::{Image, OpenOptions, Result, error::damaged, image::Format, read::jpeg};

/// Reads a PNG.
///
/// # Errors
/// When the file is damaged or too large.
pub fn read(bytes: &[u8], options: &OpenOptions) -> Result<Image> {
    let decoder = PngDecoder::new(std::io::Cursor::new(bytes)).map_err(|e| damaged("PNG", e.to_string()))?;
    // Deflate packs at most 1032 bytes into one, and a byte holds up to 8 pixels.
    jpeg::check_ratio(&decoder, bytes.len(), 1032 * 8, "PNG")?;
    jpeg::decode(decoder, Format::Png, options)
}
