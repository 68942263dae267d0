//! Advice for every role, task and modality: it can run, and has a reason for everything.

mod common;

use pellucid_advise::facts::{self, METHODS, METRICS, Need};
use pellucid_advise::{
    Because, Depth, ImageFacts, Offers, Ontology, PRESETS, Protocol, Request, Role, TargetKind, Task, What, advise,
    recognise,
};
use pellucid_image::card::Card;
use pellucid_image::{Format, Geometry, Image, Units};
use proptest::prelude::*;

/// The methods that there are now.
const NOW: &[&str] = &[
    "cam",
    "grad-cam",
    "grad-cam-plus-plus",
    "smooth-grad-cam-plus-plus",
    "xgrad-cam",
    "score-cam",
    "faster-score-cam",
    "ss-cam",
    "is-cam",
    "layer-cam",
    "ablation-cam",
    "eigen-cam",
    "eigen-grad-cam",
    "hires-cam",
    "grad-cam-elementwise",
    "saliency",
    "input-x-gradient",
    "smooth-grad",
    "smooth-grad-squared",
    "var-grad",
    "integrated-gradients",
    "full-grad",
    "smooth-full-grad",
    "deconvnet",
    "guided-backprop",
    "guided-grad-cam",
    "raw-attention",
    "attention-rollout",
    "attention-flow",
    "chefer-iccv",
    "lime",
    "kernel-shap",
    "exact-shapley",
    "permutation-shap",
    "occlusion",
    "rise",
    "sidu",
];

const METRICS_NOW: &[&str] = &[
    "relevance-mass-accuracy",
    "relevance-rank-accuracy",
    "pointing-game",
    "lesion-recall",
    "average-precision",
    "roc-auc",
    "deletion",
    "insertion",
    "aopc",
    "road",
    "infidelity",
    "max-sensitivity",
    "sparseness-gini",
    "mprt",
    "faithfulness-correlation",
];

const NEEDS: &[Need] = &[
    Need::Gradient,
    Need::FeatureMap,
    Need::PooledHead,
    Need::Attention,
    Need::TextEncoder,
    Need::TextDecoder,
    Need::SeveralParts,
    Need::TimeAxis,
    Need::Instances,
    Need::TrainingImages,
    Need::TrainingLabels,
    Need::ConceptLabels,
    Need::Checkpoints,
    Need::RegionLabels,
    Need::Masks,
    Need::ValidRegion,
    Need::Labels,
    Need::SeveralImages,
];

fn card(extra: &str) -> Card {
    Card::parse(&format!(
        "name = \"m\"\ntask = \"classification\"\nlabels = [\"a\", \"b\"]\n{extra}\n[[input]]\nsteps = []\n"
    ))
    .unwrap()
}

fn facts_of(shape: [usize; 4], units: Units, spacing: Option<[f64; 3]>) -> ImageFacts {
    let n: usize = shape.iter().product();
    let mut image = Image::new((0..n).map(|i| (i % 200) as f32).collect(), shape, units, Format::Synthetic).unwrap();
    image.geometry = spacing.map_or(Geometry::unknown(), Geometry::spacing);
    ImageFacts::of(&image, &card(""))
}

fn cnn() -> Offers {
    Offers::new([Need::Gradient, Need::FeatureMap])
}

/// Everything in a protocol is available, its needs are met, and it has a reason.
fn check(p: &Protocol, offers: &Offers, methods: &[&str], metrics: &[&str]) {
    assert!(!p.methods.is_empty());
    for m in &p.methods {
        assert!(methods.contains(&m.id.as_str()), "{}", m.id);
        let needs = facts::method(&m.id).unwrap().needs;
        assert!(offers.lacks(needs).is_empty(), "{} lacks {:?}", m.id, offers.lacks(needs));
        assert!(m.forwards > 0.0 && m.forwards.is_finite());
        assert_eq!(m.baseline.is_some(), facts::method(&m.id).unwrap().baseline, "{}", m.id);
    }
    for m in &p.metrics {
        assert!(metrics.contains(&m.id.as_str()), "{}", m.id);
        assert!(offers.lacks(facts::metric(&m.id).unwrap().needs).is_empty(), "{}", m.id);
    }
    let reasons = p
        .methods
        .iter()
        .map(|m| &m.reasons)
        .chain(p.metrics.iter().map(|m| &m.reasons))
        .chain([&p.targets.reasons, &p.evaluation.reasons]);
    for list in reasons {
        assert!(!list.is_empty());
        assert!(list.iter().all(|r| !r.text.trim().is_empty() && !r.source.trim().is_empty()), "{list:?}");
    }
    for r in &p.rejected {
        assert!(!r.reason.text.is_empty() && !r.reason.source.is_empty());
        let kept = p.methods.iter().any(|m| m.id == r.id) && r.what == What::Method
            || p.metrics.iter().any(|m| m.id == r.id) && r.what == What::Metric;
        assert!(!kept, "{} is kept and left out", r.id);
    }
    let text = p.to_toml().unwrap();
    assert_eq!(&Protocol::parse(&text, "protocol.toml").unwrap(), p);
}

