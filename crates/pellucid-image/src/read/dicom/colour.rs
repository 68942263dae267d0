//! Colours: YBR to RGB, and palettes.

use crate::Result;
use crate::error::{damaged, unsupported};
use crate::read::dicom::data_set::DataSet;

/// Turns planes of `YBR_FULL` (8 bits) into planes of RGB, rounded to levels.
pub fn rgb_from_ybr(planes: &mut [f32]) {
    let area = planes.len() / 3;
    let (y, chroma) = planes.split_at_mut(area);
    let (b, r) = chroma.split_at_mut(area);
    for ((y, b), r) in y.iter_mut().zip(b).zip(r) {
        let (luma, cb, cr) = (*y, *b - 128.0, *r - 128.0);
        *y = level(luma + 1.402 * cr);
        *b = level(luma - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587);
        *r = level(luma + 1.772 * cb);
    }
}

fn level(v: f32) -> f32 {
    (v + 0.5).floor().clamp(0.0, 255.0)
}

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

    /// Planes of red, green and blue for stored numbers.
    pub fn apply(&self, stored: &[f32]) -> Vec<f32> {
        let colour = |entries: &Vec<u16>, v: f32| {
            let index = (f64::from(v) - self.first).clamp(0.0, entries.len().saturating_sub(1) as f64) as usize;
            entries.get(index).map_or(0.0, |&e| f32::from(e))
        };
        self.channels.iter().flat_map(|entries| stored.iter().map(move |&v| colour(entries, v))).collect()
    }
}

/// The entries of one channel's table.
fn entries(set: &DataSet, channel: u32, count: usize, bits: u16) -> Result<Vec<u16>> {
    let values = match set.bytes(0x0028_1201 + channel) {
        Some(bytes) if bits <= 8 && bytes.len() < 2 * count => bytes.iter().map(|&b| u16::from(b)).collect(),
        Some(_) => set.shorts(0x0028_1201 + channel).unwrap_or_default(),
        None => expand(&set.shorts(0x0028_1221 + channel).unwrap_or_default(), count)?,
    };
    if values.len() < count {
        return Err(damaged("DICOM", format!("a palette of {} entries where {count} are due", values.len())));
    }
    Ok(values[..count].to_vec())
}

/// Expands a segmented table (PS3.3, C.7.9.2): discrete runs (0) and straight lines (1).
fn expand(words: &[u16], count: usize) -> Result<Vec<u16>> {
    let mut out: Vec<u16> = vec![];
    let mut at = 0;
    while at + 1 < words.len() && out.len() < count {
        let (kind, length) = (words[at], usize::from(words[at + 1]));
        match kind {
            0 => {
                let run = words.get(at + 2..at + 2 + length);
                out.extend(run.ok_or_else(|| damaged("DICOM", "a palette segment is cut off"))?);
                at += 2 + length;
            }
            1 => {
                let (Some(&end), Some(&start)) = (words.get(at + 2), out.last()) else {
                    return Err(damaged("DICOM", "a palette segment is cut off"));
                };
                let (start, step) = (f64::from(start), (f64::from(end) - f64::from(start)) / length.max(1) as f64);
                out.extend((1..=length).map(|i| (start + step * i as f64).round() as u16));
                at += 3;
            }
            _ => {
                let hint = "convert the image to RGB";
                return Err(unsupported("DICOM", format!("palette segments of kind {kind} aren't read"), hint));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primary_colours_come_back() {
        // Y, Cb, Cr of pure red and of mid grey by the formulas of PS3.3 C.7.6.3.1.2.
        let mut planes = [76.245, 128.0, 128.0 - 0.1687 * 255.0, 128.0, 255.5, 128.0];
        rgb_from_ybr(&mut planes);
        assert_eq!(planes, [255.0, 128.0, 0.0, 128.0, 0.0, 128.0]);
    }

    #[test]
    fn segments_are_runs_and_lines() {
        assert_eq!(expand(&[0, 2, 5, 10, 1, 4, 30], 6).unwrap(), [5, 10, 15, 20, 25, 30]);
        assert!(expand(&[0, 9, 1], 6).is_err());
        assert!(expand(&[1, 4, 30], 6).is_err());
    }
}
