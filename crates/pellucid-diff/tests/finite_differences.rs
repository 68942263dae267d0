//! Every adjoint against central differences, over a grid of attributes and shapes.

mod common;

use common::{In, Range, check};
use pellucid_graph::{Attr, Attrs, DType, Tensor};

const TOLERANCE: f64 = 1e-6;

fn any(shape: &[usize]) -> In {
    In::Var(shape.to_vec(), Range::Any)
}

fn positive(shape: &[usize]) -> In {
    In::Var(shape.to_vec(), Range::Positive)
}

fn off_kinks(shape: &[usize]) -> In {
    In::Var(shape.to_vec(), Range::OffKinks)
}

fn ints(v: &[i64]) -> In {
    In::Const(Tensor::vec_i64(v))
}

fn scalar(v: f64) -> In {
    In::Const(Tensor::full(DType::F64, &[], v))
}

fn floats(shape: &[usize], v: &[f64]) -> In {
    In::Const(Tensor::f64(shape, v.to_vec()).unwrap())
}

fn attrs(pairs: &[(&str, Attr)]) -> Attrs {
    pairs.iter().fold(Attrs::new(), |a, (k, v)| {
        let mut a = a;
        a.0.insert((*k).to_string(), v.clone());
        a
    })
}

fn list(v: &[i64]) -> Attr {
    Attr::Ints(v.to_vec())
}

fn int(v: i64) -> Attr {
    Attr::Int(v)
}

fn word(v: &str) -> Attr {
    Attr::Str(v.to_string())
}

fn real(v: f32) -> Attr {
    Attr::Float(v)
}

/// Runs a table of cases and reports every one that deviates.
fn all(cases: Vec<(&str, Vec<In>, Attrs, usize)>) {
    let count = cases.len();
    let mut bad = Vec::new();
    for (i, (op, inputs, attrs, outputs)) in cases.into_iter().enumerate() {
        let text = format!("case {i}: {op} {attrs:?}");
        let worst = check(op, &inputs, attrs, outputs);
        if worst.is_nan() || worst > TOLERANCE {
            bad.push(format!("{text} deviates by {worst:.1e}"));
        }
    }
    assert!(bad.is_empty(), "{} of {count} cases fail:\n{}", bad.len(), bad.join("\n"));
}

fn one(op: &'static str, input: In) -> (&'static str, Vec<In>, Attrs, usize) {
    (op, vec![input], Attrs::new(), 1)
}

#[test]
fn functions_of_one_input() {
    let s = [2, 3, 4];
    let mut cases = Vec::new();
    for op in [
        "Sigmoid", "Tanh", "Softplus", "Erf", "Exp", "Sin", "Cos", "Tan", "Atan", "Sinh", "Cosh", "Asinh", "Gelu",
        "Silu", "Mish", "Neg", "Identity",
    ] {
        cases.push(one(op, any(&s)));
    }
    for op in ["Log", "Sqrt", "Reciprocal"] {
        cases.push(one(op, positive(&s)));
    }
    for op in [
        "Relu",
        "LeakyRelu",
        "Elu",
        "Celu",
        "Selu",
        "Abs",
        "Softsign",
        "HardSigmoid",
        "HardSwish",
        "Asin",
        "Acos",
        "Atanh",
    ] {
        cases.push(one(op, off_kinks(&s)));
    }
    cases.push(("Gelu", vec![any(&s)], attrs(&[("approximate", word("tanh"))]), 1));
    cases.push(("LeakyRelu", vec![off_kinks(&s)], attrs(&[("alpha", real(0.2))]), 1));
    cases.push(("Elu", vec![off_kinks(&s)], attrs(&[("alpha", real(0.7))]), 1));
    cases.push(("Celu", vec![off_kinks(&s)], attrs(&[("alpha", real(0.5))]), 1));
    cases.push(("ThresholdedRelu", vec![off_kinks(&s)], attrs(&[("alpha", real(0.5))]), 1));
    cases.push(("HardSigmoid", vec![off_kinks(&s)], attrs(&[("alpha", real(1.0)), ("beta", real(0.5))]), 1));
    cases.push(("Clip", vec![off_kinks(&s), scalar(-0.5), scalar(0.5)], Attrs::new(), 1));
    cases.push(("Clip", vec![off_kinks(&s), In::None, scalar(0.5)], Attrs::new(), 1));
    cases.push(("PRelu", vec![off_kinks(&[2, 3, 4]), any(&[3, 1])], Attrs::new(), 1));
    cases.push(("PRelu", vec![off_kinks(&[2, 3, 4]), any(&[1])], Attrs::new(), 1));
    cases.push(("HardSwish", vec![In::Var(vec![9], Range::Positive)], Attrs::new(), 1));
    all(cases);
}

