//! Errors of presets, protocols and advice: which file, which key, which line, what to do next.

use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = AdviseError> = std::result::Result<T, E>;

/// What can go wrong with presets, protocols and advice.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AdviseError {
    /// A file or folder can't be read.
    #[error("can't read `{path}`: {source}")]
    Read {
        /// The file or folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A TOML file that can't be used.
    #[error("`{file}`, line {line}, column {column}{}: {reason}", key.as_ref().map(|k| format!(", key `{k}`")).unwrap_or_default())]
    Toml {
        /// The file, or what the text is when it comes from no file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The key with the tables it stands in, such as `baseline[1].value`.
        key: Option<String>,
        /// What is wrong.
        reason: String,
    },
    /// No preset has this id.
    #[error("no preset `{id}`{}", near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    NoPreset {
        /// What was asked for.
        id: String,
        /// The nearest id there is.
        near: Option<String>,
    },
    /// The preset to take isn't known: the card names none and the image has several readings or none.
    #[error("the modality isn't known: {reason}")]
    Modality {
        /// What was tried.
        reason: String,
    },
    /// Nothing that could be recommended can run.
    #[error("nothing can be recommended: {reason}")]
    Nothing {
        /// What was considered.
        reason: String,
    },
    /// A baseline that can't be made from this image.
    #[error("baseline `{id}`: {reason}")]
    Baseline {
        /// The baseline.
        id: String,
        /// Why not.
        reason: String,
    },
    /// The imaging crate refused something.
    #[error(transparent)]
    Image(#[from] pellucid_image::ImageError),
}

impl AdviseError {
    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            AdviseError::Read { .. } => vec!["check the path and that it may be read".into()],
            AdviseError::Toml { .. } => {
                vec!["the presets that come with the program show every key: start from a copy of one".into()]
            }
            AdviseError::NoPreset { .. } => vec!["the reference page of presets lists all ids".into()],
            AdviseError::Modality { .. } => {
                vec!["name a preset, or write `modality = \"..\"` into the model card".into()]
            }
            AdviseError::Nothing { .. } => vec!["see the reasons: a missing need can often be supplied".into()],
            AdviseError::Baseline { .. } => vec!["take another baseline of the preset".into()],
            AdviseError::Image(e) => e.hints(),
        }
    }
}
