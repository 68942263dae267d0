//! Compressed frames to samples: run lengths, JPEG, JPEG 2000.
//!
//! Sizes are compared with what the DICOM header says before a decoder may allocate.

use std::borrow::Cow;
use std::io::Cursor;

use jpeg_decoder::{ColorTransform, PixelFormat};

use crate::Result;
use crate::error::{damaged, unsupported};
use crate::read::dicom::info::PixelInfo;
use crate::read::dicom::jpeg12;

/// Most samples that a byte of JPEG can stand for: it spends at least a bit on a block of 64.
pub const JPEG_MOST: u64 = 512;
/// Most samples that a byte of run lengths can stand for: two bytes repeat one up to 128 times.
pub const RLE_MOST: u64 = 64;

/// Little-endian samples of one frame.
pub struct Frame<'a> {
    /// Interleaved samples, or planes.
    pub bytes: Cow<'a, [u8]>,
    /// Bits that each sample takes in `bytes`.
    pub bits_allocated: u16,
    /// Whether samples come plane by plane.
    pub planar: bool,
    /// Whether colours are already red, green and blue.
    pub rgb: bool,
}

/// Decodes a JPEG frame, baseline or lossless, colours to RGB.
pub fn jpeg<'a>(data: &[u8], info: &PixelInfo) -> Result<Frame<'a>> {
    let failed = |e: jpeg_decoder::Error| match e {
        jpeg_decoder::Error::Unsupported(what) => {
            let hint = "transcode the file, for example with `dcmdjpeg` of dcmtk";
            unsupported("DICOM", format!("JPEG feature isn't read: {what:?}"), hint)
        }
        other => damaged("DICOM", format!("JPEG frame: {other}")),
    };
    let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(data));
    decoder.set_max_decoding_buffer_size(info.frame_samples().saturating_mul(4));
    match decoder.read_info() {
        Err(jpeg_decoder::Error::Unsupported(jpeg_decoder::UnsupportedFeature::SamplePrecision(12))) => {
            return jpeg12::decode(data, info);
        }
        read => read.map_err(failed)?,
    }
    let header = decoder.info().ok_or_else(|| damaged("DICOM", "JPEG frame without header"))?;
    let (bits_allocated, samples) = match header.pixel_format {
        PixelFormat::L8 => (8, 1),
        PixelFormat::L16 => (16, 1),
        PixelFormat::RGB24 => (8, 3),
        PixelFormat::CMYK32 => (8, 4),
    };
    check_size(info, usize::from(header.width), usize::from(header.height), samples)?;
    check_ratio(data, info, JPEG_MOST)?;
    // The DICOM header says what the components are; JPEG itself says so only in an Adobe marker.
    if samples == 3 && !has_adobe_transform(data) {
        let ybr = info.photometric.starts_with("YBR");
        decoder.set_color_transform(if ybr { ColorTransform::YCbCr } else { ColorTransform::None });
    }
    let mut bytes = decoder.decode().map_err(failed)?;
    if bits_allocated == 16 {
        // The decoder gives 16-bit samples in the order of the machine.
        for pair in bytes.as_chunks_mut::<2>().0 {
            *pair = u16::from_ne_bytes(*pair).to_le_bytes();
        }
    }
    Ok(Frame { bytes: Cow::Owned(bytes), bits_allocated, planar: false, rgb: samples == 3 })
}

/// Whether a JPEG says by a whole Adobe marker (APP14, 12 bytes) what its components are.
fn has_adobe_transform(data: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = data.get(at..).and_then(|d| d.first_chunk::<4>()) {
        let length = usize::from(u16::from_be_bytes([high, low]));
        match marker {
            0xee => return length >= 14 && data.get(at + 4..at + 9) == Some(b"Adobe"),
            0xda => return false,
            _ => at += 2 + length,
        }
    }
    false
}

/// Decodes a JPEG 2000 frame.
pub fn jpeg_2000<'a>(data: &[u8], info: &PixelInfo) -> Result<Frame<'a>> {
    let size = CodestreamSize::find(data).ok_or_else(|| damaged("DICOM", "JPEG 2000 frame without size marker"))?;
    check_size(info, size.width, size.height, size.components)?;
    let failed = |e: jpeg2k::error::Error| damaged("DICOM", format!("JPEG 2000 frame: {e}"));
    let params = jpeg2k::DecodeParameters::new().strict(true);
    let image = jpeg2k::Image::from_bytes_with(data, params).map_err(failed)?;
    let area = info.rows * info.columns;
    let components = image.components();
    if components.len() != info.samples || components.iter().any(|c| c.data().len() != area) {
        return Err(unsupported("DICOM", "with subsampled JPEG 2000 components isn't read", "transcode the file"));
    }
    let wide = components.iter().any(|c| c.precision() > 8) || info.bits_allocated > 8;
    let mut bytes = Vec::with_capacity(info.frame_samples() * if wide { 2 } else { 1 });
    if components.iter().any(|c| c.precision() > 16) {
        return Err(unsupported("DICOM", "with JPEG 2000 samples above 16 bits isn't read", "transcode the file"));
    }
    for component in components {
        for &v in component.data() {
            if wide {
                bytes.extend_from_slice(&(v as u16).to_le_bytes());
            } else {
                bytes.push(v as u8);
            }
        }
    }
    // The multiple component transform is undone by the decoder.
    let rgb = info.samples == 3 && !info.photometric.starts_with("YBR_FULL");
    Ok(Frame { bytes: Cow::Owned(bytes), bits_allocated: if wide { 16 } else { 8 }, planar: true, rgb })
}

