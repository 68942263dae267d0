//! What can go wrong with an evaluation as a whole. What goes wrong with one score is told in its row.

use std::path::PathBuf;

/// Result of an evaluation.
pub type Result<T> = std::result::Result<T, EvaluateError>;

/// An error of an evaluation.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The protocol is wrong.
    #[error("the protocol: {0}")]
    Protocol(String),
    /// A method failed.
    #[error(transparent)]
    Explain(#[from] pellucid_explain::ExplainError),
    /// A graph can't be changed.
    #[error(transparent)]
    Graph(#[from] pellucid_graph::GraphError),
    /// A metric can't be computed.
    #[error(transparent)]
    Metric(#[from] pellucid_metrics::MetricError),
    /// A file can't be read or written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder holds the results of something else.
    #[error("`{}` holds results of another {what} ({found} instead of {expected}); choose another folder, or remove it", path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What the folder says.
        found: String,
        /// What is run.
        expected: String,
    },
    /// Results can't be written.
    #[error(transparent)]
    Image(#[from] pellucid_image::ImageError),
}
