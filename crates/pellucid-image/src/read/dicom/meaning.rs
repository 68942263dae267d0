//! What the values of a file measure, and the facts of it that bear on them.

use crate::Image;
use crate::image::Units;
use crate::read::dicom::data_set::{DataSet, Tag};
use crate::read::dicom::info::PixelInfo;
use crate::read::dicom::modality::Modality;
use crate::read::dicom::syntax::Syntax;

/// What the values measure; `palette` is the largest level of a palette.
pub fn units(set: &DataSet, info: &PixelInfo, modality: &Modality, palette: Option<f32>) -> Units {
    let picture_max = 2f32.powi(i32::from(info.bits_stored)) - 1.0;
    if let Some(max) = palette {
        return Units::Levels { max };
    }
    if info.samples == 3 {
        return Units::Levels { max: picture_max };
    }
    // A table names its unit inside; `US` means unspecified.
    let table = set.item(0x0028_3000).ok().flatten();
    let rescale_type = table.as_ref().map_or(set.text(0x0028_1054), |t| t.text(0x0028_3004)).filter(|t| t != "US");
    match (set.text(0x0008_0060).as_deref(), rescale_type) {
        (_, Some(unit)) if unit == "HU" => Units::Hounsfield,
        (Some("CT"), None) if !modality.is_identity() => Units::Hounsfield,
        (Some("PT"), _) => set.text(0x0054_1001).map_or(Units::Intensity, Units::Named),
        (Some("RTDOSE"), _) => set.text(0x3004_0002).map_or(Units::Intensity, Units::Named),
        (_, Some(unit)) => Units::Named(unit),
        (Some("MR" | "NM"), None) => Units::Intensity,
        _ if info.float => mapped_unit(set).map_or(Units::Intensity, Units::Named),
        _ if modality.is_identity() && !info.signed => Units::Levels { max: picture_max },
        _ => Units::Intensity,
    }
}

/// The unit (a UCUM code) of a parametric map whose Real World Value Mapping (PS3.3, C.7.6.16.2.11) leaves the stored floats as they are.
fn mapped_unit(set: &DataSet) -> Option<String> {
    let groups = set.item(0x5200_9229).ok()??;
    let mapping = groups.item(0x0040_9096).ok()??;
    let is = |tag, v: f64| mapping.decimal(tag).is_none_or(|found| found == v);
    let unit = mapping.item(0x0040_08ea).ok()??.text(0x0008_0100)?;
    (is(0x0040_9224, 0.0) && is(0x0040_9225, 1.0) && unit != "1").then_some(unit)
}

/// Attributes that are kept: none names or dates a patient.
const FACTS: &[(Tag, &str)] = &[
    (0x0008_0060, "modality"),
    (0x0008_0008, "image type"),
    (0x0008_0068, "presentation intent"),
    (0x0018_0015, "body part"),
    (0x0018_5101, "view position"),
    (0x0020_0062, "laterality"),
    (0x0008_0070, "manufacturer"),
    (0x0018_0050, "slice thickness (mm)"),
    (0x0018_0060, "tube voltage (kV)"),
    (0x0018_1210, "convolution kernel"),
    (0x0018_0087, "field strength (T)"),
    (0x0018_0080, "repetition time (ms)"),
    (0x0018_0081, "echo time (ms)"),
    (0x0018_1120, "gantry tilt (degrees)"),
    (0x0018_1063, "frame time (ms)"),
    (0x0054_1102, "decay correction"),
    (0x0028_1055, "window explanation"),
];

/// Adds facts and warnings of a file to its image.
pub fn describe(image: &mut Image, set: &DataSet, syntax: &Syntax, info: &PixelInfo) {
    let facts = &mut image.source.facts;
    facts.push(("transfer syntax".into(), syntax.name.into()));
    facts.push(("photometric interpretation".into(), info.photometric.clone()));
    facts.extend(FACTS.iter().filter_map(|&(tag, name)| set.text(tag).map(|value| (name.to_string(), value))));
    facts.extend(other_windows(set).map(|windows| ("other windows (centre/width)".to_string(), windows)));
    if set.text(0x0008_0068).as_deref() == Some("FOR PROCESSING") {
        image.notes.push("the image is `FOR PROCESSING`: models are mostly trained on images for presentation".into());
    }
    if info.bits_stored > 24 && !info.float || info.bits_allocated == 64 {
        image.notes.push("values were rounded to 32-bit floats".into());
    }
    if set.text(0x0028_2110).as_deref() == Some("01") {
        image.notes.push("the image was compressed with loss".into());
    }
    if let Some(padding) = set.short(0x0028_0120) {
        let padding = if info.signed { f64::from(padding as i16) } else { f64::from(padding) };
        let value = Modality::read(set, info).map_or(padding, |m| m.apply(padding));
        image.notes.push(format!("pixels outside the field of view have the value {value} in the file"));
    }
}

/// Windows after the first, which is the one of the image.
fn other_windows(set: &DataSet) -> Option<String> {
    let (centers, widths) = (set.decimals(0x0028_1050)?, set.decimals(0x0028_1051)?);
    let rest: Vec<String> = centers.iter().zip(&widths).skip(1).take(8).map(|(c, w)| format!("{c}/{w}")).collect();
    (!rest.is_empty()).then(|| rest.join(", "))
}
