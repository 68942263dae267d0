//! Questions to a graph whose shapes are fixed: where its feature maps, tokens, attention and classifier are.
//!
//! Nothing is read from names. One pass goes through the nodes once and notes for every wire which axis holds channels and which hold
//! positions of the image; the other queries build on it.

mod activation;
mod attention;
mod head;
mod sites;
mod spatial;

pub use activation::{FinalActivation, trailing_activation};
pub use attention::{AttentionBlock, attention_blocks};
pub use head::{Head, Pooled, classifier_head};
pub use sites::{Candidate, SiteRole, TokenGrid, TokenLayout, is_channels_last, spatial_candidates, token_grid};
pub use spatial::{Found, last_spatial};

use crate::{Graph, Node, Wire};

/// Operators that give on the values they are given, at most in another layout.
const LAYOUT: &[&str] = &["Identity", "Cast", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"];

/// The node that makes a wire as its first output.
fn maker(graph: &Graph, wire: Wire) -> Option<&Node> {
    let node = graph.producer(wire)?;
    (node.outputs.first() == Some(&Some(wire)) && node.domain.is_empty()).then_some(node)
}

/// An input of a node.
fn input(node: &Node, i: usize) -> Option<Wire> {
    node.inputs.get(i).copied().flatten()
}

/// The static shape of a wire.
fn shape(graph: &Graph, wire: Wire) -> Option<Vec<usize>> {
    graph.info(wire).fact.as_ref()?.shape()
}

/// The first wire, going back from `wire` over these operators, that another operator makes.
fn back_over(graph: &Graph, mut wire: Wire, ops: &[&str]) -> Wire {
    while let Some(next) = maker(graph, wire).filter(|n| ops.contains(&n.op.as_str())).and_then(|n| input(n, 0)) {
        wire = next;
    }
    wire
}

/// The output that a model is explained by when nobody says: the first one of real numbers.
fn main_output(graph: &Graph) -> Option<Wire> {
    graph.outputs().iter().copied().find(|w| graph.dtype(*w).is_ok_and(|d| d.is_float()))
}

/// Whether a node takes one value per channel out of all positions of its input, in one step.
fn reduction(graph: &Graph, node: &Node) -> Option<Pooled> {
    let x = input(node, 0)?;
    let (from, to) = (shape(graph, x)?, shape(graph, node.outputs.first().copied().flatten()?)?);
    let pooled = match node.op.as_str() {
        "GlobalAveragePool" | "ReduceMean" => Pooled::Mean,
        "GlobalMaxPool" | "ReduceMax" => Pooled::Max,
        "ReduceSum" => Pooled::Sum,
        "AveragePool" | "MaxPool" if covers(node, &from) => {
            if node.op == "MaxPool" {
                Pooled::Max
            } else {
                Pooled::Mean
            }
        }
        _ => return None,
    };
    let volume = |s: &[usize]| s.iter().product::<usize>();
    (volume(&to) < volume(&from)).then_some(pooled)
}

/// Whether a pooling has one window, without padding, over all positions.
fn covers(node: &Node, shape: &[usize]) -> bool {
    let kernel = node.attrs.ints("kernel_shape").unwrap_or(&[]);
    let padded = node.attrs.ints("pads").is_some_and(|p| p.iter().any(|n| *n != 0));
    !padded && shape.len() > 2 && kernel.iter().copied().eq(shape[2..].iter().map(|&n| n as i64))
}
