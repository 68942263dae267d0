//! The modality transform: from stored numbers to measured values.

use std::sync::Arc;

use crate::Result;
use crate::error::damaged;
use crate::read::dicom::data_set::DataSet;
use crate::read::dicom::info::PixelInfo;

/// How stored numbers become values.
#[derive(Clone, Debug, PartialEq)]
pub enum Modality {
    /// `slope * stored + intercept`
    Rescale {
        /// Units per step.
        slope: f64,
        /// Value of 0.
        intercept: f64,
    },
    /// A table; numbers below `first` take the first entry, above the last.
    Table {
        /// The number of the first entry.
        first: f64,
        /// Values, shared by all frames.
        values: Arc<[u16]>,
    },
}

impl Modality {
    /// The transform that changes nothing.
    pub const IDENTITY: Modality = Modality::Rescale { slope: 1.0, intercept: 0.0 };

    /// Reads the transform of a data set: the Modality LUT Sequence if there is one, else Rescale Slope and Intercept, else Dose Grid Scaling.
    ///
    /// # Errors
    /// When the table is damaged.
    pub fn read(set: &DataSet, info: &PixelInfo) -> Result<Modality> {
        if let Some(item) = set.item(0x0028_3000)? {
            let (first, values, _) = table(&item, info.signed)?;
            return Ok(Modality::Table { first, values: values.into() });
        }
        let dose = || {
            let slope = set.decimal(0x3004_000e).filter(|_| set.text(0x0008_0060).as_deref() == Some("RTDOSE"))?;
            Some(Modality::Rescale { slope, intercept: 0.0 })
        };
        Ok(Modality::rescale(set).or_else(dose).unwrap_or(Modality::IDENTITY))
    }

    /// Rescale Slope and Intercept, when both are there.
    pub fn rescale(set: &DataSet) -> Option<Modality> {
        let (intercept, slope) = (set.decimal(0x0028_1052)?, set.decimal(0x0028_1053)?);
        (slope != 0.0).then_some(Modality::Rescale { slope, intercept })
    }

    /// The value of a stored number.
    pub fn apply(&self, v: f64) -> f64 {
        match self {
            Modality::Rescale { slope, intercept } => slope * v + intercept,
            Modality::Table { first, values } => {
                let index = (v - first).clamp(0.0, values.len().saturating_sub(1) as f64) as usize;
                values.get(index).map_or(0.0, |&v| f64::from(v))
            }
        }
    }

    /// Smallest and largest value that stored numbers can mean.
    pub fn range(&self, info: &PixelInfo) -> (f64, f64) {
        match self {
            Modality::Rescale { .. } => {
                let (lo, hi) = info.stored_range();
                let (a, b) = (self.apply(lo), self.apply(hi));
                (a.min(b), a.max(b))
            }
            Modality::Table { values, .. } => {
                let low = values.iter().min().copied().unwrap_or(0);
                let high = values.iter().max().copied().unwrap_or(0);
                (f64::from(low), f64::from(high))
            }
        }
    }

    /// Whether values are the stored numbers.
    pub fn is_identity(&self) -> bool {
        *self == Modality::IDENTITY
    }
}

/// `(first number, entries, bits per entry)` of a lookup table item (PS3.3, C.11.1.1).
///
/// # Errors
/// When descriptor or data are missing or disagree.
pub fn table(item: &DataSet, signed: bool) -> Result<(f64, Vec<u16>, u16)> {
    let descriptor = item.shorts(0x0028_3002).filter(|d| d.len() >= 3);
    let descriptor = descriptor.ok_or_else(|| damaged("DICOM", "a lookup table without descriptor"))?;
    let (count, bits) = (if descriptor[0] == 0 { 65_536 } else { usize::from(descriptor[0]) }, descriptor[2]);
    let first = if signed { f64::from(descriptor[1] as i16) } else { f64::from(descriptor[1]) };
    let bytes = item.bytes(0x0028_3006).unwrap_or(&[]);
    // Tables of 8 bits are packed into words by some writers and given one per word by others.
    let values = if bits <= 8 && bytes.len() < 2 * count {
        bytes.iter().map(|&b| u16::from(b)).collect()
    } else {
        item.shorts(0x0028_3006).unwrap_or_default()
    };
    if values.len() < count {
        return Err(damaged("DICOM", format!("a lookup table of {} entries where {count} are due", values.len())));
    }
    Ok((first, values[..count].to_vec(), bits))
}
