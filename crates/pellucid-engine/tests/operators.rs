//! Every operator of the dialect, over a grid of attributes and shapes, gives what the plain evaluator gives: on tract and, where it is
//! found, on ONNX Runtime.

mod common;

use std::slice::from_ref;

use common::{Noise, onnxruntime, reference, tract};
use pellucid_engine::{Session, relative_difference};
use pellucid_graph::{Attrs, DType, Fact, Graph, Tensor, op};

/// One operator on given inputs.
struct Case {
    label: String,
    graph: Graph,
    inputs: Vec<Tensor>,
}

/// An input of a case.
#[derive(Clone)]
enum In {
    /// Fed when the graph runs.
    Fed(Tensor),
    /// A constant of the graph.
    Fixed(Tensor),
    /// Left out.
    Absent,
}

fn noise(seed: u64, dtype: DType, shape: &[usize]) -> Tensor {
    Noise(seed).tensor(dtype, shape)
}

/// A fed `f32` input.
fn x(shape: &[usize]) -> In {
    In::Fed(noise(shape.iter().sum::<usize>() as u64, DType::F32, shape))
}

/// A fed positive `f32` input.
fn pos(shape: &[usize]) -> In {
    let t = noise(5, DType::F32, shape).to_f32().into_iter().map(|v| v.abs() + 0.1).collect();
    In::Fed(Tensor::f32(shape, t).unwrap())
}

/// A fed `f32` input of whole numbers from 0 to 2: full of ties.
fn ties(shape: &[usize]) -> In {
    In::Fed(noise(9, DType::I64, shape).cast(DType::F32))
}

/// A constant `f32` input.
fn c(shape: &[usize]) -> In {
    In::Fixed(noise(shape.iter().product::<usize>() as u64 + 1, DType::F32, shape))
}

/// Constant integers.
fn ints(values: &[i64]) -> In {
    In::Fixed(Tensor::vec_i64(values))
}

/// A constant integer scalar.
fn int(value: i64) -> In {
    In::Fixed(Tensor::from_i64(DType::I64, vec![], vec![value]))
}

/// Constant floats of rank 1.
fn floats(values: &[f32]) -> In {
    In::Fixed(Tensor::f32(&[values.len()], values.to_vec()).unwrap())
}

/// A constant float scalar.
fn float(value: f32) -> In {
    In::Fixed(Tensor::scalar(value))
}

/// Fed integers.
fn fed_ints(dtype: DType, shape: &[usize], values: &[i64]) -> In {
    In::Fed(Tensor::from_i64(dtype, shape.to_vec(), values.to_vec()))
}

/// Fed truth values.
fn bools(shape: &[usize]) -> In {
    let t = noise(11, DType::F32, shape).to_f32().into_iter().map(|v| f64::from(u8::from(v > 0.0))).collect();
    In::Fed(Tensor::from_f64(DType::Bool, shape.to_vec(), t))
}

fn a() -> Attrs {
    Attrs::new()
}

struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, op: &str, note: &str, inputs: &[In], attrs: Attrs, outputs: usize) {
        let label = format!("{op} {note}");
        let mut graph = Graph::new("case");
        let mut fed = vec![];
        let wires: Vec<_> = inputs
            .iter()
            .enumerate()
            .map(|(i, input)| match input {
                In::Fed(t) => {
                    fed.push(t.clone());
                    Some(graph.add_input(&format!("x{i}"), Fact::new(t.dtype(), t.shape())))
                }
                In::Fixed(t) => Some(graph.add_constant(&format!("c{i}"), t.clone())),
                In::Absent => None,
            })
            .collect();
        let out = graph.push_many("y", op, &wires, attrs, outputs).unwrap_or_else(|e| panic!("{label}: {e}"));
        graph.set_outputs(&out);
        self.0.push(Case { label, graph, inputs: fed });
    }

    fn one(&mut self, op: &str, note: &str, inputs: &[In], attrs: Attrs) {
        self.add(op, note, inputs, attrs, 1);
    }
}

