//! What a metric is: an entry of the list.

use std::fmt;

use serde::Serialize;

/// One metric of the list.
#[derive(Debug)]
pub struct MetricInfo {
    /// Id: kebab case, equal to the file's name.
    pub id: &'static str,
    /// Title.
    pub name: &'static str,
    /// Family.
    pub family: Family,
    /// What counts as better.
    pub direction: Direction,
    /// Smallest and largest value.
    pub range: (f64, f64),
    /// What a map without information scores.
    pub chance: &'static str,
    /// One line, verb first.
    pub summary: &'static str,
    /// What it needs besides a map.
    pub needs: &'static [Need],
    /// Cost in forwards (F) of the model, or explanations (A).
    pub cost: &'static str,
    /// Bibliography keys, the original paper first.
    pub sources: &'static [&'static str],
    /// The metric's own file: its module documentation is the reference page.
    pub file: &'static str,
}

impl MetricInfo {
    /// The reference page: the module documentation of the metric's file.
    pub fn doc(&self) -> String {
        let lines = self.file.lines().take_while(|l| l.starts_with("//!"));
        lines.map(|l| l.trim_start_matches("//!").strip_prefix(' ').unwrap_or("")).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Higher => "higher is better",
            Direction::Lower => "lower is better",
            Direction::CloserToZero => "closer to zero is better",
            Direction::None => "neither is better",
        })
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Need::Mask => "a mask of what should be found",
            Need::Model => "scores of the model",
            Need::Explainer => "explanations of further inputs",
            Need::Weights => "explanations under changed weights",
            Need::Batch => "several explained inputs",
            Need::Labels => "labels of the data",
            Need::Training => "training data",
            Need::References => "reference texts",
        })
    }
}

/// What counts as better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Higher is better.
    Higher,
    /// Lower is better.
    Lower,
    /// Closer to zero is better.
    CloserToZero,
    /// Neither.
    None,
}

/// Families, in the order of the survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Agreement with a ground-truth mask.
    Localisation,
    /// Agreement with what the model does when positions are removed.
    Faithfulness,
    /// Confidence when the input is multiplied by the map.
    Cam,
    /// Change of the explanation under small changes of the input.
    Robustness,
    /// How few positions the map needs.
    Complexity,
    /// Change of the explanation when the model is randomised.
    Randomisation,
    /// Axioms.
    Axiomatic,
    /// Text against reference text.
    Text,
    /// Concepts.
    Concepts,
    /// Counterfactuals.
    Counterfactual,
    /// Low-dimensional embeddings.
    Embedding,
    /// Confidence against accuracy.
    Calibration,
}

/// What a metric needs besides a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A ground-truth mask.
    Mask,
    /// Scores of the model.
    Model,
    /// Explanations of further inputs.
    Explainer,
    /// Explanations under changed weights.
    Weights,
    /// A set of explained inputs.
    Batch,
    /// Labels of a data set.
    Labels,
    /// A training set.
    Training,
    /// Reference texts.
    References,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::Localisation => "localisation",
            Family::Faithfulness => "faithfulness",
            Family::Cam => "class activation",
            Family::Robustness => "robustness",
            Family::Complexity => "complexity",
            Family::Randomisation => "randomisation",
            Family::Axiomatic => "axiomatic",
            Family::Text => "text",
            Family::Concepts => "concepts",
            Family::Counterfactual => "counterfactual",
            Family::Embedding => "embedding",
            Family::Calibration => "calibration",
        })
    }
}
