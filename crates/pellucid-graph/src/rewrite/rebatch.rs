//! Several samples in one run, for models that were exported for one.
//!
//! An exporter that was shown a batch of one often writes the 1 down: in the targets of `Reshape` and `Resize`, in a class token or a mask
//! that was expanded beforehand, in the initial state of a recurrent layer. The graph is gone through twice, with one sample and with `n`;
//! comparing the two tells on which axis of a wire the batch lies, and so what each such number must become. `Reshape` keeps the order of
//! elements, so the batch stays where it is among them, and the axis that it belongs to afterwards follows. A number that differs between
//! the two runs was computed from a shape: the graph knows what it does and is left alone. Whether samples are really independent is for a
//! run to tell.

use std::collections::HashSet;

use super::specialise::{Walk, input_facts};
use super::{RewriteNote, Rewritten, specialise};
use crate::op::{self, Call};
use crate::{Attrs, DType, Dim, Fact, Graph, GraphError, Node, Result, Tensor, Wire, nearest, volume};

/// Operators whose inputs broadcast.
const BROADCAST: &[&str] = &[
    "Add",
    "And",
    "Div",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "MatMul",
    "Max",
    "Mean",
    "Min",
    "Mod",
    "Mul",
    "Or",
    "PRelu",
    "Pow",
    "Sub",
    "Sum",
    "Where",
    "Xor",
];

/// The graph for `batch` samples at once. `shapes` are those of one sample, the leading axis included; axis 0 of every input is multiplied
/// by `batch`, also where the model has it fixed at the size of one sample.
///
/// # Errors
/// As [`specialise`], and when an output doesn't have the batch on one of its axes.
pub fn rebatch(graph: &Graph, batch: usize, shapes: &[(&str, Vec<usize>)]) -> Result<Rewritten> {
    let names: Vec<&str> = graph.inputs().iter().map(|w| graph.name_of(*w)).collect();
    rebatch_inputs(graph, batch, shapes, &names)
}

/// [`rebatch`] where only the inputs named in `batched` hold samples; the others, such as the prompts of a text encoder, are shared by all.
///
/// # Errors
/// As [`rebatch`], and when an input doesn't exist.
pub fn rebatch_inputs(
    graph: &Graph,
    batch: usize,
    shapes: &[(&str, Vec<usize>)],
    batched: &[&str],
) -> Result<Rewritten> {
    let names = || graph.inputs().iter().map(|w| graph.name_of(*w));
    if let Some(name) = batched.iter().find(|b| !names().any(|n| n == **b)) {
        return Err(GraphError::NoSuch { kind: "input", name: name.to_string(), near: nearest(name, names()) });
    }
    if batch <= 1 {
        return specialise(graph, shapes);
    }
    let one = input_facts(graph, shapes)?;
    let of = |(name, fact): (&str, &Fact)| if batched.contains(&name) { times(fact, batch) } else { Ok(fact.clone()) };
    let many = names().zip(&one).map(of).collect::<Result<Vec<_>>>()?;
    let mut base = Batch::new(batch, &Walk::run(graph, one, None)?);
    let walk = Walk::run(graph, many, Some(&mut base))?;
    base.check(&walk, batched)?;
    walk.finish()
}

/// Elements of the largest input that a batch may make.
const LARGEST: usize = 1 << 40;

fn times(fact: &Fact, n: usize) -> Result<Fact> {
    let mut fact = fact.clone();
    let too_large = || GraphError::Invalid(format!("a batch of {n} is too large"));
    if let Some(Dim::Known(k)) = fact.dims.first_mut() {
        *k = k.checked_mul(n).ok_or_else(too_large)?;
    }
    let size = fact.shape().and_then(|s| volume(&s));
    if size.is_none_or(|s| s > LARGEST) { Err(too_large()) } else { Ok(fact) }
}

/// Shapes of all wires of the original, as far as they are known.
fn shapes_of(walk: &Walk) -> Vec<Option<Vec<usize>>> {
    let shape = |w: Wire| walk.copy.new.info(w).fact.as_ref().and_then(Fact::shape);
    walk.copy
        .old
        .wires()
        .map(|(w, info)| match &info.constant {
            Some(t) => Some(t.shape().to_vec()),
            None => walk.copy.get(w).and_then(shape),
        })
        .collect()
}

