//! TIFF and BigTIFF: grey, RGB, palette or several bands, integers and floats; pages of equal size are slices.

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

use crate::error::{damaged, unsupported};
use crate::image::{Channels, Format, Units};
use crate::read::planes::deinterleave;
use crate::{Image, OpenOptions, Result};

/// Most pages that are looked at.
const MAX_PAGES: usize = 65_536;

/// One page as planes.
struct Page {
    planes: Vec<f32>,
    channels: usize,
    size: (usize, usize),
    max_level: Option<f32>,
    dropped_alpha: bool,
    rgb: bool,
}

/// Reads a TIFF. Pages of the size and kind of the first are the slices of a volume; pages that differ (thumbnails, pyramid levels) are left
/// out with a note.
///
/// # Errors
/// When the file is damaged, too large, or compressed in a way that isn't read.
pub fn read(bytes: &[u8], options: &OpenOptions) -> Result<Image> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(explain)?;
    let mut limits = tiff::decoder::Limits::default();
    limits.decoding_buffer_size = options.memory_bytes as usize;
    limits.intermediate_buffer_size = options.memory_bytes as usize;
    limits.ifd_value_size = bytes.len().max(1 << 20);
    decoder = decoder.with_limits(limits);
    let wanted = options.frame.unwrap_or(0);
    if wanted > 0 {
        decoder.seek_to_image(wanted).map_err(|e| damaged("TIFF", format!("there is no page {wanted}: {e}")))?;
    }
    let first = page(&mut decoder, options)?;
    let mut slices = vec![first];
    let mut skipped = 0;
    // Aperio slides keep a thumbnail and labels beside the slide, whatever their size.
    let slide = decoder.get_tag_ascii_string(Tag::ImageDescription).is_ok_and(|d| d.starts_with("Aperio"));
    while options.frame.is_none() && decoder.more_images() && slices.len() + skipped < MAX_PAGES {
        decoder.next_image().map_err(explain)?;
        if slide || !same_kind(&mut decoder, &slices[0]) {
            skipped += 1;
            continue;
        }
        let total = slices.len() + 1;
        let (w, h) = slices[0].size;
        options.admit_values("the decoded stack", &[total, slices[0].channels, h, w])?;
        slices.push(page(&mut decoder, options)?);
    }
    stack(slices, skipped)
}

/// Whether the page is a further slice: of the first page's size, and not marked as a reduced copy.
fn same_kind(decoder: &mut Decoder<Cursor<&[u8]>>, first: &Page) -> bool {
    if decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten().unwrap_or(0) & 1 == 1 {
        return false;
    }
    let size = decoder.dimensions().map(|(w, h)| (w as usize, h as usize));
    matches!(size, Ok(s) if s == first.size)
        && decoder
            .colortype()
            .is_ok_and(|c| usize::from(c.num_samples()) == first.channels + usize::from(first.dropped_alpha))
}

fn page(decoder: &mut Decoder<Cursor<&[u8]>>, options: &OpenOptions) -> Result<Page> {
    let (w, h) = decoder.dimensions().map_err(explain)?;
    let color = decoder.colortype().map_err(explain)?;
    let channels = usize::from(color.num_samples());
    let shape = [channels, h as usize, w as usize];
    let count = options.admit_values("the decoded picture", &shape)?;
    let palette = match color {
        ColorType::Palette(bits) => Some((bits, decoder.get_tag_u16_vec(Tag::ColorMap).map_err(explain)?)),
        _ => None,
    };
    let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).map_err(explain)?.unwrap_or(1) == 2;
    let (bits, supported) = match color {
        ColorType::Gray(b) | ColorType::RGB(b) | ColorType::GrayA(b) | ColorType::RGBA(b) => (b, true),
        ColorType::Multiband { bit_depth, .. } => (bit_depth, true),
        ColorType::Palette(b) => (b, true),
        ColorType::CMYK(b) | ColorType::CMYKA(b) | ColorType::YCbCr(b) | ColorType::Lab(b) => (b, false),
        _ => (0, false),
    };
    if !supported {
        return Err(unsupported("TIFF", format!("of colour type {color:?} isn't read"), "save it as RGB"));
    }
    let result =
        if planar && channels > 1 { read_planar(decoder, count)? } else { decoder.read_image().map_err(explain)? };
    let (samples, max_level) = values(result, bits);
    if samples.len() != count {
        return Err(damaged("TIFF", format!("a page of {count} samples decoded to {}", samples.len())));
    }
    if let Some((bits, map)) = palette {
        return colours(&samples, bits, &map, (w as usize, h as usize));
    }
    let dropped_alpha = matches!(color, ColorType::GrayA(_) | ColorType::RGBA(_));
    let keep = channels - usize::from(dropped_alpha);
    let planes = match (channels, planar) {
        (1, _) => samples,
        (_, true) => samples[..keep * h as usize * w as usize].to_vec(),
        (_, false) => deinterleave(&samples, channels, keep),
    };
    let rgb = matches!(color, ColorType::RGB(_) | ColorType::RGBA(_));
    Ok(Page { planes, channels: keep, size: (w as usize, h as usize), max_level, dropped_alpha, rgb })
}

