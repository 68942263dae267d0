//! The window or table that the file asks to be shown with. Kept beside the values.

use crate::Result;
use crate::display::DisplayWindow;
use crate::read::dicom::data_set::DataSet;
use crate::read::dicom::modality::table;

/// Reads the VOI transform of a data set: the first window, else the first table; `None` when there is neither.
///
/// # Errors
/// When a table is damaged.
pub fn window(set: &DataSet, signed: bool) -> Result<Option<DisplayWindow>> {
    let (center, width) = (set.decimal(0x0028_1050), set.decimal(0x0028_1051));
    if let (Some(center), Some(width)) = (center, width.filter(|w| *w > 0.0)) {
        return Ok(Some(match set.text(0x0028_1056).as_deref() {
            Some("SIGMOID") => DisplayWindow::Sigmoid { center, width },
            Some("LINEAR_EXACT") => DisplayWindow::LinearExact { center, width },
            _ => DisplayWindow::Linear { center, width },
        }));
    }
    let Some(item) = set.item(0x0028_3010)? else { return Ok(None) };
    let (first, values, bits) = table(&item, signed)?;
    let top = 2f32.powi(i32::from(bits.clamp(1, 16))) - 1.0;
    Ok(Some(DisplayWindow::Table { first, levels: values.iter().map(|&v| f32::from(v) / top).collect() }))
}
