//! Errors of engines, each with where, expected, found and what to do next.

use pellucid_graph::GraphError;
use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// What can go wrong while a graph is made ready or run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The graph itself is at fault.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// An engine that was asked for isn't there.
    #[error("no ONNX Runtime library was found{}", looked(tried))]
    LibraryMissing {
        /// Where it was looked for, one line each.
        tried: Vec<String>,
    },
    /// A library that can't be used.
    #[error("can't use the ONNX Runtime library `{path}`: {reason}")]
    Library {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A device that the engine can't run on.
    #[error("engine `{engine}` can't run on device `{device}`: {reason}")]
    Device {
        /// Engine id.
        engine: &'static str,
        /// The device asked for.
        device: String,
        /// Why not.
        reason: String,
    },
    /// A graph that the engine can't make ready.
    #[error("engine `{engine}` can't prepare the graph{}: {reason}", at_node(node))]
    Prepare {
        /// Engine id.
        engine: &'static str,
        /// The node that it can't run, with its operator, where that is known.
        node: Option<String>,
        /// What the engine says.
        reason: String,
    },
    /// A run that failed.
    #[error("engine `{engine}` failed while it ran the graph: {reason}")]
    Run {
        /// Engine id.
        engine: &'static str,
        /// What the engine says.
        reason: String,
    },
    /// Inputs that don't fit the plan.
    #[error("input {index}{}: expected {expected}, found {found}", name.as_ref().map(|n| format!(" (`{n}`)")).unwrap_or_default())]
    Input {
        /// Position of the input.
        index: usize,
        /// Its name, where there is one.
        name: Option<String>,
        /// What the plan takes.
        expected: String,
        /// What was given.
        found: String,
    },
    /// More memory would be needed than the budget allows.
    #[error("one sample needs about {need} of memory, but the budget is {budget}")]
    Memory {
        /// Estimated need.
        need: String,
        /// The budget.
        budget: String,
    },
    /// A setting that can't be read.
    #[error("`{value}` isn't a valid {what}: expected {expected}")]
    Setting {
        /// What is set.
        what: &'static str,
        /// The text given.
        value: String,
        /// What is understood.
        expected: String,
    },
    /// The user stopped the work.
    #[error("cancelled")]
    Cancelled,
}

impl EngineError {
    /// What the user can do about it, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            EngineError::Graph(e) => e.hints(),
            EngineError::LibraryMissing { .. } => vec![
                "`pip install onnxruntime` in the active Python environment, or set `PELLUCID_ONNXRUNTIME` to the library or its folder".into(),
                "`--engine tract` needs no library".into(),
            ],
            EngineError::Library { .. } => vec![
                "`pellucid doctor` lists every place that was looked at".into(),
                "set `PELLUCID_ONNXRUNTIME` to an ONNX Runtime of version 1.18 or newer, or use `--engine tract`".into(),
            ],
            EngineError::Device { .. } => {
                vec!["`--device cpu` always works; `pellucid doctor` tells which devices were found".into()]
            }
            EngineError::Prepare { engine, .. } | EngineError::Run { engine, .. } if *engine != "onnxruntime" => {
                vec!["try `--engine onnxruntime`: it runs more operators (`pip install onnxruntime`)".into()]
            }
            EngineError::Prepare { .. } | EngineError::Run { .. } => vec!["try `--engine tract`".into()],
            EngineError::Memory { .. } => {
                vec!["raise `--memory`, or give the model a smaller input".into()]
            }
            _ => vec![],
        }
    }
}

fn looked(tried: &[String]) -> String {
    if tried.is_empty() { String::new() } else { format!("; looked at: {}", tried.join(", ")) }
}

fn at_node(node: &Option<String>) -> String {
    node.as_ref().map(|n| format!(" at node {n}")).unwrap_or_default()
}
