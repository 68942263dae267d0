//! Suffixes, taps, and what is affine.

mod common;

use common::{Net, difference, random, random_inputs};
use pellucid_graph::cut::{Suffix, is_affine, suffix, with_outputs};
use pellucid_graph::{Attrs, DType, Graph, Tensor, Wire, interpret};

fn pads(n: i64) -> Attrs {
    Attrs::new().with("pads", vec![n; 4])
}

/// A small U-Net with a residual block in its depth. Returns the wires to cut at: first map, after pooling, residual sum, logits.
fn unet() -> (Graph, Vec<Wire>) {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[2, 2, 8, 8]);
    let conv = |n: &mut Net, x: Wire, i: usize, o: usize| {
        let w = n.weight(&[o, i, 3, 3]);
        let y = n.with("Conv", &[x, w], pads(1));
        n.op("Relu", &[y])
    };
    let a = conv(&mut n, x, 2, 4);
    let p = n.with("MaxPool", &[a], Attrs::new().with("kernel_shape", vec![2i64; 2]).with("strides", vec![2i64; 2]));
    let b = conv(&mut n, p, 4, 4);
    let r = n.op("Add", &[b, p]);
    let w = n.weight(&[4, 4, 2, 2]);
    let u = n.with("ConvTranspose", &[r, w], Attrs::new().with("strides", vec![2i64; 2]));
    let c = n.with("Concat", &[u, a], Attrs::new().with("axis", 1i64));
    let y = conv(&mut n, c, 8, 3);
    n.output(y);
    (n.graph, vec![a, p, r, y])
}

/// Runs a suffix on new values, everything else from the run on `inputs`.
fn run_suffix(graph: &Graph, part: &Suffix, patched: &[Tensor], inputs: &[Tensor]) -> Vec<Tensor> {
    let mut all = patched.to_vec();
    all.extend(interpret::run_taps(graph, inputs, &part.live, false).unwrap());
    interpret::run(&part.graph, &all, false).unwrap()
}

#[test]
fn suffixes_of_a_unet_give_what_the_whole_net_gives() {
    let (g, wires) = unet();
    let inputs = random_inputs(&g, 1);
    let whole = interpret::run(&g, &inputs, false).unwrap();
    for &wire in &wires {
        let part = suffix(&g, &[wire], g.outputs()).unwrap();
        let value = interpret::run_taps(&g, &inputs, &[wire], false).unwrap();
        let again = run_suffix(&g, &part, &value, &inputs);
        assert_eq!(difference(&again[0], &whole[0]), 0.0);
    }
    // what the residual sum can change: the transposed convolution and the last block; the skip comes from outside
    let part = suffix(&g, &[wires[2]], g.outputs()).unwrap();
    let ops: Vec<&str> = part.graph.nodes().iter().map(|n| n.op.as_str()).collect();
    assert_eq!(ops, ["ConvTranspose", "Concat", "Conv", "Relu"]);
    assert_eq!(part.live, [wires[0]]);
    assert_eq!(part.graph.name_of(part.graph.inputs()[0]), g.name_of(wires[2]));
    // before the residual block nothing else is live but the skip
    assert_eq!(suffix(&g, &[wires[1]], g.outputs()).unwrap().live, [wires[0]]);
    assert!(suffix(&g, &[wires[0]], g.outputs()).unwrap().live.is_empty());
}

#[test]
fn a_changed_wire_changes_the_outputs_as_in_the_whole_net() {
    // the whole net with a sum in the middle says what a patch must give
    let mut n = Net::new(DType::F32);
    let x = n.input(&[1, 3]);
    let a = n.op("Tanh", &[x]);
    let d = n.graph.add_input("d", pellucid_graph::Fact::new(DType::F32, &[1, 3]));
    let b = n.op("Add", &[a, d]);
    let s = n.op("Sigmoid", &[b]);
    let y = n.op("Mul", &[s, a]);
    n.output(y);
    let (x, d) = (random(DType::F32, &[1, 3], 1), random(DType::F32, &[1, 3], 2));
    let changed = interpret::run(&n.graph, &[x.clone(), d.clone()], false).unwrap();
    let zero = Tensor::full(DType::F32, &[1, 3], 0.0);
    let patch = interpret::run_taps(&n.graph, &[x.clone(), d], &[b], false).unwrap();
    let part = suffix(&n.graph, &[b], n.graph.outputs()).unwrap();
    assert_eq!(part.live, [a]);
    let again = run_suffix(&n.graph, &part, &patch, &[x, zero]);
    assert_eq!(difference(&again[0], &changed[0]), 0.0);
}

#[test]
fn a_patched_wire_keeps_its_value_when_another_one_leads_to_it() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[2, 4]);
    let a = n.op("Relu", &[x]);
    let parts = n
        .graph
        .push_many("parts", "Split", &[Some(a)], Attrs::new().with("axis", 1i64).with("num_outputs", 2i64), 2)
        .unwrap();
    let s = n.op("Add", &[parts[0], parts[1]]);
    n.output(s);
    // both the input of the split and one of its outputs
    let part = suffix(&n.graph, &[a, parts[1]], &[s]).unwrap();
    let (va, vb) = (random(DType::F32, &[2, 4], 3), random(DType::F32, &[2, 2], 4));
    let out = interpret::run(&part.graph, &[va.clone(), vb.clone()], false).unwrap();
    let (va, vb) = (va.to_f64(), vb.to_f64());
    let expected = vec![va[0] + vb[0], va[1] + vb[1], va[4] + vb[2], va[5] + vb[3]];
    assert!(difference(&out[0], &Tensor::from_f64(DType::F32, vec![2, 2], expected)) < 1e-6);
}

