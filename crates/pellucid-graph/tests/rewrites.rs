//! Every rule of the canonical form: what it finds, that the function stays, and what it leaves alone.

mod common;

use common::{Net, assert_same, random_inputs};
use pellucid_graph::rewrite::{self, REWRITES, Rewritten};
use pellucid_graph::{Attrs, DType, Tensor, Wire};

const SQRT2: f64 = std::f64::consts::SQRT_2;

/// Builds a net in both precisions and checks that `rule` makes `op` of it, under the old name, with the same function.
fn check_grouped(rule: &str, op: &str, shape: &[usize], build: impl Fn(&mut Net, Wire) -> Wire) {
    check_grouped_to(1e-10, rule, op, shape, build);
}

/// [`check_grouped`] with another tolerance in double precision: attributes of ONNX are of single precision.
fn check_grouped_to(exact: f64, rule: &str, op: &str, shape: &[usize], build: impl Fn(&mut Net, Wire) -> Wire) {
    for (dtype, wide, tolerance) in [(DType::F32, false, 1e-5), (DType::F64, true, exact)] {
        let (net, done) = canonical_of(dtype, shape, &build);
        assert!(done.log.iter().any(|n| n.rule == rule), "`{rule}` found nothing in {:?}", ops(&net));
        assert!(done.graph.nodes().iter().any(|n| n.op == op), "no `{op}` among {:?}", ops_of(&done));
        assert_eq!(net.graph.name_of(net.graph.outputs()[0]), done.graph.name_of(done.graph.outputs()[0]));
        for seed in [1, 2] {
            assert_same(&done.graph, &net.graph, &random_inputs(&net.graph, seed), wide, tolerance);
        }
    }
}

/// Builds a net and checks that `rule` doesn't touch it, and that the function stays.
fn check_left(rule: &str, shape: &[usize], build: impl Fn(&mut Net, Wire) -> Wire) {
    let (net, done) = canonical_of(DType::F32, shape, &build);
    assert!(!done.log.iter().any(|n| n.rule == rule), "`{rule}` made {:?} of {:?}", ops_of(&done), ops(&net));
    assert_same(&done.graph, &net.graph, &random_inputs(&net.graph, 1), false, 1e-5);
}

fn canonical_of(dtype: DType, shape: &[usize], build: &impl Fn(&mut Net, Wire) -> Wire) -> (Net, Rewritten) {
    let mut net = Net::new(dtype);
    let x = net.input(shape);
    let y = build(&mut net, x);
    if net.graph.outputs().is_empty() {
        net.output(y);
    }
    let done = rewrite::canonical(&net.graph).unwrap();
    (net, done)
}

fn ops(net: &Net) -> Vec<String> {
    net.graph.nodes().iter().map(|n| n.op.clone()).collect()
}

fn ops_of(done: &Rewritten) -> Vec<String> {
    done.graph.nodes().iter().map(|n| n.op.clone()).collect()
}

#[test]
fn silu_in_all_orders() {
    check_grouped("group-silu", "Silu", &[2, 3, 4], |n, x| {
        let s = n.op("Sigmoid", &[x]);
        n.op("Mul", &[x, s])
    });
    check_grouped("group-silu", "Silu", &[2, 3, 4], |n, x| {
        let s = n.op("Sigmoid", &[x]);
        n.op("Mul", &[s, x])
    });
    check_grouped("group-silu", "Silu", &[2, 3, 4], |n, x| {
        let (neg, one) = (n.op("Neg", &[x]), n.number(1.0));
        let e = n.op("Exp", &[neg]);
        let d = n.op("Add", &[e, one]);
        n.op("Div", &[x, d])
    });
}

