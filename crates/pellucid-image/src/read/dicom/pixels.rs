//! From the bytes of a frame to stored numbers, one per sample.

use std::borrow::Cow;

use crate::Result;
use crate::error::{damaged, unsupported};
use crate::guard::foreign;
use crate::read::bytes::{Endian, Stored};
use crate::read::dicom::codec::{self, Frame};
use crate::read::dicom::data_set::{DataSet, PIXEL_DATA, Value};
use crate::read::dicom::syntax::{Packing, Syntax};

const FLOAT_PIXELS: u32 = 0x7fe0_0008;
const DOUBLE_PIXELS: u32 = 0x7fe0_0009;

/// The attributes that say how pixels are stored.
#[derive(Clone, Debug)]
pub struct PixelInfo {
    /// Height of a frame.
    pub rows: usize,
    /// Width of a frame.
    pub columns: usize,
    /// Samples per pixel: 1 or 3.
    pub samples: usize,
    /// Bits that a sample takes.
    pub bits_allocated: u16,
    /// Bits of a sample that count.
    pub bits_stored: u16,
    /// The highest of them.
    pub high_bit: u16,
    /// Whether samples are two's complement.
    pub signed: bool,
    /// Whether native samples come plane by plane.
    pub planar: bool,
    /// Photometric interpretation.
    pub photometric: String,
    /// Number of frames.
    pub frames: usize,
    /// Whether samples are floats.
    pub float: bool,
}

impl PixelInfo {
    /// Reads the attributes.
    ///
    /// # Errors
    /// When one is missing or has a value that no image can have.
    pub fn read(set: &DataSet) -> Result<PixelInfo> {
        let need = |tag: u32, what: &str| {
            set.short(tag).ok_or_else(|| damaged("DICOM", format!("there is no {what}; the file may hold no image")))
        };
        let float = set.get(FLOAT_PIXELS).is_some() || set.get(DOUBLE_PIXELS).is_some();
        if !float && set.get(PIXEL_DATA).is_none() {
            return Err(unsupported("DICOM", "without pixel data isn't an image", "give the image that it refers to"));
        }
        let rows = usize::from(need(0x0028_0010, "Rows")?);
        let columns = usize::from(need(0x0028_0011, "Columns")?);
        let bits_allocated = need(0x0028_0100, "Bits Allocated")?;
        let bits_stored = set.short(0x0028_0101).unwrap_or(bits_allocated);
        let info = PixelInfo {
            rows,
            columns,
            samples: usize::from(set.short(0x0028_0002).unwrap_or(1)),
            bits_allocated,
            bits_stored,
            high_bit: set.short(0x0028_0102).unwrap_or(bits_stored.wrapping_sub(1)),
            signed: set.short(0x0028_0103) == Some(1),
            planar: set.short(0x0028_0006) == Some(1),
            photometric: set.text(0x0028_0004).unwrap_or_else(|| "MONOCHROME2".into()),
            frames: set.decimal(0x0028_0008).map_or(1, |n| n.max(1.0) as usize),
            float,
        };
        info.check()?;
        Ok(info)
    }

    fn check(&self) -> Result<()> {
        if self.rows == 0 || self.columns == 0 {
            return Err(damaged("DICOM", format!("an image of {} x {} pixels", self.rows, self.columns)));
        }
        if !matches!(self.samples, 1 | 3) {
            let reason = format!("with {} samples per pixel isn't read", self.samples);
            return Err(unsupported("DICOM", reason, "convert it to grey or RGB"));
        }
        let allocated = if self.float { matches!(self.bits_allocated, 32 | 64) } else { true };
        if !allocated || !matches!(self.bits_allocated, 1 | 8 | 16 | 32 | 64) {
            let reason = format!("with {} bits allocated isn't read", self.bits_allocated);
            return Err(unsupported("DICOM", reason, "convert it to 8, 16 or 32 bits"));
        }
        let fits = (1..=self.bits_allocated).contains(&self.bits_stored)
            && (self.bits_stored - 1..self.bits_allocated).contains(&self.high_bit);
        if !self.float && !fits {
            let (stored, high) = (self.bits_stored, self.high_bit);
            return Err(damaged("DICOM", format!("{stored} bits stored of {}, high bit {high}", self.bits_allocated)));
        }
        Ok(())
    }

