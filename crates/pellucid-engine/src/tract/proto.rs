//! One node as tract's ONNX reader takes it. Weights never pass through here: they are wired as constants.

use pellucid_graph::{Attr, Data, Node, OPSET, Tensor, Wire};
use prost::Message;
use tract_onnx::pb;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::prelude::TractResult;

/// An empty model of the dialect's opset, the context in which nodes are read.
pub fn empty_model() -> pb::ModelProto {
    pb::ModelProto {
        ir_version: 10,
        opset_import: vec![pb::OperatorSetIdProto { domain: String::new(), version: OPSET }],
        graph: Some(pb::GraphProto::default()),
        ..Default::default()
    }
}

/// The node, with its inputs and outputs named by position: an empty name for one that is left out, none at all for those left out at the
/// end, since tract counts names.
pub fn node(node: &Node, name: &str) -> TractResult<pb::NodeProto> {
    let slot = |kind: &str, i: usize, present: bool| if present { format!("{name}.{kind}{i}") } else { String::new() };
    Ok(pb::NodeProto {
        input: present(&node.inputs).iter().enumerate().map(|(i, w)| slot("in", i, w.is_some())).collect(),
        output: present(&node.outputs).iter().enumerate().map(|(i, w)| slot("out", i, w.is_some())).collect(),
        name: name.to_string(),
        op_type: node.op.clone(),
        domain: node.domain.clone(),
        attribute: node.attrs.0.iter().map(|(key, value)| attribute(key, value)).collect::<TractResult<_>>()?,
        ..Default::default()
    })
}

/// Up to the last one that isn't left out.
fn present(wires: &[Option<Wire>]) -> &[Option<Wire>] {
    let end = wires.iter().rposition(Option::is_some).map_or(0, |i| i + 1);
    &wires[..end]
}

fn attribute(name: &str, value: &Attr) -> TractResult<pb::AttributeProto> {
    let mut out = pb::AttributeProto { name: name.to_string(), ..Default::default() };
    let kind = match value {
        Attr::Int(v) => {
            out.i = *v;
            AttributeType::Int
        }
        Attr::Float(v) => {
            out.f = *v;
            AttributeType::Float
        }
        Attr::Str(v) => {
            out.s = v.clone().into_bytes();
            AttributeType::String
        }
        Attr::Ints(v) => {
            out.ints = v.clone();
            AttributeType::Ints
        }
        Attr::Floats(v) => {
            out.floats = v.clone();
            AttributeType::Floats
        }
        Attr::Strs(v) => {
            out.strings = v.iter().map(|s| s.clone().into_bytes()).collect();
            AttributeType::Strings
        }
        Attr::Tensor(v) => {
            out.t = Some(tensor(v));
            AttributeType::Tensor
        }
        Attr::Graph(v) => {
            out.g = Some(pb::GraphProto::decode(v.encode_to_vec().as_slice())?);
            AttributeType::Graph
        }
    };
    out.r#type = kind as i32;
    Ok(out)
}

fn tensor(tensor: &Tensor) -> pb::TensorProto {
    let mut out = pb::TensorProto {
        dims: tensor.shape().iter().map(|&n| n as i64).collect(),
        data_type: tensor.dtype().onnx_code(),
        ..Default::default()
    };
    match tensor.data() {
        Data::F32(v) => out.float_data = v.to_vec(),
        Data::F64(v) => out.double_data = v.to_vec(),
        Data::I64(v) => out.int64_data = v.to_vec(),
        Data::U64(v) => out.raw_data = v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Data::U32(v) => out.raw_data = v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Data::F16(v) => out.int32_data = v.iter().map(|x| i32::from(x.to_bits())).collect(),
        Data::Str(v) => out.string_data = v.to_vec(),
        Data::BF16(_) => {
            out.data_type = 1;
            out.float_data = tensor.to_f32();
        }
        _ => out.int32_data = tensor.to_i64().into_iter().map(|x| x as i32).collect(),
    }
    out
}
