//! A graph made ready on tract.

use std::sync::{Arc, Mutex, PoisonError};

use pellucid_graph::{Graph, Tensor, Wire};
use tract_onnx::prelude::*;

use super::value::{datum_type, from_tract, to_tract};
use super::{ID, body, build};
use crate::engine::Plan;
use crate::guard::guarded;
use crate::inputs::Signature;
use crate::outputs::Outputs;
use crate::{EngineError, Result};

/// A plan and its idle running states, one per thread that ran it at the same time.
pub struct TractPlan {
    signature: Signature,
    model: Option<Arc<TypedSimplePlan>>,
    idle: Mutex<Vec<TypedSimpleState>>,
    outputs: Outputs,
}

impl TractPlan {
    /// Builds, optimises and orders the graph.
    ///
    /// # Errors
    /// When a node can't be run, with its name.
    pub fn new(graph: &Graph) -> Result<TractPlan> {
        let signature = Signature::of(graph)?;
        let outputs = Outputs::of(graph);
        let model = if outputs.ends.is_empty() { None } else { Some(runnable(graph, &outputs.ends)?) };
        Ok(TractPlan { signature, model, idle: Mutex::new(vec![]), outputs })
    }

    fn compute(&self, plan: &Arc<TypedSimplePlan>, inputs: &[Tensor]) -> TractResult<TVec<TValue>> {
        let values = inputs.iter().map(|t| Ok(to_tract(t)?.into_tvalue())).collect::<TractResult<TVec<_>>>()?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut state = idle.map_or_else(|| plan.spawn(), Ok)?;
        // A state that failed is dropped: it may hold half a run.
        let outputs = state.run(values)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(state);
        Ok(outputs)
    }
}

impl Plan for TractPlan {
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.signature.check(inputs)?;
        let computed = match &self.model {
            None => tvec![],
            Some(plan) => {
                let ran = guarded(|| self.compute(plan, inputs)).map_err(run_error)?;
                ran.map_err(|e| run_error(format!("{e:#}")))?
            }
        };
        self.outputs
            .collect(inputs, |i, dtype| from_tract(&computed[i], dtype).map_err(|e| run_error(format!("{e:#}"))))
    }
}

fn run_error(reason: String) -> EngineError {
    EngineError::Run { engine: ID, reason }
}

/// The optimised plan; where an optimisation fails, the plan as it was built.
fn runnable(graph: &Graph, ends: &[Wire]) -> Result<Arc<TypedSimplePlan>> {
    if body::has_bodies(graph) {
        return body::runnable(graph, ends);
    }
    let optimised = guarded(|| build::build(graph, ends).map(TypedModel::into_optimized));
    let model = match optimised {
        Ok(Ok(Ok(model))) => model,
        Ok(Err(error)) => return Err(error),
        Ok(Ok(Err(_))) | Err(_) => build::build(graph, ends)?,
    };
    let plan = guarded(|| TypedSimplePlan::new(model)).map_err(|e| prepare_failed(&e))?;
    plan.map_err(|e| build::prepare_error(None, &e))
}

/// An error of preparation without a node.
pub fn prepare_failed(reason: &str) -> EngineError {
    EngineError::Prepare { engine: ID, node: None, reason: reason.to_string() }
}

/// The fact of an input for tract's own reader.
pub fn input_fact(graph: &Graph, wire: Wire) -> Result<InferenceFact> {
    Ok(InferenceFact::dt_shape(datum_type(graph.dtype(wire)?), graph.shape(wire)?))
}
