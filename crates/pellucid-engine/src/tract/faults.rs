//! Operators that tract reads but computes otherwise than ONNX says. They are handed to the plain evaluator.

use pellucid_graph::{DType, Fact, Graph, Node};

/// One fault of tract.
struct Fault {
    op: &'static str,
    when: fn(&Graph, &Node) -> bool,
}

/// Each row was found by comparing tract with the plain evaluator and ONNX Runtime, and has its case in `tests/operators`.
const FAULTS: &[Fault] = &[
    // alpha is read as 1
    Fault { op: "Celu", when: |_, node| node.attrs.float("alpha").is_some_and(|a| a != 1.0) },
    // e^x overflows
    Fault { op: "Softplus", when: always },
    Fault { op: "GlobalLpPool", when: always },
    Fault { op: "Equal", when: |graph, node| input(graph, node, 0).is_some_and(|f| f.dtype == DType::Bool) },
    // negative indices
    Fault { op: "GatherND", when: always },
    Fault { op: "Pad", when: crops },
    Fault { op: "OneHot", when: |_, node| node.attrs.int("axis").unwrap_or(-1) != -1 },
    Fault {
        op: "Resize",
        when: |_, node| node.attrs.str("coordinate_transformation_mode").is_some_and(|m| m == "align_corners"),
    },
    // the order of time is turned round once too often, and absent states get another batch size
    Fault { op: "LSTM", when: |graph, node| turned(node) || input(graph, node, 5).is_none() },
    Fault { op: "GRU", when: |_, node| turned(node) },
    Fault { op: "RNN", when: |_, node| turned(node) },
];

fn always(_: &Graph, _: &Node) -> bool {
    true
}

fn input<'g>(graph: &'g Graph, node: &Node, i: usize) -> Option<&'g Fact> {
    node.inputs.get(i).copied().flatten().and_then(|w| graph.info(w).fact.as_ref())
}

/// Negative padding, or padding that isn't known.
fn crops(graph: &Graph, node: &Node) -> bool {
    let pads = node.inputs.get(1).copied().flatten().and_then(|w| graph.constant(w));
    pads.is_none_or(|p| p.to_i64().iter().any(|&n| n < 0))
}

fn turned(node: &Node) -> bool {
    node.attrs.str("direction").is_some_and(|d| d != "forward")
}

/// Whether tract is known to compute this node wrongly.
pub fn is_faulty(graph: &Graph, node: &Node) -> bool {
    FAULTS.iter().any(|fault| fault.op == node.op && (fault.when)(graph, node))
}