#[test]
fn silu_is_left_when_the_gate_is_another_or_read_elsewhere() {
    check_left("group-silu", &[2, 3], |n, x| {
        let y = n.op("Tanh", &[x]);
        let s = n.op("Sigmoid", &[y]);
        n.op("Mul", &[x, s])
    });
    check_left("group-silu", &[2, 3], |n, x| {
        let s = n.op("Sigmoid", &[x]);
        let y = n.op("Mul", &[x, s]);
        n.op("Add", &[y, s])
    });
    check_left("group-silu", &[2, 3], |n, x| {
        let s = n.op("Sigmoid", &[x]);
        let y = n.op("Mul", &[x, s]);
        n.output(y);
        n.output(s);
        y
    });
    check_left("group-silu", &[2, 3], |n, x| {
        let k = n.number(1.702);
        let kx = n.op("Mul", &[x, k]);
        let s = n.op("Sigmoid", &[kx]);
        n.op("Mul", &[x, s])
    });
}

/// The erf form with its factors in every order that exporters write.
fn gelu(n: &mut Net, x: Wire, order: usize, root: f64, half: f64) -> Wire {
    let (r, inverse, one, h, two) =
        (n.number(root), n.number(1.0 / root), n.number(1.0), n.number(half), n.number(1.0 / half));
    let u = if order.is_multiple_of(2) { n.op("Div", &[x, r]) } else { n.op("Mul", &[inverse, x]) };
    let e = n.op("Erf", &[u]);
    let g = if order < 3 { n.op("Add", &[e, one]) } else { n.op("Add", &[one, e]) };
    match order {
        0 => {
            let y = n.op("Mul", &[x, g]);
            n.op("Mul", &[y, h])
        }
        1 => {
            let y = n.op("Mul", &[h, g]);
            n.op("Mul", &[x, y])
        }
        2 => {
            let y = n.op("Mul", &[x, h]);
            n.op("Mul", &[y, g])
        }
        3 => {
            let y = n.op("Div", &[x, two]);
            n.op("Mul", &[g, y])
        }
        _ => {
            let y = n.op("Mul", &[g, x]);
            n.op("Div", &[y, two])
        }
    }
}

#[test]
fn gelu_erf_in_all_orders() {
    for order in 0..5 {
        check_grouped("group-gelu", "Gelu", &[2, 5, 3], |n, x| gelu(n, x, order, SQRT2, 0.5));
    }
}

#[test]
fn gelu_is_left_with_other_numbers_or_shared_insides() {
    check_left("group-gelu", &[2, 5], |n, x| gelu(n, x, 0, 1.5, 0.5));
    check_left("group-gelu", &[2, 5], |n, x| gelu(n, x, 1, SQRT2, 0.501));
    check_left("group-gelu", &[2, 5], |n, x| {
        let y = gelu(n, x, 0, SQRT2, 0.5);
        let erf = n.graph.nodes().iter().find(|m| m.op == "Erf").unwrap().outputs[0].unwrap();
        n.op("Add", &[y, erf])
    });
}

fn gelu_tanh(n: &mut Net, x: Wire, cube: f64, power: bool) -> Wire {
    let (c, k, one, half) =
        (n.number(cube), n.number((2.0 / std::f64::consts::PI).sqrt()), n.number(1.0), n.number(0.5));
    let x3 = if power {
        let three = n.number(3.0);
        n.op("Pow", &[x, three])
    } else {
        let x2 = n.op("Mul", &[x, x]);
        n.op("Mul", &[x2, x])
    };
    let t = n.op("Mul", &[c, x3]);
    let t = n.op("Add", &[x, t]);
    let t = n.op("Mul", &[t, k]);
    let t = n.op("Tanh", &[t]);
    let t = n.op("Add", &[t, one]);
    let y = n.op("Mul", &[half, x]);
    n.op("Mul", &[y, t])
}

#[test]
fn gelu_tanh_with_power_or_products() {
    for power in [false, true] {
        check_grouped("group-gelu", "Gelu", &[2, 5, 3], |n, x| gelu_tanh(n, x, 0.044715, power));
    }
    check_left("group-gelu", &[2, 5], |n, x| gelu_tanh(n, x, 0.05, true));
}