#[test]
fn every_role_and_task_and_preset_gets_advice_that_runs() {
    let (picture, volume) = (
        facts_of([3, 1, 96, 96], Units::Levels { max: 255.0 }, None),
        facts_of([1, 16, 48, 48], Units::Hounsfield, Some([1.5, 1.5, 3.0])),
    );
    let card = card("");
    for entry in PRESETS.entries() {
        for (image, role, task) in [&picture, &volume]
            .into_iter()
            .flat_map(|i| Role::ALL.map(|r| (i, r)))
            .flat_map(|(i, r)| Task::ALL.map(|t| (i, r, t)))
        {
            let mut offers = cnn();
            offers.raw_boxes = true;
            let mut request = Request::new(&PRESETS, &card, image, &offers, role);
            (request.methods, request.metrics) = (NOW, METRICS_NOW);
            (request.preset, request.task) = (Some(entry.preset.id.as_str()), Some(task));
            let p = advise(&request).unwrap_or_else(|e| panic!("{} {role:?} {task:?}: {e}", entry.preset.id));
            check(&p, &offers, NOW, METRICS_NOW);
            assert_eq!((p.view.role, p.view.task, &p.preset.sha256), (role, task, &entry.sha256));
            let kind = match task {
                Task::Classification => TargetKind::Decision,
                Task::MultiLabel => TargetKind::EachLabel,
                Task::Segmentation => TargetKind::Region,
                Task::Detection => TargetKind::Box,
                Task::Regression => TargetKind::Output,
            };
            assert_eq!(p.targets.kind, kind);
            assert_eq!(p.targets.regions.is_empty(), task != Task::Segmentation);
            if role == Role::Researcher {
                assert!(!p.metrics.is_empty() && p.evaluation.seeds.len() == 5 && p.evaluation.controls.len() == 2);
            }
        }
    }
}

#[test]
fn roles_are_views_with_the_same_warnings() {
    let (image, card, offers) =
        (facts_of([1, 1, 224, 224], Units::Levels { max: 255.0 }, Some([0.8; 3])), card(""), cnn());
    let of = |role| {
        let mut request = Request::new(&PRESETS, &card, &image, &offers, role);
        (request.methods, request.metrics, request.preset) = (NOW, METRICS_NOW, Some("cxr"));
        advise(&request).unwrap()
    };
    let [researcher, radiologist, technician] = Role::ALL.map(of);
    assert!(researcher.warnings == radiologist.warnings && radiologist.warnings == technician.warnings);
    assert!(researcher.warnings.iter().any(|w| w.text.contains("portable")));
    assert!(technician.view.left_out.contains(&"diagnosis".to_string()) && technician.methods[0].id == "occlusion");
    assert!((radiologist.view.items, radiologist.methods.len() <= 5) == (5, true));
    assert!(technician.forwards() <= 250.0 && radiologist.forwards() <= 5000.0 && technician.methods.len() <= 2);
    assert!(researcher.baselines.len() >= 2);
    let families = |p: &Protocol| p.methods.iter().map(|m| m.family).collect::<std::collections::HashSet<_>>().len();
    assert!(families(&researcher) >= 3 && families(&radiologist) >= 3, "{:?}", radiologist.methods);
}

