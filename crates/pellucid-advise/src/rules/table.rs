//! The table of rules, in the order in which they are applied.

use super::Effect::{
    self, Against, AgainstFamilies, Baselines, Control, Families, Method, Metric, Number, Seeds, Target, Warn, Word,
};
use super::Rule;
use super::When::{self, From, Has, Lacks, NoRawBoxes, OneScore, Preset, Role as By, Scale, Task as Does, Volume};
use crate::facts::Family::{Attention, ClassActivation, Concept, Gradient as Gradients};
use crate::facts::Need;
use crate::protocol::TargetKind;
use crate::situation::Depth::{Audit, Diagnosis};
use crate::situation::Role::{Radiologist, Researcher, Technician};
use crate::situation::Task::{Classification, Detection, MultiLabel, Regression, Segmentation};

const fn rule(when: &'static [When], effect: Effect, reason: &'static str, source: &'static str) -> Rule {
    Rule { when, effect, reason, source }
}

/// Nothing but our own weighing.
const JUDGEMENT: &str = "judgement";
/// Insights of the survey.
const INSIGHTS: &str = "survey, section 3.10";
const SANITY: &str = "Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018";
const ROLES: &str = "survey, section 6.2 (usable and adaptive explanations)";
const DRISE: &str = "Petsiuk et al., Black-box explanation of object detectors via saliency maps, CVPR 2021";
const SEGMENTS: &str = "Vinogradova et al., Towards interpretable semantic segmentation via Grad-CAM, AAAI 2020";

