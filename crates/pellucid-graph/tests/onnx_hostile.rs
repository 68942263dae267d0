//! Broken and hostile files: each is an error that says where and what, never a panic, a hang or a memory full of nothing.

mod protos;

use pellucid_graph::onnx::proto::*;
use pellucid_graph::onnx::{self, ExportOptions};
use prost::Message;
use protos::*;

fn x() -> ValueInfoProto {
    value("x", 1, &[-1, 4])
}

fn relu() -> GraphProto {
    graph(vec![x()], &["y"], vec![node("Relu", &["x"], &["y"], vec![])])
}

fn bytes_error(bytes: &[u8]) -> String {
    onnx::from_bytes(bytes.to_vec(), "bad.onnx", None)
        .map(|m| m.graph.to_string())
        .expect_err("it is broken")
        .to_string()
}

fn error(model: &ModelProto) -> String {
    bytes_error(&model.encode_to_vec())
}

/// A model with one constant besides the input.
fn with_constant(c: TensorProto) -> ModelProto {
    let mut g = graph(vec![x()], &["y"], vec![node("Add", &["x", "c"], &["y"], vec![])]);
    g.initializer = vec![TensorProto { name: "c".into(), ..c }];
    model(17, g)
}

#[test]
fn what_is_no_model() {
    let noise: Vec<u8> = random(7).take(4096).map(|v| v as u8).collect();
    for (bytes, part) in [
        (&b""[..], "it is empty"),
        (b"\x00", "isn't a valid ONNX model"),
        (b"%PDF-1.7 this is text", "isn't a valid ONNX model"),
        (&noise, "isn't a valid ONNX model"),
        (b"\x08\x08", "which opset"),
        (&[0xff; 64], "isn't a valid ONNX model"),
        // A graph that claims to be longer than the file.
        (b"\x08\x08\x3a\xff\xff\xff\xff\x0f\x0a\x00", "isn't a valid ONNX model"),
        (b"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "isn't a valid ONNX model"),
    ] {
        let e = bytes_error(bytes);
        assert!(e.contains(part) && e.contains("bad.onnx"), "{part}: {e}");
    }
}

#[test]
fn versions_that_are_not_known() {
    let with = |ir: i64, opset: i64| {
        let mut m = model(opset, relu());
        m.ir_version = ir;
        error(&m)
    };
    assert!(with(2, 17).contains("IR version is `2`"));
    assert!(with(15, 17).contains("IR version is `15`, but only 3 to 14"));
    assert!(with(-1, 17).contains("IR version is `-1`"));
    assert!(with(8, 6).contains("opset is `6`, but only 7 to 28"));
    assert!(with(8, 29).contains("opset is `29`"));
    assert!(with(8, i64::MIN).contains("opset is"));
    let mut two = model(17, relu());
    two.opset_import.push(OperatorSetIdProto { domain: "ai.onnx".into(), version: 16 });
    assert!(error(&two).contains("two opsets"));
    let mut none = model(17, relu());
    none.opset_import.clear();
    assert!(error(&none).contains("doesn't say which opset"));
    none = model(17, relu());
    none.graph = None;
    assert!(error(&none).contains("no graph"));
}

#[test]
fn tensors_that_are_not_what_they_say() {
    let raw = |dims: &[i64], bytes: usize| TensorProto {
        dims: dims.to_vec(),
        data_type: 1,
        raw_data: vec![0; bytes].into(),
        ..Default::default()
    };
    for (t, part) in [
        (raw(&[4], 15), "there are 15 bytes"),
        (raw(&[4], 20), "there are 20 bytes"),
        (raw(&[], 8), "there are 8 bytes"),
        (raw(&[1 << 40], 16), "there are 16 bytes"),
        (raw(&[i64::MAX], 16), "there are 16 bytes"),
        (raw(&[i64::MAX, i64::MAX], 16), "too many elements"),
        (raw(&[1 << 32, 1 << 32], 16), "too many elements"),
        (raw(&[-1], 16), "the size `-1`"),
        (raw(&[2, i64::MIN], 16), "the size `-9223372036854775808`"),
        (raw(&[1; 65], 4), "65 axes"),
        (tensor("c", &[4], &[1.0; 3]), "there are 3 values"),
        (tensor("c", &[1 << 60], &[1.0; 3]), "there are 3 values"),
        (TensorProto { data_type: 7, ..tensor("c", &[4], &[1.0; 4]) }, "there are 0 values"),
        (TensorProto { data_type: 0, ..raw(&[4], 16) }, "element type `0`"),
        (TensorProto { data_type: 8, dims: vec![1 << 50], ..Default::default() }, "there are 0 values"),
        (TensorProto { data_location: 1, ..raw(&[4], 16) }, "isn't named"),
        (TensorProto { segment: Some(tensor_proto::Segment::default()), ..raw(&[4], 16) }, "segments"),
    ] {
        let e = error(&with_constant(t));
        assert!(e.contains("`c`") && e.contains(part), "{part}: {e}");
    }
}

#[test]
fn graphs_that_do_not_hold_together() {
    let add = |inputs: &[&str], output: &str| node("Add", inputs, &[output], vec![]);
    let chain = |nodes: Vec<NodeProto>| graph(vec![x()], &["y"], nodes);
    let mut twice = relu();
    twice.initializer = vec![tensor("c", &[], &[1.0]), tensor("c", &[], &[1.0])];
    let mut unnamed = relu();
    unnamed.initializer = vec![tensor("", &[], &[1.0])];
    let mut shadow = relu();
    shadow.initializer = vec![tensor("y", &[], &[1.0])];
    let mut inputs = relu();
    inputs.input.push(x());
    let mut outputs = relu();
    outputs.output.push(value("y", 1, &[]));
    let mut none = relu();
    none.output.clear();
    let mut untyped = relu();
    untyped.input[0].r#type = None;
    let mut list = relu();
    let sequence = type_proto::Value::SequenceType(Box::default());
    list.input[0].r#type = Some(TypeProto { value: Some(sequence), ..Default::default() });
    let mut huge = relu();
    huge.input = vec![value("x", 1, &[1; 100])];
    let attrs = vec![int("a", 1), int("a", 2)];
    let body = graph(vec![], &["t"], vec![node("Neg", &["nowhere"], &["t"], vec![])]);
    let branch = node("If", &["x"], &["y"], vec![graph_attr("then_branch", body)]);
    let own = graph(vec![], &["t"], vec![node("Neg", &["y"], &["t"], vec![])]);
    let own = node("If", &["x"], &["y"], vec![graph_attr("then_branch", own)]);
    for (g, part) in [
        (
            chain(vec![add(&["x", "b"], "a"), add(&["a", "x"], "b"), add(&["b", "b"], "y")]),
            "node `node_a` (Add): lies on a cycle",
        ),
        (chain(vec![add(&["x", "y"], "y")]), "node `node_y` (Add): lies on a cycle"),
        (chain(vec![own]), "lies on a cycle"),
        (chain(vec![add(&["x", "x"], "y"), add(&["x", "x"], "y")]), "makes `y`, which node `node_y` makes too"),
        (
            chain(vec![add(&["x", "z"], "y")]),
            "node `node_y` (Add): reads `z`, which nothing makes; did the file mean `x`?",
        ),
        (chain(vec![branch]), "node `node_y` (If): its body reads `nowhere`, which nothing makes"),
        (chain(vec![]), "output reads `y`, which nothing makes"),
        (chain(vec![node("Relu", &["x"], &["x"], vec![])]), "makes `x`, which is an input"),
        (chain(vec![node("Relu", &["x"], &["y"], attrs)]), "attribute `a` is given twice"),
        (twice, "are named `c`"),
        (unnamed, "no name"),
        (shadow, "makes `y`, which is an input or a constant too"),
        (inputs, "are named `x`"),
        (outputs, "output twice"),
        (none, "no outputs"),
        (untyped, "input `x`: its type isn't declared"),
        (list, "input `x`: it isn't a tensor"),
        (huge, "input `x`: it has 100 axes"),
    ] {
        let e = error(&model(17, g));
        assert!(e.contains(part), "{part}: {e}");
    }
}

#[test]
fn attributes_that_cannot_be_held() {
    let kind = |r#type: i32| AttributeProto { name: "a".into(), r#type, ..Default::default() };
    let latin = AttributeProto { s: vec![0xe9], ..kind(3) };
    let reference = AttributeProto { ref_attr_name: "b".into(), ..kind(2) };
    for (attr, part) in [
        (kind(4), "it has no value"),
        (kind(5), "it has no value"),
        (kind(9), "`TENSORS` isn't supported"),
        (kind(13), "`TYPE_PROTO` isn't supported"),
        (kind(77), "isn't supported"),
        (latin, "isn't valid UTF-8"),
        (reference, "outside of one"),
    ] {
        let e = error(&model(17, graph(vec![x()], &["y"], vec![node("Relu", &["x"], &["y"], vec![attr])])));
        assert!(e.contains("attribute `a`") && e.contains(part), "{part}: {e}");
    }
}

#[test]
fn bodies_nested_without_end_are_refused() {
    let mut g = graph(vec![], &["y"], vec![node("Neg", &["x"], &["y"], vec![])]);
    for _ in 0..200 {
        g = graph(vec![], &["y"], vec![node("If", &["x"], &["y"], vec![graph_attr("then_branch", g)])]);
    }
    g.input = vec![x()];
    assert!(error(&model(17, g)).contains("recursion"));
}

/// `count` fields of `tag` with empty content.
fn empty_messages(tag: u8, count: usize) -> Vec<u8> {
    [tag << 3 | 2, 0].repeat(count)
}

fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut out);
    out.extend_from_slice(content);
    out
}