#[test]
fn what_is_not_there_is_named_and_stood_in_for() {
    let (image, card) = (facts_of([1, 16, 64, 64], Units::Intensity, Some([1.0, 1.0, 2.0])), card(""));
    let offers = Offers::new([Need::Gradient, Need::FeatureMap, Need::RegionLabels, Need::ValidRegion]);
    let mut request = Request::new(&PRESETS, &card, &image, &offers, Role::Researcher);
    (request.methods, request.metrics, request.preset) = (NOW, METRICS_NOW, Some("mri"));
    let p = advise(&request).unwrap();
    let because = |id: &str| p.rejected.iter().find(|r| r.id == id).map(|r| r.because);
    assert_eq!(because("lrp"), Some(Because::Unavailable));
    assert_eq!(because("region-shapley"), Some(Because::Unavailable));
    assert_eq!(because("tcav"), Some(Because::Lacking));
    assert_eq!(because("guided-backprop"), Some(Because::Against));
    assert_eq!(because("donor"), Some(Because::Lacking));
    let shap = p.methods.iter().find(|m| m.id == "permutation-shap").unwrap();
    assert!(
        shap.reasons[0].text.starts_with("stands in for `region-shapley`, as far as it can: "),
        "{:?}",
        shap.reasons
    );
    assert_eq!(shap.baseline.as_deref(), Some("tissue-mean"));
    let ig = p.methods.iter().find(|m| m.id == "integrated-gradients").unwrap();
    assert!(ig.reasons.iter().any(|r| r.text.contains("`donor` can't be made here")), "{:?}", ig.reasons);
    assert!(p.evaluation.segments.is_some());
    // With everything there, nothing stands in.
    let all: Vec<&str> = METHODS.iter().map(|m| m.id).collect();
    request.methods = &all;
    let p = advise(&request).unwrap();
    assert!(p.methods.iter().any(|m| m.id == "region-shapley") && p.methods.iter().any(|m| m.id == "lrp"));
    assert!(!p.methods.iter().any(|m| m.reasons[0].text.starts_with("stands in for `region-shapley`")));
}

#[test]
fn a_window_of_occlusion_is_the_lesions_size_in_mm() {
    let card = card("");
    let request = |image: &ImageFacts, depth| {
        let offers = cnn();
        let mut request = Request::new(&PRESETS, &card, image, &offers, Role::Researcher);
        (request.methods, request.preset, request.depth) = (NOW, Some("ct"), Some(depth));
        let p = advise(&request).unwrap();
        p.methods.into_iter().find(|m| m.id == "occlusion").unwrap()
    };
    // 6 mm at 1.5 mm a pixel are 4 pixels; 64 / 4 squared side by side, or halfway overlapping (31 squared)
    let small = facts_of([1, 1, 64, 64], Units::Hounsfield, Some([1.5, 1.5, 3.0]));
    let m = request(&small, Depth::Audit);
    assert_eq!(
        (m.params["window"].as_str(), m.params["stride"].as_str(), m.forwards),
        (Some("4,4"), Some("2,2"), 962.0)
    );
    assert_eq!(m.baseline.as_deref(), Some("air"));
    let volume = facts_of([1, 8, 64, 64], Units::Hounsfield, Some([1.5, 1.5, 3.0]));
    let m = request(&volume, Depth::Audit);
    assert_eq!((m.params["window"].as_str(), m.forwards), (Some("2,4,4"), 1025.0));
    // Too many windows: wider, and said so.
    let m = request(&volume, Depth::Triage);
    assert!(m.forwards <= 226.0 && m.reasons.iter().any(|r| r.text.contains("times as wide")), "{m:?}");
    // Never narrower than 3 pixels in the plane.
    let coarse = facts_of([1, 1, 64, 64], Units::Hounsfield, Some([5.0; 3]));
    let m = request(&coarse, Depth::Audit);
    assert!(
        m.params["window"].as_str() == Some("3,3")
            && m.reasons.iter().any(|r| r.text.contains("finer than the model's grid")),
        "{m:?}"
    );
    let unknown = facts_of([1, 1, 500, 500], Units::Hounsfield, None);
    let m = request(&unknown, Depth::Audit);
    assert_eq!(m.params["window"].as_str(), Some("9,9"));
    assert!(m.reasons.iter().any(|r| r.text.contains("no scale")));
}

#[test]
fn budgets_hold_and_what_cannot_run_is_an_error() {
    let (image, card, offers) = (facts_of([1, 1, 64, 64], Units::Levels { max: 255.0 }, None), card(""), cnn());
    let mut request = Request::new(&PRESETS, &card, &image, &offers, Role::Researcher);
    request.preset = Some("cxr");
    let error = advise(&request).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "nothing can be recommended: no method that this build has can run here; `hires-cam`: would be recommended"
        ),
        "{error}"
    );
    request.methods = &["rise"];
    assert_eq!(advise(&request).unwrap().methods[0].id, "rise");
    request.budget = Some(100.0);
    let error = advise(&request).unwrap_err().to_string();
    assert!(error.contains("`rise` costs 4000 forwards, the budget is 100"), "{error}");
    request.methods = NOW;
    let p = advise(&request).unwrap();
    assert!(p.forwards() <= 100.0 && p.rejected.iter().any(|r| r.because == Because::Cost));
    // A method that nothing recommends isn't run, however available it is.
    request.budget = None;
    request.methods = &["guided-backprop", "grad-cam"];
    assert_eq!(advise(&request).unwrap().methods.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["grad-cam"]);
}

