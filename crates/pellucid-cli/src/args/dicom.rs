//! What can be typed about DICOM: which series, results as objects, archives.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Which volume of a folder.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "DICOM in")]
pub struct SeriesArgs {
    /// Series of a folder that holds several: its number in the list, its UID, or `all`
    #[arg(long, value_name = "NUMBER|UID|all")]
    pub series: Option<String>,
    /// Volume of a series that holds several (echoes, time points, b-values), from 0
    #[arg(long, value_name = "N")]
    pub part: Option<usize>,
    /// Where slices are missing or unevenly spaced, take the longest even run instead of refusing
    #[arg(long)]
    pub longest_run: bool,
    /// Take slices of a tilted gantry as they lie
    #[arg(long)]
    pub accept_tilt: bool,
}

/// Whose name results carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum IdentityArg {
    /// A pseudonym made from the study's identifier; an archive files the results apart from the study
    #[default]
    Replace,
    /// The patient's of the source, so that an archive files the results with the study
    Keep,
}

/// Results as DICOM objects.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "DICOM out")]
pub struct DicomArgs {
    /// Also write each map as DICOM objects on the grid of the source: Parametric Map, Segmentation, Secondary Capture, Structured Report
    #[arg(long)]
    pub dicom: bool,
    /// Whose identity the objects carry
    #[arg(long, value_enum, default_value_t, requires = "dicom", value_name = "HOW")]
    pub identity: IdentityArg,
    /// Share of the voxels that the model saw whose evidence becomes the segment "evidence for"; evidence against joins where it is as strong
    #[arg(long, default_value_t = 0.05, requires = "dicom", value_name = "SHARE")]
    pub top: f32,
}

/// Options of `dicomweb`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pellucid dicomweb fetch https://pacs.example.org/dicom-web 1.2.840.1 study/
  pellucid explain model.onnx study/ --series 2 --dicom --out maps
  pellucid dicomweb store https://pacs.example.org/dicom-web maps/dicom
Plain http goes to this machine only. Redirects aren't followed. Credentials come from the environment, never from the command line:
PELLUCID_DICOMWEB_USER and PELLUCID_DICOMWEB_PASSWORD, or PELLUCID_DICOMWEB_TOKEN.")]
pub struct DicomWebArgs {
    /// What to do
    #[command(subcommand)]
    pub action: DicomWebAction,
}

/// How an archive is reached.
#[derive(Clone, Debug, Args)]
pub struct ServerArgs {
    /// Root of the service, such as `https://pacs.example.org/dicom-web`
    pub url: String,
    /// PEM file with the certificates to trust instead of the operating system's
    #[arg(long, value_name = "FILE")]
    pub certificates: Option<PathBuf>,
}

/// Exchanges with an archive.
#[derive(Debug, Subcommand)]
pub enum DicomWebAction {
    /// Fetch a study, or one series of it, into a folder: one file for each object
    Fetch {
        /// The archive
        #[command(flatten)]
        server: ServerArgs,
        /// Study Instance UID
        study: String,
        /// Folder for the files; made if it isn't there
        folder: PathBuf,
        /// Series Instance UID, for one series only
        #[arg(long, value_name = "UID")]
        series: Option<String>,
    },
    /// Store the DICOM files of a folder and its folders
    Store {
        /// The archive
        #[command(flatten)]
        server: ServerArgs,
        /// The folder, such as the `dicom` folder that `explain --dicom` writes
        folder: PathBuf,
    },
}
