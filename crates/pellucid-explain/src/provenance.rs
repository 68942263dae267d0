//! How an explanation came about: digests, parameters, versions. No patient data: digests only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything needed to run the same explanation again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of Pellucid.
    pub pellucid: String,
    /// SHA-256 of the model file.
    pub model_sha256: String,
    /// SHA-256 of the graph that ran.
    pub graph_sha256: String,
    /// SHA-256 of each input tensor, by input name.
    pub inputs_sha256: BTreeMap<String, String>,
    /// Method id.
    pub method: String,
    /// Revision of the method's numbers.
    pub revision: u32,
    /// Every parameter, defaults filled in.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Backward rules: `node (operator): rule, because`.
    pub rules: Vec<String>,
    /// Engine id and version.
    pub engine: String,
    /// Device.
    pub device: String,
    /// Seconds spent.
    pub seconds: f64,
    /// When, as RFC 3339 in UTC.
    pub time: String,
    /// Steps that made the input from the image, in order.
    pub preprocessing: Vec<String>,
}
