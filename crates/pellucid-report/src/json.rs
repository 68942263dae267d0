//! The file format of explanations: mirror types of their own, so that the file stays the same when inner types change.

use std::collections::BTreeMap;

use pellucid_explain::{BalanceLine, Check, Counts, Explanation, Grid, Provenance, TargetInfo};
use serde::{Deserialize, Serialize};

use crate::display::Empty;
use crate::scene::{AgreementTable, Entry, Panel, Scene, Seen, TruthPanel};
use crate::{Case, ReportError, Result};

/// Name and version of the format.
pub const FORMAT: &str = "pellucid.explanation/1";

/// A file of explanations of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Always [`FORMAT`].
    pub format: String,
    /// Name of the case.
    pub name: String,
    /// The model.
    pub model: ModelPart,
    /// The inputs that are images, the main one first.
    pub inputs: Vec<InputPart>,
    /// The model's output.
    pub output: OutputPart,
    /// The explanations.
    pub explanations: Vec<ExplanationPart>,
    /// Methods that gave nothing.
    pub failures: Vec<FailurePart>,
    /// How far maps of the same target agree.
    pub agreement: Vec<AgreementPart>,
    /// A known region and what maps have of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth: Option<TruthPart>,
    /// Files written with this one, relative to its folder.
    pub files: Vec<String>,
}

/// The model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelPart {
    /// Name.
    pub name: String,
    /// Class names.
    pub labels: Vec<String>,
}

/// An input and the image that it was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputPart {
    /// Name of the input.
    pub name: String,
    /// Spatial sizes of the input, `[D, H, W]`.
    pub grid: [usize; 3],
    /// Number of its spatial axes.
    pub spatial_axes: usize,
    /// Upper three rows of the matrix that maps places `(x, y, z)` of the input to voxels of the image.
    pub image_from_input: [[f64; 4]; 3],
    /// The image.
    pub image: ImagePart,
}

/// An image, without path or patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImagePart {
    /// File format.
    pub format: String,
    /// `[C, D, H, W]`.
    pub shape: [usize; 4],
    /// SHA-256 of shape and values.
    pub sha256: String,
    /// What its values measure.
    pub units: pellucid_image::Units,
    /// Position of its voxels.
    pub geometry: pellucid_image::Geometry,
    /// What its reader should know.
    pub notes: Vec<String>,
}

/// The model's output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputPart {
    /// Name of the output.
    pub name: String,
    /// Activation that the values below are taken before.
    pub activation: Option<String>,
    /// The decision in words.
    pub decision: String,
    /// One entry per class.
    pub classes: Vec<ClassPart>,
}

/// A class of the output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassPart {
    /// Index.
    pub index: usize,
    /// Name.
    pub label: String,
    /// Value before the activation; mean over positions for a segmentation.
    #[serde(with = "number")]
    pub value: f64,
    /// Probability, or share of positions for a segmentation.
    pub share: Option<f64>,
}

/// An explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplanationPart {
    /// Method id.
    pub method: String,
    /// What was explained.
    pub target: TargetPart,
    /// Where evidence was read, in words.
    pub site: String,
    /// The evidence.
    pub evidence: Vec<EvidencePart>,
    /// Further arrays, such as channel weights.
    pub extras: Vec<ExtraPart>,
    /// Properties measured.
    pub checks: Vec<CheckPart>,
    /// What each node got of the target's value and handed on, in the order of the graph.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub balance: Vec<BalanceLine>,
    /// Warnings and remarks.
    pub notes: Vec<String>,
    /// What was run.
    pub counts: CountsPart,
    /// How it came about.
    pub provenance: ProvenancePart,
}

