//! A modality preset: what is known of a kind of image before any model is looked at, as data.
//!
//! One TOML file each, strict: an unknown key is an error. Every value is in physical or display units of the modality; a baseline goes through the
//! same preparation as the image. What rests on convention or on judgement alone says so (`basis`, `support`).

mod baseline;
mod check;
mod cue;
mod length;
mod page;
mod registry;
mod unit;

use serde::{Deserialize, Serialize};

pub use baseline::{Baseline, BaselineKind, Over};
pub use cue::{Cue, When};
pub use length::Length;
pub use page::{preset_markdown, presets_markdown};
pub use registry::{Entry, Override, PRESETS, Registry, preset, preset_text};
pub use unit::{Basis, Unit};

use pellucid_image::segment::Segmenter;

/// The shape of images of a modality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Dimensions and usual number of samples, in words.
    pub typical: String,
    /// Whether single pictures occur.
    pub picture: bool,
    /// Whether volumes occur.
    pub volume: bool,
    /// Whether there is a time axis.
    pub time: bool,
}

/// What happens to intensities before a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intensity {
    /// What the values mean.
    pub unit: Unit,
    /// Physical range outside which values are clipped, in `unit`.
    pub clip: Option<[f64; 2]>,
    /// Percentiles of the image that its scale is set by, where there is no absolute unit.
    pub percentiles: Option<[f64; 2]>,
    /// The handling in words, with what must be checked.
    pub handling: String,
    /// A preparation in the words of a model card. The card of a model goes before: only it knows what the model was trained on.
    pub steps: Vec<toml::Table>,
}

/// Where evidence may lie, and what disturbs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// The mask of places that belong to the patient or specimen.
    pub valid: String,
    /// What lies in or beside it and can serve as a shortcut; the mass of the evidence there is reported.
    pub nuisance: Vec<String>,
}

/// What a removed part shows under perturbation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Id of a baseline of this preset.
    pub baseline: String,
    /// Why this one.
    pub reason: String,
}

/// The noise of acquisition, for SmoothGrad and tests of robustness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// Its distribution, in words.
    pub model: String,
    /// Standard deviation, in the unit of the intensities, where one can be given.
    pub sigma: Option<[f64; 2]>,
    /// Width of the point spread (full width at half maximum), mm.
    pub psf_mm: Option<[f64; 2]>,
}

/// A length with the reason for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sized {
    /// The length.
    pub size: Length,
    /// Share of the image's width that stands for it where the image has no scale.
    pub share: f64,
    /// On what it rests.
    pub basis: Basis,
    /// Why.
    pub reason: String,
}

/// How images are cut into regions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    /// For pictures.
    pub picture: Option<Segmenter>,
    /// For volumes.
    pub volume: Option<Segmenter>,
    /// On what the parameters rest.
    pub basis: Basis,
    /// Why.
    pub reason: String,
}

/// How an image is shown under an explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Display {
    /// Named windows, the usual first.
    #[serde(default, rename = "window", skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// What is shown where no window is given.
    pub otherwise: String,
}

/// A display window: `[level - width/2, level + width/2]` from black to white.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Its name.
    pub name: String,
    /// Centre, in the unit of the intensities.
    pub level: f64,
    /// Width, in the unit of the intensities, above 0.
    pub width: f64,
}

/// How images lie on the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orientation {
    /// Patient directions in which D, H, W grow as a model card has them, for modalities with patient coordinates.
    pub axes: Option<String>,
    /// The convention in words.
    pub convention: String,
    /// Whether mirroring an image left to right gives another valid image.
    pub mirror: bool,
}

/// How well the survey's reports carry the recommendations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Methods stand in the survey's tables for this modality.
    Tables,
    /// One kind of method only stands in its tables.
    Narrow,
    /// Methods are named in its text, not in its tables.
    Text,
    /// One study.
    OneStudy,
    /// The modality is mentioned without methods.
    Mentioned,
}

/// What is known of explanations of a modality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Support {
    /// How well it is carried.
    pub strength: Strength,
    /// The methods that the survey reports in use, in its words.
    pub reported: Vec<String>,
    /// What that doesn't show.
    pub note: String,
}

