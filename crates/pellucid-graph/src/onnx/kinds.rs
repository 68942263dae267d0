//! Element types and ranks of wires, as far as they follow from the operators alone.
//!
//! Bringing a node into the dialect sometimes needs the type of a new constant or the number of axes. Shapes aren't fixed at that time,
//! so this is a small inference that may answer "not known".

use std::collections::HashMap;

use super::proto::{AttributeProto, NodeProto};
use crate::{DType, Tensor};

/// What is known of a wire.
#[derive(Clone, Default)]
pub(super) struct Kind {
    pub dtype: Option<DType>,
    pub rank: Option<usize>,
    /// Number of elements of a one-dimensional tensor, such as a shape.
    pub length: Option<usize>,
    pub value: Option<Tensor>,
}

/// Kinds by wire name; a body sees those around it.
#[derive(Default)]
pub(super) struct Kinds<'a> {
    parent: Option<&'a Kinds<'a>>,
    map: HashMap<String, Kind>,
}

/// Outputs of these types, whatever the inputs.
const FIXED: &[(DType, &[&str])] = &[
    (DType::I64, &["Shape", "Size", "ArgMax", "ArgMin", "NonZero", "NonMaxSuppression"]),
    (
        DType::Bool,
        &["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Not", "Xor", "IsNaN", "IsInf"],
    ),
    (DType::I32, &["MatMulInteger", "ConvInteger"]),
];

/// Second and later outputs of these types.
const SECOND: &[(&str, DType)] =
    &[("TopK", DType::I64), ("MaxPool", DType::I64), ("Unique", DType::I64), ("Dropout", DType::Bool)];

/// The input that an output takes its type from, where it isn't the first.
const TYPE_FROM: &[(&str, usize)] = &[
    ("CastLike", 1),
    ("Where", 1),
    ("OneHot", 2),
    ("DequantizeLinear", 1),
    ("QuantizeLinear", 2),
    ("QLinearConv", 7),
    ("QLinearMatMul", 7),
];

/// Operators whose outputs' types don't follow from the inputs.
const OPAQUE: &[&str] = &["If", "Loop", "Scan", "Constant", "DynamicQuantizeLinear", "BitCast"];

const SAME_RANK: &[&str] = &[
    "Abs",
    "Acos",
    "Asin",
    "Atan",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "CastLike",
    "Ceil",
    "Celu",
    "Clip",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Cos",
    "CumSum",
    "DepthToSpace",
    "DequantizeLinear",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Floor",
    "Gelu",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "Identity",
    "InstanceNormalization",
    "LRN",
    "LayerNormalization",
    "LeakyRelu",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "MaxPool",
    "Mish",
    "Neg",
    "Not",
    "Pad",
    "PRelu",
    "QuantizeLinear",
    "RMSNormalization",
    "Reciprocal",
    "Relu",
    "Resize",
    "Round",
    "ScatterElements",
    "ScatterND",
    "Selu",
    "Sigmoid",
    "Sign",
    "Silu",
    "Sin",
    "Slice",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpaceToDepth",
    "Split",
    "Sqrt",
    "Tan",
    "Tanh",
    "ThresholdedRelu",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
];

const BROADCAST: &[&str] = &[
    "Add",
    "And",
    "Div",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Max",
    "Mean",
    "Min",
    "Mod",
    "Mul",
    "Or",
    "Pow",
    "Sub",
    "Sum",
    "Where",
    "Xor",
];

const FIXED_RANK: &[(&str, usize)] = &[("Gemm", 2), ("Flatten", 2), ("Shape", 1), ("NonZero", 2), ("Size", 0)];

