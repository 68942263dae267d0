//! Errors of reports, with hints as data.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = ReportError> = std::result::Result<T, E>;

/// What can go wrong when explanations are shown or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file or folder can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file that Pellucid didn't write stands where one must be written.
    #[error("`{}` is already there and wasn't written by Pellucid", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
    },
    /// A further file whose name leads outside the folder or is taken.
    #[error(
        "a further file can't be named `{name}`: `file` or `folder/file` is expected, of letters, digits, `-`, `_` and `.`, each once"
    )]
    Attachment {
        /// Its name.
        name: String,
    },
    /// Something that isn't a folder stands where the output folder should be.
    #[error("`{}` isn't a folder", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A map whose numbers don't fit its shape, or that has no place in the image.
    #[error("map `{map}`: {reason}")]
    Map {
        /// Which map.
        map: String,
        /// What is wrong.
        reason: String,
    },
    /// A mask or image on another grid than expected.
    #[error("{what} has grid {found:?}, but {expected:?} is expected")]
    Grid {
        /// What doesn't fit.
        what: String,
        /// Its grid.
        found: Vec<usize>,
        /// The grid it should have.
        expected: Vec<usize>,
    },
    /// A file of explanations in another format or version.
    #[error("the file says format `{found}`, but `{expected}` is read")]
    Format {
        /// What the file says.
        found: String,
        /// What is read.
        expected: &'static str,
    },
    /// A file of explanations that can't be understood.
    #[error("not a file of explanations: {reason}")]
    Json {
        /// What is wrong.
        reason: String,
    },
    /// An archive of arrays that can't be understood.
    #[error("not an archive of arrays: {reason}")]
    Archive {
        /// What is wrong.
        reason: String,
    },
    /// An image that can't be written.
    #[error(transparent)]
    Image(#[from] pellucid_image::ImageError),
    /// A picture that can't be encoded.
    #[error("can't encode the picture: {reason}")]
    Picture {
        /// What is wrong.
        reason: String,
    },
}

impl ReportError {
    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            ReportError::Write { source, .. } => vec![match source.kind() {
                std::io::ErrorKind::StorageFull => "the disk is full: free some space or choose another folder".into(),
                _ => "check that the folder exists and may be written to, or choose another output folder".into(),
            }],
            ReportError::Read { .. } => vec!["check the path and that the file may be read".into()],
            ReportError::Foreign { .. } => {
                vec!["choose another output folder, or allow overwriting with `--overwrite`".into()]
            }
            ReportError::NotAFolder { .. } => vec!["choose another output folder".into()],
            ReportError::Format { .. } => vec!["read it with the version of Pellucid that wrote it".into()],
            ReportError::Image(e) => e.hints(),
            ReportError::Grid { .. } => vec!["a mask must lie on the grid of the image it belongs to".into()],
            _ => vec![],
        }
    }

    /// A failed write at a path.
    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> ReportError + '_ {
        move |source| ReportError::Write { path: path.to_path_buf(), source }
    }
}
