//! Normalisation taken apart: the pieces that layer and RMS normalisation share.

use super::channel::broadcast;
use super::edit::Feed;
use super::view::{View, input, output};
use crate::{Tensor, Wire};

/// `numerator / sqrt(mean(squared^2) + epsilon)`, with the mean over the last axes.
pub(super) struct Quotient {
    pub numerator: Wire,
    pub squared: Wire,
    pub epsilon: f64,
    /// The first of the axes that the mean goes over; the rest are all that follow.
    pub first_axis: usize,
    /// Nodes below the one that divides.
    pub nodes: Vec<usize>,
}

/// The quotient that a node computes, dividing by the root or multiplying by its reciprocal.
pub(super) fn quotient(view: &View, i: usize) -> Option<Quotient> {
    let (a, b) = view.pair(i)?;
    if view.node(i).op == "Div" {
        let mut nodes = vec![];
        let inside = root(view, b, &mut nodes)?;
        return over(view, a, inside, nodes);
    }
    [(a, b), (b, a)].into_iter().find_map(|(numerator, factor)| {
        let mut nodes = vec![];
        let inside = reciprocal_root(view, factor, &mut nodes)?;
        over(view, numerator, inside, nodes)
    })
}

fn over(view: &View, numerator: Wire, inside: Wire, mut nodes: Vec<usize>) -> Option<Quotient> {
    let add = view.made_by(inside, &["Add"])?;
    let (a, b) = view.pair(add)?;
    let (variance, epsilon) = view.scalar(b).map(|e| (a, e)).or_else(|| view.scalar(a).map(|e| (b, e)))?;
    let mean = view.made_by(variance, &["ReduceMean"])?;
    let axes = view.kept_axes(mean)?;
    let square = view.made_by(input(view.node(mean), 0)?, &["Pow", "Mul"])?;
    let (base, power) = view.pair(square)?;
    let squares = if view.node(square).op == "Pow" { view.scalar(power) == Some(2.0) } else { base == power };
    let first_axis = last_axes(&axes, view.shape(base)?.len())?;
    nodes.extend([add, mean, square]);
    (squares && epsilon >= 0.0).then_some(Quotient { numerator, squared: base, epsilon, first_axis, nodes })
}

/// What a square root is taken of.
fn root(view: &View, wire: Wire, nodes: &mut Vec<usize>) -> Option<Wire> {
    let i = view.made_by(wire, &["Sqrt", "Pow"])?;
    nodes.push(i);
    if view.node(i).op == "Pow" && view.scalar(input(view.node(i), 1)?) != Some(0.5) {
        return None;
    }
    input(view.node(i), 0)
}

/// What the reciprocal of a square root is taken of.
fn reciprocal_root(view: &View, wire: Wire, nodes: &mut Vec<usize>) -> Option<Wire> {
    let i = view.made_by(wire, &["Reciprocal", "Div", "Pow"])?;
    let node = view.node(i);
    nodes.push(i);
    match node.op.as_str() {
        "Reciprocal" => root(view, input(node, 0)?, nodes),
        "Div" if view.scalar(input(node, 0)?) == Some(1.0) => root(view, input(node, 1)?, nodes),
        "Pow" if view.scalar(input(node, 1)?) == Some(-0.5) => input(node, 0),
        _ => None,
    }
}

/// The first axis, when `axes` are the last ones.
pub(super) fn last_axes(axes: &[usize], rank: usize) -> Option<usize> {
    let first = *axes.first()?;
    axes.iter().copied().eq(first..rank).then_some(first)
}

/// What stands behind a normalisation: a constant scale and a constant shift, both of the shape that is normalised.
pub(super) struct Affine {
    /// The last node of the group.
    pub at: usize,
    /// The nodes before it, the normalisation itself among them.
    pub nodes: Vec<usize>,
    pub scale: Option<Feed>,
    pub shift: Option<Feed>,
}

/// The scale and the shift behind node `i`, as far as they are there.
pub(super) fn affine_behind(view: &View, i: usize, shape: &[usize], with_shift: bool) -> Affine {
    let mut out = Affine { at: i, nodes: vec![], scale: None, shift: None };
    if let Some((next, value)) = step(view, out.at, "Mul", shape) {
        out.nodes.push(out.at);
        (out.at, out.scale) = (next, Some(value));
    }
    if let Some((next, value)) = step(view, out.at, "Add", shape).filter(|_| with_shift) {
        out.nodes.push(out.at);
        (out.at, out.shift) = (next, Some(value));
    }
    out
}

fn step(view: &View, i: usize, op: &'static str, shape: &[usize]) -> Option<(usize, Feed)> {
    let made = output(view.node(i))?;
    let ops: &[&str] = if op == "Mul" { &["Mul"] } else { &["Add"] };
    let next = view.only_reader(made, ops)?;
    let wire = view.other(next, made)?;
    let value = view.value(wire)?;
    let lead = value.rank().saturating_sub(shape.len());
    if value.shape()[..lead].iter().any(|n| *n != 1) {
        return None;
    }
    if value.shape() == shape {
        return Some((next, Feed::Old(wire)));
    }
    let full = broadcast(&value.reshape(&value.shape()[lead..]).ok()?, shape)?;
    Some((next, Feed::New(view.graph.name_of(wire).to_string(), full)))
}

/// Ones, for a normalisation without a scale.
pub(super) fn ones(view: &View, like: Wire, name: &str, shape: &[usize]) -> Option<Feed> {
    let dtype = view.graph.dtype(like).ok()?;
    Some(Feed::New(format!("{name}/ones"), Tensor::full(dtype, shape, 1.0)))
}
