//! Building small ONNX files for tests, and finding the shared data.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use pellucid_graph::onnx::proto::*;
use pellucid_graph::onnx::{self, Model};
use pellucid_graph::{Graph, Result};
use prost::Message;

/// Shared data beside the workspace, `None` (said aloud) when it isn't there.
pub fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(part);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} isn't there", path.display());
    None
}

/// Every `.onnx` file below a folder, sorted.
pub fn models(folder: &Path) -> Vec<PathBuf> {
    let mut out = vec![];
    let Ok(entries) = std::fs::read_dir(folder) else { return out };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            out.extend(models(&path));
        } else if path.extension().is_some_and(|e| e == "onnx") {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// A node; an empty name stands for an input or output left out.
pub fn node(op: &str, inputs: &[&str], outputs: &[&str], attrs: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        name: format!("node_{}", outputs.first().unwrap_or(&"")),
        op_type: op.into(),
        input: inputs.iter().map(|s| s.to_string()).collect(),
        output: outputs.iter().map(|s| s.to_string()).collect(),
        attribute: attrs,
        ..Default::default()
    }
}

/// A node of another domain.
pub fn node_in(domain: &str, op: &str, inputs: &[&str], outputs: &[&str], attrs: Vec<AttributeProto>) -> NodeProto {
    NodeProto { domain: domain.into(), ..node(op, inputs, outputs, attrs) }
}

pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), i, r#type: 2, ..Default::default() }
}

pub fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.into(), f, r#type: 1, ..Default::default() }
}

pub fn text(name: &str, s: &str) -> AttributeProto {
    AttributeProto { name: name.into(), s: s.as_bytes().to_vec(), r#type: 3, ..Default::default() }
}

pub fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), ints: ints.to_vec(), r#type: 7, ..Default::default() }
}

pub fn floats(name: &str, floats: &[f32]) -> AttributeProto {
    AttributeProto { name: name.into(), floats: floats.to_vec(), r#type: 6, ..Default::default() }
}

pub fn tensor_attr(name: &str, t: TensorProto) -> AttributeProto {
    AttributeProto { name: name.into(), t: Some(t), r#type: 4, ..Default::default() }
}

pub fn graph_attr(name: &str, g: GraphProto) -> AttributeProto {
    AttributeProto { name: name.into(), g: Some(g), r#type: 5, ..Default::default() }
}

/// An `f32` tensor with typed data.
pub fn tensor(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 1,
        float_data: values.to_vec(),
        ..Default::default()
    }
}

/// An `i64` tensor with typed data.
pub fn tensor_i64(name: &str, dims: &[i64], values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 7,
        int64_data: values.to_vec(),
        ..Default::default()
    }
}

/// A value of an element type (its ONNX code) and shape; a negative size gives a named axis.
pub fn value(name: &str, elem_type: i32, dims: &[i64]) -> ValueInfoProto {
    use tensor_shape_proto::{Dimension, dimension::Value};
    let dim = |(i, &n): (usize, &i64)| Dimension {
        value: Some(if n < 0 { Value::DimParam(format!("d{i}")) } else { Value::DimValue(n) }),
        ..Default::default()
    };
    let shape = TensorShapeProto { dim: dims.iter().enumerate().map(dim).collect() };
    let t = type_proto::Tensor { elem_type, shape: Some(shape) };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto { value: Some(type_proto::Value::TensorType(t)), ..Default::default() }),
        ..Default::default()
    }
}

pub fn graph(inputs: Vec<ValueInfoProto>, outputs: &[&str], nodes: Vec<NodeProto>) -> GraphProto {
    GraphProto {
        name: "g".into(),
        input: inputs,
        output: outputs.iter().map(|o| value(o, 1, &[-1])).collect(),
        node: nodes,
        ..Default::default()
    }
}

pub fn model(opset: i64, graph: GraphProto) -> ModelProto {
    ModelProto {
        ir_version: 8,
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: opset }],
        ..Default::default()
    }
}

/// Reads a model from its message.
pub fn read(model: &ModelProto) -> Result<Model> {
    onnx::from_bytes(model.encode_to_vec(), "test.onnx", None)
}

/// The lines of the nodes of a graph, without types.
pub fn lines(graph: &Graph) -> Vec<String> {
    let text = graph.to_string();
    let node = |l: &&str| l.contains(" = ");
    text.lines().filter(node).map(|l| l.rsplit_once(" : ").map_or(l, |p| p.0).trim().to_string()).collect()
}