#[test]
fn hard_swish_in_its_forms() {
    let wide = |n: &mut Net, x: Wire| {
        let (three, zero, six) = (n.number(3.0), n.number(0.0), n.number(6.0));
        let s = n.op("Add", &[x, three]);
        let c = n.op("Clip", &[s, zero, six]);
        (c, six)
    };
    check_grouped_to(1e-7, "group-hard-swish", "HardSwish", &[2, 40], |n, x| {
        let g = n.with("HardSigmoid", &[x], Attrs::new().with("alpha", 1.0f32 / 6.0).with("beta", 0.5f32));
        n.op("Mul", &[x, g])
    });
    check_grouped("group-hard-swish", "HardSwish", &[2, 40], |n, x| {
        let (c, six) = wide(n, x);
        let y = n.op("Mul", &[x, c]);
        n.op("Div", &[y, six])
    });
    check_grouped("group-hard-swish", "HardSwish", &[2, 40], |n, x| {
        let (c, six) = wide(n, x);
        let g = n.op("Div", &[c, six]);
        n.op("Mul", &[g, x])
    });
    check_grouped("group-hard-swish", "HardSwish", &[2, 40], |n, x| {
        let (six, half, zero, one) = (n.number(6.0), n.number(0.5), n.number(0.0), n.number(1.0));
        let s = n.op("Div", &[x, six]);
        let s = n.op("Add", &[s, half]);
        let g = n.op("Clip", &[s, zero, one]);
        n.op("Mul", &[x, g])
    });
    check_left("group-hard-swish", &[2, 40], |n, x| {
        let (c, _) = wide(n, x);
        let five = n.number(5.0);
        let y = n.op("Mul", &[x, c]);
        n.op("Div", &[y, five])
    });
    check_left("group-hard-swish", &[2, 40], |n, x| {
        let g = n.op("HardSigmoid", &[x]);
        n.op("Mul", &[x, g])
    });
}

#[test]
fn mish_and_leaky_relu() {
    check_grouped("group-mish", "Mish", &[2, 7], |n, x| {
        let s = n.op("Softplus", &[x]);
        let t = n.op("Tanh", &[s]);
        n.op("Mul", &[x, t])
    });
    check_left("group-mish", &[2, 7], |n, x| {
        let s = n.op("Softplus", &[x]);
        let t = n.op("Tanh", &[s]);
        n.op("Mul", &[s, t])
    });
    check_grouped("group-leaky-relu", "LeakyRelu", &[2, 7], |n, x| {
        let slope = n.number(0.125);
        let y = n.op("Mul", &[slope, x]);
        n.op("Max", &[x, y])
    });
    check_left("group-leaky-relu", &[2, 7], |n, x| {
        let slope = n.number(1.5);
        let y = n.op("Mul", &[slope, x]);
        n.op("Max", &[x, y])
    });
}

/// How layer normalisation is taken apart.
#[derive(Clone, Copy, PartialEq)]
enum Division {
    Div,
    Reciprocal,
    OneOver,
    Power,
}

struct Parts {
    axes: &'static [i64],
    square: bool,
    two_subs: bool,
    division: Division,
    affine: bool,
    centred: bool,
}

