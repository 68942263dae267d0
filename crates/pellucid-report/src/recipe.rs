//! How the maps of each kind of method are shown.

use pellucid_explain::{Explanation, Grid, Map};

/// How the values of the channels at one position become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Their signed sum: evidence adds up over channels.
    Sum,
    /// The largest magnitude: slopes don't add up.
    LargestMagnitude,
}

impl Reduce {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Reduce::Sum => "signed sum",
            Reduce::LargestMagnitude => "largest |value|",
        }
    }
}

/// What is done with the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Both signs are shown, in two colours.
    Signed,
    /// Positive values only.
    Positive,
    /// The values have no sign, or it means nothing.
    Magnitude,
    /// What is above the smallest value: only differences mean something.
    AboveSmallest,
}

/// Where the colours end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// At the largest value.
    Largest,
    /// At the value that this share of the values doesn't exceed, so that a few extreme ones don't hide the rest.
    Percentile(f64),
}

/// How maps of a method are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// Channels.
    pub reduce: Reduce,
    /// Sign.
    pub part: Part,
    /// End of the colours.
    pub limit: Limit,
    /// Share of the limit around which a line is drawn.
    pub contour: Option<f64>,
    /// Unit of the values.
    pub unit: &'static str,
}

/// Unit of evidence that shares out the target.
const OF_TARGET: &str = "units of the target";

/// Methods whose values are slopes of the target: their sign says in which direction a pixel would have to change, not whether it
/// speaks for or against, so that magnitudes are shown; with the unit of their values.
const SLOPES: &[(&str, &str)] = &[
    ("saliency", SLOPE),
    ("smooth-grad", SLOPE),
    ("smooth-grad-squared", SQUARED),
    ("var-grad", SQUARED),
    ("guided-backprop", SLOPE),
    ("deconvnet", SLOPE),
    ("guided-grad-cam", "slope times map value"),
];
/// Methods of layers whose values don't share out the target, with the unit of their values.
const OTHER_UNITS: &[(&str, &str)] = &[
    ("raw-attention", "share of attention"),
    ("attention-rollout", "share of attention"),
    ("attention-flow", "share of all flows"),
    ("chefer-cvpr", "relevance, comparable within one map"),
    ("chefer-iccv", "relevance, comparable within one map"),
    ("dff", "units of the activation"),
    ("hr-cam", "units of the fitted head's logit"),
];
const SLOPE: &str = "units of the target per unit of the model input";
const SQUARED: &str = "square of (units of the target per unit of the model input)";

/// Methods whose values say something only against each other, such as averages of scores or made-up images; with the unit of their values.
const AVERAGES: &[(&str, &str)] =
    &[("rise", "score of the masked inputs"), ("activation-maximisation", "units of the model input")];

impl Recipe {
    /// Both signs, summed over channels, up to the 99th percentile.
    pub const fn signed() -> Recipe {
        Recipe {
            reduce: Reduce::Sum,
            part: Part::Signed,
            limit: Limit::Percentile(0.99),
            contour: None,
            unit: OF_TARGET,
        }
    }

    /// Positive evidence up to its maximum, with a line at half of it: class activation maps.
    pub const fn positive() -> Recipe {
        Recipe { reduce: Reduce::Sum, part: Part::Positive, limit: Limit::Largest, contour: Some(0.5), unit: OF_TARGET }
    }

    /// Magnitudes, the largest over channels, up to the 99th percentile.
    pub const fn slope() -> Recipe {
        Recipe {
            reduce: Reduce::LargestMagnitude,
            part: Part::Magnitude,
            limit: Limit::Percentile(0.99),
            contour: None,
            unit: SLOPE,
        }
    }

    /// Values that are never negative, summed over channels, up to the 99th percentile.
    const fn unsigned() -> Recipe {
        Recipe { part: Part::Positive, ..Recipe::signed() }
    }

    /// How a map of an explanation is shown: slopes as magnitudes, averages above their smallest value, maps of layers by their positive part, the rest signed unless
    /// no value is negative.
    pub fn of(explanation: &Explanation, map: &Map) -> Recipe {
        if let Some((_, unit)) = SLOPES.iter().find(|(id, _)| *id == explanation.method) {
            return Recipe { unit, ..Recipe::slope() };
        }
        if let Some((_, unit)) = AVERAGES.iter().find(|(id, _)| *id == explanation.method) {
            return Recipe { part: Part::AboveSmallest, limit: Limit::Largest, unit, ..Recipe::signed() };
        }
        match map.grid {
            Grid::Layer { .. } => Recipe { unit: unit_on_layer(&explanation.method), ..Recipe::positive() },
            Grid::Input { .. } if map.values.iter().any(|v| *v < 0.0) => Recipe::signed(),
            Grid::Input { .. } => Recipe::unsigned(),
        }
    }
}

/// Unit of the values of a method that reads a layer.
fn unit_on_layer(method: &str) -> &'static str {
    OTHER_UNITS.iter().find(|(id, _)| *id == method).map_or(OF_TARGET, |(_, unit)| unit)
}
