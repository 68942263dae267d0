//! Opening a model file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Cursor, Seek};
use std::path::{Path, PathBuf};

use bytes::{Buf, Bytes};
use prost::Message;
use sha2::{Digest, Sha256};

use super::external::Loader;
use super::function::domain;
use super::proto::ModelProto;
use super::stream::Stream;
use super::{import, scan};
use crate::{Fact, Graph, GraphError, Result};

/// Opsets of the standard domain that are understood.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=28;
/// Versions of the file format that are understood.
const IR_VERSIONS: std::ops::RangeInclusive<i64> = 3..=14;

/// A model: its graph in the dialect, and what its file says about itself.
#[derive(Clone, Debug)]
pub struct Model {
    /// The computation.
    pub graph: Graph,
    /// Where it comes from.
    pub info: ModelInfo,
}

/// What a model file says about itself.
#[derive(Clone, Debug, Default)]
pub struct ModelInfo {
    /// The file, or the name that was given with the bytes.
    pub path: PathBuf,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Version of the file format.
    pub ir_version: i64,
    /// Opset of the standard domain, as found in the file.
    pub opset: i64,
    /// Versions of the other domains.
    pub domains: BTreeMap<String, i64>,
    /// Name and version of the tool that wrote the file.
    pub producer: String,
    /// The metadata of the file.
    pub metadata: BTreeMap<String, String>,
    /// The description of the model.
    pub doc: String,
    /// What the file declares its outputs to be. It isn't checked; the graph doesn't rely on it.
    pub declared_outputs: Vec<(String, Fact)>,
    /// What was noticed and may surprise.
    pub notes: Vec<String>,
}

/// Opens a model file. Tensor data beside it is read from its folder only.
///
/// # Errors
/// When the file can't be read, isn't a valid ONNX model, is of a version that isn't known, or uses what can't be represented.
pub fn open(path: impl AsRef<Path>) -> Result<Model> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let read = |source| GraphError::Read { path: name.clone(), source };
    let mut file = File::open(path).map_err(read)?;
    let meta = file.metadata().map_err(read)?;
    if !meta.is_file() {
        return Err(GraphError::NotOnnx { path: name, reason: "it isn't a plain file".into() });
    }
    let size = meta.len();
    let fits = scan::fits(&mut BufReader::new(&file), size).map_err(read)?;
    file.rewind().map_err(read)?;
    let mut stream = Stream::new(file, size);
    let proto = decode(&mut stream, size, fits, &name);
    let hash = stream.finish().map_err(read)?;
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    build(proto?, hash, size, &name, Some(folder))
}

/// Reads a model from the bytes of its file. `name` stands for the path in messages; `folder` is where tensor data outside the file may
/// lie, without it there may be none.
///
/// # Errors
/// As [`open`].
pub fn from_bytes(bytes: impl Into<Bytes>, name: &str, folder: Option<&Path>) -> Result<Model> {
    let mut bytes = bytes.into();
    let size = bytes.len() as u64;
    let fits = scan::fits(&mut Cursor::new(&bytes), size).unwrap_or(false);
    let hash = Sha256::digest(&bytes).into();
    let proto = decode(&mut bytes, size, fits, name)?;
    build(proto, hash, size, name, folder)
}

fn decode(bytes: &mut impl Buf, size: u64, fits: bool, name: &str) -> Result<ModelProto> {
    let wrong = |reason: String| GraphError::NotOnnx { path: name.to_string(), reason };
    if size == 0 {
        return Err(wrong("it is empty".into()));
    }
    if !fits {
        return Err(wrong("it holds far more messages than a file of its size should".into()));
    }
    ModelProto::decode(bytes).map_err(|e| wrong(e.to_string()))
}

fn build(mut proto: ModelProto, hash: [u8; 32], size: u64, name: &str, folder: Option<&Path>) -> Result<Model> {
    let wrong = |reason: String| GraphError::NotOnnx { path: name.to_string(), reason };
    let opset = versions(&proto).map_err(wrong)?;
    let graph = proto.graph.take().ok_or_else(|| wrong("it has no graph".into()))?;
    let source = import::Source { functions: &proto.functions, opset, ir_version: proto.ir_version, size };
    let imported = import::build(graph, &source, &mut Loader::new(folder)).map_err(|e| in_file(e, name))?;
    let info = ModelInfo {
        path: PathBuf::from(name),
        sha256: hex(&hash),
        ir_version: proto.ir_version,
        opset,
        domains: proto
            .opset_import
            .iter()
            .filter(|o| !domain(&o.domain).is_empty())
            .map(|o| (o.domain.clone(), o.version))
            .collect(),
        producer: format!("{} {}", proto.producer_name, proto.producer_version).trim().to_string(),
        metadata: proto.metadata_props.into_iter().map(|e| (e.key, e.value)).collect(),
        doc: proto.doc_string,
        declared_outputs: imported.declared_outputs,
        notes: imported.notes,
    };
    Ok(Model { graph: imported.graph, info })
}

/// Checks the versions and gives the opset of the standard domain.
fn versions(proto: &ModelProto) -> Result<i64, String> {
    let ir = proto.ir_version;
    if !IR_VERSIONS.contains(&ir) {
        let (first, last) = (IR_VERSIONS.start(), IR_VERSIONS.end());
        return Err(format!("its IR version is `{ir}`, but only {first} to {last} are known"));
    }
    let imports = || proto.opset_import.iter().filter(|o| domain(&o.domain).is_empty()).map(|o| o.version);
    let opset = imports().max().ok_or("it doesn't say which opset it uses")?;
    if imports().any(|v| v != opset) {
        return Err("it names two opsets of the standard domain".into());
    }
    if !OPSETS.contains(&opset) {
        let (first, last) = (OPSETS.start(), OPSETS.end());
        return Err(format!(
            "its opset is `{opset}`, but only {first} to {last} are known; export it with another `opset_version`"
        ));
    }
    Ok(opset)
}

/// Says which file an error is about, where the error itself doesn't.
fn in_file(error: GraphError, name: &str) -> GraphError {
    match error {
        GraphError::Invalid(reason) => GraphError::NotOnnx { path: name.to_string(), reason },
        GraphError::Node { .. } => GraphError::NotOnnx { path: name.to_string(), reason: error.to_string() },
        other => other,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