/// Integers of the constants that tell shapes.
fn numbers_of(walk: &Walk) -> Vec<Option<Vec<i64>>> {
    let value = |w: Wire| walk.copy.get(w).and_then(|w| walk.copy.new.constant(w));
    let numbers = |t: &Tensor| (t.rank() == 1 && t.len() <= LONGEST && t.dtype() == DType::I64).then(|| t.to_i64());
    walk.copy.old.wires().map(|(w, info)| info.constant.as_ref().or_else(|| value(w)).and_then(numbers)).collect()
}

/// Axes that a shape has at most.
const LONGEST: usize = 16;

/// The batch that is wanted, with what is known of the wires for one sample.
pub(super) struct Batch {
    n: usize,
    base: Vec<Option<Vec<usize>>>,
    numbers: Vec<Option<Vec<i64>>>,
    /// Wires in which the batch is the innermost factor of its axis, as in `T*N x C`.
    inner: HashSet<usize>,
}

impl Batch {
    fn new(n: usize, one: &Walk) -> Batch {
        Batch { n, base: shapes_of(one), numbers: numbers_of(one), inner: HashSet::new() }
    }

    /// Changes the inputs of a node where they were made for one sample.
    pub fn mend(&mut self, walk: &mut Walk, node: &Node, inputs: &mut [Option<Wire>]) -> Result<()> {
        let mended = match node.op.as_str() {
            _ if !node.domain.is_empty() => None,
            "Reshape" => self.reshape(walk, node, inputs)?,
            "Resize" => self.resize(walk, node, inputs)?,
            "Expand" => self.expand(walk, node, inputs)?,
            "Concat" => self.concat(walk, node, inputs)?,
            "LSTM" | "GRU" | "RNN" => self.states(walk, node, inputs)?,
            op if BROADCAST.contains(&op) => self.broadcast(walk, node, inputs)?,
            _ => None,
        };
        if node.op != "Reshape" && node.inputs.iter().flatten().any(|w| self.inner.contains(&w.index())) {
            self.inner.extend(node.outputs.iter().flatten().map(|w| w.index()));
        }
        if let Some(what) = mended {
            let wire = node.outputs.iter().flatten().next().map_or("", |w| walk.copy.old.name_of(*w)).to_string();
            walk.log.push(RewriteNote { rule: "rebatch", nodes: vec![node.name.clone()], wire, what });
        }
        Ok(())
    }

    fn base(&self, wire: Option<&Option<Wire>>) -> Option<&Vec<usize>> {
        self.base.get(wire.copied().flatten()?.index())?.as_ref()
    }

    fn now(walk: &Walk, wire: Option<&Option<Wire>>) -> Option<Vec<usize>> {
        walk.copy.new.info(wire.copied().flatten()?).fact.as_ref()?.shape()
    }

    /// The axis on which the batch lies at input `i` of a node.
    fn axis(&self, walk: &Walk, node: &Node, inputs: &[Option<Wire>], i: usize) -> Option<usize> {
        batch_axis(self.base(node.inputs.get(i))?, &Self::now(walk, inputs.get(i))?, self.n)
    }

    /// Whether input `i` of a node holds the same numbers as for one sample.
    fn fixed(&self, walk: &Walk, node: &Node, inputs: &[Option<Wire>], i: usize) -> bool {
        let value = inputs.get(i).copied().flatten().and_then(|w| walk.copy.new.constant(w)).map(Tensor::to_i64);
        let old = node.inputs.get(i).copied().flatten().and_then(|w| self.numbers.get(w.index())?.clone());
        value.is_some() && value == old
    }

    /// `Reshape`: the batch stays behind the elements that lie before it.
    fn reshape(&mut self, walk: &mut Walk, node: &Node, inputs: &mut [Option<Wire>]) -> Result<Option<String>> {
        let (Some(axis), Some(Some(old))) = (self.axis(walk, node, inputs, 0), node.inputs.first()) else {
            return Ok(None);
        };
        let (Some(from), Some(to)) = (self.base(node.inputs.first()), self.base(node.outputs.first())) else {
            return Ok(None);
        };
        let start = axis + usize::from(self.inner.contains(&old.index()));
        let before: usize = from[..start].iter().product();
        let Some(place) = place_after(before, &from[axis + 1..], to) else { return Ok(None) };
        let mut wanted = to.clone();
        wanted[place] *= self.n;
        let given = inferred(walk, node, inputs);
        let trusted = !self.fixed(walk, node, inputs, 1) || given.as_ref() == Some(&wanted);
        let actual = if trusted { given.and_then(|g| batch_axis(to, &g, self.n)) } else { Some(place) };
        let within = actual.is_some_and(|a| to[..a].iter().product::<usize>() != before);
        let made = node.outputs.iter().flatten().map(|w| w.index());
        if within {
            self.inner.extend(made);
        }
        if trusted {
            return Ok(None);
        }
        let dims: Vec<i64> = wanted.iter().map(|&d| d as i64).collect();
        inputs[1] = Some(walk.copy.constant(&format!("{}/shape", node.name), Tensor::vec_i64(&dims)));
        Ok(Some(format!("its target is now {wanted:?}")))
    }