/// Size and components in the `SIZ` marker of a codestream.
struct CodestreamSize {
    width: usize,
    height: usize,
    components: usize,
}

impl CodestreamSize {
    fn find(data: &[u8]) -> Option<CodestreamSize> {
        let start = data.windows(4).position(|w| w == [0xff, 0x4f, 0xff, 0x51])? + 4;
        let number = |at: usize| Some(u32::from_be_bytes(data.get(start + at..start + at + 4)?.try_into().ok()?));
        let (x1, y1, x0, y0) = (number(4)?, number(8)?, number(12)?, number(16)?);
        let (tile_width, tile_height) = (number(20)?, number(24)?);
        let components = u16::from_be_bytes(data.get(start + 36..start + 38)?.try_into().ok()?);
        // Tiles so small that their bookkeeping outgrows the image are a mark of a hostile file.
        if tile_width < 16 && tile_width < x1 || tile_height < 16 && tile_height < y1 {
            return None;
        }
        Some(CodestreamSize {
            width: x1.checked_sub(x0)? as usize,
            height: y1.checked_sub(y0)? as usize,
            components: usize::from(components),
        })
    }
}

/// Refuses a frame of another size than the file says.
pub fn check_size(info: &PixelInfo, width: usize, height: usize, samples: usize) -> Result<()> {
    if (width, height, samples) == (info.columns, info.rows, info.samples) {
        return Ok(());
    }
    let found = format!("{height} x {width} with {samples} samples");
    let said = format!("{} x {} with {}", info.rows, info.columns, info.samples);
    Err(damaged("DICOM", format!("a frame of {found} in a file of {said}")))
}

/// Refuses frames that unpack to more samples than their bytes can say.
fn check_ratio(data: &[u8], info: &PixelInfo, most: u64) -> Result<()> {
    if info.frame_samples() as u64 / most > data.len() as u64 {
        return Err(damaged("DICOM", format!("a frame of {} samples in {} bytes", info.frame_samples(), data.len())));
    }
    Ok(())
}

/// Decodes run lengths (PS3.5, annex G): one segment per byte of a sample, most significant first, planes one after another.
pub fn rle<'a>(data: &[u8], info: &PixelInfo) -> Result<Frame<'a>> {
    let number = |i: usize| data.get(4 * i..4 * i + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let width = usize::from(info.bits_allocated).div_ceil(8);
    let segments = info.samples * width;
    let found = number(0).unwrap_or(0) as usize;
    if found != segments || segments > 15 {
        return Err(damaged("DICOM", format!("an RLE frame of {found} segments where {segments} are due")));
    }
    check_ratio(data, info, RLE_MOST)?;
    let area = info.rows * info.columns;
    let mut bytes = vec![0u8; area * segments];
    for segment in 0..segments {
        let start = number(1 + segment).unwrap_or(0) as usize;
        let end = if segment + 1 < segments { number(2 + segment).unwrap_or(0) as usize } else { data.len() };
        let packed = data.get(start..end).filter(|_| start >= 64);
        let packed = packed.ok_or_else(|| damaged("DICOM", "an RLE segment lies outside its frame"))?;
        let (plane, byte) = (segment / width, width - 1 - segment % width);
        unpack_bits(packed, &mut bytes[plane * area * width..(plane + 1) * area * width], byte, width)?;
    }
    Ok(Frame { bytes: Cow::Owned(bytes), bits_allocated: info.bits_allocated, planar: true, rgb: false })
}

/// Writes the unpacked bytes of a segment to every `stride`-th byte of `out`, from `first`.
fn unpack_bits(packed: &[u8], out: &mut [u8], first: usize, stride: usize) -> Result<()> {
    let mut places = out.iter_mut().skip(first).step_by(stride);
    let mut left = places.len();
    let mut at = 0;
    while left > 0 {
        let Some(&control) = packed.get(at) else {
            return Err(damaged("DICOM", format!("an RLE segment ends {left} bytes early")));
        };
        at += 1;
        // 0 to 127 copy the next bytes, -1 to -127 repeat the next byte, -128 does nothing.
        let (count, repeat) = match control as i8 {
            -128 => continue,
            n if n < 0 => (usize::from(n.unsigned_abs()) + 1, true),
            n => (usize::from(n.unsigned_abs()) + 1, false),
        };
        let source = packed.get(at..at + if repeat { 1 } else { count });
        let source = source.ok_or_else(|| damaged("DICOM", "an RLE segment ends inside a run"))?;
        at += source.len();
        let count = count.min(left);
        left -= count;
        places.by_ref().take(count).zip(source.iter().cycle()).for_each(|(place, &v)| *place = v);
    }
    Ok(())
}
