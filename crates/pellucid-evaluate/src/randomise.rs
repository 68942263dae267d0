//! Models whose weights mean nothing any more, for tests of whether an explanation depends on them.

use pellucid_explain::Model;
use pellucid_graph::op::{Role, find};
use pellucid_graph::{Tensor, Wire, onnx};
use pellucid_metrics::Stream;

use crate::Result;

/// Weights of the model's linear nodes and normalisations, in the order of execution: one list of wires for each layer.
pub fn layers_with_weights(model: &Model) -> Vec<Vec<Wire>> {
    let graph = model.source();
    let has_weights = |role: Role| matches!(role, Role::Linear | Role::Norm);
    let mut layers = Vec::new();
    for node in graph.nodes().iter().filter(|n| find(&n.op).is_some_and(|o| has_weights(o.role))) {
        let constants = node.inputs.iter().skip(1).flatten().copied();
        let weights: Vec<Wire> =
            constants.filter(|w| graph.constant(*w).is_some_and(|t| t.dtype().is_float() && t.len() > 1)).collect();
        if !weights.is_empty() {
            layers.push(weights);
        }
    }
    layers
}

/// The model with the weights of some layers shuffled: their distribution stays, what they say is lost. The same layer is shuffled the same way
/// whatever the others.
///
/// # Errors
/// When a weight can't be replaced.
pub fn randomised(model: &Model, layers: &[usize], seed: u64) -> Result<Model> {
    let all = layers_with_weights(model);
    let mut graph = model.source().clone();
    for &layer in layers {
        for (part, &wire) in all.get(layer).into_iter().flatten().enumerate() {
            // a weight that several layers share is shuffled once
            let Some(value) = graph.constant(wire).cloned() else { continue };
            let shuffled = shuffled(&value, &mut Stream::new(seed, 0x6d70).part(layer as u64).part(part as u64));
            graph.free(wire)?;
            graph.bind(wire, shuffled)?;
        }
    }
    let read = onnx::Model { graph, info: model.info.clone() };
    Ok(Model::new(read, model.session().clone(), model.notes.clone()))
}

fn shuffled(value: &Tensor, draw: &mut Stream) -> Tensor {
    let mut values = value.to_f64();
    for i in (1..values.len()).rev() {
        values.swap(i, draw.below(i + 1));
    }
    Tensor::from_f64(value.dtype(), value.shape().to_vec(), values)
}
