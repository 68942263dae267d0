//! Parts of a graph: what comes after some wires, and what some wires need.

mod affine;

use std::collections::HashMap;

pub use affine::is_affine;

use crate::rewrite::Copy;
use crate::{Graph, GraphError, Node, Result, Wire};

/// What has to be computed again when some wires are given new values.
#[derive(Clone, Debug)]
pub struct Suffix {
    /// Exactly the nodes that depend on the patched wires and that the outputs need. Inputs: first the patched wires, then `live`, by the
    /// names that they have in the whole graph.
    pub graph: Graph,
    /// Wires of the whole graph that the suffix reads although they don't depend on the patched ones: their values come from the run that
    /// was patched. Constants aren't among them; inputs of the whole graph are.
    pub live: Vec<Wire>,
}

/// The part of a graph that computes `outputs` anew when the wires `patched` are replaced. Skip connections that don't depend on them are
/// read from the unpatched run, so the result is exact for residual nets and U-Nets as well. A patched wire that depends on another one
/// keeps the value that it is given.
///
/// # Errors
/// When a patched wire is a constant or given twice, or the type or shape of a wire that the suffix reads isn't known.
pub fn suffix(graph: &Graph, patched: &[Wire], outputs: &[Wire]) -> Result<Suffix> {
    for (i, wire) in patched.iter().enumerate() {
        if graph.constant(*wire).is_some() || patched[..i].contains(wire) {
            let reason = format!("`{}` can't be patched: it is a constant or given twice", graph.name_of(*wire));
            return Err(GraphError::Invalid(reason));
        }
    }
    let nodes = nodes_between(graph, patched, outputs);
    let mut copy = Copy::new(graph);
    for &wire in patched {
        copy.input(wire, graph.fact(wire)?.clone());
    }
    let live = live_reads(graph, patched, outputs, &nodes);
    for &wire in &live {
        copy.input(wire, graph.fact(wire)?.clone());
    }
    for node in nodes {
        copy_unpatched(&mut copy, node, patched)?;
    }
    let ends = outputs.iter().map(|w| copy.wire(*w)).collect::<Result<Vec<_>>>()?;
    let mut graph = copy.new;
    graph.set_outputs(&ends);
    Ok(Suffix { graph, live })
}

/// Nodes on the way from `from` to `to`, in order. What makes one of `from` itself doesn't count, unless something else that it makes is on
/// the way.
fn nodes_between<'g>(graph: &'g Graph, from: &[Wire], to: &[Wire]) -> Vec<&'g Node> {
    let is_from = |w: &Wire| from.contains(w);
    let mut after = vec![false; graph.wire_count()];
    from.iter().for_each(|w| after[w.index()] = true);
    for node in graph.nodes() {
        if node.reads().any(|w| after[w.index()]) {
            node.outputs.iter().flatten().for_each(|o| after[o.index()] = true);
        }
    }
    let mut needed = vec![false; graph.wire_count()];
    to.iter().for_each(|w| needed[w.index()] = true);
    let mut nodes = Vec::new();
    for node in graph.nodes().iter().rev() {
        let wanted = node.outputs.iter().flatten().any(|o| needed[o.index()] && !is_from(o));
        if wanted && node.reads().any(|w| after[w.index()]) {
            node.reads().for_each(|w| needed[w.index()] = true);
            nodes.push(node);
        }
    }
    nodes.reverse();
    nodes
}

/// What the nodes or the outputs read and nobody among them makes.
fn live_reads(graph: &Graph, patched: &[Wire], outputs: &[Wire], nodes: &[&Node]) -> Vec<Wire> {
    let mut known = vec![false; graph.wire_count()];
    patched.iter().for_each(|w| known[w.index()] = true);
    nodes.iter().flat_map(|n| n.outputs.iter().flatten()).for_each(|w| known[w.index()] = true);
    let mut live = Vec::new();
    for wire in nodes.iter().flat_map(|n| n.reads()).chain(outputs.iter().copied()) {
        if !known[wire.index()] && graph.constant(wire).is_none() {
            known[wire.index()] = true;
            live.push(wire);
        }
    }
    live
}

/// Copies a node; an output of it that is patched goes nowhere.
fn copy_unpatched(copy: &mut Copy, node: &Node, patched: &[Wire]) -> Result<()> {
    let overridden: HashMap<Wire, Wire> = node
        .outputs
        .iter()
        .flatten()
        .filter(|o| patched.contains(o))
        .filter_map(|o| copy.get(*o).map(|input| (*o, input)))
        .collect();
    copy.same(node)?;
    for (old, input) in overridden {
        copy.set(old, input);
    }
    Ok(())
}

/// The part of a graph that makes the given wires: all inputs stay, the wires are the outputs, in order.
pub fn with_outputs(graph: &Graph, wires: &[Wire]) -> Graph {
    let mut graph = graph.clone();
    graph.set_outputs(wires);
    graph.prune().0
}