#[test]
fn the_modality_is_named_or_the_cards_or_recognised_and_never_guessed() {
    let image = facts_of([1, 1, 64, 64], Units::Hounsfield, None);
    let offers = cnn();
    let named = card("modality = \"chest x-ray\"");
    let mut request = Request::new(&PRESETS, &named, &image, &offers, Role::Radiologist);
    request.methods = NOW;
    assert_eq!(advise(&request).unwrap().preset.id, "cxr");
    request.preset = Some("ct");
    assert_eq!(advise(&request).unwrap().preset.id, "ct");
    request.preset = Some("ctt");
    assert!(advise(&request).unwrap_err().to_string().contains("did you mean `ct`"));
    let silent = card("");
    let mut request = Request::new(&PRESETS, &silent, &image, &offers, Role::Radiologist);
    request.methods = NOW;
    assert!(advise(&request).unwrap_err().to_string().contains("the image has no reading"));
    let mut dicom = Image::new(vec![0.0; 16], [1, 1, 4, 4], Units::Hounsfield, Format::Dicom).unwrap();
    dicom.source.facts.push(("modality".into(), "CT".into()));
    let readings = recognise(&dicom);
    request.recognised = &readings;
    let p = advise(&request).unwrap();
    assert_eq!((p.preset.id.as_str(), p.preset.confidence), ("ct", Some(0.95)));
    dicom.source.facts.push(("body part".into(), "JAW".into()));
    dicom.units = Units::Intensity;
    let readings = recognise(&dicom);
    request.recognised = &readings;
    let error = advise(&request).unwrap_err().to_string();
    assert!(error.contains("too unsure or too close: `ct` 0.70, `cbct` 0.70"), "{error}");
}

#[test]
fn labels_carry_codes_and_those_without_are_named() {
    let (image, card, offers) = (facts_of([1, 1, 64, 64], Units::Hounsfield, None), card(""), cnn());
    let concept = "format = 1\n[[concept]]\nid = \"finding a\"\nsystem = \"LOCAL\"\ncode = \"1\"\ndisplay = \"A\"\nversion = \"1\"\nsynonyms = [\"A\"]\n";
    let codes = Ontology::parse(concept, "codes.toml").unwrap();
    let mut request = Request::new(&PRESETS, &card, &image, &offers, Role::Radiologist);
    (request.methods, request.preset, request.codes) = (NOW, Some("ct"), Some(&codes));
    let p = advise(&request).unwrap();
    assert_eq!(p.targets.codes.iter().map(|c| c.code.as_str()).collect::<Vec<_>>(), ["1"]);
    assert!(p.warnings.iter().any(|w| w.text.starts_with("no code for the labels `b`")), "{:?}", p.warnings);
    check(&p, &offers, NOW, &[]);
}

#[test]
fn a_real_slice_from_file_to_protocol() {
    let Some(folder) = common::shared("data/images") else { return };
    let image = pellucid_image::open(folder.join("ct/dicom_lung_b70f/000002.dcm")).unwrap();
    let text = "task = \"binary\"\nlabels = [\"none\", \"nodule\"]\n[[input]]\nsteps = [{ window = [-600, 1500], to = [0, 1] }, { resize = [128, 128] }]\n";
    let card = Card::parse(text).unwrap();
    let (facts, readings, offers) = (ImageFacts::of(&image, &card), recognise(&image), cnn());
    for role in Role::ALL {
        let mut request = Request::new(&PRESETS, &card, &facts, &offers, role);
        (request.methods, request.metrics, request.recognised) = (NOW, METRICS_NOW, &readings);
        request.data.folder = Some("images".into());
        let p = advise(&request).unwrap();
        check(&p, &offers, NOW, METRICS_NOW);
        assert_eq!((p.preset.id.as_str(), p.preset.confidence), ("ct", Some(0.95)));
        assert!(p.warnings.iter().any(|w| w.text.contains("opposite sign")));
        // The baseline of the protocol, made from the image and prepared as the image: -1000 HU is a sixth of the lung window.
        let air = p.baselines.iter().find(|b| b.id == "air").unwrap().make(&image, None).unwrap();
        let prepared = card.inputs[0].prepare(&air, None).unwrap();
        let expected = (-1000.0 - (-600.0 - 750.0)) / 1500.0;
        assert!(prepared.values.iter().all(|v| (f64::from(*v) - expected).abs() < 1e-5), "{}", prepared.values[0]);
    }
    // 6 mm on a grid of 128 over 512 pixels
    let spacing = facts.model_geometry.spacing_mm()[0];
    assert!((spacing / image.geometry.spacing_mm()[0] - 4.0).abs() < 1e-9);
    let mut request = Request::new(&PRESETS, &card, &facts, &offers, Role::Researcher);
    (request.methods, request.recognised) = (NOW, &readings);
    let p = advise(&request).unwrap();
    let occlusion = p.methods.iter().find(|m| m.id == "occlusion").unwrap();
    let n = (6.0 / spacing).max(3.0).round();
    assert_eq!(occlusion.params["window"].as_str(), Some(format!("{n},{n}").as_str()));
}

