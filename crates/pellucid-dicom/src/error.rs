//! Errors of DICOM objects and DICOMweb: where, expected, found, what to do next.

use std::path::Path;

use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = DicomError> = std::result::Result<T, E>;

/// What can go wrong with a source study, a result object or a server.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DicomError {
    /// The file can't be read.
    #[error("can't read `{path}`: {source}")]
    Read {
        /// The file or folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The result can't be written.
    #[error(transparent)]
    Write(#[from] pellucid_image::ImageError),
    /// Something is wrong inside the named file.
    #[error("`{path}`: {cause}")]
    InFile {
        /// The file.
        path: String,
        /// What is wrong.
        cause: Box<DicomError>,
    },
    /// The bytes break the rules of DICOM.
    #[error("damaged DICOM: {0}")]
    Damaged(String),
    /// A correct file that can't serve as a source.
    #[error("not a source of explanations: {reason}")]
    Source {
        /// Why.
        reason: String,
        /// What the user can do.
        hint: String,
    },
    /// The files given aren't one stack of one study.
    #[error("`{path}` doesn't belong with `{first}`: {what} is `{found}`, not `{expected}`")]
    Mixed {
        /// The file that is different.
        path: String,
        /// The first file.
        first: String,
        /// The attribute.
        what: &'static str,
        /// Its value there.
        found: String,
        /// Its value in the first file.
        expected: String,
    },
    /// A map or mask isn't on the grid of the source.
    #[error("{what} is on the grid {found}, but the source has {expected}")]
    Grid {
        /// The map or mask.
        what: String,
        /// Its grid.
        found: String,
        /// The grid of the source.
        expected: String,
        /// How to get there.
        hint: String,
    },
    /// A value that an attribute can't hold.
    #[error("{what} is `{found}`, but {expected}")]
    Value {
        /// The attribute or parameter.
        what: String,
        /// What was given.
        found: String,
        /// What is allowed.
        expected: String,
    },
    /// The server answered with an error.
    #[error("{action}: `{url}` answered {status}{}", detail.as_deref().map(|d| format!(": {d}")).unwrap_or_default())]
    Status {
        /// What was asked.
        action: &'static str,
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
        /// The first line of the answer, if it is text.
        detail: Option<String>,
    },
    /// The server can't be reached, or the connection broke.
    #[error("{action}: no answer from `{url}`: {reason}")]
    Connection {
        /// What was asked.
        action: &'static str,
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The server's answer isn't what DICOMweb prescribes.
    #[error("{action}: the answer of `{url}` {reason}")]
    Answer {
        /// What was asked.
        action: &'static str,
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server took the request but not every object.
    #[error("{} of {sent} objects weren't stored at `{url}`: {}", refused.len(), refused.join("; "))]
    Refused {
        /// The address.
        url: String,
        /// How many objects were sent.
        sent: usize,
        /// SOP Instance UID and reason of each refused one.
        refused: Vec<String>,
    },
    /// Anything else, said in one sentence.
    #[error("{0}")]
    Invalid(String),
}

impl DicomError {
    /// The same error with the file it happened in.
    pub fn in_file(self, path: &Path) -> DicomError {
        match self {
            already @ (DicomError::Read { .. } | DicomError::InFile { .. } | DicomError::Mixed { .. }) => already,
            cause => DicomError::InFile { path: path.display().to_string(), cause: Box::new(cause) },
        }
    }

    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        let one = |s: &str| vec![s.to_string()];
        match self {
            DicomError::Read { .. } => one("check the path and that the file may be read"),
            DicomError::Write(e) => e.hints(),
            DicomError::InFile { cause, .. } => cause.hints(),
            DicomError::Damaged(_) => {
                one("the file may be truncated: copy it again and compare its size with the original")
            }
            DicomError::Source { hint, .. } | DicomError::Grid { hint, .. } => one(hint),
            DicomError::Mixed { .. } => one("give the files of one series only, or one multi-frame file"),
            DicomError::Status { status, .. } => one(status_hint(*status)),
            DicomError::Connection { .. } => {
                one("check address, port and certificate; `curl URL` from this machine must reach the server")
            }
            DicomError::Answer { .. } => {
                one("check that the address is the root of a DICOMweb service, such as `http://host:8042/dicom-web`")
            }
            DicomError::Refused { .. } => {
                one("the server's log says why; objects that it already has may be refused as duplicates")
            }
            DicomError::Value { .. } | DicomError::Invalid(_) => vec![],
        }
    }
}

/// What the user can do about an HTTP status.
fn status_hint(status: u16) -> &'static str {
    match status {
        401 | 403 => "give credentials of a user who may do this",
        404 => "check the address (the root of the DICOMweb service) and that the study is there",
        406 | 415 => {
            "the server doesn't take this media type: check that DICOMweb is enabled, not only its own interface"
        }
        409 => "the server refused the objects: it may have them already, or not accept their SOP class",
        413 => "send fewer objects at once, or raise the server's limit",
        500..=599 => "the server failed: its log says why",
        _ => "check the address of the DICOMweb service",
    }
}

/// Shorthand for [`DicomError::Source`].
pub(crate) fn source_error(reason: impl Into<String>, hint: impl Into<String>) -> DicomError {
    DicomError::Source { reason: reason.into(), hint: hint.into() }
}

/// Shorthand for [`DicomError::Value`].
pub(crate) fn value_error(
    what: impl Into<String>,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> DicomError {
    DicomError::Value { what: what.into(), found: found.into(), expected: expected.into() }
}