fn convolutions(cases: &mut Cases) {
    let i = |v: &[i64]| v.to_vec();
    cases.one("Conv", "1d", &[x(&[2, 3, 9]), c(&[4, 3, 3]), c(&[4])], a());
    cases.one(
        "Conv",
        "2d padded strided",
        &[x(&[2, 3, 9, 8]), c(&[4, 3, 3, 2]), c(&[4])],
        a().with("pads", i(&[1, 0, 2, 1])).with("strides", i(&[2, 1])),
    );
    cases.one(
        "Conv",
        "2d dilated grouped",
        &[x(&[1, 4, 11, 9]), c(&[6, 2, 3, 3])],
        a().with("group", 2).with("dilations", i(&[2, 3])).with("pads", i(&[2, 3, 2, 3])),
    );
    cases.one(
        "Conv",
        "2d depthwise",
        &[x(&[1, 4, 8, 8]), c(&[4, 1, 3, 3]), c(&[4])],
        a().with("group", 4).with("pads", i(&[1, 1, 1, 1])),
    );
    cases.one(
        "Conv",
        "2d same upper",
        &[x(&[1, 2, 7, 8]), c(&[3, 2, 3, 4])],
        a().with("auto_pad", "SAME_UPPER").with("strides", i(&[2, 2])),
    );
    cases.one(
        "Conv",
        "2d same lower",
        &[x(&[1, 2, 7, 8]), c(&[3, 2, 4, 2])],
        a().with("auto_pad", "SAME_LOWER").with("strides", i(&[2, 3])),
    );
    cases.one(
        "Conv",
        "3d",
        &[x(&[1, 2, 6, 5, 7]), c(&[3, 2, 3, 2, 3]), c(&[3])],
        a().with("pads", i(&[1, 0, 1, 1, 1, 0])).with("strides", i(&[1, 2, 2])),
    );
    cases.one(
        "Conv",
        "3d dilated",
        &[x(&[1, 2, 9, 9, 9]), c(&[2, 2, 3, 3, 3])],
        a().with("pads", i(&[4; 6])).with("dilations", i(&[4, 4, 4])),
    );
    cases.one("Conv", "weights from the graph", &[x(&[1, 3, 8, 8]), x(&[4, 3, 3, 3])], a().with("pads", i(&[1; 4])));
    cases.one("Conv", "weights from the graph, grouped", &[x(&[1, 4, 8, 8]), x(&[4, 2, 3, 3])], a().with("group", 2));
    cases.one("Conv", "1x1 strided", &[x(&[1, 3, 9, 9]), c(&[5, 3, 1, 1])], a().with("strides", i(&[2, 2])));
    cases.one("ConvTranspose", "1d", &[x(&[1, 3, 5]), c(&[3, 2, 3]), c(&[2])], a().with("strides", i(&[2])));
    cases.one("ConvTranspose", "2d", &[x(&[2, 3, 5, 4]), c(&[3, 2, 2, 2]), c(&[2])], a().with("strides", i(&[2, 2])));
    cases.one(
        "ConvTranspose",
        "2d padded",
        &[x(&[1, 3, 5, 4]), c(&[3, 2, 3, 3])],
        a().with("strides", i(&[2, 2])).with("pads", i(&[1, 1, 1, 1])).with("output_padding", i(&[1, 1])),
    );
    cases.one(
        "ConvTranspose",
        "2d asymmetric pads",
        &[x(&[1, 3, 5, 4]), c(&[3, 2, 3, 4])],
        a().with("strides", i(&[2, 3])).with("pads", i(&[0, 1, 1, 2])),
    );
    cases.one(
        "ConvTranspose",
        "2d grouped",
        &[x(&[1, 4, 5, 4]), c(&[4, 3, 3, 3]), c(&[6])],
        a().with("group", 2).with("strides", i(&[2, 1])),
    );
    cases.one(
        "ConvTranspose",
        "2d depthwise",
        &[x(&[1, 4, 5, 4]), c(&[4, 1, 3, 3])],
        a().with("group", 4).with("strides", i(&[2, 2])).with("pads", i(&[1; 4])),
    );
    cases.one(
        "ConvTranspose",
        "2d dilated",
        &[x(&[1, 2, 5, 4]), c(&[2, 3, 3, 2])],
        a().with("dilations", i(&[2, 3])).with("strides", i(&[2, 2])),
    );
    cases.one(
        "ConvTranspose",
        "2d output shape",
        &[x(&[1, 2, 5, 4]), c(&[2, 3, 3, 3])],
        a().with("strides", i(&[2, 2])).with("output_shape", i(&[10, 8])),
    );
    cases.one(
        "ConvTranspose",
        "3d",
        &[x(&[1, 3, 3, 4, 2]), c(&[3, 2, 3, 2, 2]), c(&[2])],
        a().with("strides", i(&[2, 2, 1])).with("pads", i(&[1, 0, 0, 1, 1, 1])),
    );
    cases.one(
        "ConvTranspose",
        "3d grouped",
        &[x(&[1, 4, 3, 3, 3]), c(&[4, 1, 2, 2, 2])],
        a().with("group", 2).with("strides", i(&[2, 2, 2])),
    );
    cases.one(
        "ConvTranspose",
        "weights from the graph",
        &[x(&[1, 3, 5, 4]), x(&[3, 2, 2, 2])],
        a().with("strides", i(&[2, 2])),
    );
    cases.one(
        "ConvTranspose",
        "overlap",
        &[x(&[1, 2, 6, 6]), c(&[2, 2, 7, 7])],
        a().with("strides", i(&[2, 2])).with("pads", i(&[3; 4])).with("output_padding", i(&[1, 1])),
    );
}

fn products(cases: &mut Cases) {
    cases.one("MatMul", "2d", &[x(&[4, 5]), c(&[5, 3])], a());
    cases.one("MatMul", "batched", &[x(&[2, 3, 4, 5]), x(&[2, 3, 5, 6])], a());
    cases.one("MatMul", "broadcast", &[x(&[2, 3, 4, 5]), x(&[1, 5, 6])], a());
    cases.one("MatMul", "vector right", &[x(&[2, 4, 5]), x(&[5])], a());
    cases.one("MatMul", "vector left", &[x(&[5]), x(&[2, 5, 3])], a());
    cases.one("MatMul", "two vectors", &[x(&[5]), x(&[5])], a());
    cases.one("MatMul", "constant left", &[c(&[3, 4]), x(&[2, 4, 5])], a());
    cases.one("Gemm", "plain", &[x(&[4, 5]), c(&[5, 3]), c(&[3])], a());
    cases.one(
        "Gemm",
        "transposed",
        &[x(&[5, 4]), c(&[3, 5]), c(&[4, 1])],
        a().with("transA", 1).with("transB", 1).with("alpha", 0.5).with("beta", 2.0),
    );
    cases.one("Gemm", "no bias", &[x(&[4, 5]), x(&[5, 3])], a().with("alpha", 3.0));
    cases.one("Gemm", "scalar bias", &[x(&[4, 5]), c(&[5, 3]), float(0.5)], a());
    cases.one("Linear", "bias", &[x(&[2, 4, 5]), c(&[5, 3]), c(&[3])], a());
    cases.one("Linear", "no bias", &[x(&[2, 4, 5]), c(&[5, 3])], a());
}