#[test]
fn functions_of_several_inputs() {
    let mut cases = Vec::new();
    let shapes: [(&[usize], &[usize]); 6] =
        [(&[2, 3], &[2, 3]), (&[2, 3], &[3]), (&[2, 3], &[2, 1]), (&[1], &[2, 3]), (&[2, 1, 3], &[4, 1]), (&[], &[2])];
    for (a, b) in shapes {
        for op in ["Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean"] {
            cases.push((op, vec![any(a), In::Var(b.to_vec(), Range::OffKinks)], Attrs::new(), 1));
        }
        cases.push(("Div", vec![any(a), positive(b)], Attrs::new(), 1));
        cases.push(("Pow", vec![positive(a), any(b)], Attrs::new(), 1));
    }
    cases.push(("Pow", vec![any(&[2, 3]), scalar(2.0)], Attrs::new(), 1));
    cases.push(("Pow", vec![any(&[2, 3]), scalar(3.0)], Attrs::new(), 1));
    cases.push(("Max", vec![any(&[2, 3]), off_kinks(&[3]), positive(&[2, 1])], Attrs::new(), 1));
    let cond = In::Const(Tensor::from_f64(DType::Bool, vec![2, 1], vec![1.0, 0.0]));
    cases.push(("Where", vec![cond, any(&[3]), any(&[2, 3])], Attrs::new(), 1));
    all(cases);
}

#[test]
fn convolutions() {
    let mut cases = Vec::new();
    let b = |n: usize| any(&[n]);
    // 1-D
    cases.push(("Conv", vec![any(&[2, 3, 9]), any(&[4, 3, 3]), b(4)], attrs(&[("pads", list(&[1, 1]))]), 1));
    cases.push((
        "Conv",
        vec![any(&[1, 2, 10]), any(&[2, 2, 3])],
        attrs(&[("strides", list(&[2])), ("dilations", list(&[2]))]),
        1,
    ));
    // 2-D: strides, dilations, asymmetric pads, groups, leftovers at the border
    for (strides, dilations, pads) in [
        ([1, 1], [1, 1], [0, 0, 0, 0]),
        ([1, 1], [1, 1], [1, 1, 1, 1]),
        ([2, 2], [1, 1], [1, 1, 1, 1]),
        ([2, 1], [1, 2], [0, 1, 2, 1]),
        ([3, 2], [2, 1], [2, 0, 0, 1]),
    ] {
        let a = attrs(&[("strides", list(&strides)), ("dilations", list(&dilations)), ("pads", list(&pads))]);
        cases.push(("Conv", vec![any(&[2, 2, 8, 7]), any(&[3, 2, 3, 2]), b(3)], a, 1));
    }
    cases.push((
        "Conv",
        vec![any(&[2, 4, 6, 6]), any(&[6, 2, 3, 3])],
        attrs(&[("group", int(2)), ("pads", list(&[1, 1, 1, 1]))]),
        1,
    ));
    cases.push((
        "Conv",
        vec![any(&[1, 4, 6, 6]), any(&[4, 1, 3, 3])],
        attrs(&[("group", int(4)), ("strides", list(&[2, 2]))]),
        1,
    ));
    cases.push(("Conv", vec![any(&[1, 2, 7, 7]), any(&[3, 2, 1, 1])], attrs(&[("strides", list(&[2, 2]))]), 1));
    cases.push((
        "Conv",
        vec![any(&[1, 2, 7, 6]), any(&[3, 2, 3, 3])],
        attrs(&[("auto_pad", word("SAME_UPPER")), ("strides", list(&[2, 2]))]),
        1,
    ));
    cases.push(("Conv", vec![any(&[1, 2, 7, 6]), any(&[3, 2, 2, 3])], attrs(&[("auto_pad", word("SAME_LOWER"))]), 1));
    // pads wider than the kernel
    cases.push(("Conv", vec![any(&[1, 1, 4, 4]), any(&[2, 1, 2, 2])], attrs(&[("pads", list(&[3, 3, 3, 3]))]), 1));
    // 3-D
    cases.push((
        "Conv",
        vec![any(&[1, 2, 5, 4, 6]), any(&[3, 2, 3, 2, 3]), b(3)],
        attrs(&[("strides", list(&[2, 1, 2])), ("pads", list(&[1, 0, 1, 1, 1, 1]))]),
        1,
    ));
    cases.push((
        "Conv",
        vec![any(&[1, 2, 4, 4, 4]), any(&[2, 1, 3, 3, 3])],
        attrs(&[("group", int(2)), ("pads", list(&[1; 6]))]),
        1,
    ));
    all(cases);
}

