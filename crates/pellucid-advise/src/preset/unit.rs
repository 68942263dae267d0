//! Units of values, and on what a value of a preset rests.

use serde::{Deserialize, Serialize};

/// What the values of a kind of image measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Hounsfield units.
    #[serde(rename = "HU")]
    Hounsfield,
    /// Standardised uptake by body weight.
    #[serde(rename = "SUVbw")]
    Suv,
    /// Counts of a detector.
    #[serde(rename = "counts")]
    Counts,
    /// Share of the full scale of a picture: 0 black, 1 white.
    #[serde(rename = "level")]
    Level,
    /// Optical density `-log10(max(I, 1) / 255)` of 8-bit levels.
    #[serde(rename = "OD")]
    OpticalDensity,
    /// Numbers without an absolute unit, such as MR intensity.
    #[serde(rename = "relative")]
    Relative,
    /// Several, one for each part.
    #[serde(rename = "several")]
    Several,
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unit::Hounsfield => "HU",
            Unit::Suv => "SUVbw",
            Unit::Counts => "counts",
            Unit::Level => "level",
            Unit::OpticalDensity => "OD",
            Unit::Relative => "relative",
            Unit::Several => "several",
        })
    }
}

/// On what a value rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Physics or a standard fixes it.
    Physics,
    /// The field does it so.
    Convention,
    /// Our choice: no study is known that compares it with others.
    Judgement,
}
