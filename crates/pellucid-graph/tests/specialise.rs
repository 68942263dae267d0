//! Fixing shapes, folding what has become constant, and batches.

mod common;

use common::{Net, assert_same, difference, random, random_inputs};
use pellucid_graph::rewrite::{rebatch, rebatch_inputs, specialise};
use pellucid_graph::{Attrs, DType, Dim, Fact, Graph, GraphError, Tensor, Wire, interpret};

fn free(names: &[&str]) -> Fact {
    let dims = names
        .iter()
        .map(|n| match n.parse() {
            Ok(size) => Dim::Known(size),
            Err(_) if *n == "?" => Dim::Unknown,
            Err(_) => Dim::Symbol(n.to_string()),
        })
        .collect();
    Fact { dtype: DType::F32, dims }
}

fn raw(graph: &mut Graph, op: &str, inputs: &[Wire], attrs: Attrs, output: &str) -> Wire {
    let inputs: Vec<Option<Wire>> = inputs.iter().map(|w| Some(*w)).collect();
    graph.push_raw(output, op, "", &inputs, attrs, &[Some(output)], vec![]).unwrap()[0].unwrap()
}

fn axis(a: i64) -> Attrs {
    Attrs::new().with("axis", a)
}

fn ops(graph: &Graph) -> Vec<&str> {
    graph.nodes().iter().map(|n| n.op.as_str()).collect()
}

/// `relu(x)` flattened by the chain that exporters write for a free batch axis.
fn flattened() -> Graph {
    let mut g = Graph::new("flattened");
    let x = g.add_input("x", free(&["batch", "3", "h", "4"]));
    let y = raw(&mut g, "Relu", &[x], Attrs::new(), "y");
    let shape = raw(&mut g, "Shape", &[y], Attrs::new(), "shape");
    let zero = g.add_constant("zero", Tensor::from_i64(DType::I64, vec![], vec![0]));
    let batch = raw(&mut g, "Gather", &[shape, zero], axis(0), "batch");
    let axes = g.add_constant("axes", Tensor::vec_i64(&[0]));
    let batch = raw(&mut g, "Unsqueeze", &[batch, axes], Attrs::new(), "batches");
    let rest = g.add_constant("rest", Tensor::vec_i64(&[-1]));
    let target = raw(&mut g, "Concat", &[batch, rest], axis(0), "target");
    let z = raw(&mut g, "Reshape", &[y, target], Attrs::new(), "z");
    let unused = raw(&mut g, "Sigmoid", &[z], Attrs::new(), "unused");
    let _ = unused;
    g.add_output(z);
    g
}

#[test]
fn shape_chains_fold_and_dead_nodes_go() {
    let g = flattened();
    let done = specialise(&g, &[("x", vec![2, 3, 5, 4])]).unwrap();
    assert_eq!(ops(&done.graph), ["Relu", "Reshape"]);
    assert_eq!(done.graph.shape(done.graph.find("z").unwrap()).unwrap(), [2, 60]);
    assert_eq!(done.map.0["y"], Some("y".to_string()));
    assert_eq!(done.map.0["target"], Some("target".to_string()));
    assert_eq!(done.map.0["shape"], None);
    assert_eq!(done.map.0["unused"], None);
    assert_eq!(done.log[0].rule, "fold-constants");
    assert_eq!(done.log[0].nodes, ["shape", "batch", "batches", "target"]);
    let x = [random(DType::F32, &[2, 3, 5, 4], 1)];
    let (a, b) = (interpret::run(&g, &x, false).unwrap(), interpret::run(&done.graph, &x, false).unwrap());
    assert_eq!(difference(&b[0], &a[0]), 0.0);
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let g = flattened();
    for shape in [vec![2, 3, 5, 5], vec![2, 4, 5, 4], vec![2, 3, 5], vec![0, 3, 5, 4], vec![usize::MAX, 3, 5, 4]] {
        let error = specialise(&g, &[("x", shape.clone())]).unwrap_err();
        let GraphError::InputShape { input, expected, found } = error else { panic!("{error}") };
        assert_eq!((input.as_str(), expected.as_str(), found), ("x", "f32[batch x 3 x h x 4]", shape));
    }
    let error = specialise(&g, &[("X", vec![2, 3, 5, 4])]).unwrap_err().to_string();
    assert_eq!(error, "the graph has no input `X`; did you mean `x`?");
    let error = specialise(&g, &[]).unwrap_err().to_string();
    assert!(error.starts_with("the shape of input `x` isn't fixed in the model (f32[batch x 3 x h x 4])"), "{error}");
}

