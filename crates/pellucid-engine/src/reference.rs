//! The plain evaluator as an engine: every operator in `f64`, one loop each, slow and easy to check.

use std::sync::Arc;

use pellucid_graph::{Graph, Tensor, interpret};

use crate::Result;
use crate::engine::{Engine, Plan};
use crate::inputs::Signature;

/// The plain evaluator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference;

struct ReferencePlan {
    graph: Graph,
    signature: Signature,
}

impl Engine for Reference {
    fn id(&self) -> &'static str {
        "reference"
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_string()
    }

    fn device(&self) -> String {
        "cpu".into()
    }

    fn prepare(&self, graph: &Graph) -> Result<Arc<dyn Plan>> {
        let signature = Signature::of(graph)?;
        Ok(Arc::new(ReferencePlan { graph: graph.clone(), signature }))
    }

    fn parallel_samples(&self) -> bool {
        true
    }
}

impl Plan for ReferencePlan {
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.signature.check(inputs)?;
        Ok(interpret::run(&self.graph, inputs, false)?)
    }
}
