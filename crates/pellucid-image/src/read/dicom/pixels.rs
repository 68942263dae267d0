//! The bytes of a frame: cut out of the pixel data, unpacked and decompressed.

use std::borrow::Cow;

use crate::Result;
use crate::error::damaged;
use crate::guard::foreign;
use crate::read::bytes::{Endian, Stored};
use crate::read::dicom::codec::{self, Frame};
use crate::read::dicom::data_set::{DOUBLE_PIXELS, DataSet, FLOAT_PIXELS, PIXEL_DATA, Value};
use crate::read::dicom::info::PixelInfo;
use crate::read::dicom::samples::Samples;
use crate::read::dicom::syntax::{Packing, Syntax};

/// The frame with the given number.
///
/// # Errors
/// When its bytes are missing or damaged.
pub fn frame<'a>(set: &DataSet<'a>, info: &PixelInfo, syntax: &Syntax, number: usize) -> Result<Samples<'a>> {
    if info.float {
        return float_frame(set, info, syntax, number);
    }
    let element = set.get(PIXEL_DATA).ok_or_else(|| damaged("DICOM", "there is no pixel data"))?;
    let swapped = syntax.encoding.endian == Endian::Big && info.bits_allocated == 8 && element.vr == Some(*b"OW");
    let (frame, endian) = match (&element.value, syntax.packing) {
        (Value::Bytes(bytes, _), Packing::Native) => {
            let bytes = if swapped { swapped_frame(bytes, info, number)? } else { native(bytes, info, number)? };
            (native_frame(bytes, info), syntax.encoding.endian)
        }
        (Value::Fragments(fragments), packing) if packing != Packing::Native => {
            let data = fragments_of_frame(set, fragments, info.frames, number)?;
            let frame = match packing {
                Packing::Jpeg => foreign("DICOM", || codec::jpeg(&data, info))?,
                Packing::Jpeg2000 => foreign("DICOM", || codec::jpeg_2000(&data, info))?,
                Packing::Rle => codec::rle(&data, info)?,
                Packing::Native | Packing::Encapsulated => {
                    native_frame(Cow::Owned(native(&data, info, 0)?.into_owned()), info)
                }
            };
            (frame, Endian::Little)
        }
        (Value::Bytes(..), _) => return Err(damaged("DICOM", "pixel data should be in fragments and aren't")),
        (Value::Fragments(_), _) => return Err(damaged("DICOM", "pixel data are in fragments and shouldn't be")),
    };
    Ok(Samples::integers(frame, endian))
}

/// Refuses frames that the pixel data can't hold, before memory is taken for them.
///
/// # Errors
/// When there are fewer bytes, or fewer fragments, than the frames up to the last of `wanted` need.
pub fn check_frames(set: &DataSet, info: &PixelInfo, wanted: &[usize]) -> Result<()> {
    let last = wanted.iter().max().map_or(0, |&n| n + 1);
    let (bytes, most) = match set.get(PIXEL_DATA).map(|e| &e.value) {
        Some(Value::Bytes(bytes, _)) => (bytes.len(), bytes.len().saturating_mul(8) / info.frame_bits()),
        Some(Value::Fragments(fragments)) => {
            (fragments.iter().map(|f| f.len()).sum(), fragments.len().saturating_sub(1))
        }
        None => {
            let bytes = set.bytes(FLOAT_PIXELS).or_else(|| set.bytes(DOUBLE_PIXELS)).map_or(0, <[u8]>::len);
            (bytes, bytes.saturating_mul(8) / info.frame_bits())
        }
    };
    if last > most {
        let (size, each) = (info.frames, info.frame_bits().div_ceil(8));
        let reason = format!("{size} frames of {each} bytes are declared, {bytes} bytes of pixel data hold {most}");
        return Err(damaged("DICOM", reason));
    }
    Ok(())
}

fn native_frame<'a>(bytes: Cow<'a, [u8]>, info: &PixelInfo) -> Frame<'a> {
    let planar = info.planar && !info.halved_chroma();
    Frame { bytes, bits_allocated: info.bits_allocated, planar, rgb: info.photometric == "RGB" }
}

fn float_frame<'a>(set: &DataSet<'a>, info: &PixelInfo, syntax: &Syntax, number: usize) -> Result<Samples<'a>> {
    let (tag, stored) =
        if set.get(FLOAT_PIXELS).is_some() { (FLOAT_PIXELS, Stored::F32) } else { (DOUBLE_PIXELS, Stored::F64) };
    let bytes = set.bytes(tag).ok_or_else(|| damaged("DICOM", "there are no float pixel data"))?;
    let bytes = part(bytes, number, info.frame_samples() * stored.size())?;
    let frame = Frame { bytes: Cow::Borrowed(bytes), bits_allocated: info.bits_allocated, planar: false, rgb: false };
    Ok(Samples::floats(frame, syntax.encoding.endian, stored))
}