/// The region of a segmentation that is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SegmentationTarget {
    /// All places that the model gives to the class.
    Predicted,
    /// One connected part.
    Component,
    /// A ring along the boundary.
    BoundaryRing,
}

/// A recommended method or metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommended {
    /// Id of the method or metric.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Id of the baseline of this preset to take, where another than the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Parameters that differ from the method's defaults.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub params: toml::Table,
}

/// What a reader must beware of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caution {
    /// The caution.
    pub text: String,
    /// Methods that it speaks against; they aren't recommended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<String>,
}

/// A preset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Version of the format: 1.
    pub format: u32,
    /// Id, kebab case, equal to the file's name.
    pub id: String,
    /// Title.
    pub name: String,
    /// Other words by which a model card's `modality` may call it, lower case.
    pub aliases: Vec<String>,
    /// DICOM modalities (defined terms of tag 0008,0060, coding scheme DCM, context group 29) under which it is stored.
    pub dicom: Vec<String>,
    /// File formats in practice.
    pub formats: Vec<String>,
    /// What models of it do.
    pub tasks: Vec<String>,
    /// What of a segmentation is explained, the first by default.
    pub segmentation_targets: Vec<SegmentationTarget>,
    /// Where the values of this preset come from.
    pub sources: Vec<String>,
    /// Shape.
    pub size: Size,
    /// Intensities.
    pub intensity: Intensity,
    /// Where evidence may lie.
    pub region: Region,
    /// Replacement under perturbation.
    pub fill: Fill,
    /// Noise of acquisition.
    pub noise: Noise,
    /// Window of occlusion: about the smallest lesion of interest.
    pub occlusion: Sized,
    /// Standard deviation of a blur of maps before they are compared or shown.
    pub smoothing: Sized,
    /// Superpixels.
    pub segments: Segments,
    /// Display.
    pub display: Display,
    /// Orientation.
    pub orientation: Orientation,
    /// What is known.
    pub support: Support,
    /// Baselines, the primary first.
    #[serde(rename = "baseline")]
    pub baselines: Vec<Baseline>,
    /// Recommended methods, the most useful first.
    #[serde(rename = "method")]
    pub methods: Vec<Recommended>,
    /// Recommended metrics.
    #[serde(rename = "metric")]
    pub metrics: Vec<Recommended>,
    /// Cautions.
    #[serde(rename = "caution")]
    pub cautions: Vec<Caution>,
    /// How it is recognised.
    #[serde(default, rename = "cue")]
    pub cues: Vec<Cue>,
}

impl Sized {
    /// In samples along `(x, y, z)` of a grid `[D, H, W]`, and whether the scale was known.
    pub fn samples(&self, geometry: &pellucid_image::Geometry, grid: [usize; 3]) -> ([f64; 3], bool) {
        let share = || Length::Share(self.share).samples(geometry, grid).unwrap_or([1.0; 3]);
        match self.size.samples(geometry, grid) {
            Some(samples) => (samples, true),
            None => (share(), false),
        }
    }
}

impl Preset {
    /// Reads a preset; `file` names it in messages.
    ///
    /// # Errors
    /// When the text isn't TOML, a key is unknown, missing or of the wrong kind, or a value makes no sense.
    pub fn parse(text: &str, file: &str) -> crate::Result<Preset> {
        let preset: Preset = crate::text::parse(text, file)?;
        check::check(&preset).map_err(|wrong| crate::text::wrong(text, file, &wrong.key, wrong.reason))?;
        Ok(preset)
    }

    /// The preset as TOML, which [`Preset::parse`] reads back.
    ///
    /// # Errors
    /// When a whole number is too large for TOML.
    pub fn to_toml(&self) -> crate::Result<String> {
        toml::to_string(self).map_err(|e| crate::text::wrong("", &self.id, "", e.to_string()))
    }

    /// The baseline of an id.
    pub fn baseline(&self, id: &str) -> Option<&Baseline> {
        self.baselines.iter().find(|b| b.id == id)
    }

    /// Whether a word of a model card means this preset; case, spaces and underscores don't count.
    pub fn is_called(&self, word: &str) -> bool {
        let word = word.trim().to_lowercase().replace(['_', ' '], "-");
        word == self.id || self.aliases.iter().any(|a| a.replace([' ', '_'], "-") == word)
    }
}
