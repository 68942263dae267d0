//! TIFF and BigTIFF: grey, RGB, YCbCr or several bands, integers and floats; pages of equal size are slices.

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

use crate::error::{damaged, unsupported};
use crate::image::{Channels, Format, Units};
use crate::read::dicom::rgb_from_ybr;
use crate::read::planes::deinterleave;
use crate::read::{ome_tiff, ome_xml};
use crate::{Image, OpenOptions, Result};

/// Most pages that are looked at.
pub(super) const MAX_PAGES: usize = 65_536;

/// One page as planes.
pub(super) struct Page {
    pub planes: Vec<f32>,
    pub channels: usize,
    pub size: (usize, usize),
    pub max_level: Option<f32>,
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
    let described = decoder.get_tag_ascii_string(Tag::ImageDescription).unwrap_or_default();
    let mut ignored = None;
    if options.frame.is_none()
        && let Some(ome) = ome_xml::parse(&described)
    {
        match ome_tiff::read(&mut decoder, &ome, options)? {
            Ok(image) => return Ok(image),
            Err(note) => ignored = Some(note),
        }
        decoder.seek_to_image(0).map_err(explain)?;
    }
    let mut image = pages(&mut decoder, options, described.starts_with("Aperio"))?;
    image.notes.extend(ignored);
    Ok(image)
}

/// All pages like the present one, as slices.
fn pages(decoder: &mut Decoder<Cursor<&[u8]>>, options: &OpenOptions, slide: bool) -> Result<Image> {
    let first = page(decoder, options)?;
    let mut slices = vec![first];
    let mut skipped = 0;
    while options.frame.is_none() && decoder.more_images() && slices.len() + skipped < MAX_PAGES {
        decoder.next_image().map_err(explain)?;
        // Aperio slides keep a thumbnail and labels beside the slide, whatever their size.
        if slide || !same_kind(decoder, &slices[0]) {
            skipped += 1;
            continue;
        }
        let total = slices.len() + 1;
        let (w, h) = slices[0].size;
        options.admit_values("the decoded stack", &[total, slices[0].channels, h, w])?;
        slices.push(page(decoder, options)?);
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

pub(super) fn page(decoder: &mut Decoder<Cursor<&[u8]>>, options: &OpenOptions) -> Result<Page> {
    let (w, h) = decoder.dimensions().map_err(explain)?;
    let color = decoder.colortype().map_err(explain)?;
    let channels = usize::from(color.num_samples());
    let shape = [channels, h as usize, w as usize];
    let count = options.admit_values("the decoded picture", &shape)?;
    let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).map_err(explain)?.unwrap_or(1) == 2;
    let (bits, supported) = match color {
        ColorType::Gray(b) | ColorType::RGB(b) | ColorType::GrayA(b) | ColorType::RGBA(b) => (b, true),
        ColorType::Multiband { bit_depth, .. } => (bit_depth, true),
        ColorType::YCbCr(8) => (8, true),
        _ => (0, false),
    };
    if !supported {
        return Err(unsupported("TIFF", format!("of colour type {color:?} isn't read"), "save it as RGB"));
    }
    let result =
        if planar && channels > 1 { read_planar(decoder, count)? } else { decoder.read_image().map_err(explain)? };
    let (mut samples, max_level) = values(result, bits);
    if bits < 8 {
        samples = unpack(&samples, bits, shape);
    }
    if samples.len() != count {
        return Err(damaged("TIFF", format!("a page of {count} samples decoded to {}", samples.len())));
    }
    let dropped_alpha = matches!(color, ColorType::GrayA(_) | ColorType::RGBA(_));
    let keep = channels - usize::from(dropped_alpha);
    let mut planes = match (channels, planar) {
        (1, _) => samples,
        (_, true) => samples[..keep * h as usize * w as usize].to_vec(),
        (_, false) => deinterleave(&samples, channels, keep),
    };
    if matches!(color, ColorType::YCbCr(_)) {
        rgb_from_ybr(&mut planes);
    }
    let rgb = matches!(color, ColorType::RGB(_) | ColorType::RGBA(_) | ColorType::YCbCr(_));
    Ok(Page { planes, channels: keep, size: (w as usize, h as usize), max_level, dropped_alpha, rgb })
}

/// Samples of 1, 2 or 4 bits from bytes, most significant first; every row starts with a new byte.
fn unpack(bytes: &[f32], bits: u8, [channels, height, width]: [usize; 3]) -> Vec<f32> {
    let per_row = width * channels;
    let row_bytes = (per_row * usize::from(bits)).div_ceil(8);
    let sample = |row: &[f32], i: usize| {
        let bit = i * usize::from(bits);
        (row[bit / 8] as u8 >> (8 - usize::from(bits) - bit % 8)) & ((1 << bits) - 1)
    };
    let rows = bytes.chunks_exact(row_bytes.max(1)).take(height);
    rows.flat_map(|row| (0..per_row).map(move |i| f32::from(sample(row, i)))).collect()
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

pub(super) fn explain(e: tiff::TiffError) -> crate::ImageError {
    match e {
        tiff::TiffError::UnsupportedError(what) => {
            let hint = "save it as grey or RGB, uncompressed or with LZW or Deflate";
            unsupported("TIFF", format!("feature isn't read: {what}"), hint)
        }
        tiff::TiffError::LimitsExceeded => damaged("TIFF", "it declares more data than the memory limit allows"),
        other => damaged("TIFF", other.to_string()),
    }
}