/// What was explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TargetPart {
    pub description: String,
    pub class: Option<usize>,
    pub label: Option<String>,
    #[serde(with = "number")]
    pub value: f64,
    pub stepped_over: Option<String>,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EvidencePart {
    /// Raw signed numbers on a grid; the numbers are in an archive.
    Map {
        /// Where the grid lies.
        grid: GridPart,
        /// Sizes of the axes.
        shape: Vec<usize>,
        /// The archive.
        file: String,
        /// Name of the array in it.
        array: String,
        /// Smallest value.
        #[serde(with = "number")]
        min: f64,
        /// Largest value.
        #[serde(with = "number")]
        max: f64,
        /// Sum of the values.
        #[serde(with = "number")]
        sum: f64,
        /// The map resampled to the image's voxels, for volumes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nifti: Option<String>,
        /// How it is shown.
        shown: ShownPart,
    },
}

/// A further array of a method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraPart {
    /// What it is.
    pub name: String,
    /// The archive.
    pub file: String,
    /// Name of the array in it.
    pub array: String,
    /// Number of values.
    pub count: usize,
}

/// Where a grid lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "kebab-case")]
pub enum GridPart {
    /// The grid of an input.
    Input {
        /// Its name.
        name: String,
    },
    /// The spatial grid of a layer, which covers the whole input.
    Layer {
        /// Name of the wire.
        name: String,
    },
}

/// How a map is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownPart {
    /// The picture, if there is one.
    pub picture: Option<String>,
    /// The value at which the colours end.
    #[serde(with = "number")]
    pub limit: f64,
    /// Whether both signs are shown.
    pub signed: bool,
    /// Unit of the values.
    pub unit: String,
    /// Why nothing is shown: `zero`, `constant`, `nothing-positive` or a sentence.
    pub empty: Option<String>,
    /// Every choice, in words.
    pub steps: Vec<String>,
}

/// A measured property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CheckPart {
    pub name: String,
    pub statement: String,
    #[serde(with = "number")]
    pub residual: f64,
    #[serde(with = "number")]
    pub relative: f64,
    pub holds: bool,
}

/// What was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CountsPart {
    pub forwards: u64,
    pub backwards: u64,
    pub suffixes: u64,
}

/// How an explanation came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ProvenancePart {
    pub pellucid: String,
    pub model_sha256: String,
    pub graph_sha256: String,
    pub inputs_sha256: BTreeMap<String, String>,
    pub method: String,
    pub revision: u32,
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Steps as recorded; those that are JSON stand as such.
    pub preprocessing: Vec<serde_json::Value>,
    pub engine: String,
    pub device: String,
    #[serde(with = "number")]
    pub seconds: f64,
    pub time: String,
    pub rules: Vec<String>,
}

/// A method that gave nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FailurePart {
    pub method: String,
    pub reason: String,
    pub hints: Vec<String>,
}

/// Pairwise agreement of the maps of a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementPart {
    /// The target.
    pub target: String,
    /// The maps.
    pub maps: Vec<String>,
    /// Spearman correlation of shown magnitudes; null for a constant map.
    pub rank_correlation: Vec<Vec<Option<f64>>>,
    /// Overlap of the strongest tenth; null for a constant map.
    pub top_tenth_overlap: Vec<Vec<Option<f64>>>,
}

/// A known region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthPart {
    /// What it is.
    pub name: String,
    /// Share of the input that it takes.
    pub area: f64,
    /// What each map has of it.
    pub maps: Vec<TruthMapPart>,
}

