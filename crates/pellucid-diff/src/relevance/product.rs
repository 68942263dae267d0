//! Products, quotients and powers: scaling passes relevance on, a product of two signals halves it.

use pellucid_graph::{Graph, Wire};

use super::operator::varying;
use crate::{Pull, Result, Rule};

/// A constant operand gets nothing. Of two varying factors each gets half, unless one is a gate (made by a sigmoid), which leaves all to
/// the signal; of a quotient or power, the numerator or base gets all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product;

impl Rule for Product {
    fn id(&self) -> &'static str {
        "lrp-product"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let r = p.g()?;
        let shares = shares(p)?;
        let mut out = vec![None; p.node.inputs.len()];
        for (i, share) in shares.into_iter().enumerate() {
            if share == 0.0 || !p.wants(i) {
                continue;
            }
            let shape = p.shape(p.x(i)?)?;
            let flow = p.b.scale(r, share)?;
            out[i] = Some(p.b.sum_to(flow, &shape)?);
        }
        Ok(out)
    }
}

/// The part of each operand.
pub(super) fn shares(p: &Pull) -> Result<[f64; 2]> {
    let varies = varying(p);
    let (a, b) = (p.x(0)?, p.x(1)?);
    Ok(match (varies[0], varies[1]) {
        (true, true) if p.node.op == "Mul" => match (gate(p.b.graph, a), gate(p.b.graph, b)) {
            (true, false) => [0.0, 1.0],
            (false, true) => [1.0, 0.0],
            _ => [0.5, 0.5],
        },
        (false, true) => [0.0, 1.0],
        _ => [1.0, 0.0],
    })
}

/// Whether a wire is a sigmoid's output, perhaps reshaped.
fn gate(graph: &Graph, wire: Wire) -> bool {
    made_by(graph, wire, &["Sigmoid", "HardSigmoid"])
}

/// Whether a wire is the output of one of these operators, perhaps rearranged.
pub(super) fn made_by(graph: &Graph, wire: Wire, ops: &[&str]) -> bool {
    let mut at = wire;
    while let Some(node) = graph.producer(at) {
        match node.op.as_str() {
            op if ops.contains(&op) => return true,
            "Reshape" | "Squeeze" | "Unsqueeze" | "Flatten" | "Transpose" | "Expand" | "Identity" | "Dropout"
            | "Cast" => match node.inputs.first().copied().flatten() {
                Some(before) => at = before,
                None => return false,
            },
            _ => return false,
        }
    }
    false
}
