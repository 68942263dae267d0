//! Opening image files of any known format, decided by content.

use std::path::Path;

use crate::error::unsupported;
use crate::guard::foreign;
use crate::image::{Format, Image};
use crate::read::companion::Beside;
use crate::{ImageError, Result, read};

/// How files are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// Largest number of bytes that the file, its inflated bytes, or its decoded values may each take.
    pub memory_bytes: u64,
    /// Which frame to read of a multi-frame file, from 0; `None` reads all where they form a volume.
    pub frame: Option<usize>,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions { memory_bytes: 4 << 30, frame: None }
    }
}

impl OpenOptions {
    /// Refuses an amount of memory above the limit; `None` stands for a number too large to write.
    pub(crate) fn admit(&self, what: &str, bytes: Option<u64>) -> Result<()> {
        match bytes {
            Some(n) if n <= self.memory_bytes => Ok(()),
            other => Err(ImageError::TooLarge {
                what: what.to_string(),
                needed: other.unwrap_or(u64::MAX),
                limit: self.memory_bytes,
            }),
        }
    }

    /// Refuses a number of `f32` values above the limit.
    pub(crate) fn admit_values(&self, what: &str, shape: &[usize]) -> Result<usize> {
        let count = shape.iter().try_fold(1u64, |n, &d| n.checked_mul(d as u64));
        self.admit(what, count.and_then(|n| n.checked_mul(4)))?;
        Ok(count.unwrap_or(0) as usize)
    }
}

/// Opens an image with the default options: a file, or a folder with an OME-Zarr image or a DICOM series.
///
/// # Errors
/// When the file can't be read, isn't of a known format, is damaged, needs too much memory, or is of a kind that isn't read.
pub fn open(path: impl AsRef<Path>) -> Result<Image> {
    open_with(path, &OpenOptions::default())
}

/// Opens an image; of a folder, the OME-Zarr image that it is, or the DICOM series in it, as [`open_series`](crate::dicom::open_series) does.
///
/// # Errors
/// As [`open`].
pub fn open_with(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Image> {
    let path = path.as_ref();
    if path.is_dir() {
        if !read::zarr::is_one(path) {
            return read::dicom::open_series(&[path], &read::dicom::SeriesOptions::of(options));
        }
        let image = read::zarr::read(path, options).map_err(|e| e.in_file(path))?;
        return Ok(noted(image));
    }
    let unreadable = |source| ImageError::Read { path: path.display().to_string(), source };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    options.admit("the file", Some(size)).map_err(|e| e.in_file(path))?;
    let bytes = std::fs::read(path).map_err(unreadable)?;
    decode_any(&bytes, Beside(Some(folder_of(path))), options).map_err(|e| e.in_file(path))
}

/// The folder of a file.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads an image from the bytes of a file.
///
/// # Errors
/// As [`open`]; formats that keep their data in further files (`.nhdr`, `.mhd`, OME-Zarr) must be opened by their path.
pub fn from_bytes(bytes: &[u8], options: &OpenOptions) -> Result<Image> {
    decode_any(bytes, Beside(None), options)
}

fn decode_any(bytes: &[u8], beside: Beside, options: &OpenOptions) -> Result<Image> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let inflated = read::inflate::gzip(bytes, options)?;
        return decode(&inflated, beside, options);
    }
    decode(bytes, beside, options)
}

fn decode(bytes: &[u8], beside: Beside, options: &OpenOptions) -> Result<Image> {
    let format = sniff(bytes)?;
    let image = match format {
        Format::Png => foreign("PNG", || read::png::read(bytes, options)),
        Format::Jpeg => foreign("JPEG", || read::jpeg::read(bytes, options)),
        Format::Tiff => foreign("TIFF", || read::tiff::read(bytes, options)),
        Format::Npy => read::npy::read(bytes, options),
        Format::Nifti => read::nifti::read(bytes, options),
        Format::Dicom => read::dicom::read(bytes, options),
        Format::Nrrd => read::nrrd::read(bytes, beside, options),
        Format::MetaImage => read::metaimage::read(bytes, beside, options),
        Format::OmeTiff | Format::OmeZarr | Format::Synthetic => {
            Err(unsupported(format.name(), "images aren't told by their first bytes", ""))
        }
    }?;
    Ok(noted(image))
}

fn noted(mut image: Image) -> Image {
    image.note_non_finite();
    image
}

/// `(offset, bytes there, format)` of the formats that are read.
const MAGIC: &[(usize, &[u8], Format)] = &[
    // Before TIFF: slides are often written to be both, with a TIFF header in the DICOM preamble.
    (128, b"DICM", Format::Dicom),
    (0, b"\x89PNG\r\n\x1a\n", Format::Png),
    (0, b"\xff\xd8\xff", Format::Jpeg),
    (0, b"II*\0", Format::Tiff),
    (0, b"MM\0*", Format::Tiff),
    (0, b"II+\0", Format::Tiff),
    (0, b"MM\0+", Format::Tiff),
    (0, b"\x93NUMPY", Format::Npy),
    (344, b"n+1\0", Format::Nifti),
    (344, b"ni1\0", Format::Nifti),
    (4, b"n+2\0", Format::Nifti),
    (4, b"ni2\0", Format::Nifti),
    (0, b"NRRD000", Format::Nrrd),
    (0, b"ObjectType", Format::MetaImage),
    (0, b"NDims", Format::MetaImage),
    (0, b"Comment = ", Format::MetaImage),
    // DICOM data sets without a preamble start with group 0002 or 0008.
    (0, b"\x02\0\0\0", Format::Dicom),
    (0, b"\x08\0\0\0", Format::Dicom),
    (0, b"\x08\0\x05\0", Format::Dicom),
    (0, b"\x08\0\x08\0", Format::Dicom),
    (0, b"\x08\0\x16\0", Format::Dicom),
];

/// `(first bytes, name, what to do)` of formats that are recognised only to say so.
const REFUSED: &[(&[u8], &str, &str)] = &[
    (b"MATRIX7", "ECAT 7", "convert it to NIfTI, for example with `nibabel`"),
    (b"GIF8", "GIF", "save it as PNG"),
    (b"BM", "BMP", "save it as PNG"),
    (b"RIFF", "WebP or AVI", "save frames as PNG"),
    (b"PK\x03\x04", "ZIP", "unpack it and open one file of it (`.npz` holds `.npy` files)"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000", "save it as PNG or TIFF"),
    (b"\xff\x4f\xff\x51", "JPEG 2000", "save it as PNG or TIFF"),
    (b"%PDF", "PDF", "export the picture as PNG"),
];

/// The format of some bytes, from their content alone.
///
/// # Errors
/// When the bytes are of no format that is read.
pub fn sniff(bytes: &[u8]) -> Result<Format> {
    let found = |&&(offset, magic, _): &&(usize, &[u8], Format)| bytes.get(offset..offset + magic.len()) == Some(magic);
    if let Some(&(_, _, format)) = MAGIC.iter().find(found) {
        return Ok(format);
    }
    if let Some((_, name, hint)) = REFUSED.iter().find(|(magic, _, _)| bytes.starts_with(magic)) {
        return Err(unsupported(name, "files aren't read", *hint));
    }
    if matches!(bytes.get(..4), Some([0x5c, 0x01, 0, 0] | [0, 0, 0x01, 0x5c])) {
        return Err(unsupported("Analyze 7.5", "headers say nothing of orientation", "convert it to NIfTI"));
    }
    let first = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
    Err(ImageError::UnknownFormat { first })
}
