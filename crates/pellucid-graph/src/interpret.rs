//! Running a whole graph with the plain evaluators: the reference that engines, rewrites and gradients are tested against.
//!
//! It is exact rather than fast: everything is computed in `f64`, one thread, one node after the other.

use crate::op::{self, Call};
use crate::{Dim, Fact, Graph, GraphError, Node, Result, Tensor, Wire};

/// The outputs of a graph for the given inputs. With `wide`, every float stays in `f64` from the inputs to the outputs.
///
/// # Errors
/// When inputs don't fit, or a node can't be evaluated; the message names it.
pub fn run(graph: &Graph, inputs: &[Tensor], wide: bool) -> Result<Vec<Tensor>> {
    run_taps(graph, inputs, graph.outputs(), wide)
}

/// The values of any wires of a graph for the given inputs: [`run`] that stops at `wires` and does only what they need.
///
/// # Errors
/// When inputs don't fit, or a node can't be evaluated; the message names it.
pub fn run_taps(graph: &Graph, inputs: &[Tensor], wires: &[Wire], wide: bool) -> Result<Vec<Tensor>> {
    check_inputs(graph, inputs)?;
    let needed = graph.needed_for(wires);
    let last = last_uses(graph, wires);
    let stored = |t: &Tensor| if wide { op::widen(t) } else { t.clone() };
    let mut values: Vec<Option<Tensor>> = vec![None; graph.wire_count()];
    for (wire, value) in graph.inputs().iter().zip(inputs) {
        values[wire.index()] = Some(stored(value));
    }
    for (wire, info) in graph.wires().filter(|(w, _)| needed[w.index()]) {
        if let Some(constant) = &info.constant {
            values[wire.index()] = Some(stored(constant));
        }
    }
    for (i, node) in graph.nodes().iter().enumerate() {
        if !node.outputs.iter().flatten().any(|w| needed[w.index()]) {
            continue;
        }
        let out = run_node(graph, node, &values, wide).map_err(|e| at_node(node, e))?;
        for (wire, value) in node.outputs.iter().zip(out) {
            if let Some(wire) = wire {
                values[wire.index()] = Some(value);
            }
        }
        for w in node.reads().chain(node.outputs.iter().flatten().copied()) {
            if last[w.index()] <= i {
                values[w.index()] = None;
            }
        }
    }
    wires.iter().map(|w| values[w.index()].clone().ok_or_else(|| missing(graph, *w))).collect()
}

/// Number and shapes of the inputs.
fn check_inputs(graph: &Graph, inputs: &[Tensor]) -> Result<()> {
    let wires = graph.inputs();
    if wires.len() != inputs.len() {
        return Err(GraphError::Invalid(format!("{} inputs given, the graph has {}", inputs.len(), wires.len())));
    }
    for (wire, value) in wires.iter().zip(inputs) {
        let Some(fact) = &graph.info(*wire).fact else { continue };
        let fits = |(d, n): (&Dim, &usize)| !matches!(d, Dim::Known(k) if k != n);
        let floats = fact.dtype.is_float() && value.dtype().is_float();
        let same_type = fact.dtype == value.dtype() || floats;
        if !same_type || fact.rank() != value.rank() || !fact.dims.iter().zip(value.shape()).all(fits) {
            return Err(GraphError::InputShape {
                input: graph.name_of(*wire).to_string(),
                expected: fact.to_string(),
                found: value.shape().to_vec(),
            });
        }
    }
    Ok(())
}

/// For each wire, the node after which its value isn't needed; never for the wires that are asked for.
fn last_uses(graph: &Graph, wires: &[Wire]) -> Vec<usize> {
    let mut last = vec![0; graph.wire_count()];
    for (i, node) in graph.nodes().iter().enumerate() {
        node.reads().for_each(|w| last[w.index()] = i);
    }
    wires.iter().for_each(|w| last[w.index()] = usize::MAX);
    last
}

fn run_node(graph: &Graph, node: &Node, values: &[Option<Tensor>], wide: bool) -> Result<Vec<Tensor>> {
    let mut constants = Vec::with_capacity(node.inputs.len());
    for wire in &node.inputs {
        constants.push(match wire {
            None => None,
            Some(w) => Some(values[w.index()].clone().ok_or_else(|| missing(graph, *w))?),
        });
    }
    let facts = constants.iter().map(|t| t.as_ref().map(|t| Fact::new(t.dtype(), t.shape()))).collect();
    let call = Call {
        name: &node.name,
        op: &node.op,
        domain: &node.domain,
        attrs: &node.attrs,
        facts,
        constants,
        outputs: node.outputs.len(),
        complete: true,
        wide,
    };
    op::eval(&call, wide)
}

fn missing(graph: &Graph, wire: Wire) -> GraphError {
    GraphError::Invalid(format!("`{}` has no value: no node, input or constant makes it", graph.name_of(wire)))
}

/// An error that names the node.
fn at_node(node: &Node, error: GraphError) -> GraphError {
    match error {
        named @ (GraphError::Node { .. } | GraphError::Unsupported { .. }) => named,
        other => GraphError::Node { node: node.name.clone(), op: node.op.clone(), reason: other.to_string() },
    }
}