fn functions(cases: &mut Cases) {
    for op in [
        "Relu",
        "LeakyRelu",
        "ThresholdedRelu",
        "Elu",
        "Celu",
        "Selu",
        "Sigmoid",
        "HardSigmoid",
        "HardSwish",
        "Silu",
        "Mish",
        "Softplus",
        "Softsign",
        "Shrink",
        "Tanh",
        "Erf",
        "Exp",
        "Abs",
        "Neg",
        "Sign",
        "Floor",
        "Ceil",
        "Round",
        "Sin",
        "Cos",
        "Tan",
        "Asin",
        "Acos",
        "Atan",
        "Sinh",
        "Cosh",
        "Asinh",
        "Atanh",
        "Identity",
        "Gelu",
    ] {
        cases.one(op, "", &[x(&[2, 3, 5])], a());
    }
    for op in ["Log", "Sqrt", "Reciprocal"] {
        cases.one(op, "", &[pos(&[2, 3, 5])], a());
    }
    let above_one = pos(&[2, 7]);
    if let In::Fed(t) = &above_one {
        let t = Tensor::f32(&[2, 7], t.to_f32().into_iter().map(|v| v + 1.0).collect()).unwrap();
        cases.one("Acosh", "", &[In::Fed(t)], a());
    }
    cases.one("Gelu", "tanh", &[x(&[2, 3, 5])], a().with("approximate", "tanh"));
    cases.one("LeakyRelu", "slope", &[x(&[2, 3])], a().with("alpha", 0.2));
    cases.one("Elu", "alpha", &[x(&[2, 3])], a().with("alpha", 0.3));
    cases.one("Celu", "alpha", &[x(&[2, 3])], a().with("alpha", 0.3));
    cases.one("Selu", "alpha", &[x(&[2, 3])], a().with("alpha", 1.2).with("gamma", 0.7));
    cases.one("HardSigmoid", "alpha", &[x(&[2, 30])], a().with("alpha", 0.8).with("beta", 0.3));
    cases.one("ThresholdedRelu", "alpha", &[x(&[2, 30])], a().with("alpha", 0.3));
    cases.one("Shrink", "bias", &[x(&[2, 30])], a().with("bias", 0.2).with("lambd", 0.3));
    cases.one("PRelu", "per channel", &[x(&[2, 3, 4, 5]), c(&[3, 1, 1])], a());
    cases.one("PRelu", "one slope", &[x(&[2, 3, 4]), c(&[1])], a());
    cases.one("Clip", "both", &[x(&[2, 30]), float(-0.2), float(0.4)], a());
    cases.one("Clip", "lower", &[x(&[2, 30]), float(-0.2)], a());
    cases.one("Clip", "upper", &[x(&[2, 30]), In::Absent, float(0.4)], a());
    cases.one("Clip", "neither", &[x(&[2, 30])], a());
    cases.one("Clip", "ints", &[fed_ints(DType::I64, &[5], &[-3, 0, 2, 5, 9]), int(-1), int(5)], a());
    cases.one("Abs", "ints", &[fed_ints(DType::I64, &[3], &[-3, 0, 4])], a());
    cases.one("Neg", "ints", &[fed_ints(DType::I32, &[3], &[-3, 0, 4])], a());
    cases.one("Sign", "ints", &[fed_ints(DType::I64, &[3], &[-3, 0, 4])], a());
    let halves = Tensor::f32(&[7], vec![-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5]).unwrap();
    cases.one("Round", "halves", &[In::Fed(halves)], a());
    let signs = Tensor::f32(&[4], vec![-0.0, 0.0, f32::INFINITY, -3.0]).unwrap();
    for op in ["Sign", "Relu", "Sigmoid", "Tanh", "Erf", "Softplus", "Silu", "HardSwish", "Mish"] {
        cases.one(op, "extremes", &[In::Fed(signs.clone())], a());
    }
    let large = Tensor::f32(&[6], vec![-100.0, -30.0, -5.0, 5.0, 30.0, 100.0]).unwrap();
    for op in ["Sigmoid", "Tanh", "Erf", "Softplus", "Silu", "Mish", "Gelu", "Exp", "Elu", "Selu", "Celu"] {
        cases.one(op, "large", &[In::Fed(large.clone())], a());
    }
    let special = Tensor::f32(&[5], vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, 1.0]).unwrap();
    cases.one("IsNaN", "", &[In::Fed(special.clone())], a());
    cases.one("IsInf", "", &[In::Fed(special.clone())], a());
    cases.one("IsInf", "positive", &[In::Fed(special.clone())], a().with("detect_negative", 0));
    cases.one("Relu", "nan", &[In::Fed(special.clone())], a());
    cases.one("Max", "nan", &[In::Fed(special.clone()), float(0.0)], a());
    cases.one("Min", "nan", &[In::Fed(special.clone()), float(0.0)], a());
    cases.one("Clip", "nan", &[In::Fed(special), float(-1.0), float(1.0)], a());
}