fn norm(n: &mut Net, x: Wire, parts: &Parts) -> Wire {
    let axes = n.ints(parts.axes);
    let keep = || Attrs::new().with("keepdims", 1i64);
    let centre = |n: &mut Net| {
        if !parts.centred {
            return x;
        }
        let mean = n.with("ReduceMean", &[x, axes], keep());
        n.op("Sub", &[x, mean])
    };
    let d = centre(n);
    let d2 = if parts.two_subs { centre(n) } else { d };
    let square = if parts.square {
        let two = n.number(2.0);
        n.op("Pow", &[d2, two])
    } else {
        n.op("Mul", &[d2, d2])
    };
    let variance = n.with("ReduceMean", &[square, axes], keep());
    let epsilon = n.number(1e-5);
    let v = n.op("Add", &[variance, epsilon]);
    let y = match parts.division {
        Division::Div => {
            let s = n.op("Sqrt", &[v]);
            n.op("Div", &[d, s])
        }
        Division::Reciprocal => {
            let s = n.op("Sqrt", &[v]);
            let r = n.op("Reciprocal", &[s]);
            n.op("Mul", &[r, d])
        }
        Division::OneOver => {
            let (s, one) = (n.op("Sqrt", &[v]), n.number(1.0));
            let r = n.op("Div", &[one, s]);
            n.op("Mul", &[d, r])
        }
        Division::Power => {
            let p = n.number(-0.5);
            let r = n.op("Pow", &[v, p]);
            n.op("Mul", &[d, r])
        }
    };
    if !parts.affine {
        return y;
    }
    let g = n.weight(&[6]);
    let y = n.op("Mul", &[y, g]);
    if !parts.centred {
        return y;
    }
    let b = n.weight(&[6]);
    n.op("Add", &[b, y])
}

#[test]
fn layer_norm_and_rms_norm_in_their_forms() {
    for division in [Division::Div, Division::Reciprocal, Division::OneOver, Division::Power] {
        for (square, two_subs, affine) in [(true, false, true), (false, true, true), (true, true, false)] {
            for centred in [true, false] {
                let parts = Parts { axes: &[-1], square, two_subs, division, affine, centred };
                let (rule, op) = if centred {
                    ("group-layer-norm", "LayerNormalization")
                } else {
                    ("group-rms-norm", "RMSNormalization")
                };
                check_grouped(rule, op, &[2, 4, 6], |n, x| norm(n, x, &parts));
            }
        }
    }
    let over_two =
        Parts { axes: &[1, 2], square: true, two_subs: false, division: Division::Div, affine: true, centred: true };
    check_grouped("group-layer-norm", "LayerNormalization", &[2, 4, 6], |n, x| norm(n, x, &over_two));
}

#[test]
fn layer_norm_is_left_over_other_axes_or_when_its_inside_is_read() {
    let inner =
        Parts { axes: &[1], square: true, two_subs: false, division: Division::Div, affine: true, centred: true };
    check_left("group-layer-norm", &[2, 4, 6], |n, x| norm(n, x, &inner));
    let last = Parts { axes: &[-1], ..inner };
    check_left("group-layer-norm", &[2, 4, 6], |n, x| {
        let y = norm(n, x, &last);
        let centred = n.graph.nodes().iter().find(|m| m.op == "Sub").unwrap().outputs[0].unwrap();
        n.op("Add", &[y, centred])
    });
}

#[test]
fn affine_of_a_layer_norm_that_is_read_stays_outside() {
    let parts =
        Parts { axes: &[-1], square: true, two_subs: false, division: Division::Div, affine: false, centred: true };
    let build = |n: &mut Net, x: Wire| {
        let y = norm(n, x, &parts);
        let g = n.weight(&[6]);
        let z = n.op("Mul", &[y, g]);
        n.op("Add", &[z, y])
    };
    let (net, done) = canonical_of(DType::F32, &[2, 4, 6], &build);
    assert_eq!(ops_of(&done), ["LayerNormalization", "Mul", "Add"]);
    assert_same(&done.graph, &net.graph, &random_inputs(&net.graph, 1), false, 1e-5);
}

fn group_norm(n: &mut Net, x: Wire, affine: bool) -> Wire {
    let (to, back) = (n.ints(&[0, 2, -1]), n.ints(&[2, 6, 4, 3]));
    let (one, zero) = (n.positive(&[2]), n.weight(&[2]));
    let y = n.op("Reshape", &[x, to]);
    let y = n.with("InstanceNormalization", &[y, one, zero], Attrs::new().with("epsilon", 1e-5f32));
    let y = n.op("Reshape", &[y, back]);
    if !affine {
        return y;
    }
    let (g, b) = (n.weight(&[6, 1, 1]), n.weight(&[1, 6, 1, 1]));
    let y = n.op("Mul", &[y, g]);
    n.op("Add", &[y, b])
}