/// What a map has of a known region; null for an empty map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TruthMapPart {
    pub target: String,
    pub map: String,
    pub mass_inside: Option<f64>,
    pub precision: Option<f64>,
    pub strongest_inside: Option<bool>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// When the text isn't JSON, isn't of this format and version, or lacks a field.
    pub fn parse(text: &str) -> Result<Document> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let bad = |e: serde_json::Error| ReportError::Json { reason: e.to_string() };
        let head: Head = serde_json::from_str(text).map_err(bad)?;
        if head.format != FORMAT {
            return Err(ReportError::Format { found: head.format, expected: FORMAT });
        }
        serde_json::from_str(text).map_err(bad)
    }

    /// The document as indented JSON.
    pub fn to_json(&self) -> String {
        // every map in the document has text keys, so this can't fail
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    pub(crate) fn of(scene: &Scene, names: &FileNames, files: Vec<String>) -> Document {
        let targets: BTreeMap<usize, &str> =
            scene.targets().into_iter().map(|e| (e.target, e.explanation.target.description.as_str())).collect();
        let target = |n: usize| targets.get(&n).copied().unwrap_or_default().to_string();
        Document {
            format: FORMAT.into(),
            name: scene.case.name.to_string(),
            model: ModelPart { name: scene.case.model.to_string(), labels: scene.case.labels.to_vec() },
            inputs: scene.inputs.iter().map(input_part).collect(),
            output: output_part(scene.case, scene),
            explanations: scene.entries.iter().map(|e| explanation_part(e, names)).collect(),
            failures: scene
                .failures
                .iter()
                .map(|(m, e)| FailurePart { method: (*m).to_string(), reason: e.to_string(), hints: e.hints() })
                .collect(),
            agreement: scene.agreements.iter().map(|a| agreement_part(a, target(a.target))).collect(),
            truth: scene.truth.as_ref().map(|t| truth_part(t, target)),
            files,
        }
    }
}

/// Names of files as the folder has them.
pub(crate) struct FileNames {
    /// The archive of maps.
    pub archive: &'static str,
    /// Picture of a map.
    pub picture: fn(&Panel) -> Option<String>,
    /// Volume of a map.
    pub nifti: fn(&Panel) -> Option<String>,
}

fn input_part(input: &Seen) -> InputPart {
    let image = input.image;
    InputPart {
        name: input.name.to_string(),
        grid: input.grid.grid(),
        spatial_axes: input.grid.rank(),
        image_from_input: input.frame.image_from_input().rows,
        image: ImagePart {
            format: image.source.format.name().into(),
            shape: image.shape(),
            sha256: image.digest(),
            units: image.units.clone(),
            geometry: image.geometry,
            notes: image.notes.clone(),
        },
    }
}

fn output_part(case: &Case, scene: &Scene) -> OutputPart {
    let classes = scene.decision.scores.iter();
    OutputPart {
        name: case.outcome.output.name.clone(),
        activation: case.outcome.output.activation.clone(),
        decision: scene.decision.headline(),
        classes: classes
            .map(|s| ClassPart { index: s.index, label: s.label.clone(), value: s.raw, share: s.share })
            .collect(),
    }
}

fn explanation_part(entry: &Entry, names: &FileNames) -> ExplanationPart {
    let Explanation { method, target, site, evidence: _, checks, extras, balance, notes, counts, provenance } =
        entry.explanation;
    ExplanationPart {
        method: method.clone(),
        target: TargetPart::from(target),
        site: site.clone(),
        evidence: entry.panels.iter().map(|p| evidence_part(p, names)).collect(),
        extras: extras
            .iter()
            .zip(&entry.extras)
            .map(|((name, values), array)| ExtraPart {
                name: name.clone(),
                file: names.archive.into(),
                array: array.clone(),
                count: values.len(),
            })
            .collect(),
        checks: checks.iter().map(CheckPart::from).collect(),
        balance: balance.clone(),
        notes: notes.clone(),
        counts: CountsPart::from(counts),
        provenance: ProvenancePart::from(provenance),
    }
}

fn evidence_part(panel: &Panel, names: &FileNames) -> EvidencePart {
    let values = panel.map.values.iter().map(|v| f64::from(*v));
    let shown = match &panel.shown {
        Ok(s) => ShownPart {
            picture: (names.picture)(panel),
            limit: s.scale.limit.into(),
            signed: s.scale.signed,
            unit: s.unit.into(),
            empty: s.empty.map(|e| empty_id(e).to_string()),
            steps: s.words.clone(),
        },
        Err(why) => ShownPart {
            picture: None,
            limit: 0.0,
            signed: false,
            unit: String::new(),
            empty: Some(why.clone()),
            steps: vec![],
        },
    };
    EvidencePart::Map {
        grid: GridPart::from(&panel.map.grid),
        shape: panel.map.shape.clone(),
        file: names.archive.into(),
        array: panel.array.clone(),
        min: values.clone().fold(f64::INFINITY, f64::min),
        max: values.clone().fold(f64::NEG_INFINITY, f64::max),
        sum: values.sum(),
        nifti: (names.nifti)(panel),
        shown,
    }
}

