//! The series that some files make up, and the choice of one of them.

use serde::{Deserialize, Serialize};

use crate::error::unsupported;
use crate::read::dicom::options::SeriesOptions;
use crate::read::dicom::parts::{Slice, parts};
use crate::read::dicom::place::Plane;
use crate::read::dicom::series::scan::{Header, Scan};
use crate::read::dicom::stack::{self, Fault};
use crate::{ImageError, Result};

/// A series that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesSummary {
    /// Series Instance UID.
    pub uid: String,
    /// Series Number.
    pub number: Option<i64>,
    /// Modality, such as `CT`.
    pub modality: Option<String>,
    /// Series Description as it stands in the file: free text, in which a person may be named.
    pub description: Option<String>,
    /// Number of files.
    pub files: usize,
    /// Number of frames in all files.
    pub frames: usize,
    /// Height and width of the first image.
    pub size: [usize; 2],
    /// `[row spacing, column spacing]` of the first image in mm.
    pub spacing: Option<[f64; 2]>,
    /// `axial`, `coronal` or `sagittal`, of the first image.
    pub orientation: Option<String>,
    /// Whether it holds localizers (scouts) only.
    pub localizer: bool,
    /// The volumes it holds, where there are several: what tells them apart, in the order of the `part` option.
    pub parts: Vec<String>,
    /// What keeps its single files from being a volume, if anything does.
    pub fault: Option<String>,
}

/// Files of one series, without its localizers.
#[derive(Debug)]
pub struct Group {
    /// In the order of their names.
    pub headers: Vec<Header>,
    /// Localizers that were left out.
    pub localizers: usize,
    /// Copies of the same image that were left out.
    pub copies: usize,
}

/// Groups images by series, in the order of series number and UID.
pub fn group(images: Vec<Header>) -> Vec<Group> {
    let mut sorted = images;
    sorted.sort_by(|a, b| (a.number, &a.series, &a.path).cmp(&(b.number, &b.series, &b.path)));
    let mut groups: Vec<Group> = vec![];
    for header in sorted {
        match groups.iter_mut().rev().find(|g| g.headers[0].series == header.series) {
            Some(group) => group.headers.push(header),
            None => groups.push(Group { headers: vec![header], localizers: 0, copies: 0 }),
        }
    }
    groups.into_iter().map(Group::cleaned).collect()
}

impl Group {
    /// Without localizers (unless there is nothing else) and without copies of the same image.
    fn cleaned(mut self) -> Group {
        let before = self.headers.len();
        if self.headers.iter().any(|h| !h.localizer) {
            self.headers.retain(|h| !h.localizer);
        }
        self.localizers = before - self.headers.len();
        let mut seen = std::collections::BTreeSet::new();
        let before = self.headers.len();
        self.headers.retain(|h| h.instance.as_ref().is_none_or(|uid| seen.insert(uid.clone())));
        self.copies = before - self.headers.len();
        self
    }

    /// Whether there is nothing but localizers.
    pub fn is_localizer(&self) -> bool {
        self.headers.iter().all(|h| h.localizer)
    }

    /// What files are sorted by.
    pub fn slices(&self) -> Vec<Slice> {
        self.headers.iter().map(|h| h.slice.clone()).collect()
    }

    /// What is told of it.
    pub fn summary(&self) -> SeriesSummary {
        let first = &self.headers[0];
        let single = self.headers.iter().all(|h| h.info.frames == 1);
        let found = if single { parts(&self.slices()) } else { vec![] };
        let fault = match &found[..] {
            [only] if self.headers.len() > 1 => self.fault(&only.members).map(|fault| fault.to_string()),
            _ => None,
        };
        SeriesSummary {
            uid: first.series.clone(),
            number: first.number,
            modality: first.modality.clone(),
            description: first.description.clone(),
            files: self.headers.len(),
            frames: self.headers.iter().map(|h| h.info.frames).sum(),
            size: first.slice.size,
            spacing: first.slice.spacing,
            orientation: first.slice.plane.as_ref().map(|p| p.orientation().to_string()),
            localizer: self.is_localizer(),
            parts: if found.len() > 1 { found.into_iter().map(|p| p.label).collect() } else { vec![] },
            fault,
        }
    }

