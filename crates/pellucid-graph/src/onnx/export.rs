//! Writing a graph as an ONNX file.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use prost::Message;

use super::lower::{self, Lower};
use super::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorShapeProto,
    TypeProto, ValueInfoProto, attribute_proto::AttributeType, tensor_shape_proto, type_proto,
};
use super::read::ModelInfo;
use super::{body, kinds::Kinds, value};
use crate::{Attr, Dim, Fact, Graph, GraphError, Node, OPSET, Result, Tensor, Wire};

/// Version of the file format that is written.
const IR_VERSION: i64 = 10;
/// Protocol buffers can't hold more.
const SIZE_LIMIT: u64 = i32::MAX as u64;

/// What an exported file says about itself.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// Tool that made the file; `pellucid` and its version when empty.
    pub producer: String,
    /// Metadata, in order.
    pub metadata: Vec<(String, String)>,
    /// Description of the model.
    pub doc: String,
    /// Versions of domains other than the standard one; a domain that isn't listed is written with version 1.
    pub domains: BTreeMap<String, i64>,
    /// Types and shapes of outputs, for those whose fact the graph doesn't know.
    pub outputs: Vec<(String, Fact)>,
}

impl From<&ModelInfo> for ExportOptions {
    /// Keeps what the file of a model said about it.
    fn from(info: &ModelInfo) -> ExportOptions {
        ExportOptions {
            producer: String::new(),
            metadata: info.metadata.clone().into_iter().collect(),
            doc: info.doc.clone(),
            domains: info.domains.clone(),
            outputs: info.declared_outputs.clone(),
        }
    }
}

/// The bytes of an ONNX file.
///
/// # Errors
/// When the graph can't be written, or is larger than an ONNX file can be (2 GiB).
pub fn to_bytes(graph: &Graph, options: &ExportOptions) -> Result<Vec<u8>> {
    let parts = Parts::new(graph, options)?;
    let mut out = Vec::with_capacity(usize::try_from(parts.size()).unwrap_or(0));
    // Writing into a vector can't fail.
    parts.write(&mut out).map_err(|e| GraphError::Invalid(e.to_string()))?;
    Ok(out)
}

/// Writes an ONNX file: under a temporary name in the same folder, then renamed, so that a reader never sees half of it.
///
/// # Errors
/// When the file can't be written, and as [`to_bytes`].
pub fn save(graph: &Graph, path: impl AsRef<Path>, options: &ExportOptions) -> Result<()> {
    let path = path.as_ref();
    let parts = Parts::new(graph, options)?;
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file = BufWriter::new(std::fs::File::create(&temporary)?);
        parts.write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    written.map_err(|source| {
        let _ = std::fs::remove_file(&temporary);
        GraphError::Write { path: path.display().to_string(), source }
    })
}

/// Names in the file that is written, of wires and nodes.
pub(super) struct Names {
    used: HashSet<String>,
    nodes: HashSet<String>,
}

