//! Attention: a softmax between two products of data.
//!
//! `softmax(q k' [scaled, masked]) v`, as batched `MatMul` or as `Einsum`, with heads on an axis of their own or among the samples. Nothing is
//! fused or renamed: the wires of the graph are pointed at.

use super::sites::{Sites, sites};
use super::{input, maker, shape};
use crate::{Graph, Node, Wire};

/// One attention.
#[derive(Clone, Debug)]
pub struct AttentionBlock {
    /// What the softmax is taken of: scaled, biased and masked products.
    pub scores: Wire,
    /// The softmax: `.. x heads x queries x tokens`.
    pub probabilities: Wire,
    /// First operand of the product that makes the scores, as it stands there.
    pub query: Wire,
    /// Second operand of that product, as it stands there (transposed for `MatMul`).
    pub key: Wire,
    /// What the probabilities weigh, as it stands in the second product.
    pub value: Wire,
    /// The second product.
    pub output: Wire,
    /// Number of heads.
    pub heads: usize,
    /// Positions that ask.
    pub queries: usize,
    /// Positions that are asked.
    pub tokens: usize,
    /// Tokens in front that stand for no position of the image: class, distillation, registers.
    pub special_tokens: usize,
    /// Whether attention stays inside windows that lie along the axis of the samples.
    pub windows: bool,
}

impl AttentionBlock {
    /// Whether queries and tokens are the same positions in number, as rollout needs.
    pub fn is_square(&self) -> bool {
        self.queries == self.tokens
    }
}

/// Operators between the first product and the softmax. Of several operands one leads to the product.
const SCORING: &[&str] =
    &["Add", "Sub", "Mul", "Div", "Where", "Reshape", "Cast", "Identity", "Squeeze", "Unsqueeze", "Max", "Min", "Clip"];
/// Operators between the softmax and the second product.
const WEIGHING: &[&str] = &["Dropout", "Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze"];
/// Nodes to go back over from the softmax at most.
const DEPTH: usize = 16;

/// All attention of a graph, in order.
pub fn attention_blocks(graph: &Graph) -> Vec<AttentionBlock> {
    let (readers, sites) = (graph.consumers(), sites(graph));
    let softmaxes = graph.nodes().iter().filter(|n| n.op == "Softmax" && n.domain.is_empty());
    softmaxes.filter_map(|node| block(graph, &sites, &readers, node)).collect()
}

fn block(graph: &Graph, sites: &Sites, readers: &[Vec<usize>], softmax: &Node) -> Option<AttentionBlock> {
    let (scores, probabilities) = (input(softmax, 0)?, softmax.outputs.first().copied().flatten()?);
    let dims = shape(graph, probabilities)?;
    let axis = softmax.attrs.int("axis").unwrap_or(-1);
    if dims.len() < 3 || !(axis == -1 || axis == dims.len() as i64 - 1) {
        return None;
    }
    let (query, key) = first_product(graph, scores, DEPTH)?;
    let (value, output) = second_product(graph, readers, probabilities)?;
    let &[.., queries, tokens] = &dims[..] else { return None };
    let batch = graph.inputs().first().and_then(|w| shape(graph, *w)?.first().copied()).unwrap_or(1).max(1);
    let heads = if dims.len() == 3 { dims[0] / batch } else { dims[dims.len() - 3] };
    let stream = stream(graph, sites, key).or_else(|| stream(graph, sites, value));
    let site = stream.and_then(|w| sites.get(w));
    let special =
        site.and_then(|s| s.tokens.as_ref()).filter(|t| t.grid.iter().product::<usize>() + t.special == tokens);
    let windows = match dims.len() {
        3 => special.is_none() && site.is_some(),
        _ => dims[0] != batch || dims.len() > 4,
    };
    Some(AttentionBlock {
        scores,
        probabilities,
        query,
        key,
        value,
        output,
        heads: heads.max(1),
        queries,
        tokens,
        special_tokens: special.map_or(0, |t| t.special),
        windows,
    })
}

/// The operands of the product of data that makes the scores.
fn first_product(graph: &Graph, wire: Wire, depth: usize) -> Option<(Wire, Wire)> {
    let node = maker(graph, wire)?;
    if let Some(pair) = product(graph, node) {
        return Some(pair);
    }
    if depth == 0 || !SCORING.contains(&node.op.as_str()) {
        return None;
    }
    // a mask is an integer, a constant, or made of few nodes: the product is looked for in every operand
    node.inputs
        .iter()
        .flatten()
        .filter(|w| graph.constant(**w).is_none())
        .find_map(|w| first_product(graph, *w, depth - 1))
}

/// The product of the probabilities with the values, and the values.
fn second_product(graph: &Graph, readers: &[Vec<usize>], probabilities: Wire) -> Option<(Wire, Wire)> {
    let mut open = vec![(probabilities, DEPTH)];
    while let Some((wire, depth)) = open.pop() {
        for &i in &readers[wire.index()] {
            let node = &graph.nodes()[i];
            let Some(output) = node.outputs.first().copied().flatten().filter(|_| node.domain.is_empty()) else {
                continue;
            };
            match product(graph, node) {
                Some((a, b)) if a == wire => return Some((b, output)),
                Some((a, b)) if b == wire && node.op == "Einsum" => return Some((a, output)),
                _ if depth > 0 && WEIGHING.contains(&node.op.as_str()) => open.push((output, depth - 1)),
                _ => {}
            }
        }
    }
    None
}

/// The operands of a product of data.
fn product(graph: &Graph, node: &Node) -> Option<(Wire, Wire)> {
    let two = matches!(node.op.as_str(), "MatMul" | "Einsum") && node.inputs.len() == 2 && node.domain.is_empty();
    let (a, b) = (input(node, 0).filter(|_| two)?, input(node, 1)?);
    (graph.constant(a).is_none() && graph.constant(b).is_none()).then_some((a, b))
}

/// The nearest wire before `wire` whose layout is known.
pub(super) fn stream(graph: &Graph, sites: &Sites, wire: Wire) -> Option<Wire> {
    let mut wire = wire;
    for _ in 0..2 * DEPTH {
        if sites.get(wire).is_some() {
            return Some(wire);
        }
        let node = graph.producer(wire)?;
        wire = node.inputs.iter().flatten().copied().find(|w| graph.constant(*w).is_none())?;
    }
    None
}
