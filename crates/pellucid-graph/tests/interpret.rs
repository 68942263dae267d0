//! The reference interpreter, folding while a graph grows, and floats that stay wide.

use pellucid_graph::interpret::{run, run_taps};
use pellucid_graph::op::{self, Call};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, GraphError, Tensor};

fn f32s(shape: &[usize], values: &[f32]) -> Tensor {
    Tensor::f32(shape, values.to_vec()).expect("a shape that fits")
}

/// `y = relu(x) + x`, `z = sum(y * y)`: `x` is read twice, so it must outlive its first use.
fn branches() -> Graph {
    let mut g = Graph::new("g");
    let x = g.add_input("x", Fact::new(DType::F32, &[2, 2]));
    let mut b = Build::new(&mut g, "b");
    let r = b.relu(x).expect("relu");
    let y = b.add(r, x).expect("add");
    let q = b.mul(y, y).expect("mul");
    let z = b.sum(q, &[0, 1], false).expect("sum");
    g.add_output(z);
    g.add_output(x);
    g
}

#[test]
fn runs_branches_and_inputs_that_are_outputs() {
    let g = branches();
    let x = f32s(&[2, 2], &[1.0, -2.0, 3.0, 0.5]);
    let out = run(&g, std::slice::from_ref(&x), false).expect("a run");
    assert_eq!(out[0].to_f64(), [4.0 + 4.0 + 36.0 + 1.0]);
    assert_eq!(out[1], x);
}

#[test]
fn taps_stop_where_they_are_asked_for() {
    let g = branches();
    let relu = g.find("b/Relu").expect("the wire");
    let x = f32s(&[2, 2], &[1.0, -2.0, 3.0, 0.5]);
    let out = run_taps(&g, &[x], &[relu, relu], false).expect("a run");
    assert_eq!(out[0].to_f64(), [1.0, 0.0, 3.0, 0.5]);
    assert_eq!(out[0], out[1]);
}

#[test]
fn wide_runs_never_round_to_f32() {
    let mut g = Graph::new("g");
    let x = g.add_input("x", Fact::new(DType::F64, &[1]));
    let to = |t: DType| Attrs::new().with("to", i64::from(t.onnx_code()));
    let narrow = g.push("narrow", "Cast", &[x], to(DType::F16)).expect("cast");
    let y = g.push("y", "Exp", &[narrow], Attrs::new()).expect("exp");
    g.add_output(y);
    let x = Tensor::f64(&[1], vec![0.1]).expect("one value");
    assert_eq!(
        run(&g, std::slice::from_ref(&x), true).expect("a run")[0],
        Tensor::f64(&[1], vec![0.1f64.exp()]).expect("one value")
    );
    assert_eq!(run(&g, &[x], false).expect("a run")[0].dtype(), DType::F16);
}

#[test]
fn refuses_inputs_that_do_not_fit() {
    let g = branches();
    assert!(matches!(run(&g, &[], false), Err(GraphError::Invalid(_))));
    let wrong = f32s(&[3], &[1.0, 2.0, 3.0]);
    assert!(matches!(run(&g, &[wrong], false), Err(GraphError::InputShape { .. })));
    assert!(run(&g, &[Tensor::vec_i64(&[1])], false).is_err());
}

#[test]
fn an_error_names_the_node() {
    let mut g = Graph::new("g");
    let x = g.add_input("x", Fact::new(DType::F32, &[3]));
    let i = g.add_input("i", Fact::new(DType::I64, &[1]));
    let y = g.push("pick", "Gather", &[x, i], Attrs::new()).expect("gather");
    g.add_output(y);
    let x = f32s(&[3], &[1.0, 2.0, 3.0]);
    let error = run(&g, &[x, Tensor::vec_i64(&[3])], false).expect_err("an index outside");
    assert_eq!(error.to_string(), "node `pick` (Gather): index 3 on an axis of size 3");
}

#[test]
fn a_body_is_refused_by_name() {
    let mut g = Graph::new("g");
    let x = g.add_input("x", Fact::new(DType::Bool, &[]));
    let out = g.push_raw("choice", "If", "", &[Some(x)], Attrs::new(), &[Some("y")], vec![]).expect("a node");
    g.add_output(out[0].expect("an output"));
    let x = Tensor::from_i64(DType::Bool, vec![], vec![1]);
    let error = run(&g, &[x], false).expect_err("no evaluator");
    assert!(error.to_string().contains("`If` (node `choice`)"), "{error}");
}

/// The shape arithmetic of exporters leaves constants: shapes are known where values aren't.
#[test]
fn shape_arithmetic_folds_while_the_graph_grows() {
    let mut g = Graph::new("g");
    let x = g.add_input("x", Fact::new(DType::F32, &[2, 3, 4]));
    let shape = g.push("shape", "Shape", &[x], Attrs::new()).expect("shape");
    let last = g.add_constant("last", Tensor::vec_i64(&[-1]));
    let n = g.push("n", "Gather", &[shape, last], Attrs::new()).expect("gather");
    let size = g.push("size", "Size", &[x], Attrs::new()).expect("size");
    assert_eq!(g.constant(n).expect("a constant").to_i64(), [4]);
    assert_eq!(g.constant(size).expect("a constant").to_i64(), [24]);
    assert!(g.nodes().is_empty());
}

