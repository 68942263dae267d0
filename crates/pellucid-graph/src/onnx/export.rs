//! Writing a graph as an ONNX file.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use prost::Message;

use super::emit::{Names, Writer, output_infos, value_info, value_info_of};
use super::proto::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto};
use super::read::ModelInfo;
use super::{body, value};
use crate::{Fact, Graph, GraphError, OPSET, Result, Tensor};

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
