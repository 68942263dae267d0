//! The metrics that advice knows, those of maps first.

use super::Direction::{self, Higher, Lower, None as Neither};
use super::Family::{
    Attention, ClassActivation, Concept, Example, Gradient as Grad, Latent, Parts, Perturbation, VisionLanguage,
};
use super::Need::{
    ConceptLabels, Gradient, Instances, Labels, Masks, RegionLabels, SeveralImages, SeveralParts, TimeAxis, ValidRegion,
};
use super::{Family, MetricFacts, Need};

/// Metrics of maps.
const MAPS: &[Family] = &[ClassActivation, Grad, Attention, Perturbation, VisionLanguage];

const fn m(
    id: &'static str,
    name: &'static str,
    direction: Direction,
    needs: &'static [Need],
    stand_ins: &'static [&'static str],
) -> MetricFacts {
    MetricFacts { id, name, needs, direction, of: MAPS, baseline: false, forwards: 0.0, maps: 0.0, stand_ins }
}

impl MetricFacts {
    /// Removes parts of the image, with so many forwards.
    const fn removing(mut self, forwards: f64) -> MetricFacts {
        self.baseline = true;
        self.forwards = forwards;
        self
    }

    /// Runs the model so many times, without a baseline.
    const fn passing(mut self, forwards: f64) -> MetricFacts {
        self.forwards = forwards;
        self
    }

    /// Asks for so many further maps.
    const fn asking(mut self, maps: f64) -> MetricFacts {
        self.maps = maps;
        self
    }

    /// Judges evidence of these families.
    const fn of(mut self, of: &'static [Family]) -> MetricFacts {
        self.of = of;
        self
    }
}

