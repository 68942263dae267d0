//! The headers of many files: what is needed to sort and choose them, read without their pixels.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::error::damaged;
use crate::image::Format;
use crate::read::dicom::codec::{JPEG_MOST, RLE_MOST};
use crate::read::dicom::data_set::DataSet;
use crate::read::dicom::frame::Groups;
use crate::read::dicom::info::PixelInfo;
use crate::read::dicom::options::{Counter, SeriesOptions};
use crate::read::dicom::parts::Slice;
use crate::read::dicom::syntax::{Packing, Syntax};
use crate::read::dicom::{header, suv};
use crate::read::inflate;
use crate::{ImageError, OpenOptions, Result, sniff};

/// Bytes read first of a file; most headers fit.
const START: u64 = 1 << 16;
/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 16;

/// What the header of a file says.
#[derive(Clone, Debug)]
pub struct Header {
    /// The file.
    pub path: PathBuf,
    /// Series Instance UID, empty when there is none.
    pub series: String,
    /// SOP Instance UID.
    pub instance: Option<String>,
    /// Series Number.
    pub number: Option<i64>,
    /// Instance Number.
    pub place: Option<i64>,
    /// Modality.
    pub modality: Option<String>,
    /// Series Description.
    pub description: Option<String>,
    /// Whether it is a localizer (scout).
    pub localizer: bool,
    /// How pixels are stored.
    pub info: PixelInfo,
    /// What the file is sorted by.
    pub slice: Slice,
    /// Stated distance to the next slice in mm.
    pub step: Option<f64>,
    /// When it was acquired, in seconds of a common clock.
    pub acquired: Option<f64>,
    /// Remarks on the spacing.
    pub notes: Vec<String>,
}

/// What was found in some folders.
#[derive(Debug, Default)]
pub struct Scan {
    /// Images.
    pub images: Vec<Header>,
    /// DICOM files without pixels: reports, structures, directories.
    pub without_pixels: usize,
    /// Files of other formats.
    pub foreign: usize,
    /// DICOM files that can't be read.
    pub damaged: Vec<ImageError>,
}

enum Found {
    Image(Box<Header>),
    WithoutPixels,
    Foreign,
    Damaged(ImageError),
}

/// Reads the headers of files, and of all files in folders and their folders, in parallel.
///
/// # Errors
/// When a folder can't be listed, or the caller cancels.
pub fn scan<P: AsRef<Path>>(paths: &[P], options: &SeriesOptions) -> Result<Scan> {
    let mut files = vec![];
    for path in paths {
        gather(path.as_ref(), 0, &mut files)?;
    }
    let counter = Counter::scanned(options.watch, files.len());
    let found = files.par_iter().map(|path| {
        let found = examine(path, &options.memory());
        counter.step().map(|()| found)
    });
    let mut scan = Scan::default();
    for found in found.collect::<Result<Vec<_>>>()? {
        match found {
            Found::Image(header) => scan.images.push(*header),
            Found::WithoutPixels => scan.without_pixels += 1,
            Found::Foreign => scan.foreign += 1,
            Found::Damaged(error) => scan.damaged.push(error),
        }
    }
    Ok(scan)
}

/// The files of a path in the order of their names. Links to folders aren't followed.
fn gather(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = |source| ImageError::Read { path: path.display().to_string(), source };
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries =
        std::fs::read_dir(path).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && depth < MAX_DEPTH {
            gather(&entry.path(), depth + 1, files)?;
        } else if kind.is_file() || kind.is_symlink() && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn examine(path: &Path, memory: &OpenOptions) -> Found {
    let unreadable = |source| ImageError::Read { path: path.display().to_string(), source };
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, mut file) = match opened {
        Ok(opened) => opened,
        Err(error) => return Found::Damaged(unreadable(error)),
    };
    let mut bytes = vec![];
    let mut reach = START;
    loop {
        let more = reach.saturating_sub(bytes.len() as u64);
        if let Err(error) = file.by_ref().take(more).read_to_end(&mut bytes) {
            return Found::Damaged(unreadable(error));
        }
        let marked = bytes.get(128..132) == Some(b"DICM");
        if !marked && !matches!(sniff(&bytes), Ok(Format::Dicom)) {
            return Found::Foreign;
        }
        let whole = bytes.len() as u64 >= size || (bytes.len() as u64) < reach;
        match examine_bytes(path, &bytes, size, whole, memory) {
            Ok(Some(found)) => return found,
            Ok(None) => reach = reach.saturating_mul(4).min(size.max(START)),
            // A format whose first bytes only look like DICOM isn't a damaged file of it.
            Err(_) if !marked => return Found::Foreign,
            Err(error) => return Found::Damaged(error.in_file(path)),
        }
        if !whole && reach > memory.memory_bytes {
            let error = memory.admit("the header of the file", Some(reach)).err();
            return error.map_or(Found::Foreign, |error| Found::Damaged(error.in_file(path)));
        }
    }
}

