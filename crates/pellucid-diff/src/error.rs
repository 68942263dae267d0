//! Errors of differentiation.

use pellucid_graph::GraphError;
use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = DiffError> = std::result::Result<T, E>;

/// What can go wrong when a graph is read backwards.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiffError {
    /// A gradient would have to cross an operator that has no backward rule.
    #[error("operator `{op}` (node `{node}`) can't be differentiated: {reason}")]
    NotDifferentiable {
        /// Operator type.
        op: String,
        /// Node name.
        node: String,
        /// Why.
        reason: String,
    },
    /// The graph refused an operation.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl DiffError {
    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            DiffError::NotDifferentiable { .. } => vec![
                "explain a layer after this node with `--layer`, or an output before it with `--output`".into(),
                "methods without gradients don't need it: `occlusion`, `score-cam`".into(),
            ],
            DiffError::Graph(e) => e.hints(),
        }
    }
}