/// At stride 1 with constant weights a flipped convolution takes the place of the transposed one.
#[test]
fn convolutions_with_constant_weights() {
    let weights = |shape: &[usize]| {
        let n = shape.iter().product();
        In::Const(Tensor::f64(shape, common::numbers(n, 5, Range::Any)).unwrap())
    };
    let cases = vec![
        ("Conv", vec![any(&[2, 3, 9]), weights(&[4, 3, 3])], attrs(&[("pads", list(&[1, 1]))]), 1),
        ("Conv", vec![any(&[1, 2, 6, 7]), weights(&[3, 2, 3, 2])], attrs(&[("pads", list(&[2, 0, 1, 1]))]), 1),
        (
            "Conv",
            vec![any(&[1, 4, 6, 7]), weights(&[6, 2, 3, 3])],
            attrs(&[("group", int(2)), ("dilations", list(&[2, 1]))]),
            1,
        ),
        (
            "Conv",
            vec![any(&[1, 3, 6, 7]), weights(&[3, 1, 3, 3])],
            attrs(&[("group", int(3)), ("pads", list(&[1, 1, 1, 1]))]),
            1,
        ),
        (
            "Conv",
            vec![any(&[1, 2, 4, 5, 4]), weights(&[3, 2, 3, 3, 1])],
            attrs(&[("pads", list(&[1, 1, 0, 1, 1, 0]))]),
            1,
        ),
        ("Conv", vec![any(&[1, 1, 4, 4]), weights(&[2, 1, 2, 2])], attrs(&[("pads", list(&[3, 3, 3, 3]))]), 1),
        ("Conv", vec![any(&[1, 1, 7, 7]), weights(&[2, 1, 3, 3])], attrs(&[("strides", list(&[2, 2]))]), 1),
    ];
    all(cases);
}

#[test]
fn transposed_convolutions() {
    let mut cases = Vec::new();
    cases.push((
        "ConvTranspose",
        vec![any(&[2, 3, 5]), any(&[3, 2, 3]), any(&[2])],
        attrs(&[("strides", list(&[2]))]),
        1,
    ));
    for (strides, pads, extra) in [
        ([1, 1], [0, 0, 0, 0], [0, 0]),
        ([2, 2], [1, 1, 1, 1], [1, 1]),
        ([2, 3], [0, 1, 1, 0], [0, 2]),
        ([2, 2], [0, 0, 0, 0], [0, 0]),
    ] {
        let a = attrs(&[("strides", list(&strides)), ("pads", list(&pads)), ("output_padding", list(&extra))]);
        cases.push(("ConvTranspose", vec![any(&[2, 2, 4, 3]), any(&[2, 3, 3, 2]), any(&[3])], a, 1));
    }
    cases.push((
        "ConvTranspose",
        vec![any(&[1, 4, 3, 4]), any(&[4, 2, 2, 2])],
        attrs(&[("group", int(2)), ("strides", list(&[2, 2]))]),
        1,
    ));
    cases.push((
        "ConvTranspose",
        vec![any(&[1, 2, 4, 4]), any(&[2, 1, 2, 2])],
        attrs(&[("dilations", list(&[2, 2]))]),
        1,
    ));
    cases.push((
        "ConvTranspose",
        vec![any(&[1, 2, 3, 2, 3]), any(&[2, 2, 2, 2, 2]), any(&[2])],
        attrs(&[("strides", list(&[2, 2, 2]))]),
        1,
    ));
    cases.push((
        "ConvTranspose",
        vec![any(&[1, 2, 4, 4]), any(&[2, 2, 3, 3])],
        attrs(&[("auto_pad", word("SAME_UPPER")), ("strides", list(&[2, 2]))]),
        1,
    ));
    all(cases);
}

