//! A graph of the model at every batch size, made when it is asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pellucid_engine::{EngineError, GraphFamily};
use pellucid_graph::{Graph, GraphError};

use crate::{ExplainError, Result};

type Maker<'m> = Box<dyn Fn(usize) -> Result<Graph> + Send + Sync + 'm>;

/// A computation at any batch size up to a limit.
pub struct Family<'m> {
    make: Maker<'m>,
    max: usize,
    batched: Vec<bool>,
    made: Mutex<BTreeMap<usize, Arc<Graph>>>,
}

impl<'m> Family<'m> {
    /// A family from a function that builds the graph for a batch of `n`. `batched` says of each input whether its axis 0 counts samples.
    pub fn new(max: usize, batched: Vec<bool>, make: impl Fn(usize) -> Result<Graph> + Send + Sync + 'm) -> Family<'m> {
        Family { make: Box::new(make), max, batched, made: Mutex::new(BTreeMap::new()) }
    }

    /// The graph at a batch size.
    ///
    /// # Errors
    /// When it can't be built.
    pub fn graph(&self, n: usize) -> Result<Arc<Graph>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(graph) = made.get(&n) {
            return Ok(graph.clone());
        }
        let graph = Arc::new((self.make)(n)?.prune().0);
        made.insert(n, graph.clone());
        Ok(graph)
    }
}

impl GraphFamily for Family<'_> {
    fn at_batch(&self, n: usize) -> pellucid_engine::Result<Arc<Graph>> {
        self.graph(n).map_err(|e| match e {
            ExplainError::Graph(e) => EngineError::Graph(e),
            ExplainError::Engine(e) => e,
            other => EngineError::Graph(GraphError::Invalid(other.to_string())),
        })
    }

    fn max_batch(&self) -> usize {
        self.max
    }

    fn batched_inputs(&self) -> &[bool] {
        &self.batched
    }
}
