//! Numbers of a data file: raw, compressed, or as text.

use std::io::Read;

use crate::error::damaged;
use crate::read::bytes::{Endian, Stored};
use crate::{OpenOptions, Result};

/// How numbers are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    Raw,
    /// gzip members.
    Gzip,
    /// One zlib stream.
    Zlib,
    /// Decimal text, separated by blanks or commas.
    Text,
}

/// Where in a file the numbers start, after unpacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After so many bytes.
    After(usize),
    /// At the end, whatever stands before: raw data only.
    FromEnd,
}

/// Which numbers a file holds.
pub struct Numbers {
    /// Format, for errors.
    pub format: &'static str,
    /// Type of a number.
    pub stored: Stored,
    /// Byte order.
    pub endian: Endian,
    /// How many.
    pub count: usize,
    /// How packed.
    pub packing: Packing,
    /// Where they start.
    pub start: Start,
}

impl Numbers {
    /// The numbers, rounded to `f32`. Memory grows with what is there, not with what is claimed; the limit is checked for `count` first.
    ///
    /// # Errors
    /// When there are fewer, the stream is damaged, or too much memory would be needed.
    pub fn read(&self, bytes: &[u8], options: &OpenOptions) -> Result<Vec<f32>> {
        options.admit_values("the volume", &[self.count])?;
        match self.packing {
            Packing::Text => self.text(bytes),
            Packing::Raw => {
                let needed = self.bytes_needed();
                let skip = match self.start {
                    Start::After(n) => n,
                    Start::FromEnd => bytes.len().saturating_sub(needed),
                };
                let data = bytes.get(skip..).and_then(|d| d.get(..needed));
                let there = bytes.len().saturating_sub(skip);
                Ok(self.stored.read(data.ok_or_else(|| self.short(needed, there))?, self.endian, |v| v))
            }
            Packing::Gzip => self.inflated(flate2::read::MultiGzDecoder::new(bytes), options),
            Packing::Zlib => self.inflated(flate2::read::ZlibDecoder::new(bytes), options),
        }
    }

    fn bytes_needed(&self) -> usize {
        self.count.saturating_mul(self.stored.size())
    }

    fn short(&self, needed: usize, there: usize) -> crate::ImageError {
        damaged(self.format, format!("{} numbers need {needed} bytes of data, {there} are there", self.count))
    }

    fn inflated(&self, mut reader: impl Read, options: &OpenOptions) -> Result<Vec<f32>> {
        let needed = self.bytes_needed();
        options.admit("the inflated data", Some(needed as u64))?;
        let broken = |e: std::io::Error, done: usize| damaged(self.format, format!("after {done} inflated bytes: {e}"));
        if let Start::After(skip) = self.start {
            let skipped = std::io::copy(&mut (&mut reader).take(skip as u64), &mut std::io::sink());
            let skipped = skipped.map_err(|e| broken(e, 0))?;
            if skipped != skip as u64 {
                return Err(self.short(needed, 0));
            }
        }
        // By blocks, so that the inflated bytes are never held whole beside the numbers.
        let mut out = Vec::new();
        let mut block = Vec::with_capacity(BLOCK.min(needed));
        let mut left = needed;
        while left > 0 {
            block.clear();
            let read = (&mut reader).take(BLOCK.min(left) as u64).read_to_end(&mut block);
            read.map_err(|e| broken(e, needed - left + block.len()))?;
            if block.len() != BLOCK.min(left) {
                return Err(self.short(needed, needed - left + block.len()));
            }
            left -= block.len();
            out.extend(self.stored.read(&block, self.endian, |v| v));
        }
        Ok(out)
    }

    fn text(&self, bytes: &[u8]) -> Result<Vec<f32>> {
        let skip = if let Start::After(n) = self.start { n } else { 0 };
        let text = bytes.get(skip..).unwrap_or_default();
        let words = text.split(|b| b.is_ascii_whitespace() || *b == b',').filter(|w| !w.is_empty());
        // Every number takes two bytes at least.
        let mut out = Vec::with_capacity(self.count.min(text.len() / 2 + 1));
        for word in words.take(self.count) {
            let number = std::str::from_utf8(word).ok().and_then(|w| w.parse::<f64>().ok());
            let shown = String::from_utf8_lossy(&word[..word.len().min(20)]).into_owned();
            out.push(
                number.ok_or_else(|| damaged(self.format, format!("`{shown}` stands where a number is due")))? as f32
            );
        }
        if out.len() != self.count {
            return Err(damaged(self.format, format!("{} numbers are due, {} are there", self.count, out.len())));
        }
        Ok(out)
    }
}

/// Bytes inflated at a time: a multiple of every number's size.
const BLOCK: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(packing: Packing, start: Start, count: usize) -> Numbers {
        Numbers { format: "NRRD", stored: Stored::I16, endian: Endian::Big, count, packing, start }
    }

    #[test]
    fn raw_data_are_found_from_either_end() {
        let options = OpenOptions::default();
        let bytes = [9, 9, 9, 0, 1, 255, 255];
        assert_eq!(numbers(Packing::Raw, Start::After(3), 2).read(&bytes, &options).unwrap(), [1.0, -1.0]);
        assert_eq!(numbers(Packing::Raw, Start::FromEnd, 2).read(&bytes, &options).unwrap(), [1.0, -1.0]);
        assert!(numbers(Packing::Raw, Start::After(4), 2).read(&bytes, &options).is_err());
        assert!(numbers(Packing::Raw, Start::After(usize::MAX), 2).read(&bytes, &options).is_err());
        assert!(numbers(Packing::Raw, Start::FromEnd, 4).read(&bytes, &options).is_err());
    }

    #[test]
    fn claims_beyond_the_data_cost_nothing() {
        let options = OpenOptions::default();
        for packing in [Packing::Raw, Packing::Gzip, Packing::Zlib, Packing::Text] {
            assert!(numbers(packing, Start::After(0), 1 << 29).read(&[0x1f, 0x8b, 8, 0], &options).is_err());
            assert!(numbers(packing, Start::After(0), usize::MAX).read(&[0; 8], &options).is_err());
        }
    }

    #[test]
    fn text_is_read_to_the_number_due() {
        let options = OpenOptions::default();
        let read = |text: &str, n| numbers(Packing::Text, Start::After(0), n).read(text.as_bytes(), &options);
        assert_eq!(read(" 1 -2.5\n3e2,4\t", 4).unwrap(), [1.0, -2.5, 300.0, 4.0]);
        assert!(read("1 2", 3).is_err());
        assert!(read("1 two 3", 3).is_err());
    }
}
