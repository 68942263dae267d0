//! The positive and the negative contributions to a linear node, each as products of one-signed data and weights.

use pellucid_graph::{Graph, Wire};

use super::operator::Operator;
use crate::{Pull, Result};

/// How far back a wire is followed to see whether it can be negative.
const DEPTH: usize = 4;

/// Contributions of one sign: `sum x' W'` over the terms, plus the bias of that sign.
pub(super) struct Part {
    terms: Vec<(Wire, Wire)>,
    bias: Option<Wire>,
}

impl Part {
    /// Their sum, of the output's shape.
    pub fn total(&self, p: &mut Pull, op: &Operator) -> Result<Wire> {
        let mut bias = self.bias;
        let mut sum = None;
        for &(x, w) in &self.terms {
            let z = op.forward(p, x, w, bias.take())?;
            sum = Some(plus(p, sum, z)?);
        }
        sum.ok_or_else(|| p.refuse("it has no terms"))
    }

    /// What each element of the data gets of `s`, relevance per unit of the sum.
    pub fn send(&self, p: &mut Pull, op: &Operator, s: Wire) -> Result<Wire> {
        let mut sum = None;
        for &(x, w) in &self.terms {
            let d = op.back(p, s, w)?;
            let d = p.b.mul(x, d)?;
            sum = Some(plus(p, sum, d)?);
        }
        sum.ok_or_else(|| p.refuse("it has no terms"))
    }
}

fn plus(p: &mut Pull, sum: Option<Wire>, x: Wire) -> Result<Wire> {
    match sum {
        Some(s) => Ok(p.b.add(s, x)?),
        None => Ok(x),
    }
}

/// The positive and the negative part of a linear node. Data that can't be negative has one term in each: half the work.
pub(super) fn split(p: &mut Pull, op: &Operator) -> Result<(Part, Part)> {
    let (w_up, w_down) = (p.b.relu(op.w)?, below(p, op.w)?);
    let (b_up, b_down) = match op.bias {
        Some(b) => (Some(p.b.relu(b)?), Some(below(p, b)?)),
        None => (None, None),
    };
    let (mut up, mut down) = (Vec::new(), Vec::new());
    if nonnegative(p.b.graph, op.x, DEPTH) {
        up.push((op.x, w_up));
        down.push((op.x, w_down));
    } else {
        let (x_up, x_down) = (p.b.relu(op.x)?, below(p, op.x)?);
        up.extend([(x_up, w_up), (x_down, w_down)]);
        down.extend([(x_up, w_down), (x_down, w_up)]);
    }
    Ok((Part { terms: up, bias: b_up }, Part { terms: down, bias: b_down }))
}

/// `min(x, 0)`.
pub(crate) fn below(p: &mut Pull, x: Wire) -> Result<Wire> {
    let zero = p.b.scalar(0.0, x)?;
    Ok(p.b.min(x, zero)?)
}

/// Whether no element of a wire can be negative, as far as the operators before it tell.
fn nonnegative(graph: &Graph, wire: Wire, depth: usize) -> bool {
    let Some(node) = graph.producer(wire).filter(|_| depth > 0) else { return false };
    let follows = |n: usize| node.inputs.iter().take(n).flatten().all(|w| nonnegative(graph, *w, depth - 1));
    match node.op.as_str() {
        "Relu" | "Sigmoid" | "HardSigmoid" | "Softplus" | "Abs" | "Exp" | "Sqrt" | "Softmax" => true,
        "Clip" => node
            .inputs
            .get(1)
            .copied()
            .flatten()
            .is_some_and(|low| graph.constant(low).is_some_and(|t| t.to_f64().iter().all(|v| *v >= 0.0))),
        "MaxPool" | "AveragePool" | "GlobalAveragePool" | "GlobalMaxPool" | "Reshape" | "Flatten" | "Squeeze"
        | "Unsqueeze" | "Transpose" | "Dropout" | "Identity" => follows(1),
        "Add" | "Concat" => follows(node.inputs.len()),
        _ => false,
    }
}
