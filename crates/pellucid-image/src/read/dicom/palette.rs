//! Palettes of red, green and blue (PS3.3, C.7.6.3.1.5 and C.7.9).

use crate::Result;
use crate::error::{damaged, unsupported};
use crate::read::dicom::data_set::DataSet;

/// A palette of red, green and blue.
pub struct Palette {
    first: f64,
    channels: [Vec<u16>; 3],
    /// The largest level an entry can have.
    pub max: f32,
}

impl Palette {
    /// Reads the palette of a data set, plain or segmented.
    ///
    /// # Errors
    /// When a table is missing or damaged.
    pub fn read(set: &DataSet, signed: bool) -> Result<Palette> {
        let descriptor = set.shorts(0x0028_1101).filter(|d| d.len() >= 3);
        let descriptor = descriptor.ok_or_else(|| damaged("DICOM", "a palette image without palette"))?;
        let (count, bits) = (if descriptor[0] == 0 { 65_536 } else { usize::from(descriptor[0]) }, descriptor[2]);
        let first = if signed { f64::from(descriptor[1] as i16) } else { f64::from(descriptor[1]) };
        let channel = |c: u32| entries(set, c, count, bits);
        let max = if bits <= 8 { 255.0 } else { 65_535.0 };
        Ok(Palette { first, channels: [channel(0)?, channel(1)?, channel(2)?], max })
    }

    /// Writes planes of red, green and blue for stored numbers.
    pub fn apply(&self, stored: &[f32], out: &mut [f32]) {
        for (entries, plane) in self.channels.iter().zip(out.chunks_exact_mut(stored.len())) {
            let last = entries.len().saturating_sub(1) as f64;
            for (out, &v) in plane.iter_mut().zip(stored) {
                let index = (f64::from(v) - self.first).clamp(0.0, last) as usize;
                *out = entries.get(index).map_or(0.0, |&e| f32::from(e));
            }
        }
    }
}

/// The entries of one channel's table.
fn entries(set: &DataSet, channel: u32, count: usize, bits: u16) -> Result<Vec<u16>> {
    let bytes = |bytes: &[u8]| bytes.iter().map(|&b| u16::from(b)).collect::<Vec<_>>();
    let (plain, segmented) = (0x0028_1201 + channel, 0x0028_1221 + channel);
    let values = match set.bytes(plain) {
        Some(raw) if bits <= 8 && raw.len() < 2 * count => bytes(raw),
        Some(_) => set.shorts(plain).unwrap_or_default(),
        None if bits <= 8 => expand(&bytes(set.bytes(segmented).unwrap_or(&[])), count, true)?,
        None => expand(&set.shorts(segmented).unwrap_or_default(), count, false)?,
    };
    if values.len() < count {
        return Err(damaged("DICOM", format!("a palette of {} entries where {count} are due", values.len())));
    }
    Ok(values[..count].to_vec())
}

/// Expands a segmented table (PS3.3, C.7.9.2): discrete runs (0), straight lines (1), and earlier segments again (2). Entries are bytes or words.
fn expand(table: &[u16], count: usize, of_bytes: bool) -> Result<Vec<u16>> {
    let mut out: Vec<u16> = vec![];
    let mut at = 0;
    while at + 1 < table.len() && out.len() < count {
        at = match table[at] {
            2 => {
                let (segments, mut from) = indirect(table, at, of_bytes).ok_or_else(cut)?;
                for _ in 0..segments {
                    // A copy may not hold another reference, so the work stays bounded.
                    if out.len() >= count || table.get(from).is_none_or(|&kind| kind > 1) {
                        break;
                    }
                    from = segment(table, from, &mut out)?;
                }
                at + if of_bytes { 6 } else { 4 }
            }
            _ => segment(table, at, &mut out)?,
        };
    }
    Ok(out)
}

fn cut() -> crate::ImageError {
    damaged("DICOM", "a palette segment is cut off")
}

/// `(number of segments, entry they start at)` of a reference to earlier segments; the offset counts bytes.
fn indirect(table: &[u16], at: usize, of_bytes: bool) -> Option<(usize, usize)> {
    let entry = |i: usize| table.get(at + i).map(|&v| usize::from(v));
    let offset = if of_bytes {
        entry(2)? | entry(3)? << 8 | entry(4)? << 16 | entry(5)? << 24
    } else {
        (entry(2)? | entry(3)? << 16) / 2
    };
    Some((entry(1)?, offset))
}

/// Adds the discrete or linear segment at `at`; gives where the next one starts.
fn segment(table: &[u16], at: usize, out: &mut Vec<u16>) -> Result<usize> {
    let (Some(&kind), Some(&length)) = (table.get(at), table.get(at + 1)) else { return Err(cut()) };
    let length = usize::from(length);
    match kind {
        0 => {
            out.extend(table.get(at + 2..at + 2 + length).ok_or_else(cut)?);
            Ok(at + 2 + length)
        }
        1 => {
            let (Some(&end), Some(&start)) = (table.get(at + 2), out.last()) else { return Err(cut()) };
            let (start, step) = (f64::from(start), (f64::from(end) - f64::from(start)) / length.max(1) as f64);
            out.extend((1..=length).map(|i| (start + step * i as f64).round() as u16));
            Ok(at + 3)
        }
        _ => {
            let hint = "convert the image to RGB";
            Err(unsupported("DICOM", format!("palette segments of kind {kind} aren't read"), hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_runs_lines_and_copies() {
        assert_eq!(expand(&[0, 2, 5, 10, 1, 4, 30], 6, false).unwrap(), [5, 10, 15, 20, 25, 30]);
        // Both segments again, from byte 0.
        let copied = expand(&[0, 2, 5, 10, 1, 2, 30, 2, 2, 0, 0], 8, false).unwrap();
        assert_eq!(copied, [5, 10, 20, 30, 5, 10, 20, 30]);
        let of_bytes = expand(&[0, 1, 7, 1, 2, 9, 2, 1, 3, 0, 0, 0], 5, true).unwrap();
        assert_eq!(of_bytes, [7, 8, 9, 9, 9]);
        assert!(expand(&[0, 9, 1], 6, false).is_err());
        assert!(expand(&[1, 4, 30], 6, false).is_err());
        assert!(expand(&[7, 4, 30], 6, false).unwrap_err().to_string().contains("kind 7"));
    }
}