impl<'a> Kinds<'a> {
    /// Kinds inside a body.
    pub fn inside(parent: &'a Kinds<'a>) -> Kinds<'a> {
        Kinds { parent: Some(parent), map: HashMap::new() }
    }

    /// What is known of a wire.
    pub fn get(&self, name: &str) -> Option<&Kind> {
        self.map.get(name).or_else(|| self.parent.and_then(|p| p.get(name)))
    }

    /// Type of a wire.
    pub fn dtype(&self, name: &str) -> Option<DType> {
        self.get(name)?.dtype
    }

    /// Rank of a wire.
    pub fn rank(&self, name: &str) -> Option<usize> {
        self.get(name)?.rank
    }

    /// Value of a constant.
    pub fn value(&self, name: &str) -> Option<&Tensor> {
        self.get(name)?.value.as_ref()
    }

    /// Notes a wire.
    pub fn set(&mut self, name: &str, dtype: Option<DType>, rank: Option<usize>) {
        self.map.insert(name.to_string(), Kind { dtype, rank, ..Kind::default() });
    }

    /// Notes a constant.
    pub fn set_constant(&mut self, name: &str, value: Tensor) {
        let length = Some(value.len()).filter(|_| value.rank() == 1);
        let kind = Kind { dtype: Some(value.dtype()), rank: Some(value.rank()), length, value: Some(value) };
        self.map.insert(name.to_string(), kind);
    }

    /// Notes the outputs of a node.
    pub fn infer(&mut self, node: &NodeProto) {
        let rank = self.rank_of(node);
        let length = self.length_of(node).filter(|_| rank == Some(1));
        for (i, output) in node.output.iter().enumerate().filter(|(_, o)| !o.is_empty()) {
            let dtype = self.dtype_of(node, i);
            let same = i == 0 || matches!(node.op_type.as_str(), "Split" | "TopK" | "MaxPool" | "Dropout");
            let kind = Kind { dtype, rank: rank.filter(|_| same), length: length.filter(|_| i == 0), value: None };
            self.map.insert(output.clone(), kind);
        }
    }

    fn input<'n>(&'n self, node: &NodeProto, i: usize) -> Option<&'n Kind> {
        self.get(node.input.get(i)?)
    }

    fn dtype_of(&self, node: &NodeProto, output: usize) -> Option<DType> {
        let op = node.op_type.as_str();
        let opaque = OPAQUE.contains(&op) || op.contains("Sequence") || op.starts_with("Optional");
        if !node.domain.is_empty() || opaque {
            return None;
        }
        if let Some(row) = FIXED.iter().find(|row| row.1.contains(&op)) {
            return Some(row.0);
        }
        if let (1.., Some(row)) = (output, SECOND.iter().find(|row| row.0 == op)) {
            return Some(row.1);
        }
        let code = |name: &str| attribute(node, name).and_then(|a| DType::from_onnx_code(a.i as i32));
        let given = match op {
            "Cast" => code("to"),
            "ConstantOfShape" => match attribute(node, "value").and_then(|a| a.t.as_ref()) {
                Some(t) => DType::from_onnx_code(t.data_type),
                None => Some(DType::F32),
            },
            _ => code("dtype"),
        };
        let from = TYPE_FROM.iter().find(|row| row.0 == op).map_or(0, |row| row.1);
        given.or_else(|| self.input(node, from)?.dtype)
    }

    /// Length of a one-dimensional output: of shapes and what is put together from them.
    fn length_of(&self, node: &NodeProto) -> Option<usize> {
        let length = |i| self.input(node, i).and_then(|k| k.length);
        match node.op_type.as_str() {
            "Shape" if node.attribute.is_empty() => self.input(node, 0)?.rank,
            "Cast" | "Identity" => length(0),
            "Concat" => (0..node.input.len()).map(length).sum(),
            "Unsqueeze" if self.input(node, 0)?.rank == Some(0) => Some(1),
            "Add" | "Div" | "Mul" | "Sub" | "Where" => (0..node.input.len())
                .map(|i| length(i).or_else(|| self.scalar(node, i)))
                .try_fold(0, |most, n| Some(most.max(n?))),
            _ => None,
        }
    }

    fn scalar(&self, node: &NodeProto, i: usize) -> Option<usize> {
        (self.input(node, i)?.rank == Some(0)).then_some(1)
    }

    fn rank_of(&self, node: &NodeProto) -> Option<usize> {
        let op = node.op_type.as_str();
        if !node.domain.is_empty() {
            return None;
        }
        if let Some(row) = FIXED_RANK.iter().find(|row| row.0 == op) {
            return Some(row.1);
        }
        let rank = |i| self.input(node, i).and_then(|k| k.rank);
        let length = |i| self.input(node, i).and_then(|k| k.length);
        if SAME_RANK.contains(&op) {
            return rank(0);
        }
        if BROADCAST.contains(&op) {
            return (0..node.input.len()).map(rank).try_fold(0, |most, r| Some(most.max(r?)));
        }
        match op {
            "Reshape" => length(1),
            "ConstantOfShape" => length(0),
            "Expand" => Some(rank(0)?.max(length(1)?)),
            "MatMul" => Some(rank(0)?.max(rank(1)?)).filter(|_| rank(0) >= Some(2) && rank(1) >= Some(2)),
            "Gather" => (rank(0)? + rank(1)?).checked_sub(1),
            "Squeeze" => rank(0)?.checked_sub(length(1)?),
            "Unsqueeze" => Some(rank(0)? + length(1)?),
            "ArgMax" | "ArgMin" if attribute(node, "keepdims").is_none_or(|a| a.i != 0) => rank(0),
            _ if op.starts_with("Reduce") && attribute(node, "keepdims").is_none_or(|a| a.i != 0) => rank(0),
            _ if op.starts_with("Reduce") && length(1) > Some(0) => rank(0)?.checked_sub(length(1)?),
            _ => None,
        }
    }
}

fn attribute<'n>(node: &'n NodeProto, name: &str) -> Option<&'n AttributeProto> {
    node.attribute.iter().find(|a| a.name == name)
}