#[test]
fn a_small_file_cannot_ask_for_a_large_memory() {
    // Each empty node or attribute takes two bytes here and hundreds in memory.
    let head = model(17, GraphProto::default()).encode_to_vec();
    let nodes = wrapped(7, &empty_messages(1, 8_000_000));
    let attributes = wrapped(7, &wrapped(1, &empty_messages(5, 4_000_000)));
    for bomb in [nodes, attributes] {
        let e = bytes_error(&[head.clone(), bomb].concat());
        assert!(e.contains("far more messages"), "{e}");
    }
}

/// A small generator of numbers, so that a failure can be repeated.
fn random(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    })
}

/// A small model with a little of everything: bodies, a function, sparse and typed data, old attributes.
fn varied() -> Vec<u8> {
    let then = graph(vec![], &["t"], vec![node("Softmax", &["a"], &["t"], vec![int("axis", 0)])]);
    let mut other = graph(vec![], &["e"], vec![node("Add", &["a", "k"], &["e"], vec![])]);
    other.initializer = vec![tensor("k", &[1], &[2.0])];
    let nodes = vec![
        node("Reshape", &["x", "shape"], &["r"], vec![]),
        node_in("my", "F", &["r"], &["f"], vec![float("slope", 0.5)]),
        node("ReduceMean", &["f"], &["m"], vec![ints("axes", &[1]), int("keepdims", 1)]),
        node("Clip", &["m"], &["a"], vec![float("min", 0.0)]),
        node("If", &["c"], &["i"], vec![graph_attr("then_branch", then), graph_attr("else_branch", other)]),
        node("Constant", &[], &["two"], vec![tensor_attr("value", tensor("", &[], &[2.0]))]),
        node_in("com.microsoft", "FusedMatMul", &["i", "s"], &["p"], vec![int("transB", 1), float("alpha", 0.5)]),
        node("Pow", &["p", "two"], &["y"], vec![]),
    ];
    let mut g = graph(vec![value("x", 1, &[-1, 2, 2]), value("c", 9, &[])], &["y"], nodes);
    g.initializer = vec![tensor_i64("shape", &[2], &[-1, 4])];
    g.sparse_initializer = vec![SparseTensorProto {
        dims: vec![3, 4],
        values: Some(tensor("s", &[2], &[1.0, 2.0])),
        indices: Some(tensor_i64("", &[2, 2], &[0, 1, 2, 3])),
    }];
    let mut m = model(10, g);
    let alpha = AttributeProto { name: "alpha".into(), ref_attr_name: "slope".into(), r#type: 1, ..Default::default() };
    m.functions = vec![FunctionProto {
        name: "F".into(),
        domain: "my".into(),
        input: vec!["v".into()],
        output: vec!["w".into()],
        attribute: vec!["slope".into()],
        node: vec![node("LeakyRelu", &["v"], &["w"], vec![alpha])],
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 10 }],
        ..Default::default()
    }];
    m.encode_to_vec()
}

