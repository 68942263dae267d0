//! Errors of training.

use pellucid_diff::DiffError;
use pellucid_engine::EngineError;
use pellucid_graph::GraphError;
use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = TrainError> = std::result::Result<T, E>;

/// What can go wrong while a model is trained.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A weight that can't be trained.
    #[error("weight `{name}` can't be trained: {reason}")]
    Weight {
        /// Name of the constant.
        name: String,
        /// Why not.
        reason: String,
    },
    /// An output that a loss can't be put on.
    #[error("loss `{loss}` needs {expected}, but output `{output}` is {found}")]
    Loss {
        /// The loss.
        loss: String,
        /// The output.
        output: String,
        /// What it needs.
        expected: &'static str,
        /// What the output is.
        found: String,
    },
    /// An example that doesn't fit, or that couldn't be made.
    #[error("example {index}: {reason}")]
    Example {
        /// Its index.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// A loss or weight that isn't a number any more.
    #[error("training diverged in epoch {epoch}, step {step}: the loss is {loss} at learning rate {rate}")]
    Diverged {
        /// Epoch, counted from 1.
        epoch: usize,
        /// Step within it, counted from 1.
        step: usize,
        /// The loss.
        loss: f64,
        /// The learning rate.
        rate: f64,
    },
    /// A setting out of its range.
    #[error("`{name}` is {value}: expected {expected}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// The graph refused.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A gradient can't be had.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// The engine refused, or the work was cancelled.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl TrainError {
    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            TrainError::Diverged { .. } => vec!["lower the learning rate, or warm it up".into()],
            TrainError::Graph(e) => e.hints(),
            TrainError::Diff(e) => e.hints(),
            TrainError::Engine(e) => e.hints(),
            _ => vec![],
        }
    }

    /// Whether the user stopped the work.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, TrainError::Engine(EngineError::Cancelled))
    }
}
