//! `cargo xtask profile MODEL`: where the time of a compiled method goes, node by node.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use pellucid::engine::{Choice, EngineOptions, Session};
use pellucid::explain::{Model, ModelNotes, Wish, export};
use pellucid::graph::{Dim, Graph, Tensor, Wire};

/// What to measure.
#[derive(clap::Args)]
pub struct Args {
    /// The model
    model: PathBuf,
    /// A compiled method; the model alone when left out
    #[arg(long)]
    method: Option<String>,
    /// Engine
    #[arg(long, default_value = "tract")]
    engine: String,
    /// How many nodes to list
    #[arg(long, default_value_t = 15)]
    top: usize,
}

/// Runs every node by itself on the values that it has in the whole graph; slow nodes come first. An engine that fuses nodes does better than
/// the sum. Always true.
pub fn run(args: &Args) -> Result<bool> {
    let engine: Choice = args.engine.parse()?;
    let session = pellucid::engine::open(&EngineOptions::of(engine))?;
    let model = Model::open(&args.model, session.clone(), ModelNotes::default())?;
    let sample = sample(&model)?;
    model.fix(&sample)?;
    let graph = match &args.method {
        Some(method) => export(&model, &sample, &Wish::of(method), None, &[])?,
        None => (*model.graph(1, &[])?).clone(),
    };
    let whole = median(7, || session.run(&graph, &sample).map(drop))?;
    println!("whole graph: {} nodes, {:.2} ms", graph.nodes().len(), 1e3 * whole);
    let values = values(&session, &graph, &sample)?;
    let mut nodes: Vec<(f64, usize)> = Vec::new();
    for index in 0..graph.nodes().len() {
        nodes.push((alone(&session, &graph, index, &values)?, index));
    }
    let mut by_op: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for (seconds, index) in &nodes {
        let entry = by_op.entry(&graph.nodes()[*index].op).or_default();
        *entry = (entry.0 + 1, entry.1 + seconds);
    }
    let mut by_op: Vec<_> = by_op.into_iter().collect();
    by_op.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
    println!("{:<24} {:>6} {:>10}", "operator", "nodes", "ms alone");
    for (op, (count, seconds)) in by_op {
        println!("{op:<24} {count:>6} {:>10.2}", 1e3 * seconds);
    }
    nodes.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{:>10}  node", "ms alone");
    for (seconds, index) in nodes.into_iter().take(args.top) {
        println!("{:>10.2}  {}", 1e3 * seconds, described(&graph, index));
    }
    Ok(true)
}

/// One sample of numbers without structure; free axes are 1, spatial ones 224.
fn sample(model: &Model) -> Result<Vec<Tensor>> {
    let mut out = Vec::new();
    for (name, fact) in model.inputs()? {
        let free = |i: usize| if i < 2 { 1 } else { 224 };
        let shape: Vec<usize> =
            fact.dims.iter().enumerate().map(|(i, d)| if let Dim::Known(n) = d { *n } else { free(i) }).collect();
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| (i * 37 % 101) as f64 / 50.0 - 1.0).collect();
        out.push(Tensor::from_f64(fact.dtype, shape, values));
        println!("input {name}: {:?}", out[out.len() - 1].shape());
    }
    Ok(out)
}

fn median(runs: usize, mut call: impl FnMut() -> pellucid::engine::Result<()>) -> Result<f64> {
    call()?;
    let mut times = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// The value of every wire that a node makes.
fn values(session: &Session, graph: &Graph, sample: &[Tensor]) -> Result<BTreeMap<Wire, Tensor>> {
    let mut all = graph.clone();
    let made: Vec<Wire> = graph.nodes().iter().flat_map(|n| n.outputs.iter().flatten().copied()).collect();
    all.set_outputs(&made);
    let found = session.run(&all, sample)?;
    let inputs = graph.inputs().iter().copied().zip(sample.iter().cloned());
    Ok(inputs.chain(made.into_iter().zip(found)).collect())
}

/// Seconds of one node as a graph of its own, constants as constants.
fn alone(session: &Session, graph: &Graph, index: usize, values: &BTreeMap<Wire, Tensor>) -> Result<f64> {
    let node = &graph.nodes()[index];
    let mut one = Graph::new("one");
    let (mut map, mut feed) = (BTreeMap::new(), Vec::new());
    for wire in node.reads() {
        if map.contains_key(&wire) {
            continue;
        }
        let name = graph.name_of(wire);
        let new = match graph.constant(wire) {
            Some(value) => one.add_constant(name, value.clone()),
            None => {
                feed.push(values.get(&wire).with_context(|| format!("no value of `{name}`"))?.clone());
                one.add_input(name, graph.fact(wire)?.clone())
            }
        };
        map.insert(wire, new);
    }
    let inputs: Vec<Option<Wire>> = node.inputs.iter().map(|w| w.and_then(|w| map.get(&w).copied())).collect();
    let names: Vec<Option<&str>> = node.outputs.iter().map(|w| w.map(|w| graph.name_of(w))).collect();
    let captures = node.captures.iter().filter_map(|(n, w)| Some((n.clone(), *map.get(w)?))).collect();
    let outputs = one.push_raw(&node.name, &node.op, &node.domain, &inputs, node.attrs.clone(), &names, captures)?;
    let outputs: Vec<Wire> = outputs.into_iter().flatten().collect();
    one.set_outputs(&outputs);
    median(3, || session.run(&one, &feed).map(drop))
}

fn described(graph: &Graph, index: usize) -> String {
    let node = &graph.nodes()[index];
    let shapes: Vec<String> =
        node.reads().map(|w| graph.shape(w).map_or_else(|_| "?".into(), |s| format!("{s:?}"))).collect();
    format!("{} `{}` {} {:?}", node.op, node.name, shapes.join(" "), node.attrs.int("group"))
}