#[test]
fn outputs_that_do_not_depend_on_the_patch_come_from_the_run() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[2, 3]);
    let (a, b) = (n.op("Relu", &[x]), n.op("Tanh", &[x]));
    let part = suffix(&n.graph, &[a], &[b, a, x]).unwrap();
    assert!(part.graph.nodes().is_empty());
    assert_eq!(part.live, [b, x]);
    let c = n.number(1.0);
    let error = suffix(&n.graph, &[c], &[b]).unwrap_err().to_string();
    assert!(error.contains("can't be patched"), "{error}");
    assert!(suffix(&n.graph, &[a, a], &[b]).is_err());
}

#[test]
fn taps_compute_only_what_they_need() {
    let (g, wires) = unet();
    let tapped = with_outputs(&g, &[wires[1], wires[0]]);
    let ops: Vec<&str> = tapped.nodes().iter().map(|n| n.op.as_str()).collect();
    assert_eq!(ops, ["Conv", "Relu", "MaxPool"]);
    assert_eq!(tapped.inputs().len(), g.inputs().len());
    assert_eq!(tapped.name_of(tapped.outputs()[0]), g.name_of(wires[1]));
}

/// Whether the last wire that `build` makes is affine in the input, checked against what the numbers say.
fn check_affine(affine: bool, shape: &[usize], build: impl Fn(&mut Net, Wire) -> Wire) {
    let mut n = Net::new(DType::F64);
    let x = n.input(shape);
    let y = build(&mut n, x);
    n.output(y);
    assert_eq!(is_affine(&n.graph, x, y), affine, "{:?}", n.graph.nodes().last().map(|n| &n.op));
    // f(a) + f(b) - 2 f((a + b) / 2) vanishes for affine functions
    let (a, b) = (random(DType::F64, shape, 1), random(DType::F64, shape, 2));
    let middle = a.to_f64().iter().zip(b.to_f64()).map(|(a, b)| (a + b) / 2.0).collect();
    let middle = Tensor::from_f64(DType::F64, shape.to_vec(), middle);
    let run = |t: &Tensor| interpret::run(&n.graph, std::slice::from_ref(t), true).unwrap()[0].to_f64();
    let (fa, fb, fm) = (run(&a), run(&b), run(&middle));
    let bend = fa.iter().zip(&fb).zip(&fm).fold(0.0f64, |m, ((a, b), c)| m.max((a + b - 2.0 * c).abs()));
    assert_eq!(bend < 1e-9, affine, "the second difference is {bend:.2e}");
}

#[test]
fn linear_chains_are_affine() {
    check_affine(true, &[2, 3, 6, 6], |n, x| {
        let (w, b, v) = (n.weight(&[4, 3, 3, 3]), n.weight(&[4]), n.weight(&[4, 2]));
        let y = n.with("Conv", &[x, w, b], pads(1));
        let y = n.with("AveragePool", &[y], Attrs::new().with("kernel_shape", vec![2i64; 2]));
        let (g, s, m, var) = (n.weight(&[4]), n.weight(&[4]), n.weight(&[4]), n.positive(&[4]));
        let y = n.op("BatchNormalization", &[y, g, s, m, var]);
        let y = n.op("GlobalAveragePool", &[y]);
        let y = n.with("Flatten", &[y], Attrs::new().with("axis", 1i64));
        let y = n.op("MatMul", &[y, v]);
        let k = n.number(3.0);
        let y = n.op("Div", &[y, k]);
        n.op("Sub", &[k, y])
    });
    check_affine(true, &[2, 3, 4], |n, x| {
        let y = n.with("Transpose", &[x], Attrs::new().with("perm", vec![0i64, 2, 1]));
        let y = n.with("Concat", &[y, y], Attrs::new().with("axis", 1i64));
        let z = n.op("Neg", &[y]);
        let axes = n.ints(&[1]);
        let z = n.with("ReduceMean", &[z, axes], Attrs::new().with("keepdims", 1i64));
        n.op("Add", &[y, z])
    });
}

#[test]
fn anything_bent_is_not_affine() {
    for op in ["Relu", "Sigmoid", "Softmax"] {
        check_affine(false, &[2, 3], |n, x| n.op(op, &[x]));
    }
    check_affine(false, &[3, 3], |n, x| n.op("MatMul", &[x, x]));
    check_affine(false, &[2, 3], |n, x| n.op("Mul", &[x, x]));
    check_affine(false, &[2, 3], |n, x| {
        let one = n.number(2.5);
        let y = n.op("Add", &[x, one]);
        n.op("Div", &[one, y])
    });
    check_affine(false, &[2, 3, 4, 4], |n, x| {
        n.with("MaxPool", &[x], Attrs::new().with("kernel_shape", vec![2i64; 2]))
    });
}

#[test]
fn only_the_way_between_the_two_counts() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[2, 3]);
    let a = n.op("Relu", &[x]);
    let gate = n.op("Sigmoid", &[x]);
    let y = n.op("Mul", &[a, gate]);
    n.output(y);
    assert!(is_affine(&n.graph, a, y));
    assert!(!is_affine(&n.graph, x, y));
    assert!(is_affine(&n.graph, y, a), "what doesn't depend on a wire is affine in it");
}
