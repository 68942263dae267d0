//! Errors of images, cards and preparation: where, expected, found, what to do next.

use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = ImageError> = std::result::Result<T, E>;

/// What can go wrong with an image, a model card or a step of preparation.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The file can't be read.
    #[error("can't read `{path}`: {source}")]
    Read {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The file can't be written.
    #[error("can't write `{path}`: {source}")]
    Write {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// Something is wrong inside the named file.
    #[error("`{path}`: {cause}")]
    InFile {
        /// The file.
        path: String,
        /// What is wrong.
        cause: Box<ImageError>,
    },
    /// The bytes are of no known format.
    #[error("not an image in a known format (first bytes `{first}`)")]
    UnknownFormat {
        /// The first bytes, in hexadecimal.
        first: String,
    },
    /// The bytes break the rules of their format.
    #[error("damaged {format}: {reason}")]
    Damaged {
        /// The format.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A correct file of a kind that isn't read.
    #[error("{format} {reason}")]
    Unsupported {
        /// The format.
        format: &'static str,
        /// What isn't supported.
        reason: String,
        /// What the user can do.
        hint: String,
    },
    /// More memory would be needed than is allowed.
    #[error("{what} needs {needed} bytes, but the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The caller stopped a long read.
    #[error("reading was cancelled after {done} of {total}")]
    Cancelled {
        /// Files or slices done.
        done: usize,
        /// Of how many.
        total: usize,
    },
    /// Number of values and shape disagree.
    #[error("an image of shape {shape:?} was given {found} values")]
    Size {
        /// The shape.
        shape: Vec<usize>,
        /// Values found.
        found: usize,
    },
    /// A step of preparation that can't be done on this image.
    #[error("step {index} of the preparation (`{step}`): {reason}")]
    Step {
        /// Position in the list, from 1.
        index: usize,
        /// Name of the step.
        step: String,
        /// What is wrong.
        reason: String,
    },
    /// Values that aren't numbers would reach the model.
    #[error("{found} of {of} values of the prepared input are NaN or infinite")]
    NotFinite {
        /// How many.
        found: usize,
        /// Of how many.
        of: usize,
    },
    /// A model card that can't be used.
    #[error("model card, line {line}, column {column}: {reason}{}", near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Card {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong, naming the key.
        reason: String,
        /// The nearest valid key or value.
        near: Option<String>,
    },
    /// Anything else, said in one sentence.
    #[error("{0}")]
    Invalid(String),
}

impl ImageError {
    /// The same error with the file it happened in.
    pub fn in_file(self, path: &std::path::Path) -> ImageError {
        match self {
            already @ (ImageError::Read { .. }
            | ImageError::Write { .. }
            | ImageError::Cancelled { .. }
            | ImageError::InFile { .. }) => already,
            cause => ImageError::InFile { path: path.display().to_string(), cause: Box::new(cause) },
        }
    }

    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            ImageError::Read { .. } => vec!["check the path and that the file may be read".into()],
            ImageError::Write { .. } => vec!["check that the folder exists and may be written".into()],
            ImageError::InFile { cause, .. } => cause.hints(),
            ImageError::UnknownFormat { .. } => {
                vec!["known formats: PNG, JPEG, TIFF, OME-TIFF, NumPy `.npy`, DICOM, NIfTI (`.nii`, `.nii.gz`), NRRD, MetaImage, OME-Zarr".into()]
            }
            ImageError::Damaged { .. } => {
                vec!["the file may be truncated: copy it again and compare its size with the original".into()]
            }
            ImageError::Unsupported { hint, .. } if !hint.is_empty() => vec![hint.clone()],
            ImageError::TooLarge { .. } => {
                vec!["raise the memory limit if the file is trusted, or crop or downsample it first".into()]
            }
            ImageError::Step { .. } => vec!["change the `steps` of the input in the model card".into()],
            ImageError::NotFinite { .. } => {
                vec!["put `{ replace_nan = 0 }` first in the `steps` of the model card, if that is what the model was trained on".into()]
            }
            ImageError::Card { .. } => vec!["`pellucid card init MODEL` writes a card that explains every key".into()],
            _ => vec![],
        }
    }
}

/// Shorthand for [`ImageError::Damaged`].
pub(crate) fn damaged(format: &'static str, reason: impl Into<String>) -> ImageError {
    ImageError::Damaged { format, reason: reason.into() }
}

/// Shorthand for [`ImageError::Unsupported`].
pub(crate) fn unsupported(format: &'static str, reason: impl Into<String>, hint: impl Into<String>) -> ImageError {
    ImageError::Unsupported { format, reason: reason.into(), hint: hint.into() }
}
