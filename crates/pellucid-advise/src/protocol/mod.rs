//! An evaluation protocol: what is run on what, with which parameters, and why; and what was weighed and left out.
//!
//! `protocol.toml` has the sections `[model]`, `[data]`, `[targets]`, `[[baselines]]`, `[[methods]]`, `[[metrics]]`, `[evaluation]`; the reasons
//! stand beside each entry. [`Protocol::parse`] reads what [`Protocol::to_toml`] writes and refuses everything else.

mod check;

use serde::{Deserialize, Serialize};

use pellucid_image::segment::Segmenter;

use crate::Result;
use crate::facts::{Direction, Family};
use crate::ontology::Coded;
use crate::preset::{Baseline, SegmentationTarget};
use crate::situation::{Depth, Role, Task};

/// A reason with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The reason.
    pub text: String,
    /// Its source: a preset, a rule with its literature, or `judgement`.
    pub source: String,
}

/// The preset that the advice rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetUsed {
    /// Id.
    pub id: String,
    /// SHA-256 of its text.
    pub sha256: String,
    /// File it was read from, for one that isn't of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How it was chosen.
    pub reason: String,
    /// The confidence of the recognition, where it was recognised from the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// How weak or strong the evidence behind its recommendations is.
    pub evidence: String,
}

/// Who reads, and what they see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Who.
    pub role: Role,
    /// What the model does.
    pub task: Task,
    /// How deep.
    pub depth: Depth,
    /// Which words.
    pub vocabulary: String,
    /// Items shown before one asks for more; 0 for all.
    pub items: usize,
    /// What is shown, in order.
    pub outputs: Vec<String>,
    /// What isn't shown to this role.
    pub left_out: Vec<String>,
}

/// The model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelUsed {
    /// Its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// Its name, from the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataUsed {
    /// Folder of images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Folder of masks of what should be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masks: Option<String>,
    /// Folder of masks of the valid region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<String>,
}

/// What is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// The logit of the decided class.
    Decision,
    /// The logit of each label that was found, one explanation each.
    EachLabel,
    /// The mean logit of a class over a region, frozen from the unperturbed run.
    Region,
    /// The score of one box before duplicates are suppressed.
    Box,
    /// The number itself.
    Output,
}

/// The targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// What is explained.
    pub kind: TargetKind,
    /// The labels; all of the card when empty.
    pub labels: Vec<String>,
    /// Codes of the labels, where a file of codes was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Coded>,
    /// For segmentations: the regions.
    pub regions: Vec<SegmentationTarget>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// How scores are gathered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Seeds; methods and metrics that draw are run with each.
    pub seeds: Vec<u64>,
    /// Resamples of the bootstrap over patients.
    pub bootstrap: u32,
    /// Coverage of the intervals.
    pub interval: f64,
    /// Maps without knowledge, scored along with the methods: a method that doesn't beat them is no better than nothing.
    pub controls: Vec<String>,
    /// Parts for methods that take segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Segmenter>,
    /// Standard deviation of a blur of maps before they are compared, samples of the model's grid along D, H, W.
    pub smoothing: Vec<f64>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// A method to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodUsed {
    /// Id.
    pub id: String,
    /// Family.
    pub family: Family,
    /// Baseline to compare with or to fill with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Usual cost, forwards of the model for each target.
    pub forwards: f64,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Parameters that differ from the defaults.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub params: toml::Table,
}

/// A metric to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricUsed {
    /// Id.
    pub id: String,
    /// Which values are better.
    pub direction: Direction,
    /// Baseline for what is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Parameters that differ from the defaults.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub params: toml::Table,
}

/// What kind of thing was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A method.
    Method,
    /// A metric.
    Metric,
    /// A baseline.
    Baseline,
}

/// Why something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// It would be recommended, but this build doesn't have it.
    Unavailable,
    /// The model or the data lack what it needs.
    Lacking,
    /// Something speaks against it here.
    Against,
    /// It costs more than is allowed.
    Cost,
    /// The role or depth shows no more.
    Depth,
}

/// Something considered and left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejected {
    /// What it is.
    pub what: What,
    /// Its id.
    pub id: String,
    /// Why in a word.
    pub because: Because,
    /// Why.
    pub reason: Reason,
}

/// A protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// Version of the format: 1.
    pub format: u32,
    /// Who reads.
    pub view: View,
    /// The preset.
    pub preset: PresetUsed,
    /// The model.
    pub model: ModelUsed,
    /// The data.
    pub data: DataUsed,
    /// What is explained.
    pub targets: Targets,
    /// How scores are gathered.
    pub evaluation: Evaluation,
    /// Baselines, the primary first.
    pub baselines: Vec<Baseline>,
    /// Methods, the most useful first.
    pub methods: Vec<MethodUsed>,
    /// Metrics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricUsed>,
    /// What was considered and left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// What every reader must know, whatever the role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Reason>,
}

/// What stands above a written protocol.
const HEADING: &str = "\
# Evaluation protocol. Every entry says why it is there; `[[rejected]]` says what was considered and left out, and why.
# Change what you like: what is run is what stands here.

";

impl Protocol {
    /// The protocol as TOML.
    ///
    /// # Errors
    /// When a whole number is too large for TOML.
    pub fn to_toml(&self) -> Result<String> {
        let text = toml::to_string(self).map_err(|e| crate::text::wrong("", "protocol", "", e.to_string()))?;
        Ok(format!("{HEADING}{text}"))
    }

    /// Reads a protocol; `file` names it in messages.
    ///
    /// # Errors
    /// When the text isn't TOML, a key is unknown, missing or of the wrong kind, an id stands there twice, or a baseline isn't among the baselines.
    pub fn parse(text: &str, file: &str) -> Result<Protocol> {
        let protocol: Protocol = crate::text::parse(text, file)?;
        match check::fault(&protocol) {
            Some((key, reason)) => Err(crate::text::wrong(text, file, &key, reason)),
            None => Ok(protocol),
        }
    }

    /// Forwards of the model that all methods together cost for one target and one seed.
    pub fn forwards(&self) -> f64 {
        self.methods.iter().map(|m| m.forwards).sum()
    }
}
