//! The rewriting of one node: reading its attributes and inputs, and putting nodes in its place.

use std::collections::HashMap;

use super::super::external::Loader;
use super::super::function::Fresh;
use super::super::import::{at, label};
use super::super::kinds::Kinds;
use super::super::proto::{AttributeProto, NodeProto, attribute_proto::AttributeType};
use super::super::value;
use super::Emit;
use crate::{DType, GraphError, Tensor};

/// One node on its way into the dialect.
pub(in super::super) struct Step<'a> {
    /// The node as it stands in the file; rewrites change it and [`Step::keep`] it, or put others in its place.
    pub node: NodeProto,
    /// Opset that the node is written in.
    pub opset: i64,
    /// What is known of the wires before it.
    pub kinds: &'a Kinds<'a>,
    pub fresh: &'a mut Fresh,
    pub loader: &'a mut Loader,
    pub out: Vec<Emit>,
    /// Element types of wires that this step made.
    pub types: HashMap<String, DType>,
}

impl Step<'_> {
    /// An error at this node.
    pub fn error(&self, reason: impl Into<String>) -> GraphError {
        at(&self.node, reason.into())
    }

    /// Puts the node out as it now stands.
    pub fn keep(&mut self) {
        self.out.push(Emit::Node(std::mem::take(&mut self.node)));
    }

    /// An attribute.
    pub fn attr(&self, name: &str) -> Option<&AttributeProto> {
        self.node.attribute.iter().find(|a| a.name == name)
    }

    /// Takes an attribute away.
    pub fn take(&mut self, name: &str) -> Option<AttributeProto> {
        let at = self.node.attribute.iter().position(|a| a.name == name)?;
        Some(self.node.attribute.remove(at))
    }

    /// Sets an attribute.
    pub fn set(&mut self, attr: AttributeProto) {
        self.take(&attr.name);
        self.node.attribute.push(attr);
    }

    /// An integer attribute or its default.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attr(name).map_or(default, |a| a.i)
    }

    /// A float attribute or its default.
    pub fn float(&self, name: &str, default: f32) -> f32 {
        self.attr(name).map_or(default, |a| a.f)
    }

    /// An input that is there.
    pub fn input(&self, i: usize) -> Option<String> {
        self.node.input.get(i).filter(|n| !n.is_empty()).cloned()
    }

    /// An input that must be there.
    pub fn required(&self, i: usize) -> Result<String, GraphError> {
        self.input(i).ok_or_else(|| self.error(format!("input {i} is missing")))
    }

    /// Sets an input, with the ones before it left out where they are missing.
    pub fn set_input(&mut self, i: usize, name: String) {
        if self.node.input.len() <= i {
            self.node.input.resize(i + 1, String::new());
        }
        self.node.input[i] = name;
    }

    /// An output that is asked for.
    pub fn output(&self, i: usize) -> Option<String> {
        self.node.output.get(i).filter(|n| !n.is_empty()).cloned()
    }

    fn name(&mut self, part: &str) -> String {
        let base = self.output(0).unwrap_or_else(|| label(&self.node).to_string());
        self.fresh.name(&format!("{base}/{part}"))
    }

    /// A new constant.
    pub fn constant(&mut self, part: &str, value: Tensor) -> String {
        let name = self.name(part);
        self.out.push(Emit::Constant(name.clone(), value));
        name
    }

    /// A new one-dimensional integer constant.
    pub fn ints(&mut self, part: &str, values: &[i64]) -> String {
        self.constant(part, Tensor::vec_i64(values))
    }

    /// A new integer scalar.
    pub fn scalar_i64(&mut self, part: &str, value: i64) -> String {
        self.constant(part, Tensor::from_i64(DType::I64, vec![], vec![value]))
    }

    /// A constant that this step has made.
    pub fn made(&self, name: &str) -> Option<&Tensor> {
        self.out.iter().find_map(|e| match e {
            Emit::Constant(n, value) if n == name => Some(value),
            _ => None,
        })
    }

    /// Element type of a wire.
    pub fn dtype(&self, name: &str) -> Option<DType> {
        self.kinds.dtype(name).or_else(|| self.types.get(name).copied())
    }

    /// Notes the element type of wires that this step made.
    pub fn note(&mut self, names: &[&str], dtype: Option<DType>) {
        for name in names {
            self.types.extend(dtype.map(|d| (name.to_string(), d)));
        }
    }

    /// A new scalar of the element type that `like` has.
    pub fn scalar_like(&mut self, part: &str, value: f64, like: &str) -> String {
        match self.dtype(like) {
            Some(dtype) => self.constant(part, Tensor::full(dtype, &[], value)),
            None => {
                let raw = self.constant(part, Tensor::full(DType::F32, &[], value));
                self.emit(part, "CastLike", &[&raw, like], vec![])
            }
        }
    }

    /// A new node of one output.
    pub fn emit(&mut self, part: &str, op: &str, inputs: &[&str], attrs: Vec<AttributeProto>) -> String {
        let output = self.name(part);
        self.emit_as(&output, op, inputs, attrs, vec![output.clone()]);
        output
    }

    /// A copy of a wire that makes a given output.
    pub fn copy(&mut self, source: &str, output: String) {
        let name = self.name("copy");
        self.emit_as(&name, "Identity", &[source], vec![], vec![output]);
    }

    /// A new node that makes the given outputs.
    fn emit_as(&mut self, name: &str, op: &str, inputs: &[&str], attrs: Vec<AttributeProto>, outputs: Vec<String>) {
        self.out.push(Emit::Node(NodeProto {
            name: name.to_string(),
            op_type: op.to_string(),
            input: inputs.iter().map(|s| s.to_string()).collect(),
            output: outputs,
            attribute: attrs,
            ..NodeProto::default()
        }));
    }

    /// A `Split` into three.
    pub fn split3(&mut self, inputs: &[&str], attrs: Vec<AttributeProto>) -> [String; 3] {
        let outputs = ["q", "k", "v"].map(|part| self.name(part));
        self.emit_as(&outputs[0], "Split", inputs, attrs, outputs.to_vec());
        outputs
    }

    /// The two halves of the last axis.
    pub fn halves(&mut self, x: &str) -> (String, String) {
        let (a, b) = (self.name("first_half"), self.name("second_half"));
        self.emit_as(&a, "Split", &[x], vec![int("axis", -1), int("num_outputs", 2)], vec![a.clone(), b.clone()]);
        (a, b)
    }

    /// A part of the last axis.
    pub fn cut(&mut self, part: &str, x: &str, start: i64, end: i64, step: i64) -> String {
        let parts = [("start", start), ("end", end), ("axis", -1), ("step", step)];
        let [start, end, axis, step] = parts.map(|(name, value)| self.ints(&format!("{part}_{name}"), &[value]));
        self.emit(part, "Slice", &[x, &start, &end, &axis, &step], vec![])
    }

    /// The last node: it makes the first output of the node that is rewritten, under its name.
    pub fn finish(&mut self, op: &str, inputs: &[&str], attrs: Vec<AttributeProto>) {
        let outputs = self.output(0).into_iter().collect();
        let name = self.node.name.clone();
        self.emit_as(&name, op, inputs, attrs, outputs);
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_string(), r#type: kind as i32, ..AttributeProto::default() }
}

/// An integer attribute.
pub(in super::super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: value, ..attribute(name, AttributeType::Int) }
}

/// A float attribute.
pub(in super::super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { f: value, ..attribute(name, AttributeType::Float) }
}

/// A string attribute.
pub(in super::super) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: value.as_bytes().to_vec(), ..attribute(name, AttributeType::String) }
}

/// An integer list attribute.
pub(in super::super) fn list(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { ints: values.to_vec(), ..attribute(name, AttributeType::Ints) }
}

/// A tensor attribute.
pub(in super::super) fn tensor(name: &str, value: &Tensor) -> AttributeProto {
    AttributeProto { t: Some(value::to_proto("", value)), ..attribute(name, AttributeType::Tensor) }
}

/// A constant as a node, for bodies.
pub(super) fn constant_node(name: &str, value: &Tensor) -> NodeProto {
    NodeProto {
        name: name.to_string(),
        op_type: "Constant".into(),
        output: vec![name.to_string()],
        attribute: vec![tensor("value", value)],
        ..NodeProto::default()
    }
}
