//! The activation that an output ends in.

use std::fmt;

use super::{LAYOUT, back_over, input, maker};
use crate::{Graph, Wire};

/// An activation that turns logits into probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalActivation {
    /// Probabilities of classes that exclude each other.
    Softmax,
    /// Their logarithms.
    LogSoftmax,
    /// Probabilities of classes that don't.
    Sigmoid,
}

impl fmt::Display for FinalActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FinalActivation::Softmax => "Softmax",
            FinalActivation::LogSoftmax => "LogSoftmax",
            FinalActivation::Sigmoid => "Sigmoid",
        })
    }
}

/// The activation that makes an output, and the wire before it (the logits). Copies, casts and changes of layout behind it are stepped over.
pub fn trailing_activation(graph: &Graph, output: Wire) -> Option<(FinalActivation, Wire)> {
    let node = maker(graph, back_over(graph, output, LAYOUT))?;
    let kind = match node.op.as_str() {
        "Softmax" => FinalActivation::Softmax,
        "LogSoftmax" => FinalActivation::LogSoftmax,
        "Sigmoid" => FinalActivation::Sigmoid,
        _ => return None,
    };
    Some((kind, input(node, 0)?))
}
