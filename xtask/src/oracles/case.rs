//! The format of oracle folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::npy::{self, Array};

/// A folder of cases.
#[derive(Debug, Deserialize)]
pub struct Folder {
    /// Model file, `None` where only its digest is given.
    #[serde(default)]
    pub model: Option<String>,
    /// Digest of the model file.
    #[serde(default)]
    pub model_sha256: Option<String>,
    /// Inputs by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, InputFile>,
    /// Earlier tensor that targets refer to.
    #[serde(default)]
    pub target_tensor: Option<String>,
    /// The cases.
    pub cases: Vec<Value>,
    /// Where the folder is.
    #[serde(skip)]
    pub path: PathBuf,
}

/// The file of an input.
#[derive(Debug, Deserialize)]
pub struct InputFile {
    /// Name of the file.
    pub file: String,
}

/// One case about a model.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// What is computed.
    pub method: String,
    /// Which definition.
    #[serde(default)]
    pub variant: Option<String>,
    /// The scalar that is explained.
    #[serde(default)]
    pub target: Option<Value>,
    /// Tensor name, or several.
    #[serde(default)]
    pub layer: Option<Value>,
    /// Numbers.
    #[serde(default)]
    pub params: serde_json::Map<String, Value>,
    /// Arrays handed in.
    #[serde(default)]
    pub aux: BTreeMap<String, String>,
    /// Arrays expected.
    #[serde(default)]
    pub expected: BTreeMap<String, String>,
    /// Numbers expected.
    #[serde(default)]
    pub scalars: BTreeMap<String, Value>,
    /// Error of the same algorithm in f32.
    #[serde(default)]
    pub float32_rel_to_max: Option<f64>,
    /// What is demanded.
    #[serde(default)]
    pub tolerance: Tolerance,
}

/// What is demanded of a case.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Tolerance {
    /// `max |a - b| <= r max |b|`.
    #[serde(default)]
    pub rel_to_max: Option<f64>,
    /// Rounding decides in f32: a relaxed demand holds there.
    #[serde(default)]
    pub float64_only: bool,
    /// A property is demanded instead of numbers.
    #[serde(default)]
    pub property: Option<String>,
}

impl Folder {
    /// Reads `cases.json`.
    pub fn open(path: &Path) -> Result<Folder> {
        let file = path.join("cases.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
        let mut folder: Folder =
            serde_json::from_str(&text).with_context(|| format!("{} isn't in the known format", file.display()))?;
        folder.path = path.to_path_buf();
        Ok(folder)
    }

    /// An array of the folder.
    pub fn array(&self, file: &str) -> Result<Array> {
        npy::read(&self.path.join(file))
    }
}

impl Case {
    /// The layers, in order.
    pub fn layers(&self) -> Vec<String> {
        match &self.layer {
            Some(Value::String(s)) => vec![s.clone()],
            Some(Value::Array(v)) => v.iter().filter_map(|s| s.as_str().map(str::to_string)).collect(),
            _ => vec![],
        }
    }
}
