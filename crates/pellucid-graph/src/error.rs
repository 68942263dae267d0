//! Errors of graphs, each with where, expected, found and what to do next.

use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = GraphError> = std::result::Result<T, E>;

/// What can go wrong with a graph.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GraphError {
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
    /// The bytes aren't an ONNX model.
    #[error("`{path}` isn't a valid ONNX model: {reason}")]
    NotOnnx {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Number of values and shape disagree.
    #[error("a tensor of shape {shape:?} was given {found} values")]
    TensorSize {
        /// The shape.
        shape: Vec<usize>,
        /// Values found.
        found: usize,
    },
    /// An operator that isn't known where it must be.
    #[error("operator `{op}` (node `{node}`) {reason}")]
    Unsupported {
        /// Operator type.
        op: String,
        /// Node name.
        node: String,
        /// What can't be done.
        reason: String,
    },
    /// A node whose inputs don't fit.
    #[error("node `{node}` ({op}): {reason}")]
    Node {
        /// Node name.
        node: String,
        /// Operator type.
        op: String,
        /// What is wrong.
        reason: String,
    },
    /// A name that the graph doesn't have.
    #[error("the graph has no {kind} `{name}`{}", near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    NoSuch {
        /// `wire`, `input` or `output`.
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// The nearest name there is.
        near: Option<String>,
    },
    /// An input shape that doesn't fit the model.
    #[error("input `{input}` has shape {found:?}, but the model takes {expected}")]
    InputShape {
        /// Input name.
        input: String,
        /// What the model takes.
        expected: String,
        /// What was given.
        found: Vec<usize>,
    },
    /// Anything else, said in one sentence.
    #[error("{0}")]
    Invalid(String),
}

impl GraphError {
    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            GraphError::Read { .. } => vec!["check the path and that the file may be read".into()],
            GraphError::Write { .. } => vec!["check that the folder exists and may be written to".into()],
            GraphError::NotOnnx { .. } => {
                vec![
                    "check that the file was copied whole; `check-model` of the Python package `onnx` tells more"
                        .into(),
                ]
            }
            GraphError::NoSuch { kind: "wire", .. } => {
                vec!["`pellucid inspect MODEL --layers` lists the layers".into()]
            }
            GraphError::InputShape { .. } => {
                vec![
                    "resize the image or set `size` in the model card; `pellucid inspect MODEL` shows the inputs"
                        .into(),
                ]
            }
            _ => vec![],
        }
    }
}
