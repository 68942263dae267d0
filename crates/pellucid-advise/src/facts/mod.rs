//! What advice must know of methods and metrics, whether or not this build has them: needs, cost, stand-ins.
//!
//! Ids of methods that are there equal those of the list of methods; the others are the ids they are expected to get, so that advice can name what it
//! would have recommended.

mod methods;
mod metrics;

use serde::{Deserialize, Serialize};

pub use methods::METHODS;
pub use metrics::METRICS;

/// Families of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Class activation maps.
    ClassActivation,
    /// Gradients, relevance propagation, path integrals.
    Gradient,
    /// Attention of transformers.
    Attention,
    /// Perturbation of the input.
    Perturbation,
    /// Concepts.
    Concept,
    /// Examples, counterfactuals, influence of training data.
    Example,
    /// Words.
    Text,
    /// Pictures of the latent space.
    Latent,
    /// Image-text models.
    VisionLanguage,
    /// Parts of the input as players: organs, modalities, channels, instances, spans of time.
    Parts,
}

/// What a method or metric needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A gradient from the target to where evidence is read.
    Gradient,
    /// A feature map with spatial axes or patch tokens.
    FeatureMap,
    /// A linear head on globally pooled features.
    PooledHead,
    /// Attention among patches.
    Attention,
    /// A text encoder beside the image encoder.
    TextEncoder,
    /// A decoder that writes words.
    TextDecoder,
    /// Several inputs, or channels that are modalities, stains or sequences.
    SeveralParts,
    /// A time axis.
    TimeAxis,
    /// Instances pooled to one answer: tiles, slices, cells.
    Instances,
    /// Images like those of training.
    TrainingImages,
    /// Labelled images like those of training.
    TrainingLabels,
    /// Images labelled with concepts.
    ConceptLabels,
    /// Weights saved during training.
    Checkpoints,
    /// An atlas or segmentation whose labels are organs or regions.
    RegionLabels,
    /// Masks or boxes of what should be found.
    Masks,
    /// A mask of the valid region.
    ValidRegion,
    /// Class labels of the images to explain.
    Labels,
    /// Images of several patients.
    SeveralImages,
}

impl Need {
    /// In words, to follow "needs".
    pub fn words(self) -> &'static str {
        match self {
            Need::Gradient => "a gradient from the target back to the input or layer",
            Need::FeatureMap => "a feature map with spatial axes or patch tokens",
            Need::PooledHead => "a linear head on globally pooled features",
            Need::Attention => "attention among patches",
            Need::TextEncoder => "a text encoder beside the image encoder",
            Need::TextDecoder => "a decoder that writes words",
            Need::SeveralParts => "several inputs, or channels that are modalities, stains or sequences",
            Need::TimeAxis => "a time axis",
            Need::Instances => "instances (tiles, slices, cells) pooled to one answer",
            Need::TrainingImages => "images like those of training",
            Need::TrainingLabels => "labelled images like those of training",
            Need::ConceptLabels => "images labelled with concepts",
            Need::Checkpoints => "weights saved during training",
            Need::RegionLabels => "an atlas or segmentation whose labels are organs or regions",
            Need::Masks => "masks or boxes of what should be found",
            Need::ValidRegion => "a mask of the valid region",
            Need::Labels => "class labels of the images",
            Need::SeveralImages => "images of several patients",
        }
    }
}

/// What is known of a method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MethodFacts {
    /// Id.
    pub id: &'static str,
    /// Title.
    pub name: &'static str,
    /// Family.
    pub family: Family,
    /// What it needs.
    pub needs: &'static [Need],
    /// Usual cost of one map in forwards of the model, a backward counted as one.
    pub forwards: f64,
    /// Whether it draws random numbers.
    pub random: bool,
    /// Whether it compares with a baseline or fills with one.
    pub baseline: bool,
    /// What may take its place when it isn't there, the nearest first.
    pub stand_ins: &'static [&'static str],
}

/// Which values of a metric are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Higher is better.
    Higher,
    /// Lower is better.
    Lower,
    /// Neither: a number to look at.
    None,
}

/// What is known of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricFacts {
    /// Id.
    pub id: &'static str,
    /// What it measures.
    pub name: &'static str,
    /// What it needs.
    pub needs: &'static [Need],
    /// Which values are better.
    pub direction: Direction,
    /// The families of methods whose evidence it judges; empty for maps of any family.
    pub of: &'static [Family],
    /// Whether it removes parts of the image and so depends on a baseline.
    pub baseline: bool,
    /// Forwards of the model for each map.
    pub forwards: f64,
    /// How many more maps it asks for.
    pub maps: f64,
    /// What may take its place when it isn't there.
    pub stand_ins: &'static [&'static str],
}

/// A method's facts by id.
pub fn method(id: &str) -> Option<&'static MethodFacts> {
    METHODS.iter().find(|m| m.id == id)
}

/// A metric's facts by id.
pub fn metric(id: &str) -> Option<&'static MetricFacts> {
    METRICS.iter().find(|m| m.id == id)
}

/// The nearest id of a method.
pub(crate) fn near_method(id: &str) -> Option<String> {
    crate::text::nearest(id, METHODS.iter().map(|m| m.id))
}

/// The nearest id of a metric.
pub(crate) fn near_metric(id: &str) -> Option<String> {
    crate::text::nearest(id, METRICS.iter().map(|m| m.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_stand_ins_exist() {
        for (i, m) in METHODS.iter().enumerate() {
            assert_eq!(METHODS.iter().position(|o| o.id == m.id), Some(i), "{}", m.id);
            assert!(m.stand_ins.iter().all(|s| method(s).is_some() && *s != m.id), "{}", m.id);
            assert!(m.forwards >= 0.0 && m.forwards.is_finite());
        }
        for (i, m) in METRICS.iter().enumerate() {
            assert_eq!(METRICS.iter().position(|o| o.id == m.id), Some(i), "{}", m.id);
            assert!(m.stand_ins.iter().all(|s| metric(s).is_some() && *s != m.id), "{}", m.id);
        }
    }

    #[test]
    fn a_stand_in_needs_nothing_that_is_harder_to_have_than_a_gradient_or_attention() {
        let easy = [Need::Gradient, Need::FeatureMap, Need::Attention, Need::PooledHead];
        for m in METHODS {
            for s in m.stand_ins.iter().filter_map(|s| method(s)) {
                let fits = s.needs.iter().all(|n| m.needs.contains(n) || easy.contains(n));
                assert!(fits, "{} for {}", s.id, m.id);
            }
        }
    }
}