#[test]
fn matrix_products() {
    let mut cases = Vec::new();
    for (ta, tb) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let a = if ta == 1 { any(&[3, 2]) } else { any(&[2, 3]) };
        let b = if tb == 1 { any(&[4, 3]) } else { any(&[3, 4]) };
        let at = attrs(&[("transA", int(ta)), ("transB", int(tb)), ("alpha", real(0.5)), ("beta", real(2.0))]);
        cases.push(("Gemm", vec![a.clone(), b.clone(), any(&[4])], at.clone(), 1));
        cases.push(("Gemm", vec![a.clone(), b.clone(), any(&[2, 1])], at, 1));
        cases.push(("Gemm", vec![a, b], attrs(&[("transA", int(ta)), ("transB", int(tb))]), 1));
    }
    let shapes: [(&[usize], &[usize]); 7] = [
        (&[2, 3], &[3, 4]),
        (&[5, 2, 3], &[3, 4]),
        (&[5, 2, 3], &[5, 3, 4]),
        (&[2, 1, 2, 3], &[3, 3, 2]),
        (&[3], &[3, 2]),
        (&[2, 3], &[3]),
        (&[3], &[3]),
    ];
    for (a, b) in shapes {
        cases.push(("MatMul", vec![any(a), any(b)], Attrs::new(), 1));
    }
    cases.push(("Linear", vec![any(&[2, 4, 3]), any(&[3, 5]), any(&[5])], Attrs::new(), 1));
    cases.push(("Linear", vec![any(&[2, 3]), any(&[3, 5])], Attrs::new(), 1));
    for (eq, a, b) in [
        ("ij,jk->ik", vec![2, 3], vec![3, 4]),
        ("bhid,bhjd->bhij", vec![2, 2, 3, 4], vec![2, 2, 5, 4]),
        ("i,j->ij", vec![3], vec![4]),
        ("ij,ij->i", vec![2, 3], vec![2, 3]),
        ("...ij,...jk->...ik", vec![2, 3, 4], vec![2, 4, 2]),
        ("ij,jk", vec![2, 3], vec![3, 4]),
        ("bij,k->bi", vec![2, 3, 2], vec![3]),
    ] {
        cases.push(("Einsum", vec![any(&a), any(&b)], attrs(&[("equation", word(eq))]), 1));
    }
    cases.push(("Einsum", vec![any(&[2, 3, 4])], attrs(&[("equation", word("abc->ca"))]), 1));
    all(cases);
}

#[test]
fn pools() {
    let mut cases = Vec::new();
    let square = |k: i64, s: i64, p: i64| {
        vec![("kernel_shape", list(&[k, k])), ("strides", list(&[s, s])), ("pads", list(&[p, p, p, p]))]
    };
    for (k, s, p) in [(2, 2, 0), (3, 2, 1), (3, 1, 1), (2, 1, 0), (3, 3, 0)] {
        for ceil in [0, 1] {
            let mut a = square(k, s, p);
            a.push(("ceil_mode", int(ceil)));
            cases.push(("MaxPool", vec![any(&[2, 2, 7, 8])], attrs(&a), 1));
            for include in [0, 1] {
                let mut a = a.clone();
                a.push(("count_include_pad", int(include)));
                cases.push(("AveragePool", vec![any(&[2, 2, 7, 8])], attrs(&a), 1));
            }
        }
        cases.push(("LpPool", vec![positive(&[1, 2, 7, 8])], attrs(&square(k, s, 0)), 1));
    }
    cases.push((
        "MaxPool",
        vec![any(&[1, 2, 8, 8])],
        attrs(&[("kernel_shape", list(&[2, 2])), ("dilations", list(&[2, 3]))]),
        1,
    ));
    cases.push(("MaxPool", vec![any(&[2, 2, 9])], attrs(&[("kernel_shape", list(&[3])), ("strides", list(&[2]))]), 1));
    cases.push((
        "MaxPool",
        vec![any(&[1, 2, 5, 4, 6])],
        attrs(&[("kernel_shape", list(&[2, 2, 2])), ("strides", list(&[2, 2, 2]))]),
        1,
    ));
    cases.push((
        "MaxPool",
        vec![any(&[1, 2, 7, 6])],
        attrs(&[("kernel_shape", list(&[3, 3])), ("strides", list(&[2, 2])), ("auto_pad", word("SAME_UPPER"))]),
        1,
    ));
    cases.push((
        "AveragePool",
        vec![any(&[1, 2, 5, 4, 6])],
        attrs(&[("kernel_shape", list(&[2, 2, 3])), ("strides", list(&[2, 2, 2]))]),
        1,
    ));
    cases.push((
        "AveragePool",
        vec![any(&[1, 1, 7, 6])],
        attrs(&[("kernel_shape", list(&[3, 3])), ("strides", list(&[2, 2])), ("auto_pad", word("SAME_LOWER"))]),
        1,
    ));
    for shape in [vec![2, 3, 5], vec![2, 3, 4, 5], vec![1, 2, 3, 2, 4]] {
        cases.push(one("GlobalAveragePool", any(&shape)));
        cases.push(one("GlobalMaxPool", any(&shape)));
        cases.push(one("GlobalLpPool", positive(&shape)));
    }
    all(cases);
}

