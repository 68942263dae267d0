//! The attributes that say how pixels are stored (PS3.3, C.7.6.3).

use crate::Result;
use crate::error::{damaged, unsupported};
use crate::read::dicom::data_set::{DOUBLE_PIXELS, DataSet, FLOAT_PIXELS, PIXEL_DATA, Tag};

/// How pixels are stored.
#[derive(Clone, Debug, PartialEq)]
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
    /// Reads the attributes of a whole file.
    ///
    /// # Errors
    /// When one is missing or has a value that no image can have.
    pub fn read(set: &DataSet) -> Result<PixelInfo> {
        let found = [PIXEL_DATA, FLOAT_PIXELS, DOUBLE_PIXELS].into_iter().find(|&tag| set.get(tag).is_some());
        PixelInfo::of_header(set, found)
    }

    /// Reads the attributes of a header whose pixels are in the element `pixels`.
    ///
    /// # Errors
    /// As [`PixelInfo::read`].
    pub fn of_header(set: &DataSet, pixels: Option<Tag>) -> Result<PixelInfo> {
        let need = |tag: Tag, what: &str| {
            set.short(tag).ok_or_else(|| damaged("DICOM", format!("there is no {what}; the file may hold no image")))
        };
        let Some(pixels) = pixels else {
            return Err(unsupported("DICOM", "without pixel data isn't an image", "give the image that it refers to"));
        };
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
            float: pixels != PIXEL_DATA,
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

    /// Pixels of one frame.
    pub fn area(&self) -> usize {
        self.rows * self.columns
    }

    /// Samples of one frame.
    pub fn frame_samples(&self) -> usize {
        self.area() * self.samples
    }

    /// Bits of one frame when it isn't compressed.
    pub fn frame_bits(&self) -> usize {
        let halved = if self.halved_chroma() { self.frame_samples() / 3 * 2 } else { self.frame_samples() };
        halved.saturating_mul(usize::from(self.bits_allocated))
    }

    /// Channels of the image: 1 for grey, 3 for colour.
    pub fn channels(&self) -> usize {
        if self.samples == 3 || self.photometric == "PALETTE COLOR" { 3 } else { 1 }
    }

    /// Smallest and largest number that the stored bits can hold.
    pub fn stored_range(&self) -> (f64, f64) {
        let span = 2f64.powi(i32::from(self.bits_stored));
        if self.signed { (-span / 2.0, span / 2.0 - 1.0) } else { (0.0, span - 1.0) }
    }

    /// Whether native colours share chroma between two pixels.
    pub fn halved_chroma(&self) -> bool {
        self.photometric == "YBR_FULL_422" && self.samples == 3
    }
}
