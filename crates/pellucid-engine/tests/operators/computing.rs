//! Operators that compute: products, functions, pools, reductions, normalisations.

use std::slice::from_ref;

use crate::case::{Cases, In, a, c, fed_ints, float, int, ints, pos, ties, x};
use pellucid_graph::{DType, Tensor};

pub fn convolutions(cases: &mut Cases) {
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

pub fn products(cases: &mut Cases) {
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

pub fn functions(cases: &mut Cases) {
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

pub fn pools(cases: &mut Cases) {
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

pub fn reductions(cases: &mut Cases) {
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

pub fn normalisations(cases: &mut Cases) {
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
