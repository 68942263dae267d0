//! The nodes, outputs and types of a graph as messages of a file.

use std::collections::{HashMap, HashSet};

use super::export::ExportOptions;
use super::lower::{self, Lower};
use super::proto::{
    AttributeProto, GraphProto, NodeProto, TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType,
    tensor_shape_proto, type_proto,
};
use super::{body, kinds::Kinds, value};
use crate::{Attr, Dim, Fact, Graph, Node, Result, Wire};

/// Names in the file that is written, of wires and nodes.
pub(super) struct Names {
    used: HashSet<String>,
    nodes: HashSet<String>,
}

impl Names {
    /// The names that a graph uses.
    pub fn of(graph: &Graph) -> Names {
        let mut used: HashSet<String> = graph.wires().map(|(_, info)| info.name.clone()).collect();
        used.extend(graph.nodes().iter().map(|n| n.name.clone()));
        for body in graph.nodes().iter().flat_map(|n| n.attrs.0.values()).filter_map(as_body) {
            body::each_name(body, &mut |name| {
                used.insert(name.to_string());
            });
            body::each_node(body, &mut |node| {
                used.insert(node.name.clone());
            });
        }
        Names { used, nodes: HashSet::new() }
    }

    /// The name of a node, another one when an earlier node has it: runtimes refuse two nodes of one name.
    fn node(&mut self, name: &str) -> String {
        let name = if name.is_empty() || !self.nodes.contains(name) { name.to_string() } else { self.fresh(name) };
        self.nodes.insert(name.clone());
        name
    }

    /// A name that nothing in the file has.
    pub fn fresh(&mut self, hint: &str) -> String {
        let mut name = hint.to_string();
        let mut next = self.used.len();
        while name.is_empty() || self.used.contains(&name) {
            name = format!("{hint}.{next}");
            next += 1;
        }
        self.used.insert(name.clone());
        name
    }
}

fn as_body(attr: &Attr) -> Option<&GraphProto> {
    match attr {
        Attr::Graph(g) => Some(g),
        _ => None,
    }
}

/// Writes the nodes of a graph.
pub(super) struct Writer<'a> {
    pub graph: &'a Graph,
    pub names: &'a mut Names,
    pub nodes: Vec<NodeProto>,
}

impl Writer<'_> {
    fn name(&self, wire: &Option<Wire>) -> String {
        wire.map(|w| self.graph.name_of(w).to_string()).unwrap_or_default()
    }

    /// Writes a node.
    pub fn node(&mut self, node: &Node) -> Result<()> {
        let captures = self.captures(node);
        let proto = NodeProto {
            input: node.inputs.iter().map(|w| self.name(w)).collect(),
            output: node.outputs.iter().map(|w| self.name(w)).collect(),
            name: self.names.node(&node.name),
            op_type: node.op.clone(),
            domain: node.domain.clone(),
            attribute: node.attrs.0.iter().map(|(name, value)| attribute(name, value, &captures)).collect(),
            ..NodeProto::default()
        };
        self.push(proto, node)
    }

    /// Puts a node out, with grouped operators in it and its bodies written as standard ones.
    fn push(&mut self, mut proto: NodeProto, node: &Node) -> Result<()> {
        for body in body::bodies_mut(&mut proto) {
            lower::body(body, self.names)?;
        }
        match lower::find(&proto) {
            Some(lowering) => {
                let fact = node.inputs.first().and_then(|w| *w).and_then(|w| self.graph.info(w).fact.as_ref());
                let (dtype, rank) = (fact.map(|f| f.dtype), fact.map(Fact::rank));
                lowering(&mut Lower { node: proto, dtype, rank, names: self.names, out: &mut self.nodes })
            }
            None => {
                self.nodes.push(proto);
                Ok(())
            }
        }
    }

    /// The new names of what the bodies of a node read from outside. A name that the body itself uses for something else is reached
    /// through an `Identity` of another name.
    fn captures(&mut self, node: &Node) -> HashMap<String, String> {
        let mut inner = HashSet::new();
        for body in node.attrs.0.values().filter_map(as_body) {
            body::each_name(body, &mut |name| {
                inner.insert(name.to_string());
            });
        }
        let mut renamed = HashMap::new();
        for (old, wire) in &node.captures {
            let now = self.graph.name_of(*wire).to_string();
            if *old == now {
                continue;
            }
            let reached = if inner.contains(&now) { self.identity(&now, &now) } else { now };
            renamed.insert(old.clone(), reached);
        }
        renamed
    }

    /// A copy of a wire under a new name.
    fn identity(&mut self, source: &str, hint: &str) -> String {
        let output = self.names.fresh(hint);
        self.nodes.push(NodeProto {
            name: self.names.fresh(&format!("{output}/identity")),
            op_type: "Identity".into(),
            input: vec![source.to_string()],
            output: vec![output.clone()],
            ..NodeProto::default()
        });
        output
    }

    /// Name in the file and wire of each output. A wire that is given out twice is copied, since names are unique.
    pub fn outputs(&mut self) -> Vec<(String, Wire)> {
        let mut seen = HashSet::new();
        let mut out = vec![];
        for wire in self.graph.outputs() {
            let name = self.graph.name_of(*wire);
            out.push((if seen.insert(*wire) { name.to_string() } else { self.identity(name, name) }, *wire));
        }
        out
    }
}

