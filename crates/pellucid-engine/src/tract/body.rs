//! Graphs with bodies (`If`, `Loop`, `Scan`): tract reads them as a whole, for only its own analysis types what is inside a body.

use std::sync::Arc;

use pellucid_graph::{Attr, Graph, Wire, onnx};
use tract_onnx::prelude::*;

use super::build::prepare_error;
use super::plan::{input_fact, prepare_failed};
use crate::Result;
use crate::guard::guarded;

/// Whether some node runs a body.
pub fn has_bodies(graph: &Graph) -> bool {
    graph.nodes().iter().any(|n| !n.captures.is_empty() || n.attrs.0.values().any(|a| matches!(a, Attr::Graph(_))))
}

/// The plan of a graph with bodies, through a serialised model.
///
/// # Errors
/// When tract can't read or type it.
pub fn runnable(graph: &Graph, ends: &[Wire]) -> Result<Arc<TypedSimplePlan>> {
    let mut ended = graph.clone();
    ended.set_outputs(ends);
    let bytes = onnx::to_bytes(&ended, &onnx::ExportOptions::default())?;
    let facts = graph.inputs().iter().map(|w| input_fact(graph, *w)).collect::<Result<Vec<_>>>()?;
    let plan = guarded(|| {
        let reader = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_output_types(true);
        let mut model = reader.model_for_read(&mut bytes.as_slice())?;
        for (i, fact) in facts.into_iter().enumerate() {
            model.set_input_fact(i, fact)?;
        }
        TypedSimplePlan::new(model.into_optimized()?)
    });
    plan.map_err(|e| prepare_failed(&e))?.map_err(|e| prepare_error(None, &e))
}