#[test]
fn axes_of_one_name_have_one_size() {
    let mut g = Graph::new("two");
    let a = g.add_input("a", free(&["batch", "4"]));
    let b = g.add_input("b", free(&["batch", "4"]));
    let y = raw(&mut g, "Add", &[a, b], Attrs::new(), "y");
    g.add_output(y);
    let done = specialise(&g, &[("a", vec![7, 4])]).unwrap();
    assert_eq!(done.graph.shape(done.graph.find("b").unwrap()).unwrap(), [7, 4]);
}

#[test]
fn a_node_that_cannot_work_is_named_with_the_inputs() {
    let mut g = Graph::new("head");
    let x = g.add_input("x", free(&["n", "m"]));
    let w = g.add_constant("w", random(DType::F32, &[6, 2], 1));
    let y = raw(&mut g, "MatMul", &[x, w], Attrs::new(), "fc");
    g.add_output(y);
    let error = specialise(&g, &[("x", vec![2, 5])]).unwrap_err().to_string();
    assert!(error.contains("node `fc` (MatMul)") && error.contains("the inputs are `x` f32[2 x 5]"), "{error}");
}

#[test]
fn behind_what_is_not_known_shapes_stay_open() {
    let mut g = Graph::new("custom");
    let x = g.add_input("x", free(&["n", "4"]));
    let y = g.push_raw("odd", "Odd", "my.domain", &[Some(x)], Attrs::new(), &[Some("y")], vec![]).unwrap()[0].unwrap();
    let z = raw(&mut g, "Relu", &[y], Attrs::new(), "z");
    let w = raw(&mut g, "Relu", &[x], Attrs::new(), "w");
    g.add_output(z);
    g.add_output(w);
    let done = specialise(&g, &[("x", vec![2, 4])]).unwrap();
    assert_eq!(done.graph.nodes().len(), 3);
    for name in ["y", "z"] {
        assert!(done.graph.info(done.graph.find(name).unwrap()).fact.is_none());
    }
    assert_eq!(done.graph.shape(done.graph.find("w").unwrap()).unwrap(), [2, 4]);
    assert_eq!(done.log.len(), 1);
    assert_eq!((done.log[0].rule, done.log[0].nodes[0].as_str()), ("infer", "odd"));
}

#[test]
fn a_target_that_depends_on_data_leaves_the_shape_open() {
    let mut g = Graph::new("data");
    let x = g.add_input("x", free(&["2", "6"]));
    let target = g.add_input("target", Fact::new(DType::I64, &[2]));
    let y = raw(&mut g, "Reshape", &[x, target], Attrs::new(), "y");
    g.add_output(y);
    let done = specialise(&g, &[]).unwrap();
    assert!(done.graph.info(done.graph.find("y").unwrap()).fact.as_ref().is_none_or(|f| f.shape().is_none()));
}

#[test]
fn large_constants_are_not_made() {
    let mut g = Graph::new("large");
    let x = g.add_input("x", free(&["1"]));
    let one = g.add_constant("one", Tensor::full(DType::F32, &[1], 1.0));
    let shape = g.add_constant("shape", Tensor::vec_i64(&[1 << 13, 1 << 13]));
    let big = raw(&mut g, "Expand", &[one, shape], Attrs::new(), "big");
    let y = raw(&mut g, "Add", &[x, big], Attrs::new(), "y");
    g.add_output(y);
    let done = specialise(&g, &[]).unwrap();
    assert_eq!(ops(&done.graph), ["Expand", "Add"]);
    assert_eq!(done.graph.shape(done.graph.find("y").unwrap()).unwrap(), [1 << 13, 1 << 13]);
}