#[test]
fn group_norm_with_and_without_affine() {
    for affine in [true, false] {
        check_grouped("group-group-norm", "GroupNormalization", &[2, 6, 4, 3], |n, x| group_norm(n, x, affine));
    }
    check_left("group-group-norm", &[2, 6, 4, 3], |n, x| {
        let (one, zero) = (n.positive(&[6]), n.weight(&[6]));
        n.op("InstanceNormalization", &[x, one, zero])
    });
}

#[test]
fn linear_layers() {
    check_grouped("group-linear", "Gemm", &[3, 5], |n, x| {
        let (w, b) = (n.weight(&[5, 4]), n.weight(&[4]));
        let y = n.op("MatMul", &[x, w]);
        n.op("Add", &[b, y])
    });
    check_grouped("group-linear", "Linear", &[2, 3, 5], |n, x| {
        let (w, b) = (n.weight(&[5, 4]), n.weight(&[1, 1, 4]));
        let y = n.op("MatMul", &[x, w]);
        n.op("Add", &[y, b])
    });
    check_grouped("group-linear", "Linear", &[2, 3, 5], |n, x| {
        let w = n.weight(&[5, 4]);
        n.op("MatMul", &[x, w])
    });
    check_left("group-linear", &[2, 5, 5], |n, x| n.op("MatMul", &[x, x]));
    check_left("group-linear", &[2, 3, 5], |n, x| {
        let w = n.weight(&[2, 5, 4]);
        n.op("MatMul", &[x, w])
    });
}

#[test]
fn a_bias_that_is_not_one_stays() {
    let build = |n: &mut Net, x: Wire| {
        let (w, p) = (n.weight(&[5, 4]), n.weight(&[3, 4]));
        let y = n.op("MatMul", &[x, w]);
        n.op("Add", &[y, p])
    };
    let (net, done) = canonical_of(DType::F32, &[2, 3, 5], &build);
    assert_eq!(ops_of(&done), ["Linear", "Add"]);
    assert_same(&done.graph, &net.graph, &random_inputs(&net.graph, 1), false, 1e-5);
}

fn batch_norm(n: &mut Net, x: Wire, channels: usize) -> Wire {
    let (g, b, m, v) = (n.weight(&[channels]), n.weight(&[channels]), n.weight(&[channels]), n.positive(&[channels]));
    n.with("BatchNormalization", &[x, g, b, m, v], Attrs::new().with("epsilon", 1e-3f32))
}

#[test]
fn batch_norm_folds_into_every_linear_node() {
    for group in [1i64, 2] {
        check_grouped("fold-batch-norm", "Conv", &[2, 4, 6, 5], |n, x| {
            let w = n.weight(&[6, 4 / group as usize, 3, 3]);
            let y = n.with("Conv", &[x, w], Attrs::new().with("group", group).with("pads", vec![1i64; 4]));
            batch_norm(n, y, 6)
        });
        check_grouped("fold-batch-norm", "ConvTranspose", &[2, 4, 6, 5], |n, x| {
            let (w, b) = (n.weight(&[4, 6 / group as usize, 2, 2]), n.weight(&[6]));
            let y =
                n.with("ConvTranspose", &[x, w, b], Attrs::new().with("group", group).with("strides", vec![2i64; 2]));
            batch_norm(n, y, 6)
        });
    }
    for turned in [0i64, 1] {
        check_grouped("fold-batch-norm", "Gemm", &[3, 5], |n, x| {
            let w = if turned == 1 { n.weight(&[4, 5]) } else { n.weight(&[5, 4]) };
            let b = n.weight(&[1, 4]);
            let attrs = Attrs::new().with("transB", turned).with("alpha", 0.5f32).with("beta", 2.0f32);
            let y = n.with("Gemm", &[x, w, b], attrs);
            batch_norm(n, y, 4)
        });
    }
}

