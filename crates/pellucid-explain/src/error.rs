//! Errors of explaining, with hints as data.

use pellucid_diff::DiffError;
use pellucid_engine::EngineError;
use pellucid_graph::GraphError;
use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = ExplainError> = std::result::Result<T, E>;

/// What can go wrong when a model is explained.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// A method that isn't in the list.
    #[error("there is no method `{name}`{}", near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    NoMethod {
        /// The name asked for.
        name: String,
        /// The nearest id.
        near: Option<String>,
    },
    /// A parameter that the method doesn't have, or a value outside its range.
    #[error("method `{method}`: {reason}")]
    Parameter {
        /// Method id.
        method: String,
        /// What is wrong.
        reason: String,
    },
    /// The target doesn't fit the model's output.
    #[error("target `{target}`: {reason}")]
    Target {
        /// The target as asked for.
        target: String,
        /// What is wrong.
        reason: String,
    },
    /// The method needs something that the model doesn't have.
    #[error("method `{method}` {reason}")]
    Needs {
        /// Method id.
        method: String,
        /// What is missing, and where.
        reason: String,
        /// What to do instead.
        hint: String,
    },
    /// The input doesn't fit the model.
    #[error("input `{input}`: {reason}")]
    Input {
        /// Input name.
        input: String,
        /// What is wrong.
        reason: String,
    },
    /// The model gave NaN or infinite values.
    #[error("`{wire}` has a value that isn't finite (element {index}) for this input")]
    NonFinite {
        /// The wire.
        wire: String,
        /// Flat index of the first such value.
        index: usize,
    },
    /// Differentiation failed.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The graph refused an operation.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl ExplainError {
    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            ExplainError::NoMethod { .. } => vec!["`pellucid methods` lists them all".into()],
            ExplainError::Parameter { method, .. } => {
                vec![format!("`pellucid methods {method}` lists its parameters")]
            }
            ExplainError::Target { .. } => {
                vec![
                    "`pellucid inspect MODEL` shows outputs and classes; see `pellucid explain --help` for targets"
                        .into(),
                ]
            }
            ExplainError::Needs { hint, .. } => vec![hint.clone()],
            ExplainError::Input { .. } => {
                vec!["`pellucid inspect MODEL` shows the inputs; the model card says how an image becomes one".into()]
            }
            ExplainError::NonFinite { .. } => {
                vec!["check the preprocessing in the model card (value range, mean, std) and the image for NaN".into()]
            }
            ExplainError::Diff(e) => e.hints(),
            ExplainError::Engine(e) => e.hints(),
            ExplainError::Graph(e) => e.hints(),
        }
    }

    /// Whether the user stopped the run.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, ExplainError::Engine(EngineError::Cancelled))
    }
}