/// Runs a graph for two samples and for each alone and compares all outputs.
fn check_batch(graph: &Graph, shapes: &[(&str, Vec<usize>)]) {
    let n = 3;
    let one = specialise(graph, shapes).unwrap().graph;
    let many = rebatch(graph, n, shapes).unwrap();
    let samples: Vec<Vec<Tensor>> = (0..n as u64).map(|i| random_inputs(&one, 10 + i)).collect();
    let stacked: Vec<Tensor> = (0..samples[0].len())
        .map(|k| Tensor::stack(&samples.iter().map(|s| s[k].clone()).collect::<Vec<_>>()).unwrap())
        .collect();
    let all = interpret::run(&many.graph, &stacked, false).unwrap();
    for (i, sample) in samples.iter().enumerate() {
        for (alone, all) in interpret::run(&one, sample, false).unwrap().iter().zip(&all) {
            let d = difference(&all.sample(i).unwrap(), alone);
            assert!(d < 1e-5, "sample {i} differs by {d:.2e} in a batch; {:?}", many.log);
        }
    }
}

/// A transformer block as an exporter writes it that was shown one sample: every 1 is written down.
fn baked(g: &mut Graph, sequence_first: bool) -> Wire {
    let x = g.add_input("x", Fact::new(DType::F32, &[1, 8, 2, 3]));
    let ints = |g: &mut Graph, v: &[i64]| g.add_constant("shape", Tensor::vec_i64(v));
    let weight = |g: &mut Graph, s: &[usize], k| g.add_constant("w", random(DType::F32, s, k));
    let perm = |p: &[i64]| Attrs::new().with("perm", p.to_vec());
    let t = ints(g, &[1, 8, 6]);
    let y = raw(g, "Reshape", &[x, t], Attrs::new(), "flat");
    let y = raw(g, "Transpose", &[y], perm(&[0, 2, 1]), "tokens");
    let class = weight(g, &[1, 1, 8], 3);
    let y = raw(g, "Concat", &[class, y], axis(1), "all");
    let w = weight(g, &[8, 24], 4);
    let (steps, heads): (Wire, Wire) = if sequence_first {
        let y = raw(g, "Transpose", &[y], perm(&[1, 0, 2]), "steps");
        let t = ints(g, &[7, 8]);
        let y = raw(g, "Reshape", &[y, t], Attrs::new(), "rows");
        let y = raw(g, "MatMul", &[y, w], Attrs::new(), "qkv");
        let t = ints(g, &[7, 1, 24]);
        let y = raw(g, "Reshape", &[y, t], Attrs::new(), "qkv3");
        let t = ints(g, &[7, 6, 4]);
        (y, t)
    } else {
        let y = raw(g, "MatMul", &[y, w], Attrs::new(), "qkv");
        let y = raw(g, "Transpose", &[y], perm(&[1, 0, 2]), "steps");
        let t = ints(g, &[7, -1, 4]);
        (y, t)
    };
    let y = raw(g, "Reshape", &[steps, heads], Attrs::new(), "heads");
    let y = raw(g, "Transpose", &[y], perm(&[1, 0, 2]), "byhead");
    let s = raw(g, "Softmax", &[y], axis(-1), "soft");
    let y = raw(g, "Transpose", &[s], perm(&[1, 0, 2]), "back");
    let t = ints(g, &[7, 1, 24]);
    let y = raw(g, "Reshape", &[y, t], Attrs::new(), "joined");
    raw(g, "Transpose", &[y], perm(&[1, 0, 2]), "out")
}

#[test]
fn a_batch_written_down_as_one_is_mended() {
    for sequence_first in [false, true] {
        let mut g = Graph::new("baked");
        let y = baked(&mut g, sequence_first);
        g.add_output(y);
        check_batch(&g, &[("x", vec![1, 8, 2, 3])]);
    }
}