fn attribute(name: &str, value: &Attr, captures: &HashMap<String, String>) -> AttributeProto {
    let mut a = AttributeProto { name: name.to_string(), ..AttributeProto::default() };
    let bytes = |s: &String| s.clone().into_bytes();
    let kind = match value {
        Attr::Int(v) => {
            a.i = *v;
            AttributeType::Int
        }
        Attr::Float(v) => {
            a.f = *v;
            AttributeType::Float
        }
        Attr::Str(v) => {
            a.s = bytes(v);
            AttributeType::String
        }
        Attr::Tensor(v) => {
            a.t = Some(value::to_proto("", v));
            AttributeType::Tensor
        }
        Attr::Graph(v) => {
            let mut g = v.as_ref().clone();
            if !captures.is_empty() {
                body::rename_free(&mut g, captures);
            }
            a.g = Some(g);
            AttributeType::Graph
        }
        Attr::Ints(v) => {
            a.ints.clone_from(v);
            AttributeType::Ints
        }
        Attr::Floats(v) => {
            a.floats.clone_from(v);
            AttributeType::Floats
        }
        Attr::Strs(v) => {
            a.strings = v.iter().map(bytes).collect();
            AttributeType::Strings
        }
    };
    a.r#type = kind as i32;
    a
}

/// The declaration of a wire, as far as the graph knows it.
pub(super) fn value_info_of(graph: &Graph, wire: Wire) -> ValueInfoProto {
    value_info(graph.name_of(wire), graph.info(wire).fact.as_ref())
}

/// The declaration of a name.
pub(super) fn value_info(name: &str, fact: Option<&Fact>) -> ValueInfoProto {
    ValueInfoProto { name: name.to_string(), r#type: fact.map(type_of), ..ValueInfoProto::default() }
}

fn type_of(fact: &Fact) -> TypeProto {
    use tensor_shape_proto::{Dimension, dimension::Value};
    let dim = |d: &Dim| Dimension {
        value: match d {
            Dim::Known(n) => Some(Value::DimValue(*n as i64)),
            Dim::Symbol(s) => Some(Value::DimParam(s.clone())),
            Dim::Unknown => None,
        },
        ..Dimension::default()
    };
    let shape = TensorShapeProto { dim: fact.dims.iter().map(dim).collect() };
    let tensor = type_proto::Tensor { elem_type: fact.dtype.onnx_code(), shape: Some(shape) };
    TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() }
}

/// What the file says of its outputs: the fact of the graph, what the caller says, or type and rank as far as they follow from the
/// operators.
pub(super) fn output_infos(
    graph: &Graph,
    nodes: &[NodeProto],
    outputs: &[(String, Wire)],
    options: &ExportOptions,
) -> Vec<ValueInfoProto> {
    let known = |wire: &Wire, name: &str| {
        let declared = || options.outputs.iter().find(|o| o.0 == name).map(|o| &o.1);
        graph.info(*wire).fact.as_ref().or_else(declared)
    };
    let kinds = if outputs.iter().all(|(name, wire)| known(wire, name).is_some()) {
        Kinds::default()
    } else {
        let mut kinds = Kinds::default();
        for (_, info) in graph.wires() {
            match (&info.constant, &info.fact) {
                (Some(value), _) => kinds.set_constant(&info.name, value.clone()),
                (None, Some(fact)) => kinds.set(&info.name, Some(fact.dtype), Some(fact.rank())),
                (None, None) => {}
            }
        }
        nodes.iter().for_each(|n| kinds.infer(n));
        kinds
    };
    let guess = |name: &str| {
        let kind = kinds.get(name)?;
        Some(Fact { dtype: kind.dtype?, dims: vec![Dim::Unknown; kind.rank?] })
    };
    outputs
        .iter()
        .map(|(name, wire)| match known(wire, name) {
            Some(fact) => value_info(name, Some(fact)),
            None => value_info(name, guess(name).as_ref()),
        })
        .collect()
}
