//! Fixing the input shapes: every wire gets a type and a shape, and what has become constant is evaluated.
//!
//! The chains `Shape -> Gather -> Concat -> Reshape` that exporters write for free axes are gone afterwards, and so are masks and position
//! embeddings that depend on sizes only.

use std::collections::HashMap;

use super::copy::Copy;
use super::inline;
use super::rebatch::Batch;
use super::{RewriteNote, Rewritten};
use crate::op::{self, Call, Role};
use crate::{Dim, Fact, Graph, GraphError, Node, Result, Wire, nearest, volume};

/// Elements that a folded constant may always have; a larger one is made only when it isn't larger than what it is made from.
const SMALL: usize = 1 << 22;

/// Multiplications that folding one product or convolution may cost.
const WORK: usize = 1 << 28;

/// Inputs whose value, not only their shape, decides the shape of the output.
const SHAPED_BY: &[(&str, &[usize])] = &[
    ("CenterCropPad", &[1]),
    ("ConstantOfShape", &[0]),
    ("Expand", &[1]),
    ("OneHot", &[1]),
    ("Pad", &[1, 3]),
    ("Range", &[0, 1, 2]),
    ("ReduceL1", &[1]),
    ("ReduceL2", &[1]),
    ("ReduceLogSum", &[1]),
    ("ReduceLogSumExp", &[1]),
    ("ReduceMax", &[1]),
    ("ReduceMean", &[1]),
    ("ReduceMin", &[1]),
    ("ReduceProd", &[1]),
    ("ReduceSum", &[1]),
    ("ReduceSumSquare", &[1]),
    ("Reshape", &[1]),
    ("Resize", &[1, 2, 3]),
    ("Slice", &[1, 2, 3, 4]),
    ("Split", &[1]),
    ("Squeeze", &[1]),
    ("Tile", &[1]),
    ("TopK", &[1]),
    ("Unsqueeze", &[1]),
];

/// The graph for fixed input shapes, by input name. Every axis of the model's inputs that isn't given must be fixed in the model, or carry
/// the name of an axis that is given. Wires that stay keep their names. Behind an operator that isn't known, or whose result's shape depends
/// on the data, types and shapes stay unknown; the log says where.
///
/// # Errors
/// When an input doesn't exist, a shape doesn't fit the model, or a node can't work on what it is given.
pub fn specialise(graph: &Graph, shapes: &[(&str, Vec<usize>)]) -> Result<Rewritten> {
    Walk::run(graph, input_facts(graph, shapes)?, None)?.finish()
}

/// Facts of the inputs for the given shapes, checked against what the model takes.
pub(super) fn input_facts(graph: &Graph, shapes: &[(&str, Vec<usize>)]) -> Result<Vec<Fact>> {
    let names = || graph.inputs().iter().map(|w| graph.name_of(*w));
    for (name, _) in shapes {
        if !names().any(|n| n == *name) {
            return Err(GraphError::NoSuch { kind: "input", name: name.to_string(), near: nearest(name, names()) });
        }
    }
    let mut symbols = HashMap::new();
    let mut facts = Vec::with_capacity(graph.inputs().len());
    for &wire in graph.inputs() {
        let fact = graph.fact(wire)?;
        let given = shapes.iter().find(|s| s.0 == graph.name_of(wire)).map(|s| &s.1);
        if let Some(shape) = given {
            fits(graph.name_of(wire), fact, shape)?;
            let free = fact.dims.iter().zip(shape);
            symbols.extend(free.filter_map(|(d, n)| if let Dim::Symbol(s) = d { Some((s.clone(), *n)) } else { None }));
        }
        facts.push((wire, fact, given));
    }
    facts.into_iter().map(|(wire, fact, given)| fixed(graph.name_of(wire), fact, given, &symbols)).collect()
}