#[test]
fn batch_norm_stays_where_its_input_is_read_elsewhere_or_is_not_linear() {
    check_left("fold-batch-norm", &[2, 4, 6, 5], |n, x| {
        let w = n.weight(&[4, 4, 1, 1]);
        let y = n.op("Conv", &[x, w]);
        let z = batch_norm(n, y, 4);
        n.op("Add", &[y, z])
    });
    check_left("fold-batch-norm", &[2, 4, 6, 5], |n, x| {
        let w = n.weight(&[4, 4, 1, 1]);
        let y = n.op("Conv", &[x, w]);
        let y = n.op("Relu", &[y]);
        batch_norm(n, y, 4)
    });
    // the channels of `Linear` are last, those of a normalisation second
    check_left("fold-batch-norm", &[2, 4, 5], |n, x| {
        let w = n.weight(&[5, 4]);
        let y = n.op("MatMul", &[x, w]);
        batch_norm(n, y, 4)
    });
}

#[test]
fn constants_per_channel_fold_into_linear_nodes() {
    check_grouped("fold-affine", "Conv", &[2, 3, 6, 5], |n, x| {
        let (w, g, b, m) =
            (n.weight(&[4, 3, 3, 3]), n.weight(&[4, 1, 1]), n.weight(&[1, 4, 1, 1]), n.positive(&[4, 1, 1]));
        let y = n.op("Conv", &[x, w]);
        let y = n.op("Sub", &[y, b]);
        let y = n.op("Div", &[y, m]);
        let y = n.op("Mul", &[g, y]);
        n.op("Add", &[b, y])
    });
    check_grouped("fold-affine", "Linear", &[2, 3, 5], |n, x| {
        let (w, b, g) = (n.weight(&[5, 4]), n.weight(&[4]), n.weight(&[4]));
        let y = n.op("MatMul", &[x, w]);
        let y = n.op("Add", &[y, b]);
        let y = n.op("Mul", &[y, g]);
        n.op("Sub", &[b, y])
    });
    // one number for all channels, a constant per position, and a quotient of the data stay
    check_left("fold-affine", &[2, 3, 6, 6], |n, x| {
        let (w, k, p) = (n.weight(&[4, 3, 1, 1]), n.number(2.0), n.weight(&[6, 6]));
        let y = n.op("Conv", &[x, w]);
        let y = n.op("Mul", &[y, k]);
        n.op("Add", &[y, p])
    });
    check_left("fold-affine", &[2, 3, 6, 6], |n, x| {
        let (w, b, g) = (n.weight(&[4, 3, 1, 1]), n.positive(&[4]), n.positive(&[4, 1, 1]));
        let y = n.op("Conv", &[x, w, b]);
        n.op("Div", &[g, y])
    });
}

#[test]
fn nodes_that_change_nothing_go_away() {
    let build = |n: &mut Net, x: Wire| {
        let y = n.op("Identity", &[x]);
        let y = n.op("Dropout", &[y]);
        let y = n.with("Cast", &[y], Attrs::new().with("to", i64::from(n.dtype.onnx_code())));
        let same = n.ints(&[2, 3, 4]);
        let y = n.op("Reshape", &[y, same]);
        let y = n.with("Transpose", &[y], Attrs::new().with("perm", vec![0i64, 1, 2]));
        let y = n.with("Concat", &[y], Attrs::new().with("axis", 1i64));
        n.op("Relu", &[y])
    };
    let (net, done) = canonical_of(DType::F32, &[2, 3, 4], &build);
    assert_eq!(ops_of(&done), ["Relu"]);
    assert_eq!(done.map.0["Identity1"], Some("x".to_string()));
    assert_same(&done.graph, &net.graph, &random_inputs(&net.graph, 1), false, 0.0);
    // an output keeps its name
    let (_, done) = canonical_of(DType::F32, &[2, 3], &|n: &mut Net, x: Wire| n.op("Identity", &[x]));
    assert_eq!(ops_of(&done), ["Identity"]);
}