fn pools(cases: &mut Cases) {
    let i = |v: &[i64]| v.to_vec();
    for (op, input) in
        [("MaxPool", x(&[2, 3, 9, 8])), ("AveragePool", x(&[2, 3, 9, 8])), ("LpPool", pos(&[2, 3, 9, 8]))]
    {
        let base = || a().with("kernel_shape", i(&[3, 2]));
        cases.one(op, "stride 1", from_ref(&input), base());
        cases.one(op, "strided", from_ref(&input), base().with("strides", i(&[2, 2])));
        cases.one(op, "padded", from_ref(&input), base().with("strides", i(&[2, 1])).with("pads", i(&[1, 0, 1, 1])));
        cases.one(op, "ceil", from_ref(&input), base().with("strides", i(&[2, 3])).with("ceil_mode", 1));
        cases.one(
            op,
            "ceil padded",
            from_ref(&input),
            base().with("strides", i(&[2, 3])).with("pads", i(&[1, 1, 1, 1])).with("ceil_mode", 1),
        );
        cases.one(op, "dilated", from_ref(&input), base().with("dilations", i(&[2, 3])));
        cases.one(
            op,
            "same upper",
            from_ref(&input),
            base().with("strides", i(&[2, 2])).with("auto_pad", "SAME_UPPER"),
        );
        cases.one(
            op,
            "same lower",
            from_ref(&input),
            base().with("strides", i(&[2, 2])).with("auto_pad", "SAME_LOWER"),
        );
    }
    for ceil in [0, 1] {
        let base = || {
            a().with("kernel_shape", i(&[3, 3]))
                .with("strides", i(&[2, 2]))
                .with("pads", i(&[1; 4]))
                .with("ceil_mode", ceil)
        };
        cases.one(
            "AveragePool",
            &format!("pad counted, ceil {ceil}"),
            &[x(&[1, 2, 8, 9])],
            base().with("count_include_pad", 1),
        );
    }
    cases.one("AveragePool", "1d", &[x(&[1, 2, 9])], a().with("kernel_shape", i(&[4])).with("strides", i(&[2])));
    cases.one(
        "AveragePool",
        "3d",
        &[x(&[1, 2, 6, 5, 7])],
        a().with("kernel_shape", i(&[2, 2, 3])).with("strides", i(&[2, 1, 2])).with("pads", i(&[1, 0, 1, 0, 0, 1])),
    );
    cases.one("MaxPool", "1d", &[x(&[1, 2, 9])], a().with("kernel_shape", i(&[4])).with("strides", i(&[2])));
    cases.one(
        "MaxPool",
        "3d",
        &[x(&[1, 2, 6, 5, 7])],
        a().with("kernel_shape", i(&[2, 2, 3])).with("strides", i(&[2, 1, 2])).with("pads", i(&[1, 0, 1, 0, 0, 1])),
    );
    let base = || a().with("kernel_shape", i(&[3, 3])).with("strides", i(&[2, 2])).with("pads", i(&[1; 4]));
    for (note, input) in [
        ("indices", x(&[2, 3, 9, 8])),
        ("indices, ties", ties(&[2, 3, 9, 8])),
        ("indices, all equal", In::Fed(Tensor::full(DType::F32, &[1, 2, 6, 6], -1.0))),
    ] {
        cases.add("MaxPool", note, from_ref(&input), base(), 2);
        cases.add("MaxPool", &format!("{note}, column order"), from_ref(&input), base().with("storage_order", 1), 2);
        cases.add("MaxPool", &format!("{note}, ceil"), &[input], base().with("ceil_mode", 1), 2);
    }
    cases.add(
        "MaxPool",
        "indices 3d",
        &[ties(&[2, 2, 6, 5, 7])],
        a().with("kernel_shape", i(&[2, 2, 3])).with("strides", i(&[2, 1, 2])),
        2,
    );
    cases.add("MaxPool", "indices 1d", &[ties(&[2, 2, 9])], a().with("kernel_shape", i(&[3])), 2);
    for op in ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"] {
        cases.one(op, "2d", &[pos(&[2, 3, 4, 5])], a());
        cases.one(op, "3d", &[pos(&[2, 3, 4, 5, 2])], a());
    }
    let indices = fed_ints(DType::I64, &[1, 1, 2, 2], &[5, 7, 13, 15]);
    cases.one(
        "MaxUnpool",
        "2d",
        &[x(&[1, 1, 2, 2]), indices],
        a().with("kernel_shape", i(&[2, 2])).with("strides", i(&[2, 2])),
    );
}

fn reductions(cases: &mut Cases) {
    for op in [
        "ReduceSum",
        "ReduceMean",
        "ReduceProd",
        "ReduceMax",
        "ReduceMin",
        "ReduceL1",
        "ReduceL2",
        "ReduceSumSquare",
        "ReduceLogSum",
        "ReduceLogSumExp",
    ] {
        let input = pos(&[2, 3, 4, 5]);
        cases.one(op, "all", from_ref(&input), a());
        cases.one(op, "all, axes dropped", from_ref(&input), a().with("keepdims", 0));
        cases.one(op, "one", &[input.clone(), ints(&[1])], a());
        cases.one(op, "several", &[input.clone(), ints(&[-1, 1])], a().with("keepdims", 0));
        cases.one(op, "none", &[input.clone(), ints(&[])], a().with("noop_with_empty_axes", 1));
    }
    for op in ["ReduceMax", "ReduceMin"] {
        cases.one(op, "negative", &[x(&[2, 3, 4, 5]), ints(&[1, 2, 3])], a());
        cases.one(op, "ints", &[fed_ints(DType::I64, &[2, 2], &[4, -3, 2, 1]), ints(&[1])], a());
    }
    cases.one("ReduceSum", "ints", &[fed_ints(DType::I64, &[2, 2], &[4, -3, 2, 1]), ints(&[0])], a());
    for (note, exclusive, reverse) in [("", 0, 0), ("exclusive", 1, 0), ("reverse", 0, 1), ("both", 1, 1)] {
        cases.one("CumSum", note, &[x(&[3, 5]), int(1)], a().with("exclusive", exclusive).with("reverse", reverse));
    }
    for op in ["ArgMax", "ArgMin"] {
        for last in [0, 1] {
            cases.one(
                op,
                &format!("ties, last {last}"),
                &[ties(&[3, 7])],
                a().with("axis", 1).with("select_last_index", last),
            );
        }
        cases.one(op, "dropped", &[x(&[3, 7])], a().with("axis", -2).with("keepdims", 0));
    }
}