/// What the start of a file says; `None` when more of it is needed.
fn examine_bytes(path: &Path, bytes: &[u8], size: u64, whole: bool, memory: &OpenOptions) -> Result<Option<Found>> {
    let enough = |result| if whole { result } else { Ok(None) };
    let (syntax, body) = match header(bytes) {
        Ok(parts) => parts,
        // A transfer syntax that isn't read is named at once, an element that is cut off may go on in the file.
        Err(error @ ImageError::Unsupported { .. }) => return Err(error),
        Err(error) => return enough(Err(error)),
    };
    let inflated;
    let body = if syntax.deflated {
        if !whole {
            return Ok(None);
        }
        inflated = inflate::collect(flate2::read::DeflateDecoder::new(body), body.len(), "DICOM", memory)?;
        &inflated
    } else {
        body
    };
    match DataSet::parse_header(body, syntax.encoding) {
        Ok((_, None)) => enough(Ok(Some(Found::WithoutPixels))),
        Ok((set, pixels)) => {
            let info = PixelInfo::of_header(&set, pixels)?;
            check_payload(&info, &syntax, if syntax.deflated { body.len() as u64 } else { size })?;
            Ok(Some(Found::Image(Box::new(read(path, &set, info)?))))
        }
        Err(error) => enough(Err(error)),
    }
}

/// Refuses a header that declares more pixels than the file can hold: a file that is cut off, or lies.
fn check_payload(info: &PixelInfo, syntax: &Syntax, size: u64) -> Result<()> {
    let frames = info.frames as u64;
    let needed = match syntax.packing {
        Packing::Native | Packing::Encapsulated => (info.frame_bits() as u64).saturating_mul(frames) / 8,
        Packing::Rle => (info.frame_samples() as u64).saturating_mul(frames) / RLE_MOST,
        Packing::Jpeg => (info.frame_samples() as u64).saturating_mul(frames) / JPEG_MOST,
        Packing::Jpeg2000 => frames,
    };
    if needed > size {
        let (rows, columns) = (info.rows, info.columns);
        let declared = format!("{frames} frames of {rows} x {columns} pixels need {needed} bytes");
        return Err(damaged("DICOM", format!("{declared}, the file has {size}")));
    }
    Ok(())
}

fn read(path: &Path, set: &DataSet, info: PixelInfo) -> Result<Header> {
    let mut notes = vec![];
    let groups = Groups::read(set, &info, &mut notes)?;
    let frame = groups.frame(0)?;
    let facts = frame.facts(&mut notes)?;
    let number = |tag| set.decimal(tag).map(|v| v as i64);
    let kinds = set.texts(0x0008_0008);
    Ok(Header {
        path: path.to_path_buf(),
        series: set.text(0x0020_000e).unwrap_or_default(),
        instance: set.text(0x0008_0018),
        number: number(0x0020_0011),
        place: number(0x0020_0013),
        modality: set.text(0x0008_0060),
        description: set.text(0x0008_103e),
        localizer: kinds.iter().skip(2).any(|k| matches!(k.as_str(), "LOCALIZER" | "SCOUT" | "TOPOGRAM")),
        slice: frame.slice(&facts, &info)?,
        step: facts.step,
        acquired: suv::acquired(set),
        info,
        notes,
    })
}
