//! Baselines of a preset: what "nothing there" looks like, in physical units.

use serde::{Deserialize, Serialize};

use super::{Length, Unit};

/// The kinds of baseline. Those of the second half need more than the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineKind {
    /// One value everywhere: `value`, in `unit`.
    Constant,
    /// The image blurred: `sigma`, along `along`.
    Blur,
    /// The mean of each channel over `over`.
    Mean,
    /// The median of each channel over `over`.
    Median,
    /// A percentile of each channel over `over`: `percentile`.
    Percentile,
    /// Every place its own mean over time.
    TimeMean,
    /// Every frame the first one.
    FirstFrame,
    /// Each layer of a segmentation its own mean.
    LayerMean,
    /// One or all stains of a stained specimen taken out by colour deconvolution.
    StainRemoved,
    /// The mean over a reference region: needs its mask.
    ReferenceMean,
    /// The mean of a set of images: needs the set.
    SetMean,
    /// The same part of another patient's image: needs donors.
    Donor,
    /// A surrogate series with the same spectrum and random phases.
    PhaseRandomised,
    /// Texture of the same statistics filled in.
    Texture,
    /// The part filled in from a neighbouring frame.
    NeighbourFrame,
    /// The part filled in from what surrounds it.
    Inpaint,
    /// For each part the baseline of its own preset.
    PerPart,
}

impl BaselineKind {
    /// What it needs besides the image, `None` when the image (with a mask for `over = "region"`) is enough.
    pub fn needs(self) -> Option<&'static str> {
        match self {
            BaselineKind::LayerMean => Some("a segmentation of the layers"),
            BaselineKind::StainRemoved => Some("the stain vectors"),
            BaselineKind::ReferenceMean => Some("a mask of the reference region"),
            BaselineKind::SetMean => Some("a set of training images"),
            BaselineKind::Donor => Some("images of other patients on the same grid"),
            BaselineKind::PhaseRandomised => Some("the series with its time axis and a seed"),
            BaselineKind::Texture => Some("a texture model of the region"),
            BaselineKind::NeighbourFrame => Some("the part that is removed, and the frames around"),
            BaselineKind::Inpaint => Some("the part that is removed"),
            BaselineKind::PerPart => Some("the presets of the parts"),
            _ => None,
        }
    }
}

/// Where a statistic is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// The whole image.
    Image,
    /// The valid region, whose mask must be given.
    Region,
}

/// A baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Id within the preset.
    pub id: String,
    /// Kind.
    pub kind: BaselineKind,
    /// For `constant`: the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// For `constant`: the unit of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// For `blur`: standard deviation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma: Option<Length>,
    /// For `blur`: the axes, of `xyz`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub along: Option<String>,
    /// For `percentile`: which, from 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentile: Option<f64>,
    /// For `blur` and statistics: where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Over>,
    /// What it stands for and where it applies.
    pub meaning: String,
}

/// `(kind, keys it must have)`; other kinds have none.
const KEYS: &[(BaselineKind, &[&str])] = &[
    (BaselineKind::Constant, &["value", "unit"]),
    (BaselineKind::Blur, &["sigma", "along", "over"]),
    (BaselineKind::Mean, &["over"]),
    (BaselineKind::Median, &["over"]),
    (BaselineKind::Percentile, &["percentile", "over"]),
];

impl Baseline {
    /// The key that is wrong and why: each kind has its own keys and no others.
    pub(crate) fn fault(&self) -> Option<(&'static str, String)> {
        let due = KEYS.iter().find(|k| k.0 == self.kind).map_or(&[][..], |k| k.1);
        let given = [
            ("value", self.value.is_some()),
            ("unit", self.unit.is_some()),
            ("sigma", self.sigma.is_some()),
            ("along", self.along.is_some()),
            ("percentile", self.percentile.is_some()),
            ("over", self.over.is_some()),
        ];
        for (key, there) in given {
            if there != due.contains(&key) {
                let verb = if there { "takes no" } else { "needs" };
                return Some((key, format!("a baseline of this kind {verb} `{key}`")));
            }
        }
        if self.value.is_some_and(|v| !v.is_finite()) {
            return Some(("value", "must be finite".into()));
        }
        if self.percentile.is_some_and(|p| !(0.0..=100.0).contains(&p)) {
            return Some(("percentile", "must be from 0 to 100".into()));
        }
        if self.sigma.is_some_and(|s| !(s.number() > 0.0 && s.number().is_finite())) {
            return Some(("sigma", "must be above 0".into()));
        }
        let axes = |a: &str| !a.is_empty() && "xyz".chars().filter(|c| a.contains(*c)).count() == a.len();
        if self.along.as_deref().is_some_and(|a| !axes(a)) {
            return Some(("along", "must name axes of `xyz`, each once".into()));
        }
        None
    }

    /// Kind and values in a few words.
    pub fn describe(&self) -> String {
        let word = toml::Value::try_from(self.kind).ok().and_then(|v| v.as_str().map(str::to_string));
        let mut text = word.unwrap_or_default().replace('-', " ");
        if let (Some(value), Some(unit)) = (self.value, self.unit) {
            text = format!("{value} {unit}");
        }
        if let (Some(sigma), Some(along)) = (self.sigma, &self.along) {
            text += &format!(", sigma {sigma} along {along}");
        }
        if let Some(p) = self.percentile {
            text += &format!(" {p}");
        }
        match self.over {
            Some(Over::Region) => text + ", within the region",
            _ => text,
        }
    }
}