/// Every rule.
pub const RULES: &[Rule] = &[
    // What is explained.
    rule(
        &[Does(Classification)],
        Target(TargetKind::Decision),
        "the logit of the decided class; a softmax or sigmoid after it is stepped over, since it mixes in other classes and flattens gradients",
        JUDGEMENT,
    ),
    rule(
        &[Does(MultiLabel)],
        Target(TargetKind::EachLabel),
        "labels are targets of their own: one explanation each, never their sum",
        JUDGEMENT,
    ),
    rule(
        &[Does(Segmentation)],
        Target(TargetKind::Region),
        "a class has no single logit here: the mean logit over a region that is frozen from the unperturbed run",
        SEGMENTS,
    ),
    rule(
        &[Does(Detection)],
        Target(TargetKind::Box),
        "the candidate that became the box, before duplicates are suppressed; its index is kept",
        DRISE,
    ),
    rule(&[Does(Regression)], Target(TargetKind::Output), "the number itself, in its unit", JUDGEMENT),
    // What speaks against methods.
    rule(
        &[],
        Against(&["guided-backprop", "deconvnet", "guided-grad-cam"]),
        "their maps hardly change when the weights above are random: they show edges, not reasons",
        SANITY,
    ),
    rule(
        &[],
        Against(&["raw-attention", "attention-rollout", "attention-flow"]),
        "the same for every class: where a model looked, not what it concluded",
        "Chefer et al., ICCV 2021",
    ),
    rule(
        &[],
        Against(&["eigen-cam"]),
        "the target doesn't enter: the same for every class",
        "Muhammad and Yeasin, IJCNN 2020",
    ),
    rule(
        &[Does(Detection), NoRawBoxes],
        AgainstFamilies(&[ClassActivation, Gradients, Attention, Concept]),
        "suppression of duplicates has no gradient, and no raw boxes can be read before it: perturbation only",
        DRISE,
    ),
    rule(
        &[Does(Segmentation)],
        Against(&["grad-cam-plus-plus", "smooth-grad-cam-plus-plus"]),
        "their weights are derived for one class score; for regions they are a heuristic",
        "Chattopadhay et al., WACV 2018",
    ),
    rule(
        &[Volume],
        Against(&["ss-cam", "is-cam"]),
        "tens of passes for each channel are out of reach in three dimensions",
        JUDGEMENT,
    ),
    // What the model's build allows.
    rule(
        &[Has(Need::PooledHead), Has(Need::FeatureMap), Does(Classification)],
        Method("cam"),
        "exact for this head, and it costs one pass",
        "Zhou et al., CVPR 2016",
    ),
    rule(
        &[Has(Need::PooledHead), Has(Need::FeatureMap), Does(MultiLabel)],
        Method("cam"),
        "exact for this head, and one pass serves all labels",
        "Zhou et al., CVPR 2016",
    ),
    rule(
        &[Has(Need::Attention)],
        Method("chefer-iccv"),
        "attention weighted by its gradient: it differs between classes, which attention alone doesn't",
        "Chefer et al., ICCV 2021",
    ),
    rule(
        &[Has(Need::TextEncoder)],
        Method("patch-report-similarity"),
        "an image-text model compares patches with sentences; explains a decision only where it is computed from these similarities",
        "survey, Fig. 5",
    ),
    rule(
        &[Has(Need::SeveralParts), From(Diagnosis)],
        Method("modality-shapley"),
        "what each modality, sequence or stain contributes, with interactions",
        "survey, section 3.8; Jin et al.",
    ),
    rule(&[Does(Detection)], Method("d-rise"), "made for boxes, and needs no gradient", DRISE),
    rule(&[Does(Segmentation)], Method("grad-cam"), "with a region as target", SEGMENTS),
    // Parameters that tasks ask for.
    rule(&[Does(Regression)], Word("lime", "score", "target"), "a regression has no probability", JUDGEMENT),
    rule(&[Does(Regression)], Word("rise", "score", "target"), "a regression has no probability", JUDGEMENT),
    rule(&[Does(Segmentation)], Word("lime", "score", "target"), "the region's mean is what is compared", SEGMENTS),
    rule(&[Does(Segmentation)], Word("rise", "score", "target"), "the region's mean is what is compared", SEGMENTS),
    rule(&[Scale], Number("pointing-game", "tolerance", 5.0), "5 mm, since the scale is known", JUDGEMENT),
    rule(
        &[],
        Number("pointing-game", "tolerance", 15.0),
        "15 pixels, as in the literature: without a scale no mm can be given",
        "Zhang et al., Top-down neural attention by excitation backprop, ECCV 2016",
    ),
    // Who reads.
    rule(
        &[By(Researcher)],
        Families(3),
        "no single method suffices: disagreement of families is itself a finding",
        INSIGHTS,
    ),
    rule(
        &[By(Radiologist), From(Diagnosis)],
        Families(3),
        "no single method suffices: disagreement of families is itself a warning",
        INSIGHTS,
    ),
    rule(
        &[By(Technician)],
        Method("occlusion"),
        "shows what covering a marker, a text or an artefact does to the score",
        ROLES,
    ),
    rule(
        &[By(Technician)],
        Metric("mass-outside-region"),
        "evidence outside the patient is an alarm for acquisition and shortcuts",
        ROLES,
    ),
    rule(&[By(Technician)], Metric("confounder-probe"), "evidence on markers and lines, where these are marked", ROLES),
    rule(&[By(Technician)], Metric("masked-drop"), "what the score loses when marks are covered", ROLES),
    rule(
        &[By(Radiologist)],
        Metric("mass-outside-region"),
        "evidence outside the patient is a warning that belongs on top",
        ROLES,
    ),
    rule(
        &[By(Radiologist), From(Diagnosis)],
        Metric("max-sensitivity"),
        "a map that changes under noise that changes nothing isn't one to read",
        "Yeh et al., NeurIPS 2019",
    ),
    // The suite for methods under study.
    rule(
        &[By(Researcher), Has(Need::Masks)],
        Metric("relevance-mass-accuracy"),
        "how much of the evidence lies in the mask, against chance",
        "Arras et al., CLEVR-XAI, 2022",
    ),
    rule(
        &[By(Researcher), Has(Need::Masks)],
        Metric("relevance-rank-accuracy"),
        "the same without a scale of the map",
        "Arras et al., CLEVR-XAI, 2022",
    ),
    rule(
        &[By(Researcher), Has(Need::Masks)],
        Metric("pointing-game"),
        "whether the strongest place hits",
        "Zhang et al., ECCV 2016",
    ),
    rule(&[By(Researcher)], Metric("deletion"), "faithfulness by removal", "Petsiuk et al., RISE, BMVC 2018"),
    rule(&[By(Researcher)], Metric("insertion"), "faithfulness by restoring", "Petsiuk et al., RISE, BMVC 2018"),
    rule(&[By(Researcher)], Metric("aopc"), "faithfulness by regions, in both orders", "Samek et al., TNNLS 2017"),
    rule(
        &[By(Researcher)],
        Metric("road"),
        "removal by imputation, so that the hole itself tells less",
        "Rong et al., ICML 2022",
    ),
    rule(
        &[By(Researcher)],
        Metric("infidelity"),
        "whether evidence predicts the effect of random changes",
        "Yeh et al., NeurIPS 2019",
    ),
    rule(&[By(Researcher)], Metric("max-sensitivity"), "robustness to small noise", "Yeh et al., NeurIPS 2019"),
    rule(
        &[By(Researcher)],
        Metric("sparseness-gini"),
        "how concentrated a map is; says nothing of whether it is right",
        "Chalasani et al., ICML 2020",
    ),
    rule(&[By(Researcher)], Metric("mprt"), "a map must change when the weights are random", SANITY),
    rule(
        &[By(Researcher), Has(Need::ValidRegion)],
        Metric("mass-outside-region"),
        "shortcuts lie outside the patient",
        JUDGEMENT,
    ),
    rule(
        &[Does(Segmentation)],
        Metric("context-share"),
        "evidence inside the mask is nearly automatic for a segmentation; what lies outside says something",
        JUDGEMENT,
    ),
    rule(
        &[Does(Segmentation), From(Diagnosis)],
        Metric("dice-drop"),
        "the mask must suffer when what it rests on goes",
        JUDGEMENT,
    ),
    rule(
        &[By(Researcher)],
        Control("random"),
        "a random map: who doesn't beat it is no better than nothing",
        JUDGEMENT,
    ),
    rule(
        &[By(Researcher)],
        Control("centre-gaussian"),
        "lesions lie near the middle of pictures: a blob there scores well knowing nothing",
        JUDGEMENT,
    ),
    rule(
        &[By(Researcher)],
        Baselines(2),
        "results depend on the baseline: at least two, and the difference is reported",
        "survey, section 6.1; Sturmfels et al., Distill 2020",
    ),
    rule(&[From(Audit)], Seeds(5), "mean and spread over five seeds", JUDGEMENT),
    rule(&[From(Diagnosis)], Seeds(3), "three seeds, to see whether a map stays", JUDGEMENT),
    // What every reader must know.
    rule(
        &[OneScore],
        Warn,
        "one score for one of two labels: a map for the other label has the opposite sign",
        JUDGEMENT,
    ),
    rule(
        &[Lacks(Need::ValidRegion)],
        Warn,
        "no mask of the valid region: evidence on markers, text and background isn't measured",
        JUDGEMENT,
    ),
    rule(
        &[Lacks(Need::Masks)],
        Warn,
        "no masks: nothing can be said of whether evidence lies on the finding",
        JUDGEMENT,
    ),
    rule(
        &[Does(Detection), NoRawBoxes],
        Warn,
        "gradients end at the suppression of duplicates: perturbation only",
        DRISE,
    ),
    rule(
        &[Volume],
        Warn,
        "class activation maps of volumes have few slices: their place along the patient is uncertain",
        "survey, section 6.1",
    ),
    rule(
        &[Preset(&["ultrasound", "oct", "mri", "pet", "spect"])],
        Warn,
        "methods and tests that add Gaussian noise don't meet this modality's own noise",
        JUDGEMENT,
    ),
];