/// Every metric.
pub const METRICS: &[MetricFacts] = &[
    m(
        "relevance-mass-accuracy",
        "share of the positive evidence inside the mask",
        Higher,
        &[Masks],
        &["attribution-localisation"],
    ),
    m(
        "relevance-rank-accuracy",
        "share of the strongest |mask| places inside the mask",
        Higher,
        &[Masks],
        &["top-k-intersection"],
    ),
    m("pointing-game", "whether the strongest place lies in the mask", Higher, &[Masks], &[]),
    m(
        "attribution-localisation",
        "evidence inside the mask against chance",
        Higher,
        &[Masks],
        &["relevance-mass-accuracy"],
    ),
    m(
        "top-k-intersection",
        "share of the k strongest places inside the mask",
        Higher,
        &[Masks],
        &["relevance-rank-accuracy"],
    ),
    m("roc-auc", "ROC area of the map for the mask", Higher, &[Masks], &["relevance-rank-accuracy"]),
    m("average-precision", "area under precision and recall of the map for the mask", Higher, &[Masks], &["roc-auc"]),
    m("iou", "overlap of the map cut at a threshold with the mask", Higher, &[Masks], &[]),
    m("lesion-recall", "share of lesions that the strongest places hit", Higher, &[Masks], &["pointing-game"]),
    m("slice-hit-rate", "whether the strongest slice has the lesion", Higher, &[Masks], &["pointing-game"]),
    m(
        "vessel-segment-hit-rate",
        "whether the strongest vessel segment has the lesion",
        Higher,
        &[Masks, RegionLabels],
        &["pointing-game"],
    ),
    m(
        "layer-hit-rate",
        "whether the strongest retinal layer has the lesion",
        Higher,
        &[Masks, RegionLabels],
        &["pointing-game"],
    ),
    m(
        "cell-hit-rate",
        "whether the strongest cells are the marked ones",
        Higher,
        &[Masks],
        &["lesion-recall", "pointing-game"],
    ),
    m("tile-auc", "ROC area of tile contributions for marked tiles", Higher, &[Masks, Instances], &["roc-auc"])
        .of(&[Parts]),
    m("deletion", "score while the strongest places are removed", Lower, &[], &["pixel-flipping"]).removing(225.0),
    m("insertion", "score while the strongest places are put back", Higher, &[], &[]).removing(225.0),
    m("pixel-flipping", "score while single features are removed", Lower, &[], &["deletion"]).removing(225.0),
    m("aopc", "mean drop while the strongest regions are removed", Higher, &[], &["deletion"]).removing(101.0),
    m("road", "score after removal with noisy linear imputation", Higher, &[], &["deletion"]).passing(18.0),
    m("irof", "drop while the strongest superpixels are removed", Higher, &[], &["aopc"]).removing(200.0),
    m("faithfulness-correlation", "correlation of summed evidence with the drop", Higher, &[], &[]).removing(101.0),
    m("sensitivity-n", "the same for subsets of several sizes", Higher, &[], &["faithfulness-correlation"])
        .removing(1001.0),
    m("infidelity", "squared error of the evidence as a linear model", Lower, &[], &[]).removing(100.0),
    m(
        "dice-drop",
        "drop of the predicted mask's Dice when the strongest context is removed",
        Higher,
        &[],
        &["deletion"],
    )
    .removing(20.0),
    m("context-share", "share of the evidence outside the predicted region", Neither, &[], &[]),
    m("ring-share", "share of the evidence on the boundary ring", Neither, &[], &["context-share"]),
    m("slice-profile", "evidence of each slice", Neither, &[], &[]),
    m("map-consistency", "correlation of the maps of neighbouring slices", Higher, &[], &[]),
    m("temporal-consistency", "correlation of the maps of neighbouring frames", Higher, &[TimeAxis], &[]),
    m("max-sensitivity", "largest change of the map under small noise", Lower, &[], &["avg-sensitivity"]).asking(10.0),
    m("avg-sensitivity", "mean change of the map under small noise", Lower, &[], &["max-sensitivity"]).asking(10.0),
    m("local-lipschitz", "largest change of the map for each unit of noise", Lower, &[], &["max-sensitivity"])
        .asking(10.0),
    m("sparseness-gini", "Gini index of the evidence", Higher, &[], &["complexity-entropy"]),
    m("complexity-entropy", "entropy of the evidence", Lower, &[], &["sparseness-gini"]),
    m("mprt", "likeness to the map of a model with random weights", Lower, &[], &["efficient-mprt"]).asking(10.0),
    m("efficient-mprt", "rise of the map's complexity when weights are random", Higher, &[], &["mprt"]).asking(1.0),
    m("random-logit", "likeness to the map of another class", Lower, &[], &[]).asking(1.0),
    m("completeness", "sum of the evidence against the change of the target", Lower, &[Gradient], &[])
        .of(&[Grad, Perturbation]),
    m(
        "mass-outside-region",
        "share of the evidence outside the valid region",
        Lower,
        &[ValidRegion],
        &["relevance-mass-accuracy"],
    ),
    m("confounder-probe", "share of the evidence on marked confounders", Lower, &[Masks], &["mass-outside-region"]),
    m("masked-drop", "drop of the score when marks and texts are covered", Lower, &[Masks], &[]).removing(2.0),
    m("split-half-reliability", "likeness of the mean maps of two halves of a group", Higher, &[SeveralImages], &[]),
    m("group-permutation-test", "regions that stand out in a group, by sign flips", Neither, &[SeveralImages], &[]),
    m(
        "region-rank-stability",
        "likeness of the order of regions across seeds or baselines",
        Higher,
        &[RegionLabels],
        &["max-sensitivity"],
    )
    .of(&[Parts]),
    m(
        "region-agreement",
        "agreement of the strongest regions with those marked",
        Higher,
        &[RegionLabels, Masks],
        &["relevance-mass-accuracy"],
    )
    .of(&[Parts]),
    m("asymmetry-test", "difference of the evidence of left and right", Neither, &[RegionLabels, SeveralImages], &[])
        .of(&[Parts]),
    m("msfi", "modality-specific feature importance", Higher, &[SeveralParts, Masks], &["relevance-mass-accuracy"]),
    m(
        "modality-rank-correlation",
        "Kendall correlation of evidence and contribution of modalities",
        Higher,
        &[SeveralParts],
        &[],
    )
    .of(&[Parts]),
    m("interaction-interval", "interval of the interaction of two modalities", Neither, &[SeveralParts], &[])
        .of(&[Parts]),
    m("contribution-interval", "interval of the contribution of a channel or modality", Neither, &[SeveralParts], &[])
        .of(&[Parts]),
    m("sufficiency-curve", "score with only the strongest tiles kept", Higher, &[Instances], &["insertion"])
        .of(&[Parts]),
    m("concept-auc", "ROC area of a concept for its labels", Higher, &[ConceptLabels], &[])
        .of(&[Concept, VisionLanguage]),
    m("concept-accuracy", "accuracy of concepts", Higher, &[ConceptLabels], &["concept-auc"])
        .of(&[Concept, VisionLanguage]),
    m("intervention-curve", "accuracy as concepts are set right", Higher, &[ConceptLabels, Labels], &[]).of(&[Concept]),
    m("tcav", "TCAV score against random concepts", Neither, &[ConceptLabels], &[]).of(&[Concept]),
    m("cace", "effect of adding or removing a marked concept", Neither, &[ConceptLabels], &[]).of(&[Concept]),
    m("validity", "share of counterfactuals that reach the asked class", Higher, &[], &[]).of(&[Example]),
    m("trustworthiness", "neighbours kept by the picture of the latent space", Higher, &[SeveralImages], &[])
        .of(&[Latent]),
    m("batch-separability", "how well plates, sites or scanners are told apart", Lower, &[SeveralImages], &[])
        .of(&[Latent]),
];
