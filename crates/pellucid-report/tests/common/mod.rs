//! A case made by hand: images, outcome and explanations without a model.

// Each test file uses a part of this.
#![allow(dead_code)]

use std::collections::BTreeMap;

use pellucid_explain::{
    Check, Counts, Evidence, ExplainError, Explanation, Grid, Map, Outcome, Output, Provenance, TargetInfo,
};
use pellucid_graph::Tensor;
use pellucid_image::preprocess::{Layout, Prepared, prepare};
use pellucid_image::{Affine, Format, Geometry, Image, Units};

/// A grey image of 8-bit levels, a ramp.
pub fn plane(h: usize, w: usize) -> Image {
    let values = (0..h * w).map(|i| (i % 200) as f32).collect();
    Image::new(values, [1, 1, h, w], Units::Levels { max: 255.0 }, Format::Synthetic).unwrap()
}

/// A volume with slices three times as far apart as its pixels, in patient space.
pub fn volume(d: usize, h: usize, w: usize) -> Image {
    let values = (0..d * h * w).map(|i| (i % 97) as f32).collect();
    let mut image = Image::new(values, [1, d, h, w], Units::Hounsfield, Format::Synthetic).unwrap();
    image.geometry = Geometry::oriented(Affine::scale_offset([-1.0, -1.0, 3.0], [10.0, 20.0, -30.0]));
    image
}

pub fn prepared(image: &Image) -> Prepared {
    prepare(image, &[], &Layout::usual(!image.is_2d()), None).unwrap()
}

pub fn on_layer(name: &str, shape: &[usize], values: &[f32]) -> Map {
    Map { grid: Grid::Layer { name: name.into() }, shape: shape.to_vec(), values: values.to_vec() }
}

pub fn on_input(name: &str, shape: &[usize], values: &[f32]) -> Map {
    Map { grid: Grid::Input { name: name.into() }, shape: shape.to_vec(), values: values.to_vec() }
}

pub fn explanation(method: &str, class: usize, maps: Vec<Map>) -> Explanation {
    Explanation {
        method: method.into(),
        target: TargetInfo {
            description: format!("logit of class {class}"),
            class: Some(class),
            label: None,
            value: 1.25,
            stepped_over: Some("Softmax".into()),
        },
        site: "layer `conv5`, the last one with spatial axes".into(),
        evidence: Evidence::Maps(maps),
        checks: vec![Check::equal("completeness", "sum of the map against the target's change", 1.0, 1.001, 0.0, 0.01)],
        extras: vec![("weights".into(), vec![0.25, -0.5])],
        balance: vec![],
        notes: vec!["the layer is coarse".into()],
        counts: Counts { forwards: 1, backwards: 1, suffixes: 0 },
        provenance: Provenance {
            pellucid: "0.1.0".into(),
            model_sha256: "ab".repeat(32),
            graph_sha256: "cd".repeat(32),
            inputs_sha256: BTreeMap::from([("x".to_string(), "ef".repeat(32))]),
            method: method.into(),
            revision: 1,
            parameters: BTreeMap::from([("steps".to_string(), serde_json::json!(50))]),
            rules: vec!["conv1 (Conv): gradient, linear".into()],
            engine: "tract 0.23".into(),
            device: "CPU".into(),
            seconds: 0.125,
            time: "2025-01-02T03:04:05Z".into(),
            preprocessing: vec!["scaled to 0..1".into()],
        },
    }
}

/// The outcome of a classifier of two classes, the second wins with 75 %.
pub fn outcome(explanations: Vec<Explanation>) -> Outcome {
    let output = Output {
        name: "probabilities".into(),
        wire: "logits".into(),
        activation: Some("Softmax".into()),
        shape: vec![1, 2],
        class_axis: 1,
    };
    let value = Tensor::f32(&[1, 2], vec![0.0, 3f32.ln()]).unwrap();
    Outcome { output, value, explanations: explanations.into_iter().map(Ok).collect() }
}

/// A method that gave nothing.
pub fn failure(method: &str) -> (String, ExplainError) {
    let error = ExplainError::Needs {
        method: method.into(),
        reason: "needs a pooled linear head, but the model has none".into(),
        hint: "use `grad-cam`".into(),
    };
    (method.to_string(), error)
}
