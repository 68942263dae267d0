//! DICOM images: single frames, and multi-frame files whose frames form a regular stack.
//!
//! Values are those after the modality transform (rescale or table). A `MONOCHROME1` image is turned so that larger is brighter: `v` becomes
//! `low + high - v`, where `low` and `high` are the least and greatest value that the stored bits can mean; the display window is mirrored with
//! it and a note says so. Colours come out as RGB. Windows and VOI tables are kept in [`Image::display`], not applied.

mod codec;
mod colour;
mod data_set;
mod display;
mod modality;
mod pixels;
mod place;
mod syntax;

pub(crate) use colour::rgb_from_ybr;

use crate::display::DisplayWindow;
use crate::error::{damaged, unsupported};
use crate::image::{Format, Units};
use crate::read::inflate;
use crate::{Geometry, Image, OpenOptions, Result};
use data_set::{DataSet, EXPLICIT_LITTLE, IMPLICIT_LITTLE};
use modality::Modality;
use pixels::PixelInfo;
use place::Plane;
use syntax::{Syntax, syntax};

const WHOLE_SLIDE: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";

/// Reads a DICOM file.
///
/// # Errors
/// When the file is damaged, too large, holds no image, is packed in a way that isn't read, or has frames that form no volume.
pub fn read(bytes: &[u8], options: &OpenOptions) -> Result<Image> {
    let (syntax, body) = header(bytes)?;
    if syntax.deflated {
        let inflated = inflate::collect(flate2::read::DeflateDecoder::new(body), body.len(), "DICOM", options)?;
        return image(&DataSet::parse(&inflated, syntax.encoding)?, &syntax, options);
    }
    image(&DataSet::parse(body, syntax.encoding)?, &syntax, options)
}

/// The transfer syntax and the bytes of the data set.
fn header(bytes: &[u8]) -> Result<(Syntax, &[u8])> {
    let start = if bytes.get(128..132) == Some(b"DICM") { 132 } else { 0 };
    let body = &bytes[start..];
    if body.starts_with(&[2, 0]) {
        let (meta, end) = DataSet::parse_while(body, EXPLICIT_LITTLE, |tag| tag >> 16 == 2)?;
        let uid = meta.text(0x0002_0010).ok_or_else(|| damaged("DICOM", "the header names no transfer syntax"))?;
        return Ok((syntax(&uid)?, &body[end..]));
    }
    // Without a header, letters where the value representation would stand tell explicit from implicit.
    let explicit = body.get(4..6).is_some_and(|vr| vr.iter().all(u8::is_ascii_uppercase));
    let uid = if explicit { "1.2.840.10008.1.2.1" } else { "1.2.840.10008.1.2" };
    Ok((Syntax { encoding: if explicit { EXPLICIT_LITTLE } else { IMPLICIT_LITTLE }, ..syntax(uid)? }, body))
}

/// What is said of one frame, by the file or by its functional groups.
struct FrameFacts {
    modality: Modality,
    window: Option<DisplayWindow>,
    plane: Option<Plane>,
    spacing: Option<[f64; 2]>,
    step: Option<f64>,
}

