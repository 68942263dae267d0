//! Whether a wire is an affine function of another one.

use crate::{Graph, Node, Wire};

/// In which of its inputs an operator is affine.
enum Affine {
    /// In all of them together: a sum.
    Jointly,
    /// In these together, when the others don't change: the data of a pooling, of a reshape.
    In(&'static [usize]),
    /// In one of the first two at a time, and in the third together with either: a product.
    Product,
    /// In one operand at a time, however many there are.
    OneOperand,
}

/// Operators that are affine, with the inputs they are affine in. What isn't listed isn't affine.
const TABLE: &[(Affine, &[&str])] = &[
    (Affine::Jointly, &["Add", "Sub", "Sum", "Mean", "Concat", "Neg", "Identity"]),
    (Affine::Product, &["Conv", "ConvTranspose", "Gemm", "Linear", "MatMul", "Mul"]),
    (Affine::OneOperand, &["Einsum"]),
    (
        Affine::In(&[0]),
        &[
            "AveragePool",
            "BatchNormalization",
            "Cast",
            "CastLike",
            "Compress",
            "CumSum",
            "DepthToSpace",
            "Div",
            "Dropout",
            "Expand",
            "Flatten",
            "Gather",
            "GatherElements",
            "GatherND",
            "GlobalAveragePool",
            "GridSample",
            "Pad",
            "ReduceMean",
            "ReduceSum",
            "Reshape",
            "Resize",
            "ReverseSequence",
            "Slice",
            "SpaceToDepth",
            "Split",
            "Squeeze",
            "Tile",
            "Transpose",
            "Trilu",
            "Unsqueeze",
        ],
    ),
    (Affine::In(&[0, 2]), &["ScatterElements", "ScatterND"]),
    (Affine::In(&[1, 2]), &["Where"]),
];

/// Whether `to` is an affine function of `from`, everything else that `to` depends on held fixed. A wire that doesn't depend on `from` is.
pub fn is_affine(graph: &Graph, from: Wire, to: Wire) -> bool {
    let (after, needed) = (graph.depends_on(&[from]), graph.needed_for(&[to]));
    let on_the_way = |w: &Wire| after[w.index()] && needed[w.index()] && *w != from;
    graph
        .nodes()
        .iter()
        .filter(|n| n.outputs.iter().flatten().any(on_the_way))
        .all(|n| node_is_affine(graph, n, &after))
}

fn node_is_affine(graph: &Graph, node: &Node, after: &[bool]) -> bool {
    let depends = |w: Wire| after[w.index()];
    let Some((affine, _)) = TABLE.iter().find(|row| row.1.contains(&node.op.as_str())) else { return false };
    if !node.domain.is_empty() || node.captures.iter().any(|c| depends(c.1)) || !keeps_reals(graph, node) {
        return false;
    }
    let of: Vec<usize> = (0..node.inputs.len()).filter(|&i| node.inputs[i].is_some_and(depends)).collect();
    match affine {
        Affine::Jointly => true,
        Affine::In(inputs) => of.iter().all(|i| inputs.contains(i)),
        Affine::Product => !(of.contains(&0) && of.contains(&1)),
        Affine::OneOperand => of.len() < 2,
    }
}

/// Settings with which a listed operator isn't affine after all: rounding casts, statistics of this batch, dropping.
fn keeps_reals(graph: &Graph, node: &Node) -> bool {
    let real = |w: Wire| graph.dtype(w).is_ok_and(|d| d.is_float());
    match node.op.as_str() {
        "Cast" | "CastLike" => node.outputs.iter().flatten().all(|w| real(*w)),
        "BatchNormalization" => node.attrs.int("training_mode").unwrap_or(0) == 0,
        "Dropout" => match node.inputs.get(2).copied().flatten() {
            Some(mode) => graph.constant(mode).is_some_and(|t| t.to_i64().first() == Some(&0)),
            None => true,
        },
        "ScatterElements" | "ScatterND" => matches!(node.attrs.str("reduction"), None | Some("none" | "add")),
        _ => true,
    }
}