/// The files that are broken in every way: the one above, and a real one when it is there.
fn seeds() -> Vec<Vec<u8>> {
    let real = shared("oracles/visual/cnn_nobias_32/model.onnx").map(|p| std::fs::read(p).unwrap());
    std::iter::once(varied()).chain(real).collect()
}

/// Reads bytes that may be broken. What is read must hold together, and what can be written of it must be read again.
fn survives(bytes: Vec<u8>) -> bool {
    let Ok(model) = onnx::from_bytes(bytes, "mutated", None) else { return false };
    model.graph.verify().unwrap();
    let Ok(written) = onnx::to_bytes(&model.graph, &ExportOptions::from(&model.info)) else { return false };
    onnx::from_bytes(written, "written", None).unwrap();
    true
}

#[test]
fn an_axis_far_away_does_not_become_a_list_of_axes() {
    let norm = node("RMSNormalization", &["x", "x"], &["y"], vec![int("axis", -4_000_000_000)]);
    let model = read(&model(23, graph(vec![x()], &["y"], vec![norm]))).unwrap();
    let e = onnx::to_bytes(&model.graph, &ExportOptions::default()).unwrap_err().to_string();
    assert!(e.contains("has the axis `-4000000000` of 2"), "{e}");
}

#[test]
fn the_seeds_are_sound() {
    assert!(seeds().into_iter().all(survives));
}

