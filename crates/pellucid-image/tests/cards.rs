//! Cards of real models, as their authors describe the preparation; wrong cards; written cards.

mod common;

use pellucid_image::card::{ACTIVATIONS, Activation, Card, InputKind, KEYS, ModelFacts, PortFacts, STEPS, TASKS, Task};
use pellucid_image::preprocess::Step;
use pellucid_image::{ImageError, open};

const PNEUMONIA: &str = r#"
name = "Chest X-ray pneumonia"
task = "binary"
modality = "cxr"
labels = ["normal", "pneumonia"]

[output]
activation = "sigmoid"
threshold = 0.5

[layer]
name = "/conv2d_4/conv2d_4.1/Relu_output_0"

[[input]]
name = "input"
layout = "NCHW"
steps = [
    { eight_bit = true },
    { channels = "rgb" },
    { resize = [150, 150], mode = "nearest" },
    { range = [0, 255] },
]
"#;

/// A CT chunk around a candidate, native spacing, slices from feet to head.
const NODULE: &str = r#"
task = "classification"
modality = "ct"
labels = ["non-nodule", "nodule"]
[[input]]
name = "input"
steps = [{ orient = "SPL" }, { crop = [32, 48, 48], at = "focus", fill = -1000 }, { clip = [-1000, 1000] }]
"#;

const SLICES: &str = r#"
task = "segmentation"
modality = "ct"
labels = ["nodule"]
[output]
activation = "sigmoid"
[[input]]
steps = [{ orient = "SPL" }, { slices = 7 }, { clip = [-1000, 1000] }]
"#;

const VESSELS: &str = r#"
task = "segmentation"
modality = "fundus"
labels = ["background", "vessel"]
[[input]]
steps = [
    { channels = "grey" },
    { resize = [584, 564], mode = "bilinear-antialias" },
    { percentiles = [0, 100], to = [0, 255] },
    { eight_bit = true },
    { clahe = 2.0, tiles = [8, 8] },
    { gamma = 1.2, max = 255 },
    { range = [0, 255] },
]
"#;

const TOKENS: &str = r#"
task = "classification"
labels = ["parasitised", "uninfected"]
default_label = "parasitised"
[layer]
name = "/blocks/blocks.5/norm1/LayerNormalization_output_0"
grid = [8, 8]
skip_tokens = 1
[[input]]
name = "input"
steps = [{ channels = "rgb" }, { resize = [64, 64] }, { range = [0, 255] }, { mean = 0.5, std = 0.5 }]
"#;

const FACE: &str = r#"
task = "binary"
modality = "mri"
labels = ["no face", "face"]
[[input]]
steps = [
    { orient = "PRS" },
    { percentiles = [0, 99.9], to = [0, 600], clip = false },
    { resize = [128, 128, 64], mode = "corners" },
    { clip = [-1000, 400] },
    { range = [-1000, 400] },
]
"#;

const CAPTIONS: &str = r#"
task = "captioning"
modality = "ultrasound"
[output]
name = "logits"
class_axis = 2
[[input]]
name = "image"
steps = [
    { channels = "grey" },
    { resize = [128, 128], mode = "bilinear" },
    { crop = [112, 112] },
    { range = [0, 255] },
    { mean = [0.3], std = [0.2] },
]
[[input]]
name = "tokens"
kind = "tokens"
vocabulary = "vocab.json"
length = 13
"#;

const BRAIN: &str = r#"
task = "segmentation"
modality = "mri"
labels = ["background", "white matter", "grey matter"]
[[input]]
steps = [
    { orient = "LIA" },
    { spacing_mm = [1, 1, 1], mode = "bilinear" },
    { crop = [256, 256, 256], fill = 0 },
    { percentiles = [1, 99], over = "nonzero" },
]
"#;

const NHWC: &str = r#"
task = "binary"
labels = ["parasitised", "uninfected"]
[output]
activation = "sigmoid"
positive = "uninfected"
threshold = 0.5
[[input]]
name = "input_layer_16"
layout = "NHWC"
steps = [{ resize = [64, 64], mode = "bilinear" }, { range = [0, 255], to = [-1, 1] }]
"#;

