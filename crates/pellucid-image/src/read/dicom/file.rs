//! One file to one image.

use crate::error::{damaged, unsupported};
use crate::image::Format;
use crate::read::dicom::arrange::{Slices, arrange};
use crate::read::dicom::data_set::DataSet;
use crate::read::dicom::frame::{FrameFacts, Groups};
use crate::read::dicom::info::PixelInfo;
use crate::read::dicom::options::{Counter, SeriesOptions};
use crate::read::dicom::syntax::Syntax;
use crate::read::dicom::volume::{File, Rendering, fill};
use crate::read::dicom::{meaning, pixels};
use crate::{Image, Result};

const WHOLE_SLIDE: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";
/// Most frames of a file that are read together; more are no volume but a way to take memory.
const MOST_FRAMES: usize = 100_000;

/// The image of a data set.
///
/// # Errors
/// When it holds no image, is damaged, too large, packed in a way that isn't read, or has frames that form no volume.
pub fn image(set: &DataSet, syntax: &Syntax, options: &SeriesOptions) -> Result<Image> {
    let info = PixelInfo::read(set)?;
    let wanted = wanted_frames(set, &info, options)?;
    pixels::check_frames(set, &info, &wanted)?;
    let mut notes = vec![];
    let groups = Groups::read(set, &info, &mut notes)?;
    let (mut facts, mut slices) = (vec![], vec![]);
    for &number in &wanted {
        let frame = groups.frame(number)?;
        let mut remarks = vec![];
        let of_frame = frame.facts(&mut remarks)?;
        remarks.retain(|remark| !notes.contains(remark));
        notes.append(&mut remarks);
        slices.push(frame.slice(&of_frame, &info)?);
        facts.push(of_frame);
    }
    let all = Slices { slices: &slices, step: facts[0].step, name: "frames" };
    let placed = arrange(&all, options, &mut notes)?;
    drop(slices);
    let file = File::new(set, &info, syntax)?;
    let first: &FrameFacts = &facts[placed.order[0]];
    let rendering = Rendering::new(&file, &first.modality, options.values, set, &mut notes)?;
    let (channels, depth) = (info.channels(), placed.order.len());
    let counter = Counter::decoded(options.watch, depth);
    let voxels = fill(channels, depth, &info, &options.memory(), |z, out| {
        let i = placed.order[z];
        rendering.decode(&file, wanted[i], &facts[i].modality, out)?;
        counter.step()
    })?;
    let shape = [channels, depth, info.rows, info.columns];
    let mut image = Image::new(voxels, shape, rendering.units.clone(), Format::Dicom)?;
    image.geometry = placed.geometry;
    if channels == 1 {
        image.display = rendering.window(groups.frame(wanted[placed.order[0]])?.window(info.signed)?);
    }
    image.notes = notes;
    meaning::describe(&mut image, set, syntax, &info);
    Ok(image)
}

/// The frames to read: the one asked for, or all.
fn wanted_frames(set: &DataSet, info: &PixelInfo, options: &SeriesOptions) -> Result<Vec<usize>> {
    if let Some(frame) = options.frame {
        if frame >= info.frames {
            return Err(damaged("DICOM", format!("there is no frame {frame}, only {}", info.frames)));
        }
        return Ok(vec![frame]);
    }
    let hint = "choose one frame with the `frame` option";
    if info.frames > 1 && set.text(0x0008_0016).as_deref() == Some(WHOLE_SLIDE) {
        let reason = format!("whole slide of {} tiles isn't put together here", info.frames);
        return Err(unsupported("DICOM", reason, hint));
    }
    if info.frames > MOST_FRAMES {
        return Err(unsupported("DICOM", format!("with {} frames isn't read as a whole", info.frames), hint));
    }
    options.memory().admit_values("the decoded image", &[info.channels(), info.frames, info.rows, info.columns])?;
    Ok((0..info.frames).collect())
}