fn normalisations(cases: &mut Cases) {
    let image = x(&[2, 4, 5, 3]);
    cases.one(
        "BatchNormalization",
        "",
        &[image.clone(), c(&[4]), c(&[4]), c(&[4]), In::Fixed(Tensor::f32(&[4], vec![0.5, 1.0, 2.0, 3.0]).unwrap())],
        a().with("epsilon", 1e-3),
    );
    cases.one("InstanceNormalization", "2d", &[image.clone(), c(&[4]), c(&[4])], a());
    cases.one("InstanceNormalization", "3d", &[x(&[1, 2, 3, 4, 5]), c(&[2]), c(&[2])], a().with("epsilon", 1e-2));
    cases.one("GroupNormalization", "", &[image.clone(), c(&[4]), c(&[4])], a().with("num_groups", 2));
    cases.one(
        "GroupNormalization",
        "one group",
        &[image.clone(), c(&[4]), c(&[4])],
        a().with("num_groups", 1).with("epsilon", 1e-3),
    );
    for axis in [-1i64, 1, 2] {
        let shape: &[usize] = match axis {
            -1 => &[3],
            1 => &[4, 5, 3],
            _ => &[5, 3],
        };
        cases.one(
            "LayerNormalization",
            &format!("axis {axis}"),
            &[image.clone(), c(shape), c(shape)],
            a().with("axis", axis),
        );
        cases.one(
            "LayerNormalization",
            &format!("axis {axis}, no bias"),
            &[image.clone(), c(shape)],
            a().with("axis", axis),
        );
        cases.one("RMSNormalization", &format!("axis {axis}"), &[image.clone(), c(shape)], a().with("axis", axis));
    }
    for p in [1, 2] {
        cases.one("LpNormalization", &format!("p {p}"), from_ref(&image), a().with("axis", 1).with("p", p));
    }
    cases.one("LRN", "", &[x(&[1, 6, 3, 3])], a().with("size", 3).with("alpha", 0.5).with("bias", 2.0));
    cases.one("LRN", "even", &[x(&[1, 6, 3, 3])], a().with("size", 4).with("alpha", 0.5));
    cases.one("MeanVarianceNormalization", "", &[image], a());
    for op in ["Softmax", "LogSoftmax", "Hardmax"] {
        for axis in [-1i64, 0, 1] {
            cases.one(op, &format!("axis {axis}"), &[x(&[2, 3, 4])], a().with("axis", axis));
        }
    }
}

fn merges(cases: &mut Cases) {
    for op in ["Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean"] {
        cases.one(op, "same", &[x(&[2, 3, 4]), pos(&[2, 3, 4])], a());
        cases.one(op, "broadcast", &[x(&[2, 1, 4]), pos(&[3, 1])], a());
        cases.one(op, "constant scalar", &[x(&[2, 3, 4]), float(0.7)], a());
        cases.one(op, "scalar first", &[float(0.7), pos(&[2, 3, 4])], a());
    }
    for op in ["Min", "Max", "Sum", "Mean"] {
        cases.one(op, "three", &[x(&[2, 3]), x(&[3]), x(&[1, 3])], a());
        cases.one(op, "one", &[x(&[2, 3])], a());
    }
    for op in ["Add", "Sub", "Mul", "Div", "Min", "Max", "Mod"] {
        cases.one(
            op,
            "ints",
            &[fed_ints(DType::I64, &[4], &[-7, 7, 5, -5]), fed_ints(DType::I64, &[4], &[2, -2, 3, 3])],
            a(),
        );
    }
    cases.one("Mod", "fmod", &[x(&[2, 9]), float(0.3)], a().with("fmod", 1));
    cases.one("Pow", "constant", &[pos(&[2, 5]), float(3.0)], a());
    cases.one("Pow", "square", &[x(&[2, 5]), float(2.0)], a());
    cases.one("Pow", "root", &[pos(&[2, 5]), float(0.5)], a());
    cases.one("Pow", "elementwise", &[pos(&[2, 5]), x(&[2, 5])], a());
    cases.one("Pow", "int exponent", &[x(&[2, 5]), int(3)], a());
    cases.one("Where", "", &[bools(&[2, 3]), x(&[2, 3]), x(&[3])], a());
    cases.one("Where", "broadcast condition", &[bools(&[3, 1]), x(&[2, 1, 4]), float(0.0)], a());
    cases.one("Where", "ints", &[bools(&[4]), fed_ints(DType::I64, &[4], &[1, 2, 3, 4]), int(0)], a());
    cases.one("Concat", "", &[x(&[2, 3, 4]), x(&[2, 1, 4]), c(&[2, 2, 4])], a().with("axis", -2));
    cases.one("Concat", "ints", &[fed_ints(DType::I64, &[2], &[1, 2]), ints(&[3])], a().with("axis", 0));
    for op in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"] {
        cases.one(op, "", &[ties(&[4, 6]), In::Fed(noise(3, DType::I64, &[6]).cast(DType::F32))], a());
        cases.one(op, "ints", &[fed_ints(DType::I64, &[3], &[1, 2, 3]), int(2)], a());
    }
    cases.one("Equal", "bools", &[bools(&[4]), bools(&[2, 4])], a());
    for op in ["And", "Or", "Xor"] {
        cases.one(op, "", &[bools(&[2, 4]), bools(&[4])], a());
    }
    cases.one("Not", "", &[bools(&[2, 4])], a());
    for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"] {
        cases.one(op, "", &[fed_ints(DType::I32, &[3], &[5, 12, 7]), fed_ints(DType::I32, &[3], &[3, 10, 1])], a());
    }
    cases.one("BitwiseNot", "", &[fed_ints(DType::I32, &[3], &[5, 12, -7])], a());
    cases.one(
        "BitShift",
        "left",
        &[fed_ints(DType::U32, &[3], &[5, 12, 7]), fed_ints(DType::U32, &[3], &[1, 2, 3])],
        a().with("direction", "LEFT"),
    );
    cases.one(
        "BitShift",
        "right",
        &[fed_ints(DType::U32, &[3], &[5, 12, 7]), fed_ints(DType::U32, &[3], &[1, 2, 3])],
        a().with("direction", "RIGHT"),
    );
}