fn image(set: &DataSet, syntax: &Syntax, options: &OpenOptions) -> Result<Image> {
    let info = PixelInfo::read(set)?;
    let mut notes = vec![];
    let mut facts = vec![];
    let wanted = wanted_frames(set, &info, options)?;
    let (own, shared) = (set.items(0x5200_9230)?, set.item(0x5200_9229)?);
    for &number in &wanted {
        let groups: Vec<&DataSet> = own.get(number).into_iter().chain(&shared).collect();
        facts.push(frame_facts(set, &info, &groups, number, &mut notes)?);
    }
    notes.dedup();
    let (order, geometry) = arrange(&facts, &mut notes)?;
    let palette = (info.photometric == "PALETTE COLOR").then(|| colour::Palette::read(set, info.signed)).transpose()?;
    let channels = if palette.is_some() || info.samples == 3 { 3 } else { 1 };
    options.admit_values("the decoded image", &[channels, order.len(), info.rows, info.columns])?;
    let grey = channels == 1;
    let inverted = grey && info.photometric == "MONOCHROME1";
    let mut slices = vec![];
    for &i in &order {
        let samples = pixels::frame(set, &info, syntax, wanted[i])?;
        let modality = &facts[i].modality;
        let pivot = pivot(modality, &info);
        let mut planes = samples.planes(&info, |v| match (grey, inverted) {
            (false, _) => v,
            (true, false) => modality.apply(v),
            (true, true) => pivot - modality.apply(v),
        })?;
        if let Some(palette) = &palette {
            planes = palette.apply(&planes);
        } else if channels == 3 && !samples.rgb {
            to_rgb(&mut planes, &info)?;
        }
        slices.push(planes);
    }
    let voxels = stack(slices, channels);
    let first = &facts[order[0]];
    let max = palette.as_ref().map(|p| p.max);
    let units = units(set, &info, &first.modality, max);
    let mut image = Image::new(voxels, [channels, order.len(), info.rows, info.columns], units, Format::Dicom)?;
    image.geometry = geometry;
    image.display = first.window.clone().filter(|_| grey);
    if inverted {
        let pivot = pivot(&first.modality, &info);
        image.display = image.display.map(|w| DisplayWindow::Mirrored { pivot, window: Box::new(w) });
        notes.push(format!("MONOCHROME1 was inverted: `v` is `{pivot} - v` of the file, so that larger is brighter"));
    }
    image.notes = notes;
    describe(&mut image, set, syntax, &info);
    Ok(image)
}

/// `C x D x H x W` values of slices of `C x H x W`.
fn stack(mut slices: Vec<Vec<f32>>, channels: usize) -> Vec<f32> {
    if slices.len() == 1 {
        return slices.remove(0);
    }
    let area = slices[0].len() / channels;
    let mut voxels = Vec::with_capacity(slices.len() * channels * area);
    for c in 0..channels {
        slices.iter().for_each(|slice| voxels.extend_from_slice(&slice[c * area..(c + 1) * area]));
    }
    voxels
}

/// Sum of a value and its mirror image in an inverted grey scale.
fn pivot(modality: &Modality, info: &PixelInfo) -> f64 {
    let (low, high) = modality.range(info);
    low + high
}

fn to_rgb(planes: &mut [f32], info: &PixelInfo) -> Result<()> {
    match info.photometric.as_str() {
        "YBR_FULL" | "YBR_FULL_422" if info.bits_stored <= 8 => colour::rgb_from_ybr(planes),
        "RGB" => (),
        other => {
            let reason = format!("photometric interpretation `{other}` isn't read");
            return Err(unsupported("DICOM", reason, "convert it to RGB, for example with `dcmconv` of dcmtk"));
        }
    }
    Ok(())
}

/// The frames to read: the one asked for, or all.
fn wanted_frames(set: &DataSet, info: &PixelInfo, options: &OpenOptions) -> Result<Vec<usize>> {
    if let Some(frame) = options.frame {
        if frame >= info.frames {
            return Err(damaged("DICOM", format!("there is no frame {frame}, only {}", info.frames)));
        }
        return Ok(vec![frame]);
    }
    if info.frames > 1 && set.text(0x0008_0016).as_deref() == Some(WHOLE_SLIDE) {
        let reason = format!("whole slide of {} tiles isn't put together here", info.frames);
        return Err(unsupported("DICOM", reason, "choose one tile with the `frame` option"));
    }
    pixels::check_frame_count(set, info)?;
    options.admit_values("the decoded image", &[info.frames, info.rows, info.columns])?;
    Ok((0..info.frames).collect())
}