impl Names {
    fn of(graph: &Graph) -> Names {
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

/// A file in parts: the constants stay where they are, in their tensors, until they are written.
struct Parts<'a> {
    model: ModelProto,
    graph: GraphProto,
    constants: Vec<(Vec<u8>, &'a Tensor)>,
}

/// Fields of the messages that are framed by hand.
const MODEL_GRAPH: u32 = 7;
const GRAPH_INITIALIZER: u32 = 5;
const TENSOR_RAW: u32 = 9;

impl<'a> Parts<'a> {
    fn new(graph: &'a Graph, options: &ExportOptions) -> Result<Parts<'a>> {
        let mut names = Names::of(graph);
        let mut writer = Writer { graph, names: &mut names, nodes: vec![] };
        for node in graph.nodes() {
            writer.node(node)?;
        }
        let outputs = writer.outputs();
        let nodes = std::mem::take(&mut writer.nodes);
        let shown = outputs.iter().map(|o| o.0.as_str()).collect::<HashSet<_>>();
        let value_info = graph
            .nodes()
            .iter()
            .flat_map(|n| n.outputs.iter().flatten())
            .filter(|w| !shown.contains(graph.name_of(**w)))
            .filter_map(|w| Some((graph.name_of(*w), graph.info(*w).fact.as_ref().filter(|f| f.shape().is_some())?)))
            .map(|(name, fact)| value_info(name, Some(fact)))
            .collect();
        let constants: Vec<(Vec<u8>, &Tensor)> = graph
            .wires()
            .filter_map(|(_, info)| info.constant.as_ref().map(|t| (value::header(&info.name, t).encode_to_vec(), t)))
            .collect();
        let domains: BTreeSet<String> = nodes.iter().flat_map(domains_of).collect();
        let proto = GraphProto {
            name: if graph.name.is_empty() { "graph".into() } else { graph.name.clone() },
            input: graph.inputs().iter().map(|w| value_info_of(graph, *w)).collect(),
            output: output_infos(graph, &nodes, &outputs, options),
            value_info,
            node: nodes,
            ..GraphProto::default()
        };
        let parts = Parts { model: model(options, domains), graph: proto, constants };
        if parts.size() > SIZE_LIMIT {
            return Err(GraphError::Invalid(format!(
                "the graph takes {} MiB as a file, but an ONNX file can't be larger than 2 GiB",
                parts.size() >> 20
            )));
        }
        Ok(parts)
    }

    /// Bytes of the graph's message.
    fn graph_size(&self) -> u64 {
        let constants =
            self.constants.iter().map(|(head, t)| framed(GRAPH_INITIALIZER, tensor_size(head, t))).sum::<u64>();
        self.graph.encoded_len() as u64 + constants
    }

    fn size(&self) -> u64 {
        self.model.encoded_len() as u64 + framed(MODEL_GRAPH, self.graph_size())
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.model.encode_to_vec())?;
        frame(out, MODEL_GRAPH, self.graph_size())?;
        out.write_all(&self.graph.encode_to_vec())?;
        for (head, tensor) in &self.constants {
            frame(out, GRAPH_INITIALIZER, tensor_size(head, tensor))?;
            out.write_all(head)?;
            let raw = raw_size(tensor);
            if raw > 0 {
                frame(out, TENSOR_RAW, raw)?;
                value::write_raw(tensor, out)?;
            }
        }
        Ok(())
    }
}

fn raw_size(tensor: &Tensor) -> u64 {
    (tensor.len() * tensor.dtype().size()) as u64
}

fn tensor_size(head: &[u8], tensor: &Tensor) -> u64 {
    let raw = raw_size(tensor);
    head.len() as u64 + if raw > 0 { framed(TENSOR_RAW, raw) } else { 0 }
}

/// Bytes of a length-delimited field with `size` bytes of content.
fn framed(field: u32, size: u64) -> u64 {
    let header = prost::encoding::key_len(field) + prost::encoding::encoded_len_varint(size);
    header as u64 + size
}

/// Key and length of a length-delimited field.
fn frame(out: &mut impl Write, field: u32, size: u64) -> io::Result<()> {
    let mut head = Vec::with_capacity(12);
    prost::encoding::encode_key(field, prost::encoding::WireType::LengthDelimited, &mut head);
    prost::encoding::encode_varint(size, &mut head);
    out.write_all(&head)
}

fn model(options: &ExportOptions, domains: BTreeSet<String>) -> ModelProto {
    let version = |domain: &str| match domain {
        "" => OPSET,
        other => options.domains.get(other).copied().unwrap_or(1),
    };
    let named = !options.producer.is_empty();
    ModelProto {
        ir_version: IR_VERSION,
        producer_name: if named { options.producer.clone() } else { "pellucid".into() },
        producer_version: if named { String::new() } else { env!("CARGO_PKG_VERSION").into() },
        doc_string: options.doc.clone(),
        opset_import: std::iter::once(String::new())
            .chain(domains.into_iter().filter(|d| !d.is_empty()))
            .map(|domain| OperatorSetIdProto { version: version(&domain), domain })
            .collect(),
        metadata_props: options
            .metadata
            .iter()
            .map(|(key, value)| StringStringEntryProto { key: key.clone(), value: value.clone() })
            .collect(),
        ..ModelProto::default()
    }
}

/// Domains of a node and of the nodes in its bodies.
fn domains_of(node: &NodeProto) -> Vec<String> {
    let inner = body::bodies(node).flat_map(|b| &b.node).flat_map(domains_of);
    std::iter::once(node.domain.clone()).chain(inner).collect()
}

struct Writer<'a> {
    graph: &'a Graph,
    names: &'a mut Names,
    nodes: Vec<NodeProto>,
}

impl Writer<'_> {
    fn name(&self, wire: &Option<Wire>) -> String {
        wire.map(|w| self.graph.name_of(w).to_string()).unwrap_or_default()
    }

    fn node(&mut self, node: &Node) -> Result<()> {
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
    fn outputs(&mut self) -> Vec<(String, Wire)> {
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

fn value_info_of(graph: &Graph, wire: Wire) -> ValueInfoProto {
    value_info(graph.name_of(wire), graph.info(wire).fact.as_ref())
}

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
fn output_infos(
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