#[test]
fn every_truncation_is_read_or_refused() {
    for seed in seeds() {
        let read = (0..seed.len()).filter(|&n| survives(seed[..n].to_vec())).count();
        assert!(read < seed.len() / 10, "{read} of {} truncations were read", seed.len());
    }
}

#[test]
fn mutated_bytes_are_read_or_refused() {
    let mut counts = [0, 0];
    for seed in seeds() {
        for round in 0..3000 {
            let mut dice = random(round + 1);
            let mut roll = |n: usize| dice.next().map_or(0, |v| (v >> 11) as usize % n.max(1));
            let mut bytes = seed.clone();
            for _ in 0..=roll(4) {
                let at = roll(bytes.len());
                match roll(6) {
                    0 => bytes[at] ^= 1 << roll(8),
                    1 => bytes[at] = roll(256) as u8,
                    2 => bytes[at] = [0, 0xff, 0x80, 0x7f][roll(4)],
                    3 => drop(bytes.drain(at..(at + 1 + roll(16)).min(bytes.len()))),
                    4 => bytes.insert(at, roll(256) as u8),
                    _ => {
                        let end = (at + 1 + roll(64)).min(bytes.len());
                        let copy = bytes[at..end].to_vec();
                        let to = roll(bytes.len());
                        bytes.splice(to..to, copy);
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            counts[usize::from(survives(bytes))] += 1;
        }
    }
    println!("{} refused, {} read", counts[0], counts[1]);
    assert!(counts.iter().all(|&n| n > 100), "{counts:?}");
}
