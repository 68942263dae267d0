//! Folders of DICOM files: the series in them, and one series as a volume.
//!
//! Headers are read first, all in parallel and without their pixels; they say which series there are, which files are slices of one volume and in
//! what order. Then each file is read, decoded and written to its place in the volume, again in parallel: beside the volume only the files in
//! work take memory.

mod list;
mod scan;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use list::SeriesSummary;
use list::{Group, choose, group};
use scan::{Header, scan};

use crate::error::{damaged, unsupported};
use crate::image::Format;
use crate::read::dicom::arrange::{Arrangement, Slices, arrange};
use crate::read::dicom::data_set::DataSet;
use crate::read::dicom::frame::Groups;
use crate::read::dicom::info::PixelInfo;
use crate::read::dicom::options::{Counter, Frames, SeriesOptions};
use crate::read::dicom::syntax::Syntax;
use crate::read::dicom::volume::{File, Rendering, fill};
use crate::read::dicom::{meaning, read_with, with_data_set};
use crate::{Image, ImageError, Result};

/// The series in a folder and its folders, in the order of their numbers. Files of other formats and damaged ones are passed over.
///
/// # Errors
/// When the folder can't be listed.
pub fn series(folder: impl AsRef<Path>) -> Result<Vec<SeriesSummary>> {
    let found = scan(&[folder], &SeriesOptions::default())?;
    Ok(group(found.images).iter().map(Group::summary).collect())
}

/// Reads one series as a volume of `C x D x H x W` values: all files of one series among the given files and folders.
///
/// Slices are sorted by their position along the normal of their planes, never by name or number. Localizers, copies of the same image, files of
/// other formats and DICOM files without pixels are left out with a note. A series of one file is read as that file is.
///
/// # Errors
/// When there is no series, or several and none is chosen; when a file is damaged; when slices are missing, lie in one place, are sheared, turned,
/// or differ in size, spacing or unit; when the volume is too large; when the caller cancels.
pub fn open_series<P: AsRef<Path>>(paths: &[P], options: &SeriesOptions) -> Result<Image> {
    let (group, mut notes) = choose(scan(paths, options)?, options)?;
    let mut image = match &group.headers[..] {
        [only] => open_file(only, options)?,
        _ => volume(group, options)?,
    };
    notes.append(&mut image.notes);
    image.notes = notes;
    image.note_non_finite();
    Ok(image)
}

/// The files that [`open_series`] reads with the same options, in the order of the slices: what a result that refers to the images needs.
///
/// # Errors
/// As [`open_series`], as far as headers tell.
pub fn series_files<P: AsRef<Path>>(paths: &[P], options: &SeriesOptions) -> Result<Vec<PathBuf>> {
    let (group, _) = choose(scan(paths, options)?, options)?;
    if let [only] = &group.headers[..] {
        return Ok(vec![only.path.clone()]);
    }
    check_single_frames(&group, options)?;
    let (headers, Arrangement { order, .. }) = arranged(group, options, &mut vec![])?;
    Ok(order.iter().map(|&i| headers[i].path.clone()).collect())
}

/// The headers of a series of single images, and how they lie as slices.
fn arranged(group: Group, options: &SeriesOptions, notes: &mut Vec<String>) -> Result<(Vec<Header>, Arrangement)> {
    let mut headers = group.headers;
    if options.frames == Frames::Sequence {
        headers.sort_by_key(|header| header.place);
    }
    notes.clone_from(&headers[0].notes);
    let slices: Vec<_> = headers.iter().map(|h| h.slice.clone()).collect();
    let all = Slices { slices: &slices, step: headers[0].step, name: "slices" };
    let arrangement = arrange(&all, options, notes)?;
    Ok((headers, arrangement))
}

fn load(header: &Header, options: &SeriesOptions) -> Result<Vec<u8>> {
    let path = &header.path;
    let unreadable = |source| ImageError::Read { path: path.display().to_string(), source };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    options.memory().admit("the file", Some(size)).map_err(|e| e.in_file(path))?;
    std::fs::read(path).map_err(unreadable)
}

fn open_file(header: &Header, options: &SeriesOptions) -> Result<Image> {
    read_with(&load(header, options)?, options).map_err(|e| e.in_file(&header.path))
}

/// Does something with the elements of a file.
fn with_file<T>(header: &Header, options: &SeriesOptions, f: impl FnOnce(&DataSet, &Syntax) -> Result<T>) -> Result<T> {
    let bytes = load(header, options)?;
    with_data_set(&bytes, &options.memory(), f).map_err(|e| e.in_file(&header.path))
}