#[test]
fn reductions() {
    let mut cases = Vec::new();
    for axes in [vec![1], vec![0, 2], vec![-1], vec![0, 1, 2]] {
        for keep in [0, 1] {
            let a = attrs(&[("keepdims", int(keep))]);
            for op in
                ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceLogSumExp", "ReduceL2"]
            {
                cases.push((op, vec![any(&[2, 3, 4]), ints(&axes)], a.clone(), 1));
            }
            cases.push(("ReduceL1", vec![off_kinks(&[2, 3, 4]), ints(&axes)], a.clone(), 1));
            cases.push(("ReduceLogSum", vec![positive(&[2, 3, 4]), ints(&axes)], a.clone(), 1));
        }
    }
    cases.push(("ReduceMean", vec![any(&[2, 3, 4])], Attrs::new(), 1));
    cases.push(("ReduceProd", vec![any(&[2, 3, 4]), ints(&[1])], Attrs::new(), 1));
    cases.push(("TopK", vec![any(&[2, 5]), ints(&[2])], Attrs::new(), 2));
    cases.push(("TopK", vec![any(&[4, 3]), ints(&[2])], attrs(&[("axis", int(0)), ("largest", int(0))]), 2));
    for (exclusive, reverse) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let a = attrs(&[("exclusive", int(exclusive)), ("reverse", int(reverse))]);
        cases.push(("CumSum", vec![any(&[2, 4]), In::Const(Tensor::from_i64(DType::I64, vec![], vec![1]))], a, 1));
    }
    all(cases);
}

#[test]
fn normalisations() {
    let mut cases = Vec::new();
    for axis in [-1, 1, 0] {
        for op in ["Softmax", "LogSoftmax"] {
            cases.push((op, vec![any(&[3, 4, 5])], attrs(&[("axis", int(axis))]), 1));
        }
    }
    let c = [0.5, 1.5, -0.7];
    let v = [0.4, 1.1, 2.0];
    cases.push((
        "BatchNormalization",
        vec![any(&[2, 3, 4, 4]), any(&[3]), any(&[3]), floats(&[3], &c), floats(&[3], &v)],
        Attrs::new(),
        1,
    ));
    cases.push((
        "BatchNormalization",
        vec![any(&[4, 3]), any(&[3]), any(&[3]), floats(&[3], &c), floats(&[3], &v)],
        attrs(&[("epsilon", real(0.1))]),
        1,
    ));
    cases.push(("InstanceNormalization", vec![any(&[2, 3, 4, 5]), any(&[3]), any(&[3])], Attrs::new(), 1));
    cases.push((
        "InstanceNormalization",
        vec![any(&[1, 2, 3, 4, 3]), any(&[2]), any(&[2])],
        attrs(&[("epsilon", real(0.01))]),
        1,
    ));
    cases.push((
        "GroupNormalization",
        vec![any(&[2, 4, 3, 3]), any(&[4]), any(&[4])],
        attrs(&[("num_groups", int(2))]),
        1,
    ));
    cases.push(("LayerNormalization", vec![any(&[2, 3, 5]), any(&[5]), any(&[5])], Attrs::new(), 1));
    cases.push((
        "LayerNormalization",
        vec![any(&[2, 3, 5]), any(&[3, 5])],
        attrs(&[("axis", int(1)), ("epsilon", real(0.1))]),
        1,
    ));
    cases.push(("RMSNormalization", vec![any(&[2, 3, 5]), any(&[5])], Attrs::new(), 1));
    cases.push(("MeanVarianceNormalization", vec![any(&[2, 3, 4, 4])], Attrs::new(), 1));
    cases.push(("LpNormalization", vec![any(&[2, 5])], Attrs::new(), 1));
    cases.push(("LpNormalization", vec![off_kinks(&[2, 5])], attrs(&[("p", int(1)), ("axis", int(0))]), 1));
    for size in [3, 4] {
        cases.push((
            "LRN",
            vec![any(&[1, 5, 3, 3])],
            attrs(&[("size", int(size)), ("alpha", real(0.5)), ("beta", real(0.75)), ("bias", real(1.2))]),
            1,
        ));
    }
    all(cases);
}