const ALL: &[&str] = &[PNEUMONIA, NODULE, SLICES, VESSELS, TOKENS, FACE, CAPTIONS, BRAIN, NHWC];

#[test]
fn real_cards_are_read_and_written_back_the_same() {
    for text in ALL {
        let card = Card::parse(text).unwrap();
        assert_eq!(Card::parse(&card.to_toml()).unwrap(), card, "{}", card.to_toml());
        assert_eq!(Card::parse(&card.to_toml_commented(&ModelFacts::default())).unwrap(), card);
    }
    let card = Card::parse(PNEUMONIA).unwrap();
    assert_eq!((card.task, card.output.activation), (Task::Binary, Some(Activation::Sigmoid)));
    assert_eq!(
        (card.sign_of("pneumonia"), card.sign_of("normal"), card.sign_of("other")),
        (Some(1.0), Some(-1.0), None)
    );
    let card = Card::parse(NHWC).unwrap();
    assert_eq!((card.sign_of("uninfected"), card.sign_of("Parasitised")), (Some(1.0), Some(-1.0)));
    let card = Card::parse(TOKENS).unwrap();
    let layer = card.layer.unwrap();
    assert_eq!((layer.grid, layer.skip_tokens), (Some(vec![8, 8]), 1));
}

#[test]
fn real_images_become_inputs() {
    let Some(folder) = common::shared("data/images") else { return };
    let cases = [
        (PNEUMONIA, "cxr/pneumonia/normal/IM-0011-0001-0001.jpeg", vec![1, 3, 150, 150]),
        (PNEUMONIA, "cxr/txrv_tests/Fake_MONOHR1.dcm", vec![1, 3, 150, 150]),
        (PNEUMONIA, "dicom_variety/RG1_J2KI.dcm", vec![1, 3, 150, 150]),
        (NODULE, "ct/totalseg/example_ct_sm.nii.gz", vec![1, 1, 32, 48, 48]),
        (SLICES, "ct/totalseg/example_ct_sm.nii.gz", vec![1, 7, 101, 122]),
        (VESSELS, "fundus/skimage_retina.jpg", vec![1, 1, 584, 564]),
        (TOKENS, "blood/bloodmnist/basophil_0.png", vec![1, 3, 64, 64]),
        (FACE, "mri/volumes/MNI152_T1_2mm.nii.gz", vec![1, 1, 128, 128, 64]),
        (BRAIN, "mri/volumes/MNI152_T1_2mm.nii.gz", vec![1, 1, 256, 256, 256]),
        (NHWC, "blood/bloodmnist/basophil_0.png", vec![1, 64, 64, 3]),
    ];
    for (text, file, shape) in cases {
        let card = Card::parse(text).unwrap();
        let prepared = card.inputs[0].prepare(&open(folder.join(file)).unwrap(), None).unwrap();
        assert_eq!(prepared.shape, shape, "{file}");
        assert_eq!(prepared.values.len(), shape.iter().product::<usize>());
        let limit = if text == NODULE || text == SLICES { 1000.0 } else { 1.0001 };
        assert!(prepared.values.iter().all(|v| v.abs() <= limit), "{file}");
        let ends = |v: f32| prepared.values.iter().filter(|&&x| (x - v).abs() < 0.01 * limit).count();
        assert!(ends(prepared.values[0]) < prepared.values.len(), "{file} is flat");
    }
}

fn complaint(card: &str) -> (usize, usize, String, Option<String>) {
    match Card::parse(card).unwrap_err() {
        ImageError::Card { line, column, reason, near } => (line, column, reason, near),
        other => panic!("{other}"),
    }
}

