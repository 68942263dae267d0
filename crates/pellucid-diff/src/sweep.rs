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
    /// What each of these nodes got from its outputs and handed on, in the same order.
    pub ledger: Vec<Entry>,
}

/// What flowed through one node of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What flowed back into its outputs.
    pub received: Vec<Wire>,
    /// What it sent on to its inputs, or past them to wires further back.
    pub passed: Vec<Wire>,
    /// The outputs that received, in the same order.
    pub outputs: Vec<Wire>,
    /// The wires that something was passed to, in the same order.
    pub inputs: Vec<Wire>,
}

impl Entry {
    fn of(
        outputs: &[Option<Wire>],
        cotangents: &[Option<Wire>],
        handed_on: impl Iterator<Item = (Wire, Wire)>,
        depends: &[bool],
    ) -> Entry {
        let received = outputs.iter().zip(cotangents).filter_map(|(w, f)| Some(((*w)?, (*f)?)));
        let (outputs, received) = received.unzip();
        let kept = handed_on.filter(|(wire, _)| depends.get(wire.index()).copied().unwrap_or(false));
        let (inputs, passed) = kept.unzip();
        Entry { received, passed, outputs, inputs }
    }
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
    let targets: Vec<Wire> = seeds.iter().map(|s| s.0).collect();
    let assigned = rules.resolve(graph, &depends, &targets)?;
    let mut flows: Vec<Vec<Wire>> = vec![Vec::new(); graph.wire_count()];
    for (wire, cotangent) in seeds {
        flows[wire.index()].push(*cotangent);
    }
    let (mut assignment, mut ledger) = (Vec::new(), Vec::new());
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
        let wants = wanted(graph, index, &depends);
        if !wants.iter().any(|w| *w) {
            continue;
        }
        let Some((rule, because)) = assigned.get(&index) else { continue };
        let mut pull = Pull::new(graph, index, cotangents.clone(), wants.clone());
        let inputs = pull.node.inputs.clone();
        let given = rule.pull(&mut pull)?;
        let past = std::mem::take(&mut pull.past);
        let entry = Entry::of(&outputs, &cotangents, handed_on(&inputs, given, &wants).chain(past), &depends);
        for (wire, flow) in entry.inputs.iter().zip(&entry.passed) {
            flows[wire.index()].push(*flow);
        }
        assignment.push(Assigned::new(graph, index, rule.id(), because));
        ledger.push(entry);
    }
    let mut out = Vec::with_capacity(wrt.len());
    for w in wrt {
        out.push(total(graph, *w, &mut flows[w.index()])?);
    }
    assignment.reverse();
    ledger.reverse();
    Ok(Pulled { wrt: out, assignment, ledger })
}

/// For each input of a node, whether something must flow on to it.
fn wanted(graph: &Graph, index: usize, depends: &[bool]) -> Vec<bool> {
    let wanted = |w: Wire| depends[w.index()] && graph.dtype(w).is_ok_and(|d| d.is_float());
    graph.nodes()[index].inputs.iter().map(|w| w.is_some_and(wanted)).collect()
}

/// The inputs that are wanted, with what is given to them.
fn handed_on(inputs: &[Option<Wire>], given: Vec<Option<Wire>>, wants: &[bool]) -> impl Iterator<Item = (Wire, Wire)> {
    inputs.iter().zip(given).zip(wants).filter_map(|((input, flow), want)| Some(((*input)?, flow.filter(|_| *want)?)))
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