fn empty_id(empty: Empty) -> &'static str {
    match empty {
        Empty::Zero => "zero",
        Empty::Constant => "constant",
        Empty::NothingPositive => "nothing-positive",
    }
}

fn agreement_part(table: &AgreementTable, target: String) -> AgreementPart {
    let each = |pick: fn(&crate::Agreement) -> Option<f64>| {
        table.cells.iter().map(|row| row.iter().map(pick).collect()).collect()
    };
    AgreementPart {
        target,
        maps: table.names.clone(),
        rank_correlation: each(|a| a.rank_correlation),
        top_tenth_overlap: each(|a| a.overlap),
    }
}

fn truth_part(panel: &TruthPanel, target: impl Fn(usize) -> String) -> TruthPart {
    let maps = panel.hits.iter().map(|(t, map, hit)| TruthMapPart {
        target: target(*t),
        map: map.clone(),
        mass_inside: hit.mass,
        precision: hit.precision,
        strongest_inside: hit.pointing,
    });
    TruthPart { name: panel.name.clone(), area: panel.area, maps: maps.collect() }
}

impl From<&Grid> for GridPart {
    fn from(grid: &Grid) -> GridPart {
        match grid {
            Grid::Input { name } => GridPart::Input { name: name.clone() },
            Grid::Layer { name } => GridPart::Layer { name: name.clone() },
        }
    }
}

/// Field by field, so that a new field of the inner type is an error here until the format says what becomes of it.
macro_rules! mirror {
    ($inner:ident => $part:ident { $($field:ident),+ $(,)? }) => {
        impl From<&$inner> for $part {
            fn from(inner: &$inner) -> $part {
                let $inner { $($field),+ } = inner.clone();
                $part { $($field),+ }
            }
        }
    };
}

mirror!(TargetInfo => TargetPart { description, class, label, value, stepped_over });
mirror!(Check => CheckPart { name, statement, residual, relative, holds });
mirror!(Counts => CountsPart { forwards, backwards, suffixes });

impl From<&Provenance> for ProvenancePart {
    fn from(inner: &Provenance) -> ProvenancePart {
        let Provenance {
            pellucid,
            model_sha256,
            graph_sha256,
            inputs_sha256,
            method,
            revision,
            parameters,
            rules,
            engine,
            device,
            seconds,
            time,
            preprocessing,
        } = inner.clone();
        let step = |s: String| match serde_json::from_str(&s) {
            Ok(recorded @ serde_json::Value::Object(_)) => recorded,
            _ => s.into(),
        };
        let preprocessing = preprocessing.into_iter().map(step).collect();
        ProvenancePart {
            pellucid,
            model_sha256,
            graph_sha256,
            inputs_sha256,
            method,
            revision,
            parameters,
            preprocessing,
            engine,
            device,
            seconds,
            time,
            rules,
        }
    }
}

/// Numbers that JSON can't say become text: `nan`, `inf`, `-inf`.
mod number {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(v: &f64, s: S) -> Result<S::Ok, S::Error> {
        if v.is_finite() { s.serialize_f64(*v) } else { s.serialize_str(&v.to_string().to_lowercase()) }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(f64),
            Text(String),
        }
        match Either::deserialize(d)? {
            Either::Number(v) => Ok(v),
            Either::Text(t) => match t.as_str() {
                "nan" => Ok(f64::NAN),
                "inf" => Ok(f64::INFINITY),
                "-inf" => Ok(f64::NEG_INFINITY),
                other => Err(D::Error::custom(format!("`{other}` isn't a number"))),
            },
        }
    }
}
