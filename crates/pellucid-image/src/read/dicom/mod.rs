//! DICOM images: single files, files of several frames, folders of slices.
//!
//! Values are those after the modality transform (rescale or table), or SUV of PET images where asked for. A `MONOCHROME1` image without a
//! physical unit is turned so that larger is brighter: `v` becomes `low + high - v`, where `low` and `high` are the least and greatest value that
//! the stored bits can mean; the display window is mirrored with it and a note says so. Values with a unit (HU, Bq/mL, optical density) keep
//! their sign; there only the display window is inverted. Colours come out as RGB. Windows and VOI tables are kept in
//! [`Image::display`], not applied.
//!
//! # Why elements are parsed here
//!
//! The elements, sequences and fragments of a file are walked by our own code (`walk`, about 200 lines), not by `dicom-object` of dicom-rs, the one
//! healthy permissive library. Three reasons, measured with its version 0.10.1 on 14 real files and 350 damaged copies of them (cut off, four bytes
//! of a length changed, five bytes changed among the first 3000), one file to a process:
//!
//! * It allocates the length that an element declares before it reads: at least 12 of the copies took 1.5 to 4.2 GB for files of 40 KB to 2 MB (honest
//!   peak 4 to 16 MB), and one didn't end within 20 s. Such files arrive by upload. Here every length is compared with the bytes that are there, and
//!   nothing is copied; the same kinds of damage stay within twice the honest peak (`tests/dicom_hostile.rs`).
//! * Its pixel decoder has no 32-bit, float or double float pixels, no Modality LUT Sequence and no palettes, and its rescaled values of real MR
//!   slices sum to something else than pydicom's in the tenth digit. What would be left of it is the walk itself.
//! * Geometry, functional groups, series and SUV are ours in any case.
//!
//! Decompression is left to libraries (`jpeg-decoder`, `openjp2`, `flate2`), each kept from panicking and from decoding a frame of another size than the
//! file declares. Only run lengths and sequential 12-bit JPEG, which no permissive crate in the tree reads, are decoded here. JPEG-LS is refused by
//! name: its proven decoder is a C++ library, and the pure ones are a few months old and unproven.

mod arrange;
mod codec;
mod colour;
mod data_set;
mod display;
mod file;
mod frame;
mod info;
mod jpeg12;
mod meaning;
mod modality;
mod options;
mod palette;
mod parts;
mod pixels;
mod place;
mod samples;
mod series;
mod stack;
mod suv;
mod syntax;
mod volume;
mod walk;

pub(crate) use colour::rgb_from_ybr;
pub use options::{Frames, Progress, SeriesOptions, Values, Watch};
pub use series::{SeriesSummary, open_series, series, series_files};

use crate::read::inflate;
use crate::{Image, OpenOptions, Result};
use data_set::{DataSet, EXPLICIT_LITTLE, IMPLICIT_LITTLE};
use syntax::{Syntax, syntax};

/// Reads a DICOM file.
///
/// # Errors
/// When the file is damaged, too large, holds no image, is packed in a way that isn't read, or has frames that form no volume.
pub fn read(bytes: &[u8], options: &OpenOptions) -> Result<Image> {
    read_with(bytes, &SeriesOptions::of(options))
}

/// Reads a DICOM file with all options.
fn read_with(bytes: &[u8], options: &SeriesOptions) -> Result<Image> {
    with_data_set(bytes, &options.memory(), |set, syntax| file::image(set, syntax, options))
}

/// Parses a file and does something with its elements.
fn with_data_set<T>(bytes: &[u8], options: &OpenOptions, f: impl FnOnce(&DataSet, &Syntax) -> Result<T>) -> Result<T> {
    let (syntax, body) = header(bytes)?;
    if syntax.deflated {
        let inflated = inflate::collect(flate2::read::DeflateDecoder::new(body), body.len(), "DICOM", options)?;
        return f(&DataSet::parse(&inflated, syntax.encoding)?, &syntax);
    }
    f(&DataSet::parse(body, syntax.encoding)?, &syntax)
}

/// The transfer syntax and the bytes of the data set.
fn header(bytes: &[u8]) -> Result<(Syntax, &[u8])> {
    let start = if bytes.get(128..132) == Some(b"DICM") { 132 } else { 0 };
    let body = &bytes[start..];
    if body.starts_with(&[2, 0]) {
        let (meta, end) = DataSet::parse_while(body, EXPLICIT_LITTLE, |tag| tag >> 16 == 2)?;
        let rest = &body[end..];
        let mut syntax = meta.text(0x0002_0010).map_or_else(|| guess(rest), |uid| syntax(&uid))?;
        // Some writers compress the pixels and leave the elements implicit.
        if syntax.encoding == EXPLICIT_LITTLE && !syntax.deflated && !names_representations(rest) {
            syntax.encoding = IMPLICIT_LITTLE;
        }
        return Ok((syntax, rest));
    }
    Ok((guess(body)?, body))
}

/// Whether letters stand where an explicit encoding names the value representation of the first element.
fn names_representations(body: &[u8]) -> bool {
    body.get(4..6).is_none_or(|vr| vr.iter().all(u8::is_ascii_uppercase))
}

/// The syntax of elements without a header.
fn guess(body: &[u8]) -> Result<Syntax> {
    syntax(if names_representations(body) { "1.2.840.10008.1.2.1" } else { "1.2.840.10008.1.2" })
}