/// What is said of one frame: by its own functional groups first, then by those shared by all, then by the file itself.
fn frame_facts(
    set: &DataSet,
    info: &PixelInfo,
    groups: &[&DataSet],
    number: usize,
    notes: &mut Vec<String>,
) -> Result<FrameFacts> {
    let find = |tag: u32| -> Result<Option<DataSet>> {
        for group in groups {
            if let Some(item) = group.item(tag)? {
                return Ok(Some(item));
            }
        }
        Ok(None)
    };
    let measures = find(0x0028_9110)?;
    let rescale = find(0x0028_9145)?.and_then(|item| Modality::rescale(&item));
    let window = match find(0x0028_9132)? {
        Some(item) => display::window(&item, info.signed)?,
        None => None,
    };
    let (orientation, position) = (find(0x0020_9116)?, find(0x0020_9113)?);
    let offset = set.decimals(0x3004_000c).and_then(|offsets| offsets.get(number).copied());
    let mut plane = Plane::read(orientation.as_ref().unwrap_or(set), position.as_ref().unwrap_or(set));
    if let (Some(plane), Some(offset)) = (&mut plane, offset) {
        let normal = plane.normal();
        plane.position = std::array::from_fn(|i| plane.position[i] + offset * normal[i]);
    }
    Ok(FrameFacts {
        modality: match rescale {
            Some(rescale) => rescale,
            None => Modality::read(set, info)?,
        },
        window: match window {
            Some(window) => Some(window),
            None => display::window(set, info.signed)?,
        },
        plane,
        spacing: measures
            .as_ref()
            .and_then(|m| place::pixel_spacing(m, notes))
            .or_else(|| place::pixel_spacing(set, notes)),
        step: measures.as_ref().and_then(place::slice_step).or_else(|| place::slice_step(set)),
    })
}

/// The order of frames as slices, and the geometry of the first.
fn arrange(facts: &[FrameFacts], notes: &mut Vec<String>) -> Result<(Vec<usize>, Geometry)> {
    let first = &facts[0];
    if facts.len() == 1 {
        let geometry = match (first.plane, first.spacing) {
            (Some(plane), Some(spacing)) => {
                if first.step.is_none() {
                    notes.push("the file states no slice thickness; 1 mm stands for it".into());
                }
                plane.geometry(spacing, first.step.unwrap_or(1.0))
            }
            (None, Some([row, column])) => Geometry::spacing([column, row, first.step.unwrap_or(1.0)]),
            (_, None) => Geometry::unknown(),
        };
        return Ok((vec![0], geometry));
    }
    let refuse = |reason: String| {
        let hint = "choose one frame with the `frame` option";
        Err(unsupported("DICOM", format!("with {} frames is no volume: {reason}", facts.len()), hint))
    };
    let planes: Option<Vec<Plane>> = facts.iter().map(|f| f.plane).collect();
    let Some(planes) = planes else { return refuse("frames have no positions (a moving image?)".into()) };
    let Some(spacing) = first.spacing else { return refuse("there is no pixel spacing".into()) };
    if facts.iter().any(|f| f.spacing != first.spacing) {
        return refuse("frames have different pixel spacings".into());
    }
    match place::stack(&planes) {
        Ok((order, step)) => {
            if order.windows(2).any(|w| w[1] < w[0]) {
                notes.push("frames were sorted by position".into());
            }
            let geometry = planes[order[0]].geometry(spacing, step);
            Ok((order, geometry))
        }
        Err(reason) => refuse(reason),
    }
}

/// What the values measure.
fn units(set: &DataSet, info: &PixelInfo, modality: &Modality, palette_max: Option<f32>) -> Units {
    let picture_max = 2f32.powi(i32::from(info.bits_stored)) - 1.0;
    if let Some(max) = palette_max {
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
        (_, Some(unit)) => Units::Named(unit),
        (Some("MR" | "NM"), None) => Units::Intensity,
        _ if modality.is_identity() && !info.signed && !info.float => Units::Levels { max: picture_max },
        _ => Units::Intensity,
    }
}

/// Facts and warnings of the file that bear on its values; none names a patient.
fn describe(image: &mut Image, set: &DataSet, syntax: &Syntax, info: &PixelInfo) {
    let facts = &mut image.source.facts;
    facts.push(("transfer syntax".into(), syntax.name.into()));
    facts.push(("photometric interpretation".into(), info.photometric.clone()));
    for (tag, name) in [(0x0008_0060, "modality"), (0x0008_0068, "presentation intent"), (0x0018_0015, "body part")] {
        facts.extend(set.text(tag).map(|value| (name.to_string(), value)));
    }
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
