//! The sweep: from a target to multipliers and contributions.

use std::sync::Arc;

use pellucid_graph::{Attrs, Fact, Graph, GraphError, Wire};

use super::context::{Context, DeepLift};
use super::table;
use super::twin::Twin;
use crate::{Pulled, Result, pull_back};

/// What [`pull_back_difference`] gives.
#[derive(Debug)]
pub struct Difference {
    /// For each source, its multipliers, of its shape; `None` where it has no influence.
    pub multipliers: Vec<Option<Wire>>,
    /// For each source, its contributions `m (x - x')`.
    pub contributions: Vec<Option<Wire>>,
    /// Where values at the baseline are found: that of the target, for one.
    pub twin: Twin,
    /// Rules and flows, node by node.
    pub pulled: Pulled,
}

/// Appends to `graph` the computation of what each element of the sources contributes to the difference of a target between the input and a
/// baseline. `seeds` are the target's wires with the weight of each element (1 for a scalar); `sources` pair a wire (an input, or an inner
/// wire) with the wire of the same type and shape that holds its baseline, which may be a constant, a further input or computed.
///
/// # Errors
/// When a baseline doesn't fit its source, or a node on the way has no rule, naming it.
pub fn pull_back_difference(
    graph: &mut Graph,
    seeds: &[(Wire, Wire)],
    sources: &[(Wire, Wire)],
    settings: &DeepLift,
) -> Result<Difference> {
    let mut pairs = Vec::with_capacity(sources.len());
    for &(source, baseline) in sources {
        pairs.push((source, checked(graph, source, baseline)?));
    }
    let targets: Vec<Wire> = seeds.iter().map(|s| s.0).collect();
    let needed = graph.needed_for(&targets);
    let twofold = |n: &pellucid_graph::Node| n.outputs.iter().flatten().any(|w| needed[w.index()]);
    let nodes: Vec<usize> =
        graph.nodes().iter().enumerate().filter(|(_, n)| twofold(n)).map(|(index, _)| index).collect();
    let mut twin = Twin::of(&pairs);
    twin.extend(graph, nodes.into_iter())?;
    let sources: Vec<Wire> = pairs.iter().map(|p| p.0).collect();
    let context = Context { twin: twin.clone(), settings: *settings, sources: sources.clone() };
    let pulled = pull_back(graph, seeds, &sources, &table::rules(&Arc::new(context)))?;
    let mut contributions = Vec::with_capacity(pairs.len());
    for ((source, baseline), m) in pairs.iter().zip(&pulled.wrt) {
        contributions.push(match m {
            Some(m) => Some(contribution(graph, *m, *source, *baseline)?),
            None => None,
        });
    }
    Ok(Difference { multipliers: pulled.wrt.clone(), contributions, twin, pulled })
}

/// The baseline under a name of its own: folding a constant one would run the model once while the graph is built.
fn checked(graph: &mut Graph, source: Wire, baseline: Wire) -> Result<Wire> {
    let (want, have): (Fact, Fact) = (graph.fact(source)?.clone(), graph.fact(baseline)?.clone());
    if !want.admits(&have) || !want.dtype.is_float() {
        let reason =
            format!("the baseline of `{}` is {have}, it should be real numbers as {want}", graph.name_of(source));
        return Err(GraphError::Invalid(reason).into());
    }
    let name = format!("{}~baseline", graph.name_of(source));
    Ok(graph.push_lazy(&name, "Identity", &[baseline], Attrs::new())?)
}

fn contribution(graph: &mut Graph, m: Wire, x: Wire, baseline: Wire) -> Result<Wire> {
    let scope = format!("{}~contribution", graph.name_of(x));
    let mut b = pellucid_graph::Build::new(graph, &scope);
    let d = b.sub(x, baseline)?;
    Ok(b.mul(m, d)?)
}