#[test]
fn wrong_cards_name_key_line_and_column() {
    let cases: &[(&str, usize, usize, &str, Option<&str>)] = &[
        ("task = \"binary\"\nlables = []\n", 2, 1, "unknown key `lables`", Some("labels")),
        ("task = \"clasification\"\n", 1, 8, "`task` is `clasification`", Some("classification")),
        ("labels = []\n", 1, 1, "the card has no `task`", None),
        ("task = \"binary\"\nlabels = [\"a\", 3]\n", 2, 16, "`labels` must be text in quotes, not integer", None),
        ("task = \"binary\"\nlabels = [\"a\"]\n", 2, 10, "a binary model has 2 labels", None),
        ("task = \"binary\"\n[output]\ntreshold = 1\n", 3, 1, "unknown key `treshold` in `output`", Some("threshold")),
        ("task = \"binary\"\nformat = 2\n", 2, 10, "`format` is newer", None),
        (
            "task = \"binary\"\nlabels = [\"a\", \"b\"]\n[output]\npositive = \"c\"\n",
            4,
            12,
            "`positive` is `c`, which isn't among the `labels`",
            Some("a"),
        ),
        (
            "task = \"binary\"\n[[input]]\nsteps = [{ resise = [2, 2] }]\n",
            3,
            12,
            "unknown step `resise`",
            Some("resize"),
        ),
        (
            "task = \"binary\"\n[[input]]\nsteps = [{ resize = [2, 2], mod = \"area\" }]\n",
            3,
            29,
            "unknown key `mod` in `resize`",
            Some("mode"),
        ),
        (
            "task = \"binary\"\n[[input]]\nsteps = [{ resize = [2, 2], mode = \"bilinaer\" }]\n",
            3,
            36,
            "`mode` is `bilinaer`",
            Some("bilinear"),
        ),
        (
            "task = \"binary\"\n[[input]]\nsteps = [{ resize = [2] }]\n",
            3,
            21,
            "`resize` must be `[H, W]` or `[D, H, W]`",
            None,
        ),
        (
            "task = \"binary\"\n[[input]]\nsteps = [{ range = [5, 1] }]\n",
            3,
            20,
            "the second number of `range` must be the larger",
            None,
        ),
        (
            "task = \"binary\"\n[[input]]\nsteps = [{ range = [0, 1], gamma = 2 }]\n",
            3,
            10,
            "two steps in one table",
            None,
        ),
        ("task = \"binary\"\n[[input]]\nsteps = [{ mean = 0.0, std = 0 }]\n", 3, 19, "no `std` may be 0", None),
        ("task = \"binary\"\n[[input]]\nsteps = [{ window = [40, -1] }]\n", 3, 21, "the width must be above 0", None),
        ("task = \"binary\"\n[[input]]\nsteps = [{ scale = nan }]\n", 3, 20, "`scale` must be finite", None),
        ("task = \"binary\"\n[[input]]\nlayout = \"NCXW\"\n", 3, 10, "layout `NCXW` must be made of", None),
        (
            "task = \"binary\"\n[[input]]\nkind = \"tokens\"\nsteps = []\n",
            4,
            1,
            "`steps` goes with `kind = \"image\"`",
            None,
        ),
        ("task = \"binary\"\n[[input]]\nsteps = [{ orient = \"RAR\" }]\n", 3, 21, "one letter of each pair", None),
        (
            "task = \"binary\"\n[[input]]\nsteps = [{ replace_nan = 1e300 }]\n",
            3,
            26,
            "`replace_nan` is too large",
            None,
        ),
        ("task = \"binary\"\nname = oops\n", 2, 8, "", None),
        ("task = \"binary\"\n[layer]\ngrid = [1]\n", 2, 1, "`layer` has no `name`", None),
    ];
    for (text, line, column, reason, near) in cases {
        let found = complaint(text);
        assert!(found.2.contains(reason), "{text}: {}", found.2);
        assert_eq!((found.0, found.1, found.3.as_deref()), (*line, *column, *near), "{text}: {}", found.2);
    }
}

#[test]
fn no_text_makes_the_parser_panic() {
    for text in ALL {
        for end in (0..text.len()).step_by(3) {
            let _ = Card::parse(&text[..end]);
            let mut changed = text.as_bytes().to_vec();
            changed[end] = b"]}=\"[{0\n"[end % 8];
            if let Ok(changed) = String::from_utf8(changed) {
                let _ = Card::parse(&changed);
            }
        }
    }
}