    fn fault(&self, members: &[usize]) -> Option<Fault> {
        let planes: Option<Vec<Plane>> = members.iter().map(|&i| self.headers[i].slice.plane).collect();
        stack::stack(&planes?, false).err()
    }
}

/// The one series to read.
///
/// # Errors
/// When there is none, or several and none was chosen: the message lists them.
pub fn choose(scan: Scan, options: &SeriesOptions) -> Result<(Group, Vec<String>)> {
    if scan.images.is_empty() {
        return Err(nothing(scan));
    }
    let mut notes = vec![];
    if scan.without_pixels > 0 {
        notes.push(format!("{} DICOM files without pixels were left out", scan.without_pixels));
    }
    let mut groups = group(scan.images);
    let index = match &options.series {
        Some(wanted) => find(&groups, wanted)?,
        None => only(&groups, &mut notes)?,
    };
    // A damaged file may belong to any series, also to the one that was chosen.
    if let Some(error) = scan.damaged.into_iter().next() {
        return Err(error);
    }
    let group = groups.swap_remove(index);
    if group.localizers > 0 {
        notes.push(format!("{} localizers of the series were left out", group.localizers));
    }
    if group.copies > 0 {
        notes.push(format!("{} copies of images were left out", group.copies));
    }
    Ok((group, notes))
}

fn nothing(scan: Scan) -> ImageError {
    if let Some(error) = scan.damaged.into_iter().next() {
        return error;
    }
    let (other, foreign) = (scan.without_pixels, scan.foreign);
    let reason = format!("folder without images: {other} DICOM files without pixels, {foreign} files of other formats");
    unsupported("DICOM", reason, "give the folder of a series, or a file of another format by its name")
}

/// The only series that isn't made of localizers.
fn only(groups: &[Group], notes: &mut Vec<String>) -> Result<usize> {
    let real: Vec<usize> = (0..groups.len()).filter(|&i| !groups[i].is_localizer()).collect();
    match real[..] {
        [one] => {
            if groups.len() > 1 {
                notes.push(format!("{} series of localizers were left out", groups.len() - 1));
            }
            Ok(one)
        }
        [] if groups.len() == 1 => Ok(0),
        _ => {
            let reason = format!("folder holds {} series ({})", groups.len(), listing(groups));
            Err(unsupported(
                "DICOM",
                reason,
                "choose one with the `series` option, by its number in this list or by its UID",
            ))
        }
    }
}

fn find(groups: &[Group], wanted: &str) -> Result<usize> {
    let by_uid = groups.iter().position(|g| g.headers[0].series == wanted);
    let by_number = || wanted.parse::<usize>().ok().filter(|n| (1..=groups.len()).contains(n)).map(|n| n - 1);
    by_uid.or_else(by_number).ok_or_else(|| {
        let reason = format!("folder holds no series `{wanted}`, only {} ({})", groups.len(), listing(groups));
        unsupported("DICOM", reason, "choose one by its number in this list or by its UID")
    })
}

/// One line for all series. Descriptions are left out: they are free text.
fn listing(groups: &[Group]) -> String {
    let line = |(i, group): (usize, &Group)| {
        let s = group.summary();
        let place = s.orientation.as_deref().unwrap_or("no position");
        let scout = if s.localizer { ", localizer" } else { "" };
        let modality = s.modality.as_deref().unwrap_or("no modality");
        let number = s.number.map_or("without number".into(), |n| format!("number {n}"));
        format!("{}: {modality} {number}, {} images of {} x {}, {place}{scout}", i + 1, s.frames, s.size[0], s.size[1])
    };
    let mut lines: Vec<String> = groups.iter().enumerate().take(20).map(line).collect();
    if groups.len() > lines.len() {
        lines.push(format!("and {} more", groups.len() - lines.len()));
    }
    lines.join("; ")
}
