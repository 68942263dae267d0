//! What is explained: files, and folders that are one volume.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use pellucid::engine::Session;
use pellucid::image::dicom::{self, Progress, SeriesOptions, SeriesSummary};
use pellucid::image::{Format, Image, OpenOptions, is_zarr, open_with, sniff};

use crate::args::SeriesArgs;

/// An image or volume by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// An OME-Zarr folder.
    Zarr(PathBuf),
    /// A DICOM series of several files.
    Series {
        /// The folder that it lies in.
        folder: PathBuf,
        /// Series Instance UID.
        uid: String,
        /// Its place in the list of the folder where that was chosen from, from 1.
        number: Option<usize>,
        /// Which of its volumes, and how it is read.
        how: How,
    },
}

/// How a series is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct How {
    part: Option<usize>,
    longest_run: bool,
    accept_tilt: bool,
}

impl How {
    fn of(args: &SeriesArgs) -> How {
        How { part: args.part, longest_run: args.longest_run, accept_tilt: args.accept_tilt }
    }
}

impl Source {
    /// The file or folder.
    pub fn path(&self) -> &Path {
        match self {
            Source::File(path) | Source::Zarr(path) | Source::Series { folder: path, .. } => path,
        }
    }

    /// A name for headings and messages.
    pub fn name(&self) -> String {
        let name = last_name(self.path());
        match self {
            Source::Series { number: Some(n), .. } => format!("{name}, series {n}"),
            _ => name,
        }
    }

    /// A name for folders.
    pub fn stem(&self) -> String {
        let name = last_name(self.path());
        let plain = [".nii.gz", ".ome.tiff", ".ome.tif", ".ome.zarr"].iter().find_map(|e| name.strip_suffix(e));
        match (self, plain) {
            (Source::Series { number: Some(n), .. }, _) => format!("{name}-series-{n}"),
            (Source::Series { .. }, _) => name,
            (_, Some(stem)) => stem.to_string(),
            (_, None) => Path::new(&name).file_stem().map_or(name.clone(), |s| s.to_string_lossy().into_owned()),
        }
    }

    /// Reads it, with progress and ctrl-C for the many files of a series.
    pub fn read(&self, session: &Session) -> Result<Image> {
        let Source::Series { folder, .. } = self else { return Ok(open_with(self.path(), &OpenOptions::default())?) };
        let watching = Watching { session, phase: Mutex::new(None) };
        let watch = |step| watching.step(step);
        let options = SeriesOptions { watch: Some(&watch), ..self.options() };
        let image = dicom::open_series(&[folder], &options);
        watching.end();
        Ok(image?)
    }

    /// The DICOM files that it is read from, in the order of the slices.
    ///
    /// # Errors
    /// When it isn't DICOM.
    pub fn dicom_files(&self) -> Result<Vec<PathBuf>> {
        match self {
            Source::Series { folder, .. } => Ok(dicom::series_files(&[folder], &self.options())?),
            Source::File(path) if format_of(path) == Some(Format::Dicom) => Ok(vec![path.clone()]),
            Source::File(path) | Source::Zarr(path) => bail!(
                "`{}` isn't DICOM, so no DICOM object can refer to it: `--dicom` expects a DICOM file or a folder with a DICOM series; \
                 leave `--dicom` out for other formats",
                path.display()
            ),
        }
    }

    fn options(&self) -> SeriesOptions<'static> {
        match self {
            Source::Series { uid, how, .. } => SeriesOptions {
                series: Some(uid.clone()),
                part: how.part,
                longest_run: how.longest_run,
                accept_tilt: how.accept_tilt,
                ..SeriesOptions::default()
            },
            _ => SeriesOptions::default(),
        }
    }
}

fn last_name(path: &Path) -> String {
    let real = path.file_name().map(|n| n.to_os_string());
    // `.` and `study/..` have no name of their own
    let real = real.or_else(|| Some(path.canonicalize().ok()?.file_name()?.to_os_string()));
    real.map_or_else(|| "image".into(), |n| n.to_string_lossy().into_owned())
}

/// Tells how far the reading of a series has come.
struct Watching<'a> {
    session: &'a Session,
    phase: Mutex<Option<&'static str>>,
}

impl Watching<'_> {
    fn step(&self, step: Progress) -> ControlFlow<()> {
        let (label, total) = match step {
            Progress::Scanned { total, .. } => ("reading headers", total),
            Progress::Decoded { total, .. } => ("reading slices", total),
        };
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = self.session.progress();
        if *phase != Some(label) {
            if phase.is_some() {
                progress.finish();
            }
            progress.start(total, label);
            *phase = Some(label);
        }
        progress.advance(1);
        if self.session.cancel().is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn end(&self) {
        if self.phase.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            self.session.progress().finish();
        }
    }
}

/// The images named: files as they are, folders as volumes where they are one, otherwise searched, in order of name.
///
/// # Errors
/// When a folder holds several series and none was chosen (the message lists them), no image, or a series is asked for and there is none.
pub fn find(paths: &[PathBuf], choice: &SeriesArgs) -> Result<Vec<Source>> {
    let mut out = Vec::new();
    for path in paths {
        if path.is_dir() {
            of_folder(path, choice, &mut out)?;
        } else {
            out.push(Source::File(path.clone()));
        }
    }
    let given = [
        ("--series", choice.series.is_some()),
        ("--part", choice.part.is_some()),
        ("--longest-run", choice.longest_run),
        ("--accept-tilt", choice.accept_tilt),
    ];
    if let Some((option, _)) = given.iter().find(|g| g.1)
        && !out.iter().any(|s| matches!(s, Source::Series { .. }))
    {
        bail!("`{option}` is for the DICOM series of a folder, but no folder with a series was named");
    }
    Ok(out)
}