fn layouts(cases: &mut Cases) {
    let i = |v: &[i64]| v.to_vec();
    let image = x(&[2, 3, 4, 5]);
    cases.one("Reshape", "", &[image.clone(), ints(&[0, -1, 10])], a());
    cases.one("Reshape", "to scalar", &[x(&[1, 1]), ints(&[])], a());
    cases.one("Flatten", "", from_ref(&image), a());
    cases.one("Flatten", "0", from_ref(&image), a().with("axis", 0));
    cases.one("Flatten", "-1", from_ref(&image), a().with("axis", -1));
    cases.one("Squeeze", "", &[x(&[1, 3, 1]), ints(&[-1])], a());
    cases.one("Squeeze", "all", &[x(&[1, 3, 1])], a());
    cases.one("Unsqueeze", "", &[x(&[3, 4]), ints(&[0, -1])], a());
    cases.one("Transpose", "", from_ref(&image), a().with("perm", i(&[0, 2, 3, 1])));
    cases.one("Transpose", "reversed", from_ref(&image), a());
    cases.one("Expand", "", &[x(&[3, 1]), ints(&[2, 1, 4])], a());
    cases.one("Tile", "", &[x(&[2, 3]), ints(&[2, 3])], a());
    cases.one("DepthToSpace", "dcr", &[x(&[1, 8, 2, 3])], a().with("blocksize", 2));
    cases.one("DepthToSpace", "crd", &[x(&[1, 8, 2, 3])], a().with("blocksize", 2).with("mode", "CRD"));
    cases.one("SpaceToDepth", "", &[x(&[1, 2, 4, 6])], a().with("blocksize", 2));
    cases.one("Gather", "axis 0", &[image.clone(), ints(&[1, 0, -1])], a());
    cases.one(
        "Gather",
        "axis 2, matrix",
        &[image.clone(), In::Fixed(Tensor::i64(&[2, 2], vec![3, 0, -1, 1]).unwrap())],
        a().with("axis", 2),
    );
    cases.one("Gather", "scalar", &[image.clone(), int(2)], a().with("axis", -1));
    cases.one("Gather", "fed", &[image.clone(), fed_ints(DType::I64, &[2], &[2, -3])], a().with("axis", 1));
    cases.one("GatherElements", "", &[x(&[3, 4]), fed_ints(DType::I64, &[2, 4], &[0, 2, -1, 1, 1, 0, 2, -2])], a());
    cases.one(
        "GatherElements",
        "axis 1",
        &[x(&[2, 4]), fed_ints(DType::I64, &[2, 2], &[0, 2, -1, 1])],
        a().with("axis", 1),
    );
    cases.one("GatherND", "", &[x(&[3, 4, 2]), fed_ints(DType::I64, &[2, 2], &[0, 3, 2, -1])], a());
    cases.one("GatherND", "batch", &[x(&[2, 4, 2]), fed_ints(DType::I64, &[2, 1], &[3, 1])], a().with("batch_dims", 1));
    for reduction in ["none", "add", "mul", "max", "min"] {
        let indices = if reduction == "none" { [0i64, 2, -1, 1] } else { [0, 0, -1, 1] };
        cases.one(
            "ScatterElements",
            reduction,
            &[x(&[2, 4]), fed_ints(DType::I64, &[2, 2], &indices), x(&[2, 2])],
            a().with("axis", 1).with("reduction", reduction),
        );
        let places = if reduction == "none" { [0i64, 1, 2, 3] } else { [0, 1, 0, 1] };
        cases.one(
            "ScatterND",
            reduction,
            &[x(&[3, 4, 2]), fed_ints(DType::I64, &[2, 2], &places), x(&[2, 2])],
            a().with("reduction", reduction),
        );
    }
    cases.one(
        "ScatterElements",
        "axis 0",
        &[x(&[3, 4]), fed_ints(DType::I64, &[1, 4], &[2, 0, 1, -1]), x(&[1, 4])],
        a(),
    );
    cases.one("Slice", "", &[image.clone(), ints(&[1, -3]), ints(&[3, 100]), ints(&[1, 3])], a());
    cases.one("Slice", "steps", &[image.clone(), ints(&[0, 4]), ints(&[4, -100]), ints(&[2, -1]), ints(&[2, -2])], a());
    cases.one("Slice", "empty", &[image.clone(), ints(&[2]), ints(&[2]), ints(&[1])], a());
    cases.add("Split", "equal", from_ref(&image), a().with("axis", 2).with("num_outputs", 2), 2);
    cases.add("Split", "sizes", &[image.clone(), ints(&[1, 3])], a().with("axis", -2), 2);
    cases.add("Split", "uneven", from_ref(&image), a().with("axis", 3).with("num_outputs", 3), 3);
    for mode in ["constant", "reflect", "edge", "wrap"] {
        cases.one("Pad", mode, &[image.clone(), ints(&[0, 0, 1, 2, 0, 0, 2, 1])], a().with("mode", mode));
        cases.one(
            "Pad",
            &format!("{mode}, axes"),
            &[image.clone(), ints(&[1, 2, 2, 0]), In::Absent, ints(&[-1, 2])],
            a().with("mode", mode),
        );
    }
    cases.one("Pad", "value", &[image.clone(), ints(&[0, 1, 1, 2, 0, 0, 2, 1]), float(-0.5)], a());
    cases.one("Pad", "crop", &[image.clone(), ints(&[0, 0, -1, 2, 0, 0, 2, -1])], a());
    for upper in [0, 1] {
        cases.one("Trilu", &format!("upper {upper}"), &[x(&[2, 4, 5])], a().with("upper", upper));
        cases.one("Trilu", &format!("upper {upper}, k"), &[x(&[2, 4, 5]), int(-1)], a().with("upper", upper));
    }
    cases.one("ReverseSequence", "", &[x(&[4, 3]), ints(&[4, 2, 1])], a().with("batch_axis", 1).with("time_axis", 0));
    for (largest, sorted) in [(1, 1), (0, 1)] {
        cases.add(
            "TopK",
            &format!("largest {largest}"),
            &[x(&[3, 7]), ints(&[3])],
            a().with("largest", largest).with("sorted", sorted),
            2,
        );
        cases.add(
            "TopK",
            &format!("largest {largest}, ties"),
            &[ties(&[3, 7]), ints(&[4])],
            a().with("largest", largest).with("axis", 1),
            2,
        );
    }
    cases.add("TopK", "axis 0", &[x(&[5, 3]), ints(&[2])], a().with("axis", 0), 2);
    for (from, to) in [
        (DType::F32, DType::I64),
        (DType::F32, DType::Bool),
        (DType::I64, DType::F32),
        (DType::Bool, DType::F32),
        (DType::F32, DType::F64),
        (DType::F32, DType::F16),
        (DType::F32, DType::U8),
        (DType::Bool, DType::I64),
    ] {
        let input = match from {
            DType::F32 => In::Fed(Tensor::f32(&[5], vec![0.0, 1.9, 3.5, 2.0, 0.3]).unwrap()),
            other => In::Fed(noise(4, other, &[5])),
        };
        cases.one("Cast", &format!("{from} to {to}"), &[input], a().with("to", i64::from(to.onnx_code())));
    }
    cases.one("CastLike", "", &[x(&[3]), fed_ints(DType::I64, &[1], &[0])], a());
    cases.one("Dropout", "", &[x(&[3])], a());
    cases.one("OneHot", "", &[fed_ints(DType::I64, &[3], &[0, 2, -1]), int(4), floats(&[0.0, 1.0])], a());
    cases.one(
        "OneHot",
        "axis 0",
        &[fed_ints(DType::I64, &[3], &[0, 2, 9]), int(4), floats(&[0.0, 1.0])],
        a().with("axis", 0),
    );
    cases.one("EyeLike", "", &[x(&[3, 4])], a().with("k", 1));
}

