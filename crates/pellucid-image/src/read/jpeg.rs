//! JPEG (baseline and progressive) and what the raster formats have in common.

use image::codecs::jpeg::JpegDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder};

use crate::error::{damaged, unsupported};
use crate::image::{Format, Units};
use crate::read::planes::deinterleave;
use crate::{Image, OpenOptions, Result};

/// Reads a JPEG. The pixels stay in stored order: an EXIF rotation is noted, not applied, as image libraries do by default.
///
/// # Errors
/// When the file is damaged or too large.
pub fn read(bytes: &[u8], options: &OpenOptions) -> Result<Image> {
    // The decoder fills what is missing with grey instead of failing.
    if !is_whole(bytes) {
        return Err(damaged("JPEG", "it ends before its end marker"));
    }
    let decoder = JpegDecoder::new(std::io::Cursor::new(bytes)).map_err(|e| damaged("JPEG", e.to_string()))?;
    check_ratio(&decoder, bytes.len(), 64 * 8, "JPEG")?;
    decode(decoder, Format::Jpeg, options)
}

/// Whether an end marker follows the first scan (thumbnails in the header have their own).
fn is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..).and_then(|b| b.first_chunk::<4>()) {
        if marker == 0xda {
            return bytes[at..].windows(2).any(|w| w == [0xff, 0xd9]);
        }
        // A fill byte is no marker.
        at += if marker == 0xff { 1 } else { 2 + usize::from(u16::from_be_bytes([high, low])) };
    }
    false
}

/// Refuses pictures of more pixels than their bytes can say, before memory is taken for them. `most` is the greatest number of pixels that one
/// byte can stand for: 512 in JPEG (a bit for a block of 64).
pub(crate) fn check_ratio(decoder: &impl ImageDecoder, bytes: usize, most: u64, format: &'static str) -> Result<()> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) / most > bytes as u64 {
        return Err(damaged(format, format!("{height} x {width} pixels in {bytes} bytes")));
    }
    Ok(())
}

/// Decodes to levels of 8 or 16 bits, alpha dropped.
pub(crate) fn decode(mut decoder: impl ImageDecoder, format: Format, options: &OpenOptions) -> Result<Image> {
    let (width, height) = decoder.dimensions();
    let channels = usize::from(decoder.color_type().channel_count());
    options.admit_values("the decoded picture", &[channels, height as usize, width as usize])?;
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(options.memory_bytes);
    decoder.set_limits(limits).map_err(|e| damaged(format.name(), e.to_string()))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let original = decoder.original_color_type();
    let picture = DynamicImage::from_decoder(decoder).map_err(|e| damaged(format.name(), e.to_string()))?;
    let mut image = levels(picture, format)?;
    if orientation != Orientation::NoTransforms {
        image.notes.push("the file asks for a rotation (EXIF orientation) that isn't applied".into());
    }
    if matches!(original, image::ExtendedColorType::Cmyk8) {
        image.notes.push("CMYK was converted to RGB without a colour profile".into());
    }
    Ok(image)
}

/// The levels of a decoded picture as planes.
fn levels(picture: DynamicImage, format: Format) -> Result<Image> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let channels = usize::from(picture.color().channel_count());
    let alpha = picture.color().has_alpha();
    let (samples, max) = match picture {
        DynamicImage::ImageLuma8(p) => (widen(p.into_raw()), 255.0),
        DynamicImage::ImageLumaA8(p) => (widen(p.into_raw()), 255.0),
        DynamicImage::ImageRgb8(p) => (widen(p.into_raw()), 255.0),
        DynamicImage::ImageRgba8(p) => (widen(p.into_raw()), 255.0),
        DynamicImage::ImageLuma16(p) => (widen(p.into_raw()), 65535.0),
        DynamicImage::ImageLumaA16(p) => (widen(p.into_raw()), 65535.0),
        DynamicImage::ImageRgb16(p) => (widen(p.into_raw()), 65535.0),
        DynamicImage::ImageRgba16(p) => (widen(p.into_raw()), 65535.0),
        other => return Err(unsupported(format.name(), format!("pixels of type {:?}", other.color()), "")),
    };
    let keep = channels - usize::from(alpha);
    let planes = if channels == 1 { samples } else { deinterleave(&samples, channels, keep) };
    let mut image = Image::new(planes, [keep, 1, height, width], Units::Levels { max }, format)?;
    if alpha {
        image.notes.push("the alpha channel was dropped".into());
    }
    Ok(image)
}

fn widen<T: Into<f32>>(samples: Vec<T>) -> Vec<f32> {
    samples.into_iter().map(Into::into).collect()
}
