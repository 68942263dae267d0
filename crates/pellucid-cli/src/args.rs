//! What can be typed.

mod advise;
mod convert;
mod dicom;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use advise::{AdviseArgs, DepthArg, PresetsArgs, RoleArg, TaskArg};
pub use convert::ConvertArgs;
pub use dicom::{DicomArgs, DicomWebAction, DicomWebArgs, IdentityArg, SeriesArgs, ServerArgs};

/// Explains trained biomedical imaging models: a model (.onnx) and images in; maps, checks, provenance and a report out.
#[derive(Debug, Parser)]
#[command(name = "pellucid", version, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pellucid demo                                     everything on a bundled model and a phantom, with a report
  pellucid inspect model.onnx                       inputs, outputs, the layer that would be read
  pellucid explain model.onnx scan.png              explain the model's own decision
  pellucid explain model.onnx scans/ --method grad-cam,saliency --target top3 --out maps
  pellucid explain model.onnx study/ --dicom        a DICOM series as one volume; results as DICOM objects
  pellucid advise scan.dcm --model model.onnx       what to run on this kind of image, and why
  pellucid methods grad-cam                         what a method computes, its parameters and cautions
Research use only: a map shows what a model used, not what is true of a patient.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain a bundled model on a phantom with a known lesion, and write a report
    Demo(DemoArgs),
    /// Show what a model is: inputs, outputs, classes, layers, operators
    Inspect(InspectArgs),
    /// Explain what a model decides for images
    Explain(ExplainArgs),
    /// Run many methods on one image, and show how far they agree and what each costs
    Compare(CompareArgs),
    /// Score methods on a folder of images by a protocol: tables, tests between methods, a report
    Evaluate(EvaluateArgs),
    /// Rank the methods on the bundled model and phantoms with known lesions
    Benchmark(BenchmarkArgs),
    /// Save a compiled method for a model and target as a plain .onnx file
    Export(ExportArgs),
    /// List the methods, or tell all about one
    Methods(MethodsArgs),
    /// Recommend methods, metrics and baselines for an image and a model, with reasons, and write them as a protocol
    Advise(AdviseArgs),
    /// List the modality presets, or tell all about one
    Presets(PresetsArgs),
    /// Fetch studies from a DICOMweb archive, and store results there
    Dicomweb(DicomWebArgs),
    /// Convert images and volumes between formats, orientations and voxel sizes
    Convert(ConvertArgs),
    /// Tell which engines were found, and why one is chosen
    Doctor(EngineArgs),
    /// Write a commented model card for a model
    Card(CardArgs),
    /// Make phantom images with planted lesions and known masks
    Phantom(PhantomArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// How graphs are run.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArgs {
    /// Engine: auto, tract, onnxruntime, reference
    #[arg(long, default_value = "auto", value_name = "NAME")]
    pub engine: String,
    /// Device: auto, cpu, cuda, cuda:N
    #[arg(long, default_value = "auto", value_name = "NAME")]
    pub device: String,
    /// Number of threads; all cores when left out
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Memory to stay under, such as 4G; half of the free memory when left out
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
}

/// The model and how an image becomes its input.
#[derive(Clone, Debug, Args)]
pub struct ModelArgs {
    /// The model, an .onnx file
    pub model: PathBuf,
    /// Model card; `model.toml` or `NAME.toml` beside the model when left out
    #[arg(long, value_name = "FILE")]
    pub card: Option<PathBuf>,
}

/// What is explained, and where evidence is read.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What to explain")]
pub struct TargetArgs {
    /// Targets, separated by commas: `decision` (default), `top3`, a class number or name, `prob:C`, `logprob:C`, `sigmoid:C`, `margin:C`,
    /// `contrast:C:D`, `sign:+1`, `sign:-1`, `region:C` (segmentation; `region:C:largest`, `:smallest`, `:mean`), `pixel:C:Y:X`,
    /// `unit:LAYER:CHANNEL`
    #[arg(long, value_name = "TARGET", value_delimiter = ',')]
    pub target: Vec<String>,
    /// Layers to read, by name, separated by commas; found when left out
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub layer: Vec<String>,
    /// Output to explain, when the model has several
    #[arg(long, value_name = "NAME")]
    pub output: Option<String>,
    /// A parameter of a method, `METHOD.NAME=VALUE` or `NAME=VALUE` for all that have it; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Check each map: is it better than maps that know nothing of the model, does it depend on the weights? About 400 forwards more
    #[arg(long)]
    pub check: bool,
}