#[test]
fn large_results_and_unknown_inputs_are_not_folded() {
    let mut g = Graph::new("g");
    let dims = g.add_constant("dims", Tensor::vec_i64(&[1 << 14, 1 << 14]));
    let zeros = g.push("zeros", "ConstantOfShape", &[dims], Attrs::new()).expect("zeros");
    assert!(g.constant(zeros).is_none());
    assert_eq!(g.shape(zeros).expect("a shape"), [1 << 14, 1 << 14]);

    // the lower bound comes from a body, so nothing is known of it: the clip must not fold as if it had none
    let cond = g.add_input("cond", Fact::new(DType::Bool, &[]));
    let low = g.push_raw("low", "If", "", &[Some(cond)], Attrs::new(), &[Some("low")], vec![]).expect("a node");
    let one = g.add_constant("one", Tensor::scalar(1.0));
    let attrs = Attrs::new();
    let call = Call::of_graph(&g, "clip", "Clip", "", &[Some(one), low[0]], &attrs, 1);
    assert!(!op::can_fold(&call));
    let call = Call::of_graph(&g, "clip", "Clip", "", &[Some(one)], &attrs, 1);
    assert!(op::can_fold(&call));
}

#[test]
fn grouped_operators_are_what_they_stand_for() {
    let mut g = Graph::new("g");
    let x = g.add_constant("x", f32s(&[1, 2, 3], &[1.0, -2.0, 0.5, 0.0, 3.0, -1.0]));
    let w = g.add_constant("w", f32s(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let b = g.add_constant("b", f32s(&[2], &[10.0, 20.0]));
    let y = g.push("y", "Linear", &[x, w, b], Attrs::new()).expect("linear");
    assert_eq!(g.constant(y).expect("a constant"), &f32s(&[1, 2, 2], &[7.5, 17.0, 14.0, 26.0]));
    let mut build = Build::new(&mut g, "b");
    let silu = build.op("Silu", &[x], Attrs::new()).expect("silu");
    let sigmoid = build.sigmoid(x).expect("sigmoid");
    let product = build.mul(x, sigmoid).expect("mul");
    let (a, b) = (g.constant(silu).expect("a constant").to_f64(), g.constant(product).expect("a constant").to_f64());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6));
}

/// The rest of the operators that the table of cases leaves out.
#[test]
fn small_operators() {
    let mut g = Graph::new("g");
    let x = g.add_constant("x", f32s(&[2], &[1.5, -0.5]));
    let i = g.add_constant("i", Tensor::from_i64(DType::I32, vec![1], vec![5]));
    let like = g.push("like", "CastLike", &[x, i], Attrs::new()).expect("cast");
    assert_eq!(g.constant(like).expect("a constant"), &Tensor::from_i64(DType::I32, vec![2], vec![1, 0]));
    let not = g.push("not", "BitwiseNot", &[i], Attrs::new()).expect("not");
    assert_eq!(g.constant(not).expect("a constant").to_i64(), [-6]);
    let same = g.push("same", "Identity", &[x], Attrs::new()).expect("identity");
    assert_eq!(g.constant(same), g.constant(x));
    let tan = g.push("tan", "Tan", &[x], Attrs::new()).expect("tan");
    assert_eq!(g.constant(tan).expect("a constant").to_f32(), [(1.5f64.tan()) as f32, (-0.5f64).tan() as f32]);
    let value = Attrs::new().with("value_ints", vec![3, 4]);
    let constant = g.push("c", "Constant", &[], value).expect("constant");
    assert_eq!(g.constant(constant).expect("a constant").to_i64(), [3, 4]);
}

/// A convolution of a common size stays far below a second.
#[test]
fn convolution_is_fast_enough_for_tests() {
    let mut g = Graph::new("g");
    let x = g.add_input("x", Fact::new(DType::F32, &[1, 32, 64, 64]));
    let w = g.add_constant("w", Tensor::full(DType::F32, &[32, 32, 3, 3], 0.5));
    let y = g.push("y", "Conv", &[x, w], Attrs::new().with("pads", vec![1, 1, 1, 1])).expect("conv");
    g.add_output(y);
    let x = Tensor::full(DType::F32, &[1, 32, 64, 64], 1.0);
    let start = std::time::Instant::now();
    let out = run(&g, &[x], true).expect("a run");
    // generous, for slow and busy machines: indexing element by element would take longer still
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    assert_eq!((out[0].to_f64()[0], out[0].to_f64()[65]), (32.0 * 4.0 * 0.5, 32.0 * 9.0 * 0.5));
}