/// All planes of a page stored plane by plane.
fn read_planar(decoder: &mut Decoder<Cursor<&[u8]>>, count: usize) -> Result<DecodingResult> {
    let mut result = DecodingResult::U8(vec![]);
    let layout = decoder.read_image_to_buffer(&mut result).map_err(explain)?;
    if layout.planes < 1 || result_len(&result) < count {
        return Err(unsupported(
            "TIFF",
            "with separate planes of this layout isn't read",
            "save it with interleaved samples",
        ));
    }
    Ok(result)
}

fn result_len(result: &DecodingResult) -> usize {
    match result {
        DecodingResult::U8(v) => v.len(),
        DecodingResult::U16(v) => v.len(),
        DecodingResult::U32(v) => v.len(),
        DecodingResult::U64(v) => v.len(),
        DecodingResult::F16(v) => v.len(),
        DecodingResult::F32(v) => v.len(),
        DecodingResult::F64(v) => v.len(),
        DecodingResult::I8(v) => v.len(),
        DecodingResult::I16(v) => v.len(),
        DecodingResult::I32(v) => v.len(),
        DecodingResult::I64(v) => v.len(),
    }
}

/// Samples as `f32`, and the largest level for unsigned integers.
fn values(result: DecodingResult, bits: u8) -> (Vec<f32>, Option<f32>) {
    let levels = Some(if bits >= 32 { u32::MAX as f32 } else { ((1u32 << bits) - 1) as f32 });
    match result {
        DecodingResult::U8(v) if bits == 1 => (v.into_iter().map(|x| f32::from(u8::from(x != 0))).collect(), levels),
        DecodingResult::U8(v) => (v.into_iter().map(f32::from).collect(), levels),
        DecodingResult::U16(v) => (v.into_iter().map(f32::from).collect(), levels),
        DecodingResult::U32(v) => (v.into_iter().map(|x| x as f32).collect(), None),
        DecodingResult::U64(v) => (v.into_iter().map(|x| x as f32).collect(), None),
        DecodingResult::F16(v) => (v.into_iter().map(f32::from).collect(), None),
        DecodingResult::F32(v) => (v, None),
        DecodingResult::F64(v) => (v.into_iter().map(|x| x as f32).collect(), None),
        DecodingResult::I8(v) => (v.into_iter().map(f32::from).collect(), None),
        DecodingResult::I16(v) => (v.into_iter().map(f32::from).collect(), None),
        DecodingResult::I32(v) => (v.into_iter().map(|x| x as f32).collect(), None),
        DecodingResult::I64(v) => (v.into_iter().map(|x| x as f32).collect(), None),
    }
}

/// Palette indices as RGB levels of 16 bits (the depth of TIFF colour maps).
fn colours(indices: &[f32], bits: u8, map: &[u16], size: (usize, usize)) -> Result<Page> {
    let entries = 1usize << bits.min(16);
    if map.len() < 3 * entries {
        return Err(damaged("TIFF", format!("a colour map of {} entries for {entries} colours", map.len())));
    }
    let planes =
        (0..3).flat_map(|c| indices.iter().map(move |&i| f32::from(map[c * entries + (i as usize).min(entries - 1)])));
    let planes = planes.collect();
    Ok(Page { planes, channels: 3, size, max_level: Some(65535.0), dropped_alpha: false, rgb: true })
}

fn stack(slices: Vec<Page>, skipped: usize) -> Result<Image> {
    let (depth, first) = (slices.len(), &slices[0]);
    let (w, h) = first.size;
    let (channels, max_level, rgb, alpha) = (first.channels, first.max_level, first.rgb, first.dropped_alpha);
    let plane = w * h;
    let mut voxels = Vec::with_capacity(channels * depth * plane);
    for c in 0..channels {
        for slice in &slices {
            let part = slice.planes.get(c * plane..(c + 1) * plane);
            voxels.extend_from_slice(part.ok_or_else(|| damaged("TIFF", "pages of different depth"))?);
        }
    }
    let units = max_level.map_or(Units::Intensity, |max| Units::Levels { max });
    let mut image = Image::new(voxels, [channels, depth, h, w], units, Format::Tiff)?;
    if rgb && channels == 3 {
        image.channels = Channels::Rgb;
    } else if channels > 1 {
        image.channels = Channels::Named((0..channels).map(|i| format!("band {i}")).collect());
    }
    if alpha {
        image.notes.push("the alpha channel was dropped".into());
    }
    if depth > 1 {
        image.notes.push(format!("{depth} pages of equal size were read as slices"));
    }
    if skipped > 0 {
        image.notes.push(format!("{skipped} further pages (thumbnails, pyramid levels) were left out"));
    }
    Ok(image)
}

fn explain(e: tiff::TiffError) -> crate::ImageError {
    match e {
        tiff::TiffError::UnsupportedError(what) => {
            unsupported("TIFF", format!("feature isn't read: {what}"), "save it uncompressed or with LZW or Deflate")
        }
        tiff::TiffError::LimitsExceeded => damaged("TIFF", "it declares more data than the memory limit allows"),
        other => damaged("TIFF", other.to_string()),
    }
}