fn fits(input: &str, fact: &Fact, shape: &[usize]) -> Result<()> {
    let agrees = |(d, n): (&Dim, &usize)| !matches!(d, Dim::Known(k) if k != n);
    let possible = volume(shape).is_some_and(|n| n > 0);
    if possible && fact.rank() == shape.len() && fact.dims.iter().zip(shape).all(agrees) {
        return Ok(());
    }
    Err(GraphError::InputShape { input: input.to_string(), expected: fact.to_string(), found: shape.to_vec() })
}

fn fixed(input: &str, fact: &Fact, given: Option<&Vec<usize>>, symbols: &HashMap<String, usize>) -> Result<Fact> {
    if let Some(shape) = given {
        return Ok(Fact::new(fact.dtype, shape));
    }
    let known = fact.dims.iter().map(|d| match d {
        Dim::Known(n) => Some(*n),
        Dim::Symbol(s) => symbols.get(s).copied(),
        Dim::Unknown => None,
    });
    let shape: Option<Vec<usize>> = known.collect();
    let shape = shape.ok_or_else(|| {
        GraphError::Invalid(format!("the shape of input `{input}` isn't fixed in the model ({fact}) and wasn't given"))
    })?;
    Ok(Fact::new(fact.dtype, &shape))
}

/// A node on its way into the copy, with wires of the copy.
pub(super) struct Step<'n> {
    /// The node; its own wires don't count.
    pub node: &'n Node,
    /// Inputs.
    pub inputs: Vec<Option<Wire>>,
    /// What its bodies read from outside.
    pub captures: Vec<(String, Wire)>,
    /// Names for its outputs.
    pub names: Vec<Option<String>>,
}

impl<'n> Step<'n> {
    fn call(&self, graph: &Graph) -> Call<'n> {
        let Step { node, inputs, names, .. } = self;
        Call::of_graph(graph, &node.name, &node.op, &node.domain, inputs, &node.attrs, names.len())
    }
}

/// One pass over the nodes: infers, folds, and with a [`Batch`] mends what was written down for a batch of one.
pub(super) struct Walk<'a> {
    /// The copy that is filled.
    pub copy: Copy<'a>,
    pub log: Vec<RewriteNote>,
    folded: Vec<String>,
    inputs: Vec<Fact>,
}