fn resampling(cases: &mut Cases) {
    let i = |v: &[i64]| v.to_vec();
    let image = x(&[1, 2, 5, 7]);
    let modes = ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel", "half_pixel_symmetric"];
    for coordinates in modes {
        for mode in ["nearest", "linear", "cubic"] {
            let base = || a().with("mode", mode).with("coordinate_transformation_mode", coordinates);
            for (note, scales) in [("up", [1.0, 1.0, 2.0, 1.5]), ("down", [1.0, 1.0, 0.6, 0.5])] {
                cases.one(
                    "Resize",
                    &format!("{mode} {coordinates} {note}"),
                    &[image.clone(), In::Absent, floats(&scales)],
                    base(),
                );
            }
            cases.one(
                "Resize",
                &format!("{mode} {coordinates} sizes"),
                &[image.clone(), In::Absent, In::Absent, ints(&[1, 2, 8, 3])],
                base(),
            );
        }
    }
    for nearest in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] {
        let attrs = a()
            .with("mode", "nearest")
            .with("nearest_mode", nearest)
            .with("coordinate_transformation_mode", "asymmetric");
        cases.one("Resize", nearest, &[image.clone(), In::Absent, floats(&[1.0, 1.0, 1.5, 2.0])], attrs);
    }
    cases.one(
        "Resize",
        "axes",
        &[image.clone(), In::Absent, floats(&[2.0, 3.0])],
        a().with("mode", "linear").with("axes", i(&[3, 2])),
    );
    cases.one(
        "Resize",
        "antialias",
        &[image.clone(), In::Absent, floats(&[1.0, 1.0, 0.5, 0.4])],
        a().with("mode", "linear").with("antialias", 1),
    );
    cases.one(
        "Resize",
        "cubic antialias",
        &[image.clone(), In::Absent, floats(&[1.0, 1.0, 0.5, 0.4])],
        a().with("mode", "cubic").with("antialias", 1),
    );
    cases.one(
        "Resize",
        "cubic exclude",
        &[image.clone(), In::Absent, floats(&[1.0, 1.0, 2.0, 2.0])],
        a().with("mode", "cubic").with("exclude_outside", 1).with("cubic_coeff_a", -0.5),
    );
    cases.one(
        "Resize",
        "3d linear",
        &[x(&[1, 2, 3, 4, 3]), In::Absent, floats(&[1.0, 1.0, 2.0, 2.0, 2.0])],
        a().with("mode", "linear"),
    );
    cases.one("Resize", "1d", &[x(&[1, 2, 5]), In::Absent, floats(&[1.0, 1.0, 2.0])], a().with("mode", "linear"));
}