/// Options of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pellucid explain model.onnx scan.png
  pellucid explain model.onnx scan.dcm --method integrated-gradients --set steps=100
  pellucid explain model.onnx folder/ --target top3 --out maps --json > summary.json
  pellucid explain unet.onnx brain.nii.gz --target region:1:largest --method grad-cam
  pellucid explain unet3d.onnx study/ --series 2 --dicom --out maps
A folder that is one DICOM series, or an OME-Zarr image, is one volume. One with several series lists them: choose with `--series`. Any other
folder is searched for images; one that fails is reported, the others are done, and the exit code is 1. To explain the slices of a series one
by one, name them: `study/*.dcm`.")]
pub struct ExplainArgs {
    /// Model and card
    #[command(flatten)]
    pub model: ModelArgs,
    /// Images or folders of images
    #[arg(required = true)]
    pub images: Vec<PathBuf>,
    /// Methods, separated by commas, or `all`; `pellucid methods` lists them
    #[arg(long, short, value_name = "NAME", value_delimiter = ',', default_value = "grad-cam")]
    pub method: Vec<String>,
    /// Folder for the results
    #[arg(long, short, value_name = "FOLDER", default_value = "pellucid-out")]
    pub out: PathBuf,
    /// Replace results that are there already
    #[arg(long)]
    pub force: bool,
    /// Print a summary as JSON
    #[arg(long)]
    pub json: bool,
    /// No progress bars
    #[arg(long, short)]
    pub quiet: bool,
    /// Target and layer
    #[command(flatten)]
    pub target: TargetArgs,
    /// Which volume of a folder
    #[command(flatten)]
    pub series: SeriesArgs,
    /// Results as DICOM objects
    #[command(flatten)]
    pub dicom: DicomArgs,
    /// Engine
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Options of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pellucid compare model.onnx scan.png
  pellucid compare model.onnx scan.dcm --method grad-cam,lrp,rise --target top2 --out comparison
Agreement says that methods see the same, not that they are right: methods of one family share their mistakes.")]
pub struct CompareArgs {
    /// Model and card
    #[command(flatten)]
    pub model: ModelArgs,
    /// The image: a file, a folder with a DICOM series, or an OME-Zarr folder
    pub image: PathBuf,
    /// Methods, separated by commas, or `all`; some of every family that fit the model when left out
    #[arg(long, short, value_name = "NAME", value_delimiter = ',')]
    pub method: Vec<String>,
    /// Folder for the results
    #[arg(long, short, value_name = "FOLDER", default_value = "pellucid-compare")]
    pub out: PathBuf,
    /// Replace results that are there already
    #[arg(long)]
    pub force: bool,
    /// No progress bars
    #[arg(long, short)]
    pub quiet: bool,
    /// Target and layer
    #[command(flatten)]
    pub target: TargetArgs,
    /// Which volume of a folder
    #[command(flatten)]
    pub series: SeriesArgs,
    /// Engine
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Options of `evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "\
A protocol names methods and metrics, and may name the model and the data:
  [model]
  file = \"model.onnx\"
  [data]
  folder = \"images\"
  masks = \"masks\"
  [[methods]]
  id = \"grad-cam\"
  [[metrics]]
  id = \"deletion\"
  params = { baseline = \"min\" }
  [evaluation]
  seeds = [0]
  controls = [\"random\", \"centre\", \"edges\"]
Examples:
  pellucid evaluate protocol.toml --out evaluation
  pellucid evaluate protocol.toml --model other.onnx --data images --masks masks
Stopped at any moment and started again, it makes only the scores that are missing, and gives the same tables.
Masks may lie in a folder of their own under the names of the images, or beside them with `_mask` or `_seg` behind the name.")]
pub struct EvaluateArgs {
    /// The protocol, a .toml file
    pub protocol: PathBuf,
    /// The model; the one that the protocol names when left out
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Folder of images; the one that the protocol names when left out
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Folder of masks; the one that the protocol names when left out
    #[arg(long, value_name = "FOLDER")]
    pub masks: Option<PathBuf>,
    /// Folder for the results
    #[arg(long, short, value_name = "FOLDER", default_value = "pellucid-evaluation")]
    pub out: PathBuf,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
    /// Engine
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Options of `benchmark`.
#[derive(Debug, Args)]
pub struct BenchmarkArgs {
    /// Number of phantoms, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub phantoms: u32,
    /// Seed of the phantoms, methods and metrics: the same one gives the same table
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Volumes instead of images
    #[arg(long)]
    pub volume: bool,
    /// Methods, separated by commas; those that cost no more than some thousand passes when left out
    #[arg(long, short, value_name = "NAME", value_delimiter = ',')]
    pub method: Vec<String>,
    /// Metrics, separated by commas; some of every family when left out
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub metric: Vec<String>,
    /// Folder for the results
    #[arg(long, short, value_name = "FOLDER", default_value = "pellucid-benchmark")]
    pub out: PathBuf,
    /// No progress bar
    #[arg(long, short)]
    pub quiet: bool,
    /// Engine
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder for the report
    #[arg(long, short, value_name = "FOLDER", default_value = "pellucid-demo")]
    pub out: PathBuf,
    /// Which phantom: the same number gives the same image
    #[arg(long, default_value_t = 3)]
    pub index: u64,
    /// A volume and the 3-D model instead of an image
    #[arg(long)]
    pub volume: bool,
    /// No progress bars
    #[arg(long, short)]
    pub quiet: bool,
    /// Engine
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Options of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Model and card
    #[command(flatten)]
    pub model: ModelArgs,
    /// Sizes for inputs that leave them open, such as `1x3x224x224`; one per input
    #[arg(long, value_name = "SHAPE")]
    pub shape: Vec<String>,
    /// List every layer that can be read
    #[arg(long)]
    pub layers: bool,
    /// Print the graph, one node a line
    #[arg(long)]
    pub graph: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  pellucid export model.onnx --method grad-cam --target 1 --image scan.png --out gradcam.onnx
The file takes the model's inputs and gives `map` and the target's score; any ONNX engine runs it.")]
pub struct ExportArgs {
    /// Model and card
    #[command(flatten)]
    pub model: ModelArgs,
    /// The method; it must be compiled
    #[arg(long, short, value_name = "NAME", default_value = "grad-cam")]
    pub method: String,
    /// An image that fixes the input's size, and the decision where no target is given
    #[arg(long, value_name = "FILE")]
    pub image: PathBuf,
    /// The file to write
    #[arg(long, short, value_name = "FILE", default_value = "explanation.onnx")]
    pub out: PathBuf,
    /// Target and layer
    #[command(flatten)]
    pub target: TargetArgs,
    /// Which volume, where the image is a folder
    #[command(flatten)]
    pub series: SeriesArgs,
    /// Engine
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Options of `methods`.
#[derive(Debug, Args)]
pub struct MethodsArgs {
    /// A method to tell all about
    pub method: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `card`.
#[derive(Debug, Args)]
pub struct CardArgs {
    /// What to do with the card
    #[command(subcommand)]
    pub action: CardAction,
}

/// Actions on cards.
#[derive(Debug, Subcommand)]
pub enum CardAction {
    /// Write a commented card from what the model's graph says
    Init {
        /// The model
        model: PathBuf,
        /// The card to write; `NAME.toml` beside the model when left out
        #[arg(long, short)]
        out: Option<PathBuf>,
        /// Replace a card that is there already
        #[arg(long)]
        force: bool,
    },
    /// Check a card
    Check {
        /// The card
        card: PathBuf,
    },
}

/// Options of `phantom`.
#[derive(Debug, Args)]
pub struct PhantomArgs {
    /// Folder for images, masks and labels
    #[arg(long, short, value_name = "FOLDER", default_value = "phantoms")]
    pub out: PathBuf,
    /// How many
    #[arg(long, short = 'n', default_value_t = 16)]
    pub count: u64,
    /// Seed; the same seed gives the same images
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Volumes (NIfTI) instead of images (PNG)
    #[arg(long)]
    pub volume: bool,
}