/// The one image of a path.
///
/// # Errors
/// As [`find`], and when there are several.
pub fn only(path: &Path, choice: &SeriesArgs) -> Result<Source> {
    let mut found = find(&[path.to_path_buf()], choice)?;
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (_, more) => bail!("`{}` holds {} images: name one of them", path.display(), more + 1),
    }
}

fn of_folder(folder: &Path, choice: &SeriesArgs, out: &mut Vec<Source>) -> Result<()> {
    if is_zarr(folder) {
        out.push(Source::Zarr(folder.to_path_buf()));
        return Ok(());
    }
    let series = dicom::series(folder)?;
    if let Some(wanted) = &choice.series {
        return choose(folder, &series, wanted, How::of(choice), out);
    }
    let mut found = Vec::new();
    search(folder, &mut found)?;
    let real: Vec<&SeriesSummary> = series.iter().filter(|s| !s.localizer).collect();
    // single images of different series are images, not volumes
    if real.iter().all(|s| s.files == 1) {
        if found.is_empty() {
            bail!("there is no image in the folder `{}`", folder.display());
        }
        out.append(&mut found);
        return Ok(());
    }
    let others = found.iter().filter(|s| format_of(s.path()) != Some(Format::Dicom)).count();
    match real[..] {
        [one] if others == 0 => {
            out.push(of_series(folder, one, None, How::of(choice)));
            Ok(())
        }
        _ => bail!("{}", listing(folder, &series, others)),
    }
}

fn of_series(folder: &Path, series: &SeriesSummary, number: Option<usize>, how: How) -> Source {
    Source::Series { folder: folder.to_path_buf(), uid: series.uid.clone(), number, how }
}

/// The series asked for: by number, by UID, or all but localizers.
fn choose(folder: &Path, series: &[SeriesSummary], wanted: &str, how: How, out: &mut Vec<Source>) -> Result<()> {
    if series.is_empty() {
        bail!("`--series {wanted}`: there is no DICOM series in the folder `{}`", folder.display());
    }
    let numbered = series.iter().enumerate().map(|(i, s)| (i + 1, s));
    let chosen: Vec<(usize, &SeriesSummary)> = if wanted == "all" {
        numbered.filter(|(_, s)| !s.localizer).collect()
    } else {
        numbered.filter(|(n, s)| s.uid == wanted || n.to_string() == wanted).take(1).collect()
    };
    if chosen.is_empty() {
        bail!("there is no series `{wanted}`; {}", listing(folder, series, 0));
    }
    let several = series.len() > 1;
    out.extend(chosen.into_iter().map(|(n, s)| of_series(folder, s, several.then_some(n), how)));
    Ok(())
}

/// The series of a folder, one a line, and what to do. Descriptions are left out: they are free text, in which a person may be named.
fn listing(folder: &Path, series: &[SeriesSummary], others: usize) -> String {
    let beside = if others > 0 { format!(" and {others} images of other formats") } else { String::new() };
    let mut text = format!("the folder `{}` holds {} DICOM series{beside}:", folder.display(), series.len());
    for (i, s) in series.iter().enumerate() {
        let spacing = s.spacing.map_or(String::new(), |[row, column]| format!(", {row} x {column} mm"));
        let place = s.orientation.as_deref().unwrap_or("no position");
        let kind = if s.localizer { ", localizer" } else { "" };
        let fault = s.fault.as_ref().map_or(String::new(), |f| format!(", no volume: {f}"));
        let parts = if s.parts.is_empty() { String::new() } else { format!(", {} volumes (`--part`)", s.parts.len()) };
        text += &format!(
            "\n  {}: {} number {}, {} images of {} x {}{spacing}, {place}{kind}{parts}{fault}\n     {}",
            i + 1,
            s.modality.as_deref().unwrap_or("no modality"),
            s.number.map_or("none".into(), |n| n.to_string()),
            s.frames,
            s.size[0],
            s.size[1],
            s.uid
        );
    }
    text + "\nchoose one with `--series NUMBER` or `--series UID`, or take each with `--series all`"
}

/// Files of a folder and its folders that look like images; an OME-Zarr folder is one image.
fn search(folder: &Path, out: &mut Vec<Source>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("can't read the folder `{}`", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if is_zarr(&path) {
                out.push(Source::Zarr(path));
            } else {
                search(&path, out)?;
            }
        } else if format_of(&path).is_some() {
            out.push(Source::File(path));
        }
    }
    Ok(())
}

/// By the first bytes, so that DICOM files without an extension are found and text files are not.
fn format_of(path: &Path) -> Option<Format> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path).ok()?.take(512).read_to_end(&mut head).ok()?;
    if head.starts_with(&[0x1f, 0x8b]) {
        // what is packed is told by the name
        return path.to_string_lossy().ends_with(".nii.gz").then_some(Format::Nifti);
    }
    sniff(&head).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(number: Option<usize>) -> Source {
        Source::Series { folder: "a/study".into(), uid: "1.2".into(), number, how: How::default() }
    }

    #[test]
    fn names_and_stems() {
        assert_eq!(Source::File("b/y.nii.gz".into()).stem(), "y");
        assert_eq!(Source::File("b/y.png".into()).stem(), "y");
        assert_eq!(Source::Zarr("b/y.ome.zarr".into()).stem(), "y");
        assert_eq!((series(None).stem(), series(None).name()), ("study".into(), "study".into()));
        assert_eq!(
            (series(Some(2)).stem(), series(Some(2)).name()),
            ("study-series-2".into(), "study, series 2".into())
        );
    }

    #[test]
    fn only_dicom_can_be_referred_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        std::fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
        let error = Source::File(path).dicom_files().unwrap_err().to_string();
        assert!(error.contains("isn't DICOM") && error.contains("--dicom"), "{error}");
    }
}
