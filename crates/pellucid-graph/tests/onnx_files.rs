//! What a file can hold: element types, sparse and external data, functions, bodies, and the order of nodes.

mod protos;

use std::path::Path;

use pellucid_graph::onnx::proto::*;
use pellucid_graph::onnx::{self, ExportOptions};
use pellucid_graph::{Attr, Attrs, DType, Dim, Fact, Graph, Tensor};
use prost::Message;
use protos::*;

fn x() -> ValueInfoProto {
    value("x", 1, &[-1, 4])
}

/// The constant `c` of a model with one constant.
fn constant(t: TensorProto) -> pellucid_graph::Result<Tensor> {
    let mut g = graph(vec![x()], &["y"], vec![node("Add", &["x", "c"], &["y"], vec![])]);
    g.initializer = vec![TensorProto { name: "c".into(), ..t }];
    let model = read(&model(17, g))?;
    let wire = model.graph.find("c")?;
    Ok(model.graph.constant(wire).cloned().expect("`c` is a constant"))
}

#[test]
fn every_element_type_raw_and_typed() {
    // Element type code, raw bytes and typed fields of the values 1 and 2.
    let raw: &[(i32, &[u8])] = &[
        (1, &[0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]),
        (2, &[1, 2]),
        (3, &[1, 2]),
        (4, &[1, 0, 2, 0]),
        (5, &[1, 0, 2, 0]),
        (6, &[1, 0, 0, 0, 2, 0, 0, 0]),
        (7, &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
        (10, &[0, 0x3c, 0, 0x40]),
        (11, &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x40]),
        (12, &[1, 0, 0, 0, 2, 0, 0, 0]),
        (13, &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
        (16, &[0x80, 0x3f, 0, 0x40]),
    ];
    for (code, bytes) in raw {
        let mut typed = TensorProto { dims: vec![2], data_type: *code, ..Default::default() };
        let from_raw = constant(TensorProto { raw_data: bytes.to_vec().into(), ..typed.clone() }).unwrap();
        match code {
            1 => typed.float_data = vec![1.0, 2.0],
            11 => typed.double_data = vec![1.0, 2.0],
            7 => typed.int64_data = vec![1, 2],
            12 | 13 => typed.uint64_data = vec![1, 2],
            10 => typed.int32_data = vec![0x3c00, 0x4000],
            16 => typed.int32_data = vec![0x3f80, 0x4000],
            _ => typed.int32_data = vec![1, 2],
        }
        let from_typed = constant(typed).unwrap();
        assert_eq!(from_raw, from_typed, "code {code}");
        assert_eq!(from_raw.to_f64(), [1.0, 2.0], "code {code}");
        assert_eq!(from_raw.dtype().onnx_code(), *code);
    }
    let bools = TensorProto { dims: vec![2], data_type: 9, int32_data: vec![1, 0], ..Default::default() };
    assert_eq!(constant(bools).unwrap().to_i64(), [1, 0]);
    let empty = TensorProto { dims: vec![0, 3], data_type: 1, ..Default::default() };
    assert_eq!(constant(empty).unwrap().shape(), [0, 3]);
    for code in [14, 17, 21, 23, 25, 99] {
        let e = constant(TensorProto { dims: vec![0], data_type: code, ..Default::default() }).unwrap_err().to_string();
        assert!(e.contains("`c`") && e.contains("isn't supported"), "{e}");
    }
}

#[test]
fn strings_are_kept() {
    let t = TensorProto {
        dims: vec![2],
        data_type: 8,
        string_data: vec![b"benign".to_vec(), b"malignant".to_vec()],
        ..Default::default()
    };
    let mut g = graph(vec![x()], &["c"], vec![]);
    g.initializer = vec![TensorProto { name: "c".into(), ..t }];
    let first = read(&model(17, g)).unwrap();
    let again =
        onnx::from_bytes(onnx::to_bytes(&first.graph, &ExportOptions::default()).unwrap(), "again", None).unwrap();
    let value = |g: &Graph| g.constant(g.find("c").unwrap()).cloned().unwrap();
    assert_eq!(value(&first.graph).dtype(), DType::Str);
    assert_eq!(value(&first.graph), value(&again.graph));
}

#[test]
fn constants_in_all_their_forms() {
    let strings = AttributeProto { name: "value_string".into(), s: b"a".to_vec(), r#type: 3, ..Default::default() };
    let sparse = SparseTensorProto {
        dims: vec![5],
        values: Some(tensor("", &[2], &[1.0, 2.0])),
        indices: Some(tensor_i64("", &[2], &[1, 4])),
    };
    let sparse =
        AttributeProto { name: "sparse_value".into(), sparse_tensor: Some(sparse), r#type: 11, ..Default::default() };
    let forms: Vec<(AttributeProto, DType, Vec<usize>, Vec<f64>)> = vec![
        (tensor_attr("value", tensor("", &[1, 2], &[1.0, 2.0])), DType::F32, vec![1, 2], vec![1.0, 2.0]),
        (float("value_float", 1.5), DType::F32, vec![], vec![1.5]),
        (floats("value_floats", &[1.0, 2.0]), DType::F32, vec![2], vec![1.0, 2.0]),
        (int("value_int", -3), DType::I64, vec![], vec![-3.0]),
        (ints("value_ints", &[4, 5, 6]), DType::I64, vec![3], vec![4.0, 5.0, 6.0]),
        (strings, DType::Str, vec![], vec![]),
        (sparse, DType::F32, vec![5], vec![0.0, 1.0, 0.0, 0.0, 2.0]),
    ];
    for (attr, dtype, shape, values) in forms {
        let what = attr.name.clone();
        let nodes = vec![node("Constant", &[], &["c"], vec![attr]), node("Pair", &["x", "c"], &["y"], vec![])];
        let model = read(&model(17, graph(vec![x()], &["y"], nodes))).unwrap();
        let c = model.graph.constant(model.graph.find("c").unwrap()).unwrap();
        assert_eq!((c.dtype(), c.shape().to_vec(), c.to_f64()), (dtype, shape, values), "{what}");
        assert_eq!(model.graph.nodes().len(), 1);
    }
    let nodes = vec![node("Constant", &[], &["c"], vec![])];
    let e = read(&model(17, graph(vec![x()], &["c"], nodes))).unwrap_err().to_string();
    assert!(e.contains("needs one value, but has 0"), "{e}");
}

#[test]
fn sparse_initializers_become_dense() {
    let sparse = |dims: &[i64], indices: TensorProto| SparseTensorProto {
        dims: dims.to_vec(),
        values: Some(tensor("c", &[2], &[1.0, 2.0])),
        indices: Some(indices),
    };
    let check = |s: SparseTensorProto| {
        let mut g = graph(vec![x()], &["y"], vec![node("Add", &["x", "c"], &["y"], vec![])]);
        g.sparse_initializer = vec![s];
        read(&model(17, g)).map(|m| m.graph.constant(m.graph.find("c").unwrap()).unwrap().to_f64())
    };
    assert_eq!(check(sparse(&[2, 2], tensor_i64("", &[2], &[0, 3]))).unwrap(), [1.0, 0.0, 0.0, 2.0]);
    assert_eq!(check(sparse(&[2, 2], tensor_i64("", &[2, 2], &[0, 1, 1, 0]))).unwrap(), [0.0, 1.0, 2.0, 0.0]);
    for (s, part) in [
        (sparse(&[2, 2], tensor_i64("", &[2], &[0, 4])), "outside its shape"),
        (sparse(&[2, 2], tensor_i64("", &[2], &[0, -1])), "outside its shape"),
        (sparse(&[2, 2], tensor_i64("", &[2, 2], &[0, 0, 2, 0])), "outside its shape"),
        (sparse(&[2, 2], tensor_i64("", &[3], &[0, 1, 2])), "for 2 values"),
        (sparse(&[1 << 20, 1 << 20], tensor_i64("", &[2], &[0, 1])), "MiB"),
        (sparse(&[i64::MAX, 4], tensor_i64("", &[2], &[0, 1])), "too many elements"),
    ] {
        let e = check(s).unwrap_err().to_string();
        assert!(e.contains("`c`") && e.contains(part), "{part}: {e}");
    }
}

/// A model whose constant `c` (four floats) lies at `location`.
fn external(location: &str, offset: &str, length: &str) -> Vec<u8> {
    let entry = |key: &str, value: &str| StringStringEntryProto { key: key.into(), value: value.into() };
    let entries = [("location", location), ("offset", offset), ("length", length)];
    let c = TensorProto {
        name: "c".into(),
        dims: vec![4],
        data_type: 1,
        data_location: 1,
        external_data: entries.iter().filter(|e| !e.1.is_empty()).map(|e| entry(e.0, e.1)).collect(),
        ..Default::default()
    };
    let mut g = graph(vec![x()], &["y"], vec![node("Add", &["x", "c"], &["y"], vec![])]);
    g.initializer = vec![c];
    model(17, g).encode_to_vec()
}

#[test]
fn external_data_is_read_from_the_folder_of_the_model() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("model");
    std::fs::create_dir_all(folder.join("weights")).unwrap();
    let bytes: Vec<u8> = [9.0f32, 1.0, 2.0, 3.0, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(folder.join("weights/w.bin"), &bytes).unwrap();
    std::fs::write(root.path().join("secret.bin"), &bytes).unwrap();
    let path = folder.join("model.onnx");
    let open = |location: &str, offset: &str, length: &str| {
        std::fs::write(&path, external(location, offset, length)).unwrap();
        onnx::open(&path).map(|m| m.graph.constant(m.graph.find("c").unwrap()).unwrap().to_f64())
    };
    assert_eq!(open("weights/w.bin", "4", "16").unwrap(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(open("./weights/w.bin", "", "").unwrap(), [9.0, 1.0, 2.0, 3.0]);
    let absolute = root.path().join("secret.bin").display().to_string();
    for (location, offset, length, part) in [
        ("../secret.bin", "0", "16", "isn't inside the folder"),
        ("weights/../../secret.bin", "0", "16", "isn't inside the folder"),
        (absolute.as_str(), "0", "16", "isn't inside the folder"),
        ("", "0", "16", "isn't named"),
        ("weights", "0", "16", "isn't a plain file"),
        ("weights/missing.bin", "0", "16", "can't read"),
        ("weights/w.bin", "8", "16", "which has 20"),
        ("weights/w.bin", "18446744073709551615", "16", "which has 20"),
        ("weights/w.bin", "0", "12", "`length` is 12"),
        ("weights/w.bin", "-4", "16", "not a number"),
    ] {
        let e = open(location, offset, length).unwrap_err().to_string();
        assert!(e.contains(part), "{location}: {e}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root.path().join("secret.bin"), folder.join("link.bin")).unwrap();
        let e = open("link.bin", "0", "16").unwrap_err().to_string();
        assert!(e.contains("isn't inside the folder"), "{e}");
    }
    let e = onnx::from_bytes(external("weights/w.bin", "", ""), "model", None).unwrap_err().to_string();
    assert!(e.contains("without its folder"), "{e}");
}

#[test]
fn an_initializer_that_is_listed_as_an_input_is_a_constant() {
    let mut g = graph(vec![x(), value("c", 1, &[4])], &["y"], vec![node("Add", &["x", "c"], &["y"], vec![])]);
    g.initializer = vec![tensor("c", &[4], &[1.0; 4])];
    let mut m = model(8, g);
    m.ir_version = 3;
    let old = read(&m).unwrap();
    assert_eq!((old.graph.inputs().len(), old.info.notes.len()), (1, 0));
    m.ir_version = 4;
    let new = read(&m).unwrap();
    assert_eq!(new.graph.inputs().len(), 1);
    assert!(new.info.notes[0].contains("`c` has a default value"), "{:?}", new.info.notes);
}

#[test]
fn what_the_file_says_about_itself() {
    let mut m = model(13, graph(vec![x()], &["y"], vec![node("Relu", &["x"], &["y"], vec![])]));
    m.producer_name = "maker".into();
    m.producer_version = "1.2".into();
    m.doc_string = "a model".into();
    m.opset_import.push(OperatorSetIdProto { domain: "ai.onnx.ml".into(), version: 3 });
    m.metadata_props = vec![StringStringEntryProto { key: "labels".into(), value: "a,b".into() }];
    let info = read(&m).unwrap().info;
    assert_eq!(
        (info.opset, info.ir_version, info.producer.as_str(), info.doc.as_str()),
        (13, 8, "maker 1.2", "a model")
    );
    assert_eq!((info.domains["ai.onnx.ml"], info.metadata["labels"].as_str()), (3, "a,b"));
    assert_eq!(info.sha256.len(), 64);
    assert_eq!(info.declared_outputs[0].0, "y");
}

#[test]
fn a_file_has_the_same_hash_read_either_way() {
    let Some(path) = shared("data/models/mri_meshnet_gwm_light/model.onnx") else { return };
    let streamed = onnx::open(&path).unwrap();
    let whole = onnx::from_bytes(std::fs::read(&path).unwrap(), "model", None).unwrap();
    assert_eq!(streamed.info.sha256, whole.info.sha256);
    assert_eq!(streamed.graph.to_string(), whole.graph.to_string());
}

#[test]
fn nodes_are_sorted_and_names_kept() {
    let nodes = vec![
        node("Add", &["b", "a"], &["y"], vec![]),
        node("Neg", &["a"], &["b"], vec![]),
        node("Relu", &["x"], &["a"], vec![]),
    ];
    let found = read(&model(17, graph(vec![x()], &["y"], nodes))).unwrap().graph;
    found.verify().unwrap();
    assert_eq!(lines(&found), ["a = Relu(x)", "b = Neg(a)", "y = Add(b, a)"]);
    let fact = found.fact(found.inputs()[0]).unwrap();
    assert_eq!(fact.dims, [Dim::Symbol("d0".into()), Dim::Known(4)]);
}

fn function(name: &str, inputs: &[&str], outputs: &[&str], nodes: Vec<NodeProto>) -> FunctionProto {
    FunctionProto {
        name: name.into(),
        domain: "my".into(),
        input: inputs.iter().map(|s| s.to_string()).collect(),
        output: outputs.iter().map(|s| s.to_string()).collect(),
        node: nodes,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
        ..Default::default()
    }
}

fn reference(name: &str, refers_to: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: name.into(), ref_attr_name: refers_to.into(), r#type: kind, ..Default::default() }
}

#[test]
fn functions_are_inlined_with_their_attributes() {
    let mut leaky = function(
        "Leaky",
        &["a"],
        &["b"],
        vec![node("LeakyRelu", &["a"], &["b"], vec![reference("alpha", "slope", 1)])],
    );
    leaky.attribute_proto = vec![float("slope", 0.5)];
    let twice = function(
        "Twice",
        &["a", "bias"],
        &["out", "a"],
        vec![
            node_in("my", "Leaky", &["a"], &["t"], vec![float("slope", 0.25)]),
            node("ReduceMean", &["t"], &["m"], vec![ints("axes", &[1])]),
            node_in("my", "Leaky", &["m"], &["u"], vec![]),
            node("Clip", &["u", "", "bias"], &["out"], vec![]),
        ],
    );
    let nodes =
        vec![node_in("my", "Twice", &["x"], &["p", "q"], vec![]), node_in("my", "Twice", &["p", "q"], &["y"], vec![])];
    let mut m = model(17, graph(vec![x()], &["y"], nodes));
    m.functions = vec![leaky, twice];
    let found = read(&m).unwrap().graph;
    found.verify().unwrap();
    assert_eq!(
        lines(&found),
        [
            "node_p/t = LeakyRelu{alpha: 0.25}(x)",
            "node_p/m = ReduceMean(node_p/t, [1])",
            "node_p/u = LeakyRelu{alpha: 0.5}(node_p/m)",
            "p = Clip(node_p/u, _, _)",
            "q = Identity(x)",
            "node_y/t = LeakyRelu{alpha: 0.25}(p)",
            "node_y/m = ReduceMean(node_y/t, [1])",
            "node_y/u = LeakyRelu{alpha: 0.5}(node_y/m)",
            "y = Clip(node_y/u, _, q)",
        ]
    );
}

#[test]
fn functions_that_call_themselves_or_explode_are_refused() {
    let call = |name: &str, inputs: &[&str], outputs: &[&str]| node_in("my", name, inputs, outputs, vec![]);
    let with = |functions: Vec<FunctionProto>| {
        let mut m = model(17, graph(vec![x()], &["y"], vec![call("F0", &["x"], &["y"])]));
        m.functions = functions;
        read(&m).map(|m| m.graph.nodes().len())
    };
    let direct = function("F0", &["a"], &["b"], vec![call("F0", &["a"], &["b"])]);
    assert!(with(vec![direct]).unwrap_err().to_string().contains("calls itself"));
    let body = graph(vec![], &["b"], vec![call("F0", &["a"], &["b"])]);
    let inside =
        node("If", &["a"], &["b"], vec![graph_attr("then_branch", body.clone()), graph_attr("else_branch", body)]);
    assert!(with(vec![function("F0", &["a"], &["b"], vec![inside])]).unwrap_err().to_string().contains("calls itself"));
    let doubling: Vec<FunctionProto> = (0..31)
        .map(|i| {
            let next = format!("F{}", i + 1);
            let nodes = match i {
                30 => vec![node("Neg", &["a"], &["b"], vec![])],
                _ => vec![call(&next, &["a"], &["t"]), call(&next, &["t"], &["b"])],
            };
            function(&format!("F{i}"), &["a"], &["b"], nodes)
        })
        .collect();
    assert!(with(doubling.clone()).unwrap_err().to_string().contains("far larger than its file"));
    assert_eq!(
        with(
            doubling
                .into_iter()
                .skip(25)
                .map(|mut f| {
                    let number = |name: &str| name.strip_prefix('F').and_then(|n| n.parse::<usize>().ok());
                    f.name = number(&f.name).map_or(f.name.clone(), |n| format!("F{}", n - 25));
                    for n in &mut f.node {
                        n.op_type = number(&n.op_type).map_or(n.op_type.clone(), |k| format!("F{}", k - 25));
                    }
                    f
                })
                .collect()
        )
        .unwrap(),
        32
    );
    let deep: Vec<FunctionProto> = (0..60)
        .map(|i| {
            let inner = if i == 59 {
                node("Neg", &["a"], &["b"], vec![])
            } else {
                call(&format!("F{}", i + 1), &["a"], &["b"])
            };
            function(&format!("F{i}"), &["a"], &["b"], vec![inner])
        })
        .collect();
    assert!(with(deep).unwrap_err().to_string().contains("32 deep"));
}

/// `If` on `c` whose bodies read `a` from outside.
fn branching(opset: i64) -> ModelProto {
    let then = graph(
        vec![],
        &["t"],
        vec![node("Softmax", &["a"], &["s"], vec![int("axis", 0)]), node("Swish", &["s"], &["t"], vec![])],
    );
    let mut other = graph(
        vec![],
        &["e"],
        vec![node("ReduceMax", &["a"], &["m"], vec![ints("axes", &[1])]), node("Add", &["m", "k"], &["e"], vec![])],
    );
    other.initializer = vec![tensor("k", &[1], &[2.0])];
    let nodes = vec![
        node("Relu", &["x"], &["a"], vec![]),
        node("If", &["c"], &["y"], vec![graph_attr("then_branch", then), graph_attr("else_branch", other)]),
    ];
    model(opset, graph(vec![x(), value("c", 9, &[])], &["y"], nodes))
}

fn body<'a>(graph: &'a Graph, name: &str) -> &'a GraphProto {
    let attr = graph.nodes().iter().find_map(|n| n.attrs.get(name)).unwrap();
    match attr {
        Attr::Graph(g) => g,
        _ => panic!("`{name}` isn't a body"),
    }
}

fn body_ops(graph: &GraphProto) -> Vec<&str> {
    graph.node.iter().map(|n| n.op_type.as_str()).collect()
}

#[test]
fn bodies_are_brought_into_the_dialect_and_say_what_they_read() {
    let mut m = branching(12);
    // `Swish` came with opset 24: before, it is an operator that isn't known and stays.
    let found = read(&m).unwrap().graph;
    found.verify().unwrap();
    let names: Vec<&str> = found.nodes()[1].captures.iter().map(|c| c.0.as_str()).collect();
    assert_eq!(names, ["a"]);
    assert_eq!(body_ops(body(&found, "then_branch")), ["Flatten", "Softmax", "Shape", "Reshape", "Swish"]);
    assert_eq!(body_ops(body(&found, "else_branch")), ["Constant", "ReduceMax", "Add"]);
    m.opset_import[0].version = 24;
    m.ir_version = 12;
    let found = read(&m).unwrap().graph;
    assert_eq!(body_ops(body(&found, "then_branch")), ["Softmax", "Silu"]);
    let bytes = onnx::to_bytes(&found, &ExportOptions::default()).unwrap();
    let again = onnx::from_bytes(bytes, "again", None).unwrap().graph;
    assert_eq!(body_ops(body(&again, "then_branch")), ["Softmax", "Sigmoid", "Mul"]);
}

#[test]
fn what_a_body_reads_is_found_after_renaming() {
    let mut found = read(&branching(12)).unwrap().graph;
    let a = found.find("a").unwrap();
    found.rename(a, "features").unwrap();
    let again = |g: &Graph| {
        onnx::from_bytes(onnx::to_bytes(g, &ExportOptions::default()).unwrap(), "again", None).unwrap().graph
    };
    let renamed = again(&found);
    assert_eq!(renamed.nodes()[1].captures[0].0, "features");
    assert_eq!(body(&renamed, "then_branch").node[0].input[0], "features");
    // `k` is the name of something in the body, so that the wire is reached through a copy.
    found.rename(a, "k").unwrap();
    let bridged = again(&found);
    assert_eq!(bridged.nodes().iter().map(|n| n.op.as_str()).collect::<Vec<_>>(), ["Relu", "Identity", "If"]);
    let copy = bridged.nodes()[1].outputs[0].unwrap();
    assert_eq!(bridged.nodes()[2].captures, [(bridged.name_of(copy).to_string(), copy)]);
}

#[test]
fn grouped_operators_are_written_as_standard_ones() {
    let mut g = Graph::new("g");
    let x = g.add_input("x", Fact::new(DType::F32, &[2, 3, 4]));
    let w = g.add_constant("w", Tensor::full(DType::F32, &[4, 5], 0.5));
    let b = g.add_constant("b", Tensor::full(DType::F32, &[5], 0.5));
    let mut push = |op: &str, inputs: &[pellucid_graph::Wire], attrs: Attrs| {
        let inputs: Vec<_> = inputs.iter().copied().map(Some).collect();
        g.push_raw("same", op, "", &inputs, attrs, &[Some(op)], vec![]).unwrap()[0].unwrap()
    };
    let linear = push("Linear", &[x, w, b], Attrs::new());
    let silu = push("Silu", &[linear], Attrs::new());
    let rms = push("RMSNormalization", &[silu, b], Attrs::new().with("axis", -1).with("epsilon", 0.25f32));
    let last = push("Neg", &[rms], Attrs::new());
    g.set_outputs(&[last, x, last]);
    let bytes = onnx::to_bytes(&g, &ExportOptions::default()).unwrap();
    let proto = ModelProto::decode(&bytes[..]).unwrap();
    assert_eq!((proto.ir_version, proto.opset_import[0].version), (10, 21));
    let written = proto.graph.unwrap();
    let ops: Vec<&str> = written.node.iter().map(|n| n.op_type.as_str()).collect();
    let expected = [
        "MatMul",
        "Add",
        "Sigmoid",
        "Mul",
        "Cast",
        "Constant",
        "Mul",
        "ReduceMean",
        "Constant",
        "Add",
        "Sqrt",
        "Div",
        "CastLike",
        "Mul",
        "Neg",
        "Identity",
    ];
    assert_eq!(ops, expected);
    let mut names: Vec<&str> = written.node.iter().map(|n| n.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ops.len(), "node names are unique");
    assert_eq!(written.output.len(), 3);
    assert_eq!(written.output[0].name, "Neg");
    assert_ne!(written.output[2].name, "Neg");
    onnx::from_bytes(bytes, "again", None).unwrap().graph.verify().unwrap();
    assert!(
        pellucid_graph::op::GROUPED.iter().all(|op| onnx::lowered().any(|l| l == *op)),
        "each grouped operator can be written"
    );
}

#[test]
fn missing_files_and_folders_are_said() {
    for path in ["/does/not/exist.onnx", "/"] {
        let e = onnx::open(Path::new(path)).unwrap_err();
        assert!(e.to_string().contains(path), "{e}");
        assert!(!e.hints().is_empty());
    }
}