#[test]
fn windows_states_sizes_and_masks_are_mended() {
    // windows of an image, with a mask for each window
    let mut g = Graph::new("windows");
    let x = g.add_input("x", Fact::new(DType::F32, &[1, 4, 4, 3]));
    let ints = |g: &mut Graph, v: &[i64]| g.add_constant("shape", Tensor::vec_i64(v));
    let t = ints(&mut g, &[1, 2, 2, 2, 2, 3]);
    let y = raw(&mut g, "Reshape", &[x, t], Attrs::new(), "split");
    let y = raw(&mut g, "Transpose", &[y], Attrs::new().with("perm", vec![0i64, 1, 3, 2, 4, 5]), "turned");
    let t = ints(&mut g, &[4, 4, 3]);
    let y = raw(&mut g, "Reshape", &[y, t], Attrs::new(), "windows");
    let mask = g.add_constant("mask", random(DType::F32, &[4, 4, 3], 5));
    let y = raw(&mut g, "Add", &[y, mask], Attrs::new(), "masked");
    let y = raw(&mut g, "Softmax", &[y], axis(-1), "soft");
    let t = ints(&mut g, &[1, 48]);
    let y = raw(&mut g, "Reshape", &[y, t], Attrs::new(), "z");
    g.add_output(y);
    check_batch(&g, &[("x", vec![1, 4, 4, 3])]);

    // an image enlarged to a size that is written down
    let mut g = Graph::new("sizes");
    let x = g.add_input("x", Fact::new(DType::F32, &[1, 2, 4, 4]));
    let sizes = ints(&mut g, &[1, 2, 8, 6]);
    let attrs = Attrs::new().with("mode", "linear");
    let y = g.push_raw("y", "Resize", "", &[Some(x), None, None, Some(sizes)], attrs, &[Some("y")], vec![]).unwrap();
    g.add_output(y[0].unwrap());
    check_batch(&g, &[("x", vec![1, 2, 4, 4])]);
}

#[test]
fn chains_for_free_axes_need_no_mending() {
    let g = flattened();
    check_batch(&g, &[("x", vec![1, 3, 5, 4])]);
    let many = rebatch(&g, 4, &[("x", vec![1, 3, 5, 4])]).unwrap();
    assert!(many.log.iter().all(|n| n.rule != "rebatch"), "{:?}", many.log);
    assert_eq!(ops(&rebatch(&g, 1, &[("x", vec![1, 3, 5, 4])]).unwrap().graph), ["Relu", "Reshape"]);
}

#[test]
fn samples_that_are_mixed_are_refused() {
    let mut net = Net::new(DType::F32);
    let x = net.input(&[1, 4]);
    let axes = net.ints(&[0]);
    let y = net.with("ReduceSum", &[x, axes], Attrs::new().with("keepdims", 1i64));
    net.output(y);
    let error = rebatch(&net.graph, 2, &[("x", vec![1, 4])]).unwrap_err().to_string();
    assert!(error.contains("the samples aren't kept apart"), "{error}");
}

#[test]
fn some_inputs_may_be_shared() {
    let mut g = Graph::new("two");
    let image = g.add_input("image", free(&["n", "4"]));
    let prompts = g.add_input("prompts", free(&["p", "4"]));
    let turned = raw(&mut g, "Transpose", &[prompts], Attrs::new().with("perm", vec![1i64, 0]), "turned");
    let y = raw(&mut g, "MatMul", &[image, turned], Attrs::new(), "y");
    g.add_output(y);
    let shapes = [("image", vec![1, 4]), ("prompts", vec![5, 4])];
    assert!(rebatch(&g, 2, &shapes).is_err());
    let done = rebatch_inputs(&g, 2, &shapes, &["image"]).unwrap();
    assert_eq!(done.graph.shape(done.graph.outputs()[0]).unwrap(), [2, 5]);
    let error = rebatch_inputs(&g, usize::MAX, &shapes, &["image"]).unwrap_err().to_string();
    assert!(error.ends_with("is too large"), "{error}");
    let error = rebatch_inputs(&g, 2, &shapes, &["imag"]).unwrap_err().to_string();
    assert_eq!(error, "the graph has no input `imag`; did you mean `image`?");
}

#[test]
fn a_specialised_graph_stays_as_it_is() {
    let done = specialise(&flattened(), &[("x", vec![2, 3, 5, 4])]).unwrap().graph;
    let again = specialise(&done, &[]).unwrap().graph;
    assert_eq!(ops(&again), ops(&done));
    assert_same(&again, &done, &random_inputs(&done, 3), false, 0.0);
}