#[test]
fn layouts() {
    let x = || any(&[2, 3, 4]);
    let mut cases = vec![
        ("Reshape", vec![x(), ints(&[4, -1])], Attrs::new(), 1),
        ("Flatten", vec![x()], attrs(&[("axis", int(2))]), 1),
        ("Squeeze", vec![any(&[2, 1, 3]), ints(&[1])], Attrs::new(), 1),
        ("Unsqueeze", vec![x(), ints(&[0, -1])], Attrs::new(), 1),
        ("Transpose", vec![x()], attrs(&[("perm", list(&[2, 0, 1]))]), 1),
        ("Transpose", vec![x()], Attrs::new(), 1),
        ("Expand", vec![any(&[3, 1]), ints(&[2, 3, 4])], Attrs::new(), 1),
        ("Tile", vec![x(), ints(&[2, 1, 3])], Attrs::new(), 1),
        ("Concat", vec![x(), any(&[2, 2, 4])], attrs(&[("axis", int(1))]), 1),
        ("Split", vec![x(), ints(&[1, 2])], attrs(&[("axis", int(1))]), 2),
        ("DepthToSpace", vec![any(&[1, 8, 2, 3])], attrs(&[("blocksize", int(2))]), 1),
        ("DepthToSpace", vec![any(&[1, 8, 2, 3])], attrs(&[("blocksize", int(2)), ("mode", word("CRD"))]), 1),
        ("SpaceToDepth", vec![any(&[1, 2, 4, 6])], attrs(&[("blocksize", int(2))]), 1),
        ("Trilu", vec![any(&[2, 3, 4])], Attrs::new(), 1),
        ("Trilu", vec![any(&[3, 3])], attrs(&[("upper", int(0))]), 1),
        ("Cast", vec![x()], attrs(&[("to", int(11))]), 1),
    ];
    for (starts, ends, axes, steps) in [
        (vec![1], vec![3], vec![2], vec![1]),
        (vec![0, 1], vec![2, 9], vec![0, 2], vec![1, 2]),
        (vec![-1], vec![-9], vec![1], vec![-1]),
        (vec![6], vec![0], vec![1], vec![-2]),
        (vec![-3], vec![i64::MAX], vec![-2], vec![3]),
    ] {
        cases.push((
            "Slice",
            vec![any(&[2, 7, 5]), ints(&starts), ints(&ends), ints(&axes), ints(&steps)],
            Attrs::new(),
            1,
        ));
    }
    for mode in ["constant", "reflect", "edge", "wrap"] {
        let a = attrs(&[("mode", word(mode))]);
        cases.push(("Pad", vec![any(&[2, 4, 5]), ints(&[0, 1, 2, 1, 3, 0])], a.clone(), 1));
        cases.push(("Pad", vec![any(&[2, 4, 5]), ints(&[2, 1]), In::None, ints(&[-1])], a, 1));
    }
    cases.push(("Pad", vec![any(&[4, 5]), ints(&[-1, 2, 1, -2])], attrs(&[("mode", word("constant"))]), 1));
    all(cases);
}

