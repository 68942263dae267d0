//! One graph for every batch size.

use std::sync::Arc;

use pellucid_graph::Graph;

use crate::{EngineError, Result};

/// The same computation at several batch sizes. Samples of a batch don't influence each other.
pub trait GraphFamily: Send + Sync {
    /// The graph specialised to a batch of `n`.
    ///
    /// # Errors
    /// When the graph can't be made for this size.
    fn at_batch(&self, n: usize) -> Result<Arc<Graph>>;

    /// The largest batch that the graph allows; 1 when the batch is fixed in the graph.
    fn max_batch(&self) -> usize;

    /// For each input, whether its axis 0 counts samples. An input without a batch axis is the same for all samples of a batch.
    fn batched_inputs(&self) -> &[bool];
}

/// A graph that takes one sample at a time.
pub struct Fixed {
    graph: Arc<Graph>,
    batched: Vec<bool>,
}

impl Fixed {
    /// The family of one graph. It doesn't matter which inputs have a batch axis, for it is never longer than one sample.
    pub fn new(graph: Arc<Graph>) -> Fixed {
        let batched = vec![true; graph.inputs().len()];
        Fixed { graph, batched }
    }
}

impl GraphFamily for Fixed {
    fn at_batch(&self, n: usize) -> Result<Arc<Graph>> {
        if n == 1 {
            return Ok(self.graph.clone());
        }
        Err(EngineError::Setting {
            what: "batch size",
            value: n.to_string(),
            expected: "1 (fixed in the graph)".into(),
        })
    }

    fn max_batch(&self) -> usize {
        1
    }

    fn batched_inputs(&self) -> &[bool] {
        &self.batched
    }
}