/// `If` around a squeeze of the last axis, as exporters write it where its size isn't known.
fn squeeze_if_one() -> Graph {
    use pellucid_graph::onnx::proto::{self, NodeProto};
    use prost::Message;

    let node = |op: &str, inputs: &[&str], outputs: &[&str]| NodeProto {
        op_type: op.into(),
        input: inputs.iter().map(|s| s.to_string()).collect(),
        output: outputs.iter().map(|s| s.to_string()).collect(),
        ..NodeProto::default()
    };
    let ints = |name: &str, dims: &[i64], v: &[i64]| proto::TensorProto {
        name: name.into(),
        data_type: 7,
        dims: dims.to_vec(),
        int64_data: v.to_vec(),
        ..proto::TensorProto::default()
    };
    let value = |name: &str, dims: &[&str]| {
        use proto::tensor_shape_proto::{Dimension, dimension::Value};
        let dim = |d: &&str| Dimension {
            value: Some(d.parse().map_or(Value::DimParam(d.to_string()), Value::DimValue)),
            ..Dimension::default()
        };
        let shape = proto::TensorShapeProto { dim: dims.iter().map(dim).collect() };
        let tensor = proto::type_proto::Tensor { elem_type: 1, shape: Some(shape) };
        let kind = proto::TypeProto { value: Some(proto::type_proto::Value::TensorType(tensor)), ..Default::default() };
        proto::ValueInfoProto { name: name.into(), r#type: Some(kind), ..Default::default() }
    };
    let body = |nodes: Vec<NodeProto>, constants: Vec<proto::TensorProto>, outputs: &[&str]| proto::GraphProto {
        name: "branch".into(),
        node: nodes,
        initializer: constants,
        output: outputs.iter().map(|o| value(o, &[])).collect(),
        ..Default::default()
    };
    let branch = |name: &str, g: proto::GraphProto| proto::AttributeProto {
        name: name.into(),
        r#type: proto::attribute_proto::AttributeType::Graph as i32,
        g: Some(g),
        ..Default::default()
    };
    let mut choice = node("If", &["one_left"], &["z", "w"]);
    choice.name = "choice".into();
    choice.attribute = vec![
        branch(
            "then_branch",
            body(vec![node("Squeeze", &["y", "axis"], &["t"])], vec![ints("axis", &[1], &[2])], &["t", "x"]),
        ),
        branch("else_branch", body(vec![node("Neg", &["y"], &["e"])], vec![], &["e", "x"])),
    ];
    let graph = proto::GraphProto {
        name: "g".into(),
        node: vec![
            node("Relu", &["x"], &["y"]),
            node("Shape", &["y"], &["s"]),
            node("Gather", &["s", "two"], &["last"]),
            node("Equal", &["last", "one"], &["one_left"]),
            choice,
            node("Sigmoid", &["z"], &["out"]),
        ],
        initializer: vec![ints("two", &[], &[2]), ints("one", &[], &[1])],
        input: vec![value("x", &["n", "3", "k"])],
        output: vec![value("out", &["a", "b"]), value("w", &["a", "b", "c"])],
        ..Default::default()
    };
    let opset = proto::OperatorSetIdProto { domain: String::new(), version: 17 };
    let model =
        proto::ModelProto { ir_version: 8, graph: Some(graph), opset_import: vec![opset], ..Default::default() };
    pellucid_graph::onnx::from_bytes(model.encode_to_vec(), "if.onnx", None).unwrap().graph
}

#[test]
fn a_branch_that_is_always_taken_takes_the_place_of_the_choice() {
    let g = squeeze_if_one();
    for (last, nodes, shape) in [
        (1, ["Relu", "Squeeze", "Identity", "Sigmoid"], vec![2, 3]),
        (4, ["Relu", "Neg", "Identity", "Sigmoid"], vec![2, 3, 4]),
    ] {
        let done = specialise(&g, &[("x", vec![2, 3, last])]).unwrap();
        assert_eq!(ops(&done.graph), nodes);
        assert!(done.log.iter().any(|n| n.rule == "inline-branch" && n.nodes == ["choice"]), "{:?}", done.log);
        let outputs: Vec<&str> = done.graph.outputs().iter().map(|w| done.graph.name_of(*w)).collect();
        assert_eq!(outputs, ["out", "w"]);
        assert_eq!(done.graph.shape(done.graph.find("z").unwrap()).unwrap(), shape);
        let x = random(DType::F32, &[2, 3, last], 1);
        let out = interpret::run(&done.graph, std::slice::from_ref(&x), true).unwrap();
        let sign = if last == 1 { 1.0 } else { -1.0 };
        let expected = x.to_f64().iter().map(|v| 1.0 / (1.0 + (-sign * v.max(0.0)).exp())).collect();
        assert!(difference(&out[0], &Tensor::from_f64(DType::F64, shape, expected)) < 1e-12);
        assert_eq!(difference(&out[1], &x), 0.0);
    }
}