/// Many files of one frame each to one volume.
fn volume(group: Group, options: &SeriesOptions) -> Result<Image> {
    check_single_frames(&group, options)?;
    let mut notes = vec![];
    let (headers, Arrangement { order, geometry }) = arranged(group, options, &mut notes)?;
    let ordered: Vec<&Header> = order.iter().map(|&i| &headers[i]).collect();
    let first = ordered[0];
    check_alike(&ordered)?;
    let earliest = ordered.iter().min_by(|a, b| time(a).total_cmp(&time(b))).unwrap_or(&first);
    let rendering = with_file(earliest, options, |early, _| {
        with_file(first, options, |set, syntax| {
            let file = File::new(set, &first.info, syntax)?;
            let modality = Groups::read(set, &first.info, &mut vec![])?.frame(0)?.facts(&mut vec![])?.modality;
            Rendering::new(&file, &modality, options.values, early, &mut notes)
        })
    })?;
    let (channels, depth) = (first.info.channels(), ordered.len());
    let counter = Counter::decoded(options.watch, depth);
    let said = Mutex::new(BTreeSet::new());
    let voxels = fill(channels, depth, &first.info, &options.memory(), |z, out| {
        let remarks = decode(ordered[z], &first.info, &rendering, options, out)?;
        if let Ok(mut said) = said.lock() {
            said.extend(remarks);
        }
        counter.step()
    })?;
    let shape = [channels, depth, first.info.rows, first.info.columns];
    let mut image = Image::new(voxels, shape, rendering.units.clone(), Format::Dicom)?;
    image.geometry = geometry;
    image.notes = notes;
    with_file(first, options, |set, syntax| {
        let frame = Groups::read(set, &first.info, &mut vec![])?;
        if channels == 1 {
            image.display = rendering.window(frame.frame(0)?.window(first.info.signed)?);
        }
        meaning::describe(&mut image, set, syntax, &first.info);
        Ok(())
    })?;
    let new: Vec<String> =
        said.into_inner().unwrap_or_default().into_iter().filter(|n| !image.notes.contains(n)).collect();
    image.notes.extend(new);
    Ok(image)
}

fn time(header: &Header) -> f64 {
    header.acquired.unwrap_or(f64::MAX)
}

/// Decodes the file of one slice; gives what its slices should be noted for.
fn decode(
    header: &Header,
    info: &PixelInfo,
    rendering: &Rendering,
    options: &SeriesOptions,
    out: &mut [f32],
) -> Result<Vec<String>> {
    with_file(header, options, |set, syntax| {
        let own = PixelInfo::read(set)?;
        if (own.rows, own.columns, own.channels(), own.frames) != (info.rows, info.columns, info.channels(), 1) {
            return Err(damaged("DICOM", "the file was changed while it was read"));
        }
        let modality = Groups::read(set, &own, &mut vec![])?.frame(0)?.facts(&mut vec![])?.modality;
        let file = File::new(set, &own, syntax)?;
        let units = file.units(&modality);
        if units != rendering.measured {
            let (found, due) = (&units, &rendering.measured);
            return Err(unsupported(
                "DICOM",
                format!("slice measures {found:?}, the first of the series {due:?}"),
                "give only the files of one volume",
            ));
        }
        rendering.decode(&file, 0, &modality, out)?;
        let lossy = set.text(0x0028_2110).as_deref() == Some("01");
        Ok(lossy.then(|| "the image was compressed with loss".to_string()).into_iter().collect())
    })
}

/// Refuses series whose files have several frames each: every file is a volume or a sequence of its own.
fn check_single_frames(group: &Group, options: &SeriesOptions) -> Result<()> {
    let multi = group.headers.iter().filter(|h| h.info.frames > 1).count();
    if multi > 0 {
        let reason =
            format!("series of {} files, {multi} of them with several frames, is no volume", group.headers.len());
        return Err(unsupported("DICOM", reason, "open one of its files"));
    }
    if options.frame.is_some() {
        let reason = format!("series of {} single images has no frames to choose from", group.headers.len());
        return Err(unsupported("DICOM", reason, "open one of its files, or leave out the `frame` option"));
    }
    Ok(())
}

/// Refuses slices that differ in what their pixels are.
fn check_alike(headers: &[&Header]) -> Result<()> {
    let first = &headers[0].info;
    let kind = |info: &PixelInfo| (info.channels(), info.photometric == "MONOCHROME1");
    let Some(other) = headers.iter().find(|h| kind(&h.info) != kind(first) || h.slice.size != headers[0].slice.size)
    else {
        return Ok(());
    };
    let say = |h: &Header| format!("{} x {} {}", h.info.rows, h.info.columns, h.info.photometric);
    let reason = format!("series mixes images of different kinds: {} and {}", say(headers[0]), say(other));
    Err(unsupported("DICOM", reason, "give only the files of one volume"))
}