#[test]
fn detection_without_raw_boxes_gets_perturbation_only() {
    let (image, card, offers) = (facts_of([3, 1, 64, 64], Units::Levels { max: 255.0 }, None), card(""), cnn());
    let mut request = Request::new(&PRESETS, &card, &image, &offers, Role::Researcher);
    (request.methods, request.metrics, request.preset, request.task) =
        (NOW, METRICS_NOW, Some("endoscopy"), Some(Task::Detection));
    let p = advise(&request).unwrap();
    assert!(p.methods.iter().all(|m| m.family == facts::Family::Perturbation), "{:?}", p.methods);
    assert!(p.warnings.iter().any(|w| w.text.contains("perturbation only")));
}

#[test]
fn a_protocol_refuses_what_it_would_not_write() {
    let (image, card, offers) = (facts_of([1, 1, 64, 64], Units::Hounsfield, None), card(""), cnn());
    let mut request = Request::new(&PRESETS, &card, &image, &offers, Role::Researcher);
    (request.methods, request.metrics, request.preset) = (NOW, METRICS_NOW, Some("ct"));
    let text = advise(&request).unwrap().to_toml().unwrap();
    assert!(text.starts_with("# Evaluation protocol."));
    for section in [
        "[model]",
        "[data]",
        "[targets]",
        "[evaluation]",
        "[[methods]]",
        "[[metrics]]",
        "[[baselines]]",
        "[[rejected]]",
    ] {
        assert!(text.contains(section), "{section} in {text}");
    }
    let wrong = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        Protocol::parse(&text.replacen(from, to, 1), "p.toml").unwrap_err().to_string()
    };
    assert!(wrong("format = 1", "format = 3").starts_with("`p.toml`, line 4, column 10, key `format`: must be 1"));
    assert!(wrong("seeds = [0, 1, 2, 3, 4]", "seeds = []").contains("key `evaluation.seeds`: must not be empty"));
    assert!(wrong("bootstrap = 1000", "bootstrp = 1000").contains("unknown field `bootstrp`"));
    assert!(wrong("id = \"air\"", "id = \"void\"").contains("`air` isn't among the baselines"));
    assert!(Protocol::parse(&text[..text.len() / 2], "p.toml").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the model and the data offer and the build has, nothing is recommended whose need isn't met; the same request gives the same plan.
    #[test]
    fn requirements_are_never_missing(
        met in prop::collection::vec(any::<bool>(), NEEDS.len()),
        have in prop::collection::vec(any::<bool>(), METHODS.len()),
        have_metrics in prop::collection::vec(any::<bool>(), METRICS.len()),
        preset in 0usize..22, role in 0usize..3, task in 0usize..5, volume: bool, raw: bool, scale: bool,
    ) {
        let mut offers = Offers::new(NEEDS.iter().zip(&met).filter(|n| *n.1).map(|n| *n.0));
        offers.raw_boxes = raw;
        let methods: Vec<&str> = METHODS.iter().zip(&have).filter(|m| *m.1).map(|m| m.0.id).collect();
        let metrics: Vec<&str> = METRICS.iter().zip(&have_metrics).filter(|m| *m.1).map(|m| m.0.id).collect();
        let shape = if volume { [1, 6, 20, 20] } else { [1, 1, 20, 20] };
        let image = facts_of(shape, Units::Intensity, scale.then_some([1.0, 1.0, 2.0]));
        let card = card("");
        let mut request = Request::new(&PRESETS, &card, &image, &offers, Role::ALL[role]);
        let id = PRESETS.entries()[preset].preset.id.clone();
        (request.methods, request.metrics) = (&methods, &metrics);
        (request.preset, request.task) = (Some(id.as_str()), Some(Task::ALL[task]));
        match advise(&request) {
            Ok(p) => {
                check(&p, &offers, &methods, &metrics);
                prop_assert_eq!(advise(&request).unwrap(), p);
            }
            Err(e) => prop_assert!(e.to_string().starts_with("nothing can be recommended: no method"), "{}", e),
        }
    }
}