#[test]
fn gathers_and_scatters() {
    let matrix = |shape: &[usize], v: &[i64]| In::Const(Tensor::i64(shape, v.to_vec()).unwrap());
    let cases = vec![
        ("Gather", vec![any(&[3, 4]), matrix(&[], &[1])], attrs(&[("axis", int(1))]), 1),
        ("Gather", vec![any(&[3, 4]), matrix(&[2], &[1, 2])], Attrs::new(), 1),
        ("Gather", vec![any(&[3, 4]), matrix(&[2, 3], &[0, 2, 2, -1, 1, 0])], Attrs::new(), 1),
        ("Gather", vec![any(&[2, 5, 3]), matrix(&[3], &[4, 0, 4])], attrs(&[("axis", int(-2))]), 1),
        ("GatherElements", vec![any(&[3, 3]), matrix(&[2, 3], &[0, 2, -1, 1, 0, 0])], Attrs::new(), 1),
        ("GatherND", vec![any(&[3, 4, 2]), matrix(&[2, 2], &[0, 1, 2, 3])], Attrs::new(), 1),
        (
            "ScatterElements",
            vec![any(&[3, 4]), matrix(&[2, 2], &[0, 3, 1, 2]), any(&[2, 2])],
            attrs(&[("axis", int(1))]),
            1,
        ),
        (
            "ScatterElements",
            vec![any(&[3, 4]), matrix(&[2, 2], &[0, 0, 1, 1]), any(&[2, 2])],
            attrs(&[("axis", int(1)), ("reduction", word("add"))]),
            1,
        ),
        ("ScatterND", vec![any(&[4, 3]), matrix(&[2, 1], &[3, 1]), any(&[2, 3])], Attrs::new(), 1),
        (
            "ScatterND",
            vec![any(&[4, 3]), matrix(&[2, 1], &[3, 3]), any(&[2, 3])],
            attrs(&[("reduction", word("add"))]),
            1,
        ),
    ];
    all(cases);
}

#[test]
fn resampling() {
    let mut cases = Vec::new();
    for mode in ["nearest", "linear", "cubic"] {
        for coordinates in ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric"] {
            for sizes in [[2, 3, 8, 9], [2, 3, 3, 2]] {
                let a = attrs(&[("mode", word(mode)), ("coordinate_transformation_mode", word(coordinates))]);
                cases.push(("Resize", vec![any(&[2, 3, 4, 5]), In::None, In::None, ints(&sizes)], a, 1));
            }
        }
    }
    for nearest in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] {
        let a = attrs(&[("mode", word("nearest")), ("nearest_mode", word(nearest))]);
        let scales = In::Const(Tensor::f32(&[3], vec![1.0, 1.0, 1.7]).unwrap());
        cases.push(("Resize", vec![any(&[1, 2, 6]), In::None, scales], a, 1));
    }
    let a = attrs(&[("mode", word("linear")), ("antialias", int(1))]);
    cases.push(("Resize", vec![any(&[1, 1, 8, 9]), In::None, In::None, ints(&[1, 1, 3, 4])], a, 1));
    cases.push((
        "Resize",
        vec![any(&[1, 2, 3, 4, 3]), In::None, In::None, ints(&[1, 2, 5, 4, 6])],
        attrs(&[("mode", word("linear"))]),
        1,
    ));
    for mode in ["linear", "nearest"] {
        for padding in ["zeros", "border"] {
            for aligned in [0, 1] {
                let a =
                    attrs(&[("mode", word(mode)), ("padding_mode", word(padding)), ("align_corners", int(aligned))]);
                let grid = floats(&[1, 2, 2, 2], &[-0.9, 0.3, 0.2, -0.4, 0.77, 0.91, -1.3, 0.15]);
                cases.push(("GridSample", vec![any(&[1, 2, 4, 5]), grid], a.clone(), 1));
                let grid = floats(&[1, 1, 1, 2, 3], &[-0.9, 0.3, 0.2, -0.4, 0.77, 0.91]);
                cases.push(("GridSample", vec![any(&[1, 2, 3, 4, 3]), grid], a, 1));
            }
        }
    }
    all(cases);
}