    /// `Resize` to given sizes.
    fn resize(&self, walk: &mut Walk, node: &Node, inputs: &mut [Option<Wire>]) -> Result<Option<String>> {
        let Some(axis) = self.axis(walk, node, inputs, 0) else { return Ok(None) };
        let Some(to) = self.base(node.outputs.first()) else { return Ok(None) };
        let Some(sizes) = inputs.get(3).copied().flatten().and_then(|w| walk.copy.new.constant(w)) else {
            return Ok(None);
        };
        let mut wanted = sizes.to_i64();
        if wanted.len() != to.len() || !self.fixed(walk, node, inputs, 3) {
            return Ok(None);
        }
        wanted[axis] *= self.n as i64;
        inputs[3] = Some(walk.copy.constant(&format!("{}/sizes", node.name), Tensor::vec_i64(&wanted)));
        Ok(Some(format!("its size is now {wanted:?}")))
    }

    /// `Expand` to a shape that the batch doesn't fit.
    fn expand(&self, walk: &mut Walk, node: &Node, inputs: &mut [Option<Wire>]) -> Result<Option<String>> {
        let Some(axis) = self.axis(walk, node, inputs, 0) else { return Ok(None) };
        let (Some(from), Some(to)) = (self.base(node.inputs.first()), self.base(node.outputs.first())) else {
            return Ok(None);
        };
        let place = axis + to.len().saturating_sub(from.len());
        let mut wanted = to.clone();
        wanted[place] *= self.n;
        if !self.fixed(walk, node, inputs, 1) || inferred(walk, node, inputs).as_ref() == Some(&wanted) {
            return Ok(None);
        }
        let dims: Vec<i64> = wanted.iter().map(|&d| d as i64).collect();
        inputs[1] = Some(walk.copy.constant(&format!("{}/shape", node.name), Tensor::vec_i64(&dims)));
        Ok(Some(format!("its target is now {wanted:?}")))
    }

    /// `Concat`: what is the same for every sample is repeated, such as a class token.
    fn concat(&self, walk: &mut Walk, node: &Node, inputs: &mut [Option<Wire>]) -> Result<Option<String>> {
        let Some(axis) = (0..inputs.len()).find_map(|i| self.axis(walk, node, inputs, i)) else { return Ok(None) };
        let mut mended = None;
        for i in 0..inputs.len() {
            if self.alone(walk, node, inputs, i) {
                mended = self.repeat(walk, node, inputs, i, axis)?.or(mended);
            }
        }
        Ok(mended)
    }

    /// Recurrent layers: the initial states, whose axis 1 is the batch.
    fn states(&self, walk: &mut Walk, node: &Node, inputs: &mut [Option<Wire>]) -> Result<Option<String>> {
        let axis = if node.attrs.int("layout") == Some(1) { 0 } else { 1 };
        if self.axis(walk, node, inputs, 0) != Some(axis) {
            return Ok(None);
        }
        let mut mended = None;
        for (i, axis) in [(4, 0), (5, axis), (6, axis)] {
            if self.alone(walk, node, inputs, i) {
                mended = self.repeat(walk, node, inputs, i, axis)?.or(mended);
            }
        }
        Ok(mended)
    }

