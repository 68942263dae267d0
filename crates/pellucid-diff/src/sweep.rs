//! The reverse sweep: from cotangents at some wires to what flows back to others.

use pellucid_graph::{Build, Graph, Wire};

use crate::{Assigned, Pull, Result, RuleSet};

/// What a sweep gives.
#[derive(Debug)]
pub struct Pulled {
    /// For each wire asked for, what flows back to it; `None` where nothing does (its influence is zero).
    pub wrt: Vec<Option<Wire>>,
    /// Which rule each node was given, and why.
    pub assignment: Vec<Assigned>,
    /// What each of these nodes was sent and handed on, in the same order.
    pub steps: Vec<Step>,
}

/// What a node was sent and what it handed on.
#[derive(Clone, Debug)]
pub struct Step {
    /// Index of the node in the graph.
    pub node: usize,
    /// What flowed back into each output.
    pub cotangents: Vec<Option<Wire>>,
    /// Wires that something flows on to, and the flow: one entry per input, or per wire further back.
    pub flows: Vec<(Wire, Wire)>,
}

/// Appends to `graph` the computation of what flows back from `seeds` (wire, cotangent of the same shape) to the wires `wrt`, under a rule
/// set. Only nodes between the two are read, so a sweep stops at the shallowest wire that is asked for. Wires may be inputs, inner wires or
/// constants (weights).
///
/// # Errors
/// When a node on the way has no backward rule, naming it.
pub fn pull_back(graph: &mut Graph, seeds: &[(Wire, Wire)], wrt: &[Wire], rules: &RuleSet) -> Result<Pulled> {
    let end = graph.nodes().len();
    let depends = graph.depends_on(wrt);
    let assigned = rules.resolve(graph, &depends)?;
    let mut flows: Vec<Vec<Wire>> = vec![Vec::new(); graph.wire_count()];
    for (wire, cotangent) in seeds {
        flows[wire.index()].push(*cotangent);
    }
    let (mut assignment, mut steps) = (Vec::new(), Vec::new());
    for index in (0..end).rev() {
        let outputs = graph.nodes()[index].outputs.clone();
        let mut cotangents = Vec::with_capacity(outputs.len());
        for wire in &outputs {
            let flow = wire.filter(|w| depends.get(w.index()).copied().unwrap_or(false));
            cotangents.push(match flow {
                Some(w) => total(graph, w, &mut flows[w.index()])?,
                None => None,
            });
        }
        if cotangents.iter().all(Option::is_none) {
            continue;
        }
        let wants: Vec<bool> = graph.nodes()[index]
            .inputs
            .iter()
            .map(|w| w.is_some_and(|w| depends[w.index()] && graph.dtype(w).is_ok_and(|d| d.is_float())))
            .collect();
        if !wants.iter().any(|w| *w) {
            continue;
        }
        let Some((rule, because)) = assigned.get(&index) else { continue };
        let mut pull = Pull::new(graph, index, cotangents.clone(), wants.clone());
        let inputs = pull.node.inputs.clone();
        let given = rule.pull(&mut pull)?;
        let past = std::mem::take(&mut pull.past);
        let mut step = Step { node: index, cotangents, flows: Vec::new() };
        for ((input, flow), want) in inputs.iter().zip(given).zip(&wants) {
            if let (Some(input), Some(flow), true) = (input, flow, want) {
                step.flows.push((*input, flow));
            }
        }
        step.flows.extend(past.into_iter().filter(|(wire, _)| depends.get(wire.index()).copied().unwrap_or(false)));
        for (wire, flow) in &step.flows {
            flows[wire.index()].push(*flow);
        }
        assignment.push(Assigned::new(graph, index, rule.id(), because));
        steps.push(step);
    }
    let mut out = Vec::with_capacity(wrt.len());
    for w in wrt {
        out.push(total(graph, *w, &mut flows[w.index()])?);
    }
    assignment.reverse();
    steps.reverse();
    Ok(Pulled { wrt: out, assignment, steps })
}

/// The sum of what flows into a wire, left in `flows` as one wire.
fn total(graph: &mut Graph, of: Wire, flows: &mut Vec<Wire>) -> Result<Option<Wire>> {
    let scope = format!("{}~back", graph.name_of(of));
    while flows.len() > 1 {
        let (Some(a), Some(b)) = (flows.pop(), flows.pop()) else { break };
        let sum = Build::new(graph, &scope).add(b, a)?;
        flows.push(sum);
    }
    Ok(flows.first().copied())
}