    /// Samples of one frame.
    pub fn frame_samples(&self) -> usize {
        self.rows * self.columns * self.samples
    }

    /// Smallest and largest number that the stored bits can hold.
    pub fn stored_range(&self) -> (f64, f64) {
        let span = 2f64.powi(i32::from(self.bits_stored));
        if self.signed { (-span / 2.0, span / 2.0 - 1.0) } else { (0.0, span - 1.0) }
    }

    /// Whether native colours share chroma between two pixels.
    fn halved_chroma(&self) -> bool {
        self.photometric == "YBR_FULL_422" && self.samples == 3
    }
}

/// One frame, decoded but for the meaning of its numbers.
pub struct Samples<'a> {
    frame: Frame<'a>,
    endian: Endian,
    stored: Stored,
    /// Whether colours are already red, green and blue.
    pub rgb: bool,
}

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
            let bytes = native(bytes, info, number)?;
            let bytes = if swapped { Cow::Owned(swap_pairs(&bytes)) } else { bytes };
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
    let stored = match frame.bits_allocated {
        1 | 8 => Stored::U8,
        16 => Stored::U16,
        32 => Stored::U32,
        _ => Stored::U64,
    };
    let rgb = frame.rgb;
    Ok(Samples { frame, endian, stored, rgb })
}

/// Refuses a number of frames that the pixel data can't hold.
///
/// # Errors
/// When there are fewer bytes, or fewer fragments, than frames.
pub fn check_frame_count(set: &DataSet, info: &PixelInfo) -> Result<()> {
    let most = match set.get(PIXEL_DATA).map(|e| &e.value) {
        Some(Value::Bytes(bytes, _)) => bytes.len().saturating_mul(8),
        Some(Value::Fragments(fragments)) => fragments.len().saturating_sub(1),
        None => set.bytes(FLOAT_PIXELS).or_else(|| set.bytes(DOUBLE_PIXELS)).map_or(0, <[u8]>::len),
    };
    if info.frames > most {
        return Err(damaged(
            "DICOM",
            format!("{} frames are declared, the pixel data hold at most {most}", info.frames),
        ));
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
    Ok(Samples { frame, endian: syntax.encoding.endian, stored, rgb: false })
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

/// 8-bit samples written as big-endian words.
fn swap_pairs(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = bytes.as_chunks::<2>().0.iter().flat_map(|&[a, b]| [b, a]).collect();
    out.extend(bytes.as_chunks::<2>().1);
    out
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

impl Samples<'_> {
    /// The stored numbers passed through `f`, as planes (`samples x rows x columns`).
    pub fn planes(&self, info: &PixelInfo, f: impl Fn(f64) -> f64) -> Result<Vec<f32>> {
        let values = if info.float {
            self.stored.read(&self.frame.bytes, self.endian, f)
        } else {
            let number = stored_number(info, self.frame.bits_allocated);
            self.stored.read(&self.frame.bytes, self.endian, |v| f(number(v)))
        };
        if values.len() < info.frame_samples() {
            let reason = format!("a frame of {} samples where {} are due", values.len(), info.frame_samples());
            return Err(damaged("DICOM", reason));
        }
        let mut values = values;
        values.truncate(info.frame_samples());
        if info.samples == 1 || self.frame.planar {
            return Ok(values);
        }
        Ok(crate::read::planes::deinterleave(&values, info.samples, info.samples))
    }
}

/// From the unsigned number in a sample's cell to the number its stored bits mean.
fn stored_number(info: &PixelInfo, cell: u16) -> impl Fn(f64) -> f64 + use<> {
    let bits = info.bits_stored.min(cell);
    // A codec gives samples from bit 0; only native cells may keep them higher up.
    let shift = if cell == info.bits_allocated { info.high_bit + 1 - info.bits_stored } else { 0 };
    let (whole, signed) = (bits >= cell && shift == 0, info.signed);
    let span = 2f64.powi(i32::from(bits));
    move |v: f64| {
        let v = if whole { v } else { (v / 2f64.powi(i32::from(shift))).floor() % span };
        if signed && v >= span / 2.0 { v - span } else { v }
    }
}
