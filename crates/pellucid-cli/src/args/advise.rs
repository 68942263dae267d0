//! What can be typed to ask for advice and presets.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{EngineArgs, SeriesArgs};

/// What the model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum TaskArg {
    Classification,
    MultiLabel,
    Segmentation,
    Detection,
    Regression,
}

/// Who reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// All methods, metrics, parameters
    #[default]
    Researcher,
    /// Findings first, a few methods
    Radiologist,
    /// Image quality and artefacts, cheap methods only
    Technician,
}

/// How much is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DepthArg {
    /// Cheap methods, two at most
    Triage,
    /// Five methods at most
    Diagnosis,
    /// Everything
    Audit,
}

/// Options of `advise`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pellucid advise scan.dcm                                      what suits this kind of image
  pellucid advise study/ --series 2 --model model.onnx          ... and what this model allows
  pellucid advise slide.png --preset histopathology --task classification --role radiologist
  pellucid advise scan.dcm --model model.onnx --data images/ --masks masks/ --have labels --out protocol.toml
Every recommendation comes with its reason and source, and what was weighed and left out with the reason against it. The modality is taken
from `--preset`, else from the model card, else recognised from the image; when readings are too close you are asked to name one.")]
pub struct AdviseArgs {
    /// An image of the kind to explain: a file, a folder with one DICOM series, or an OME-Zarr folder
    pub image: PathBuf,
    /// The model, an .onnx file: what its graph allows is found out
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Model card; `model.toml` or `NAME.toml` beside the model when left out
    #[arg(long, value_name = "FILE")]
    pub card: Option<PathBuf>,
    /// What the model does; the card's task when left out
    #[arg(long, value_enum, value_name = "TASK")]
    pub task: Option<TaskArg>,
    /// Who reads: every role gets the same warnings
    #[arg(long, value_enum, default_value_t, value_name = "ROLE")]
    pub role: RoleArg,
    /// How deep; the role's depth when left out
    #[arg(long, value_enum, value_name = "DEPTH")]
    pub depth: Option<DepthArg>,
    /// Forwards of the model that all methods together may cost for one target and seed
    #[arg(long, value_name = "N")]
    pub budget: Option<f64>,
    /// Preset by id or alias; `pellucid presets` lists them
    #[arg(long, value_name = "ID")]
    pub preset: Option<String>,
    /// Folder of presets of your own, which join or replace those of the program
    #[arg(long, value_name = "FOLDER")]
    pub presets: Option<PathBuf>,
    /// Folder of images to evaluate on
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Folder of masks of what should be found
    #[arg(long, value_name = "FOLDER")]
    pub masks: Option<PathBuf>,
    /// Folder of masks of the valid region
    #[arg(long, value_name = "FOLDER")]
    pub regions: Option<PathBuf>,
    /// What else is at hand, separated by commas: training-images, training-labels, concept-labels, checkpoints, region-labels, labels,
    /// text-encoder, text-decoder, instances, time-axis
    #[arg(long, value_name = "NEED", value_delimiter = ',')]
    pub have: Vec<String>,
    /// The protocol to write
    #[arg(long, short, value_name = "FILE", default_value = "protocol.toml")]
    pub out: PathBuf,
    /// Replace a protocol that is there already
    #[arg(long)]
    pub force: bool,
    /// Which volume of a folder
    #[command(flatten)]
    pub series: SeriesArgs,
    /// Engine
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Options of `presets`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pellucid presets                            the list
  pellucid presets ct                         all about one: units, baselines, parts, windows, methods, metrics, cautions, sources
  pellucid presets ct --toml > mine/ct.toml   a copy to change; `pellucid advise --presets mine` uses it")]
pub struct PresetsArgs {
    /// A preset by id or alias, such as `ct` or `MG`
    pub id: Option<String>,
    /// Print the preset as the file it is written in, to start one of your own
    #[arg(long, requires = "id")]
    pub toml: bool,
    /// Folder of presets of your own, which join or replace those of the program
    #[arg(long, value_name = "FOLDER")]
    pub presets: Option<PathBuf>,
}