impl<'a> Walk<'a> {
    /// Goes through the whole graph. `facts` are those of the inputs, in order.
    pub fn run(graph: &'a Graph, facts: Vec<Fact>, mut batch: Option<&mut Batch>) -> Result<Walk<'a>> {
        let mut walk = Walk { copy: Copy::new(graph), log: vec![], folded: vec![], inputs: facts.clone() };
        for (&wire, fact) in graph.inputs().iter().zip(facts) {
            walk.copy.input(wire, fact);
        }
        for node in graph.nodes() {
            walk.node(node, batch.as_deref_mut())?;
        }
        Ok(walk)
    }

    /// The pruned result.
    pub fn finish(mut self) -> Result<Rewritten> {
        if !self.folded.is_empty() {
            let what = format!("{} nodes depend on shapes and constants only and were evaluated", self.folded.len());
            self.log.insert(0, RewriteNote { rule: "fold-constants", nodes: self.folded, wire: String::new(), what });
        }
        let (graph, map) = self.copy.finish()?;
        Ok(Rewritten { graph, map, log: self.log })
    }

    fn node(&mut self, node: &Node, batch: Option<&mut Batch>) -> Result<()> {
        let mut inputs = self.copy.reads(node)?;
        if let Some(batch) = batch {
            batch.mend(self, node, &mut inputs)?;
        }
        let captures = self.copy.captures(node)?;
        let names = node.outputs.iter().map(|o| o.map(|w| self.copy.old.name_of(w).to_string())).collect();
        let made = self.step(Step { node, inputs, captures, names })?;
        self.copy.made(node, &made);
        Ok(())
    }

    /// Puts a node into the copy: taken apart, evaluated, or as it is with what can be known of its outputs. Gives the wires that it makes.
    pub(super) fn step(&mut self, step: Step) -> Result<Vec<Option<Wire>>> {
        if let Some(made) = inline::branch(self, &step)? {
            return Ok(made);
        }
        let known = self.facts_known(&step.inputs) && step.captures.is_empty();
        if let Some(made) = known.then(|| self.fold(&step)).flatten() {
            return Ok(made);
        }
        let facts = if known { self.infer(&step)? } else { None };
        let (node, names) = (step.node, step.names.iter().map(Option::as_deref).collect::<Vec<_>>());
        let new = &mut self.copy.new;
        let made =
            new.push_raw(&node.name, &node.op, &node.domain, &step.inputs, node.attrs.clone(), &names, step.captures)?;
        for (wire, fact) in made.iter().zip(facts.unwrap_or_default()) {
            if let Some(wire) = wire {
                new.set_fact(*wire, fact);
            }
        }
        Ok(made)
    }

    fn facts_known(&self, inputs: &[Option<Wire>]) -> bool {
        inputs.iter().flatten().all(|w| self.copy.new.info(*w).fact.is_some())
    }

    /// Evaluates a node at once when that is possible and worth it.
    fn fold(&mut self, step: &Step) -> Option<Vec<Option<Wire>>> {
        let call = step.call(&self.copy.new);
        if !op::can_fold(&call) || !affordable(&call) {
            return None;
        }
        let values = op::eval(&call, false).ok().filter(|v| v.len() >= step.names.len())?;
        self.folded.push(step.node.name.clone());
        let made = step.names.iter().zip(values);
        Some(made.map(|(name, value)| name.as_ref().map(|n| self.copy.new.add_constant(n, value))).collect())
    }

    /// Facts of the outputs, `None` where they can't be known.
    fn infer(&mut self, step: &Step) -> Result<Option<Vec<Fact>>> {
        let call = step.call(&self.copy.new);
        let error = match op::infer(&call) {
            Ok(facts) => return Ok(Some(facts)),
            Err(error) => error,
        };
        if !matches!(error, GraphError::Unsupported { .. }) && !undetermined(&call) {
            return Err(self.with_inputs(error));
        }
        self.log.push(RewriteNote {
            rule: "infer",
            nodes: vec![step.node.name.clone()],
            wire: step.names.iter().flatten().next().cloned().unwrap_or_default(),
            what: format!("its shape isn't known before it runs: {error}"),
        });
        Ok(None)
    }

    /// The error of a node, with the input shapes that led to it.
    fn with_inputs(&self, error: GraphError) -> GraphError {
        let GraphError::Node { node, op, reason } = error else { return error };
        let shown: Vec<String> = self
            .copy
            .old
            .inputs()
            .iter()
            .zip(&self.inputs)
            .map(|(w, f)| format!("`{}` {f}", self.copy.old.name_of(*w)))
            .collect();
        GraphError::Node { node, op, reason: format!("{reason}; the inputs are {}", shown.join(", ")) }
    }
}

/// Whether a failure may be due to a value or an axis that only the run will tell.
fn undetermined(call: &Call) -> bool {
    let free = call.facts.iter().flatten().any(|f| f.shape().is_none());
    let by_value = SHAPED_BY.iter().find(|row| row.0 == call.op).map_or(&[][..], |row| row.1);
    free || by_value.iter().any(|&i| call.has(i) && call.constant(i).is_none())
}

/// Whether the constant that would be made is small enough, and made soon enough.
fn affordable(call: &Call) -> bool {
    let Ok(facts) = op::infer(call) else { return false };
    let size = |facts: &mut dyn Iterator<Item = &Fact>| {
        facts.filter_map(Fact::shape).try_fold(0usize, |n, s| n.checked_add(volume(&s)?))
    };
    let made = size(&mut facts.iter()).unwrap_or(usize::MAX);
    let from = call.constants.iter().flatten().map(|t| t.len()).sum::<usize>();
    let linear = op::find(call.op).is_some_and(|o| o.role == Role::Linear);
    let inner =
        if linear { call.constant(1).map_or(1, |w| w.len() / w.shape().last().map_or(1, |n| (*n).max(1))) } else { 1 };
    made <= from.max(SMALL) && made.saturating_mul(inner) <= WORK
}