fn port(name: &str, dtype: &str, dims: &[usize]) -> PortFacts {
    let dims = dims.iter().map(|&d| (d > 0).then_some(d)).collect();
    PortFacts { name: name.into(), dtype: dtype.into(), dims }
}

#[test]
fn first_cards_fit_the_model() {
    let guess = |inputs: Vec<PortFacts>, outputs: Vec<PortFacts>, activation| {
        let facts = ModelFacts { inputs, outputs, activation, layer: Some("relu".into()), ..ModelFacts::default() };
        let card = Card::default_for(&facts);
        let written = card.to_toml_commented(&facts);
        assert_eq!(Card::parse(&written).unwrap(), card, "{written}");
        card
    };
    let card = guess(vec![port("input", "f32", &[0, 3, 224, 224])], vec![port("output", "f32", &[0, 5])], None);
    assert_eq!((card.task, card.labels.len()), (Task::Classification, 5));
    let InputKind::Image { layout, steps } = &card.inputs[0].kind else { panic!() };
    assert_eq!(layout.as_ref().unwrap().as_str(), "NCHW");
    assert!(steps.iter().any(|s| matches!(s, Step::Resize { size, .. } if *size == [224, 224])));
    let sigmoid = Some(Activation::Sigmoid);
    let card = guess(vec![port("x", "f32", &[0, 64, 64, 3])], vec![port("y", "f32", &[0, 1])], sigmoid);
    assert_eq!((card.task, card.output.threshold), (Task::Binary, Some(0.5)));
    let InputKind::Image { layout, .. } = &card.inputs[0].kind else { panic!() };
    assert_eq!(layout.as_ref().unwrap().as_str(), "NHWC");
    let card = guess(vec![port("x", "f32", &[0, 1, 0, 0, 0])], vec![port("y", "f32", &[0, 3, 0, 0, 0])], None);
    assert_eq!((card.task, card.labels.len()), (Task::Segmentation, 3));
    let two =
        vec![port("image", "f32", &[0, 1, 112, 112]), port("tokens", "i64", &[0, 12]), port("age", "f32", &[1, 2])];
    let card = guess(two, vec![port("y", "f32", &[0, 5])], sigmoid);
    assert_eq!(card.task, Task::Multilabel);
    assert!(matches!(card.inputs[1].kind, InputKind::Tokens { length: Some(12), .. }));
    assert!(matches!(&card.inputs[2].kind, InputKind::Values { values, .. } if values.len() == 2));
    assert!(card.input("image").is_some() && card.input("other").is_none());
}

#[test]
fn every_documented_step_is_read_as_it_stands() {
    for step in STEPS {
        let text = format!("task = \"binary\"\n[[input]]\nsteps = [{}]\n", step.example);
        let card = Card::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", step.example));
        let InputKind::Image { steps, .. } = &card.inputs[0].kind else { panic!() };
        assert_eq!(steps[0].key(), step.key);
        assert!(step.doc.ends_with('.') || step.doc.ends_with(')'), "{}", step.key);
    }
    assert!(KEYS.iter().all(|k| !k.doc.is_empty() && !k.kind.is_empty()));
    assert!(TASKS.len() == 8 && ACTIVATIONS.len() == 4);
}

#[test]
fn cards_are_found_beside_their_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("net.onnx");
    assert_eq!(Card::find(&model), None);
    std::fs::write(folder.path().join("model.toml"), PNEUMONIA).unwrap();
    assert_eq!(Card::find(&model), Some(folder.path().join("model.toml")));
    std::fs::write(folder.path().join("net.toml"), "task = \"binary\"\nlable = 3").unwrap();
    assert_eq!(Card::find(&model), Some(folder.path().join("net.toml")));
    let error = Card::open(folder.path().join("net.toml")).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("net.toml`: model card, line 2, column 1: unknown key `lable`"), "{said}");
    assert!(said.ends_with("did you mean `labels`?") && !error.hints().is_empty());
}
