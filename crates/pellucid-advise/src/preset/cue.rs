//! Cues by which a modality is recognised: conditions on facts of a file or on how an image looks, each with a stated confidence.

use serde::{Deserialize, Serialize};

/// Conditions on an image; all that are given must hold. Words compare without case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// DICOM modality, one of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modality: Vec<String>,
    /// DICOM body part examined, one of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body_part: Vec<String>,
    /// Unit of the values, one of: `HU`, `level`, `intensity`, or one that the file names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unit: Vec<String>,
    /// `grey`, `rgb` or `named`, one of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// File format, one of the names of [`pellucid_image::Format::name`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub format: Vec<String>,
    /// Whether it has more than one slice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<bool>,
    /// Least number of channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels_from: Option<usize>,
    /// Interval of the smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowest: Option<[f64; 2]>,
    /// Interval of the largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highest: Option<[f64; 2]>,
    /// Interval of width over height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect: Option<[f64; 2]>,
    /// Interval of the share of places darker than 8 % of full scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dark: Option<[f64; 2]>,
    /// Interval of the share of places brighter than 80 % of full scale in every channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bright: Option<[f64; 2]>,
    /// Interval of the mean over all places of the largest less the smallest channel, in shares of full scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<[f64; 2]>,
    /// Interval of the mean hue of coloured places, degrees from -180 to 180: red 0, yellow 60, blue -120, magenta -60.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hue: Option<[f64; 2]>,
    /// Interval of the mean brightness of the four corners, in shares of full scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corners: Option<[f64; 2]>,
    /// Interval of the mean brightness of the whole picture, in shares of full scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<[f64; 2]>,
}

/// A cue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// The conditions.
    pub when: When,
    /// How sure the modality is when they hold, above 0, at most 1.
    pub confidence: f64,
    /// What they show.
    pub reason: String,
}
