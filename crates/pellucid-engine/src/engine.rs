//! What an engine is: it makes a graph ready, and the plan that comes out runs it.

use std::sync::Arc;

use pellucid_graph::{Graph, Tensor};

use crate::Result;

/// Runs graphs.
pub trait Engine: Send + Sync {
    /// Short name: `tract`, `onnxruntime`, `reference`.
    fn id(&self) -> &'static str;

    /// Version of the engine.
    fn version(&self) -> String;

    /// What it computes on: `cpu`, `cuda:0`.
    fn device(&self) -> String;

    /// Makes a graph of fixed input shapes ready to run.
    ///
    /// # Errors
    /// When the engine can't run one of its operators; the error names the node.
    fn prepare(&self, graph: &Graph) -> Result<Arc<dyn Plan>>;

    /// True when samples are best run one by one on all cores at the same time; false when the engine spreads one batch over the cores
    /// (or a device) itself.
    fn parallel_samples(&self) -> bool;

    /// The largest batch worth handing over at once, where batches are used: beyond it only memory grows.
    fn largest_batch(&self) -> usize {
        16
    }
}

/// A graph made ready. Plans may be run from several threads at the same time.
pub trait Plan: Send + Sync {
    /// Values of the graph's outputs for values of its inputs, both in the order of the graph.
    ///
    /// # Errors
    /// When the inputs don't fit or the engine fails.
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>>;
}