#[test]
fn permutations_merge() {
    let turn = |n: &mut Net, x: Wire, perm: &[i64]| n.with("Transpose", &[x], Attrs::new().with("perm", perm.to_vec()));
    check_grouped("merge-transpose", "Transpose", &[2, 3, 4, 5], |n, x| {
        let y = turn(n, x, &[0, 2, 3, 1]);
        turn(n, y, &[3, 0, 1, 2])
    });
    let both = |n: &mut Net, x: Wire| {
        let y = turn(n, x, &[0, 2, 3, 1]);
        let z = turn(n, y, &[0, 3, 1, 2]);
        n.op("Relu", &[z])
    };
    let (net, done) = canonical_of(DType::F32, &[2, 3, 4, 5], &both);
    assert_eq!(ops_of(&done), ["Relu"]);
    assert_same(&done.graph, &net.graph, &random_inputs(&net.graph, 1), false, 0.0);
}

#[test]
fn wires_to_keep_survive_every_rule() {
    let mut net = Net::new(DType::F32);
    let x = net.input(&[2, 3, 6, 5]);
    let w = net.weight(&[4, 3, 3, 3]);
    let conv = net.op("Conv", &[x, w]);
    let bn = batch_norm(&mut net, conv, 4);
    let gate = net.op("Sigmoid", &[bn]);
    let y = net.op("Mul", &[bn, gate]);
    net.output(y);
    let all = rewrite::canonical(&net.graph).unwrap();
    assert_eq!(ops_of(&all), ["Conv", "Silu"]);
    assert_eq!(all.map.0[&net.name(conv)], None);
    assert_eq!(all.map.0[&net.name(bn)], Some(net.name(bn)));
    for keep in [conv, gate] {
        let name = net.name(keep);
        let kept = rewrite::canonical_keeping(&net.graph, &[&name]).unwrap();
        assert!(kept.graph.find(&name).is_ok());
        assert_eq!(kept.map.0[&name], Some(name.clone()));
        assert_same(&kept.graph, &net.graph, &random_inputs(&net.graph, 1), false, 1e-5);
    }
    let unfolded = rewrite::canonical_without(&net.graph, &[], &["fold-batch-norm"]).unwrap();
    assert_eq!(ops_of(&unfolded), ["Conv", "BatchNormalization", "Silu"]);
    let error = rewrite::canonical_without(&net.graph, &[], &["fold-batchnorm"]).unwrap_err().to_string();
    assert!(error.contains("did you mean `fold-batch-norm`"), "{error}");
}

#[test]
fn rules_have_their_own_names_and_one_line_each() {
    let mut names: Vec<&str> = REWRITES.iter().map(|r| r.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), REWRITES.len());
    for rule in REWRITES {
        assert!(!rule.summary.is_empty() && !rule.summary.contains('\n'), "{}", rule.name);
        let file = format!("{}/src/rewrite/{}.rs", env!("CARGO_MANIFEST_DIR"), rule.name.replace('-', "_"));
        assert!(std::path::Path::new(&file).is_file(), "{file} isn't there");
    }
}

#[test]
fn a_graph_that_shares_a_lot_is_read_in_bounded_time() {
    // x + x, doubled again and again: a formula reader that follows every path would need 2^200 steps
    let mut net = Net::new(DType::F32);
    let x = net.input(&[2, 2]);
    let mut y = x;
    for _ in 0..200 {
        y = net.op("Add", &[y, y]);
    }
    let t = net.op("Tanh", &[y]);
    let one = net.number(1.0);
    let g = net.op("Add", &[t, one]);
    let half = net.number(0.5);
    let hx = net.op("Mul", &[x, half]);
    let z = net.op("Mul", &[hx, g]);
    net.output(z);
    let done = rewrite::canonical(&net.graph).unwrap();
    assert!(!done.log.iter().any(|n| n.rule == "group-gelu"));
    let zeros = Tensor::full(DType::F32, &[2, 2], 0.0);
    assert_same(&done.graph, &net.graph, &[zeros], false, 0.0);
}