/// Operators whose plain evaluator came later than this list; each is tested once it is there.
fn later(cases: &mut Cases) {
    if op::foldable("Einsum") {
        cases.one("Einsum", "product", &[x(&[2, 3, 4]), x(&[2, 4, 5])], a().with("equation", "bij,bjk->bik"));
        cases.one("Einsum", "heads", &[x(&[2, 3, 4, 5]), x(&[2, 6, 4, 5])], a().with("equation", "bqhd,bkhd->bhqk"));
        cases.one("Einsum", "sum", &[x(&[2, 3, 4])], a().with("equation", "bij->b"));
        cases.one("Einsum", "diagonal", &[x(&[4, 4])], a().with("equation", "ii->i"));
        cases.one("Einsum", "ellipsis", &[x(&[2, 3, 4]), x(&[4, 5])], a().with("equation", "...j,jk->...k"));
        cases.one("Einsum", "implicit", &[x(&[3, 4]), x(&[4, 5])], a().with("equation", "ij,jk"));
    }
    if op::foldable("GridSample") {
        for mode in ["linear", "nearest", "cubic"] {
            for padding in ["zeros", "border", "reflection"] {
                for align in [0, 1] {
                    let attrs = a().with("mode", mode).with("padding_mode", padding).with("align_corners", align);
                    cases.one(
                        "GridSample",
                        &format!("{mode} {padding} {align}"),
                        &[x(&[2, 3, 5, 6]), x(&[2, 4, 3, 2])],
                        attrs,
                    );
                }
            }
        }
    }
    if op::foldable("LSTM") {
        for direction in ["forward", "reverse", "bidirectional"] {
            let d = if direction == "bidirectional" { 2 } else { 1 };
            let attrs = || a().with("hidden_size", 3).with("direction", direction);
            let (w, r, b) = (c(&[d, 12, 4]), c(&[d, 12, 3]), c(&[d, 24]));
            cases.add("LSTM", direction, &[x(&[5, 2, 4]), w.clone(), r.clone(), b.clone()], attrs(), 3);
            cases.add(
                "LSTM",
                &format!("{direction}, state"),
                &[x(&[5, 2, 4]), w, r, b, In::Absent, x(&[d, 2, 3]), c(&[d, 2, 3])],
                attrs(),
                3,
            );
            let (w, r, b) = (c(&[d, 3, 4]), c(&[d, 3, 3]), c(&[d, 6]));
            cases.add("RNN", direction, &[x(&[5, 2, 4]), w, r, b], attrs(), 2);
            let (w, r, b) = (c(&[d, 9, 4]), c(&[d, 9, 3]), c(&[d, 18]));
            cases.add("GRU", direction, &[x(&[5, 2, 4]), w.clone(), r.clone(), b.clone()], attrs(), 2);
            cases.add(
                "GRU",
                &format!("{direction}, linear before reset"),
                &[x(&[5, 2, 4]), w, r, b],
                attrs().with("linear_before_reset", 1),
                2,
            );
        }
    }
}

fn all_cases() -> Vec<Case> {
    let mut cases = Cases(vec![]);
    for family in
        [convolutions, products, functions, pools, reductions, normalisations, merges, layouts, resampling, later]
    {
        family(&mut cases);
    }
    cases.0
}

/// Differences that rounding explains; integers and truth values must be equal.
const RELATIVE: f64 = 2e-5;

fn compare(session: &Session, plain: &Session, skip: &[&str]) {
    let mut failures = vec![];
    let cases = all_cases();
    for case in cases.iter().filter(|case| !skip.contains(&case.label.trim())) {
        let want = plain.run(&case.graph, &case.inputs).unwrap_or_else(|e| panic!("{}: {e}", case.label));
        match session.run(&case.graph, &case.inputs) {
            Err(error) => failures.push(format!("{}: {error}", case.label)),
            Ok(have) => {
                for (i, (a, b)) in want.iter().zip(&have).enumerate() {
                    let difference = relative_difference(a, b);
                    let exact = !a.dtype().is_float();
                    if a.shape() != b.shape()
                        || a.dtype() != b.dtype()
                        || difference > if exact { 0.0 } else { RELATIVE }
                    {
                        failures.push(format!("{}: output {i} differs by {difference:.1e}", case.label));
                    }
                }
            }
        }
    }
    println!("{} cases on {}", cases.len(), session.engine().id());
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// NaN goes through comparisons as "not greater": inputs that aren't finite are refused before they get here.
const TRACT_DEPARTS: &[&str] = &["Relu nan", "Max nan", "Min nan", "Clip nan"];

#[test]
fn tract_gives_what_the_plain_evaluator_gives() {
    compare(&tract(), &reference(), TRACT_DEPARTS);
}

/// Where ONNX Runtime itself refuses or departs from the standard.
const RUNTIME_DEPARTS: &[&str] = &["LRN even"];

#[test]
fn onnxruntime_gives_what_the_plain_evaluator_gives() {
    if let Some(session) = onnxruntime() {
        compare(&session, &reference(), RUNTIME_DEPARTS);
    }
}