    /// Broadcasting: an operand that had the size of the batch axis of the other, and isn't of size 1 there, is repeated.
    fn broadcast(&self, walk: &mut Walk, node: &Node, inputs: &mut [Option<Wire>]) -> Result<Option<String>> {
        let rank = |i: usize| self.base(node.inputs.get(i)).map_or(0, Vec::len);
        let most = (0..inputs.len()).map(rank).max().unwrap_or(0);
        let Some(axis) = (0..inputs.len()).find_map(|i| self.axis(walk, node, inputs, i).map(|a| a + most - rank(i)))
        else {
            return Ok(None);
        };
        let mut mended = None;
        for i in 0..inputs.len() {
            let Some(own) = (axis + rank(i)).checked_sub(most) else { continue };
            let size = self.base(node.inputs.get(i)).and_then(|s| s.get(own).copied()).unwrap_or(1);
            // rows and columns of a product don't broadcast
            if node.op == "MatMul" && own + 2 >= rank(i) {
                continue;
            }
            if size > 1 && self.alone(walk, node, inputs, i) {
                mended = self.repeat(walk, node, inputs, i, own)?.or(mended);
            }
        }
        Ok(mended)
    }

    /// Whether an input is there and the same for every sample.
    fn alone(&self, walk: &Walk, node: &Node, inputs: &[Option<Wire>], i: usize) -> bool {
        let now = Self::now(walk, inputs.get(i));
        now.is_some() && now.as_ref() == self.base(node.inputs.get(i))
    }

    fn repeat(
        &self,
        walk: &mut Walk,
        node: &Node,
        inputs: &mut [Option<Wire>],
        i: usize,
        axis: usize,
    ) -> Result<Option<String>> {
        let (Some(old), Some(wire)) = (node.inputs[i], inputs[i]) else { return Ok(None) };
        let Some(shape) = Self::now(walk, Some(&inputs[i])).filter(|s| axis < s.len()) else { return Ok(None) };
        let mut repeats = vec![1i64; shape.len()];
        repeats[axis] = self.n as i64;
        let repeats = walk.copy.constant(&format!("{}/repeats", node.name), Tensor::vec_i64(&repeats));
        let name = walk.copy.fresh(&format!("{}/batched", walk.copy.old.name_of(old)));
        inputs[i] = Some(walk.copy.new.push(&name, "Tile", &[wire, repeats], Attrs::new())?);
        Ok(Some(format!("`{}` is repeated for each sample", walk.copy.old.name_of(old))))
    }

    /// Every output that depends on the samples must hold them apart.
    fn check(&self, walk: &Walk, batched: &[&str]) -> Result<()> {
        let old = walk.copy.old;
        let of: Vec<Wire> = old.inputs().iter().copied().filter(|w| batched.contains(&old.name_of(*w))).collect();
        let live = old.depends_on(&of);
        for &output in walk.copy.old.outputs() {
            let base = self.base[output.index()].as_ref();
            let now = walk.copy.get(output).and_then(|w| walk.copy.new.info(w).fact.as_ref()?.shape());
            let (Some(base), Some(now)) = (base, now) else { continue };
            if live[output.index()] && batch_axis(base, &now, self.n).is_none() {
                return Err(GraphError::Invalid(format!(
                    "output `{}` is {now:?} for {} samples and {base:?} for one: the samples aren't kept apart",
                    walk.copy.old.name_of(output),
                    self.n
                )));
            }
        }
        Ok(())
    }
}

/// The axis of `to` that a batch belongs to which lies behind `before` elements, with `rest` the axes behind it before the reshape. Between
/// two axes it goes to the second one, unless that one is taken as it was: then `T x N x C` has become `T*N x C`.
fn place_after(before: usize, rest: &[usize], to: &[usize]) -> Option<usize> {
    let place = (0..to.len()).find(|&j| to[..j].iter().product::<usize>() == before)?;
    Some(if before > 1 && to[place..] == *rest { place - 1 } else { place })
}

/// The axis that has grown `n` times, when it is the only one that has changed.
fn batch_axis(base: &[usize], now: &[usize], n: usize) -> Option<usize> {
    let mut changed = (0..base.len()).filter(|&i| now.get(i) != Some(&base[i]));
    let axis = changed.next()?;
    (now.len() == base.len() && changed.next().is_none() && Some(now[axis]) == base[axis].checked_mul(n))
        .then_some(axis)
}

/// The shape that a node gives for these inputs.
fn inferred(walk: &Walk, node: &Node, inputs: &[Option<Wire>]) -> Option<Vec<usize>> {
    let new = &walk.copy.new;
    let call = Call::of_graph(new, &node.name, &node.op, &node.domain, inputs, &node.attrs, node.outputs.len());
    op::infer(&call).ok()?.first()?.shape()
}