fn part(bytes: &[u8], number: usize, size: usize) -> Result<&[u8]> {
    let start = number.saturating_mul(size);
    bytes.get(start..start.saturating_add(size)).ok_or_else(|| {
        let reason = format!("frame {number} needs bytes {start} to {}, {} are there", start + size, bytes.len());
        damaged("DICOM", reason)
    })
}

/// The bytes of a native frame: single bits unpacked to bytes, halved chroma spread.
fn native<'a>(bytes: &'a [u8], info: &PixelInfo, number: usize) -> Result<Cow<'a, [u8]>> {
    let count = info.frame_samples();
    if info.bits_allocated == 1 {
        let first = number.saturating_mul(count);
        let bit = |i: usize| bytes.get(i / 8).map(|b| (b >> (i % 8)) & 1);
        let bits: Option<Vec<u8>> = (first..first.saturating_add(count)).map(bit).collect();
        return bits.map(Cow::Owned).ok_or_else(|| damaged("DICOM", format!("frame {number} is cut off")));
    }
    let width = usize::from(info.bits_allocated / 8);
    if info.halved_chroma() && width == 1 {
        let packed = part(bytes, number, count / 3 * 2)?;
        let spread = packed.as_chunks::<4>().0.iter().flat_map(|&[y0, y1, b, r]| [y0, b, r, y1, b, r]);
        return Ok(Cow::Owned(spread.collect()));
    }
    Ok(Cow::Borrowed(part(bytes, number, count * width)?))
}

/// The bytes of a native frame of 8-bit samples written as big-endian words: pairs are swapped before the frame, which may begin or end inside
/// one, is cut out.
fn swapped_frame<'a>(bytes: &[u8], info: &PixelInfo, number: usize) -> Result<Cow<'a, [u8]>> {
    let size = info.frame_bits() / 8;
    let start = number.saturating_mul(size);
    part(bytes, number, size)?;
    let words = &bytes[start & !1..bytes.len().min((start + size).next_multiple_of(2))];
    let mut swapped: Vec<u8> = words.as_chunks::<2>().0.iter().flat_map(|&[a, b]| [b, a]).collect();
    swapped.extend(words.as_chunks::<2>().1);
    let frame = swapped.get(start % 2..start % 2 + size).unwrap_or(&swapped);
    Ok(Cow::Owned(native(frame, info, 0)?.into_owned()))
}

/// The fragments that make up a frame, joined.
fn fragments_of_frame<'a>(
    set: &DataSet<'a>,
    fragments: &[&'a [u8]],
    frames: usize,
    number: usize,
) -> Result<Cow<'a, [u8]>> {
    let Some((table, data)) = fragments.split_first() else {
        return Err(damaged("DICOM", "pixel data without fragments"));
    };
    if frames == 1 {
        return Ok(join(data));
    }
    if data.len() == frames {
        let frame = data.get(number).ok_or_else(|| damaged("DICOM", format!("there is no frame {number}")))?;
        return Ok(Cow::Borrowed(frame));
    }
    let offsets = frame_offsets(set, table);
    if offsets.len() != frames {
        let reason = format!("{} fragments for {frames} frames without a table of offsets", data.len());
        return Err(damaged("DICOM", reason));
    }
    let start = offsets[number];
    let end = offsets.get(number + 1).copied().unwrap_or(u64::MAX);
    let mut at = 0u64;
    let mut own = vec![];
    for fragment in data {
        if (start..end).contains(&at) {
            own.push(*fragment);
        }
        at += fragment.len() as u64 + 8;
    }
    if own.is_empty() {
        return Err(damaged("DICOM", format!("the table of offsets points to no fragment for frame {number}")));
    }
    Ok(join(&own))
}

/// Offsets of frames: the extended table, or the basic one.
fn frame_offsets(set: &DataSet, table: &[u8]) -> Vec<u64> {
    if let Some(bytes) = set.bytes(0x7fe0_0001) {
        return bytes.as_chunks::<8>().0.iter().map(|&b| u64::from_le_bytes(b)).collect();
    }
    table.as_chunks::<4>().0.iter().map(|&b| u64::from(u32::from_le_bytes(b))).collect()
}

fn join<'a>(parts: &[&'a [u8]]) -> Cow<'a, [u8]> {
    match parts {
        [one] => Cow::Borrowed(one),
        many => Cow::Owned(many.concat()),
    }
}
