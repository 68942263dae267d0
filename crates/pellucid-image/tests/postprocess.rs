//! Resampling and display presets against arrays made by torch, scipy, scikit-image and the display code of other tools.

mod common;

use std::path::Path;

use pellucid_image::normalise::{DISPLAY_PRESETS, Reduce, layercam_scale, reduce_channels, show};
use pellucid_image::resize::{Resample, resample};
use pellucid_image::{Array, OpenOptions, read_array};
use serde_json::Value;

fn array(folder: &Path, name: &str) -> Array {
    read_array(&std::fs::read(folder.join(name)).unwrap(), &OpenOptions::default()).unwrap()
}

fn size_of(case: &Value) -> Vec<usize> {
    let list = case["params"]["size"].as_array();
    list.map(|l| l.iter().map(|v| v.as_u64().unwrap() as usize).collect()).unwrap_or_default()
}

/// The resampling method that the end of a case id names.
fn method(id: &str) -> Resample {
    match id.split('.').nth(1).unwrap() {
        "linear_half_pixel" | "down_half_pixel" => Resample::LinearHalfPixel,
        "linear_align_corners" | "zoom_order1" => Resample::LinearAlignCorners,
        "nearest_floor" => Resample::NearestFloor,
        "zoom_order3" => Resample::SplineAlignCorners,
        "mirror_half_pixel" => Resample::MirrorHalfPixel,
        other => panic!("unknown resampling `{other}`"),
    }
}

fn compute(id: &str, input: &Array, case: &Value) -> Vec<f32> {
    let size = size_of(case);
    let mut parts = id.split('.');
    match (parts.next().unwrap(), parts.next().unwrap()) {
        ("resize_2d", "down_half_pixel") => {
            let first = &input.values[..input.values.len() / input.shape[0]];
            resample(first, &input.shape[1..], &size, method(id)).unwrap()
        }
        ("resize_2d" | "resize_3d", _) => resample(&input.values, &input.shape, &size, method(id)).unwrap(),
        ("layercam_scale", _) => layercam_scale(&input.values, case["params"]["gamma"].as_f64().unwrap()),
        ("reduce", "max_abs") => reduce_channels(&input.values, &input.shape, Reduce::MaxAbs).unwrap(),
        ("reduce", "sum") => reduce_channels(&input.values, &input.shape, Reduce::Sum).unwrap(),
        ("preset", "zero_map") => {
            let preset = DISPLAY_PRESETS.iter().find(|p| p.0 == "monai").unwrap().1;
            let shown = show(&input.values, &input.shape, &size, preset).unwrap();
            assert!(shown.flat);
            shown.values
        }
        ("preset", name) => {
            let preset = DISPLAY_PRESETS.iter().find(|p| p.0 == name).unwrap().1;
            show(&input.values, &input.shape, &size, preset).unwrap().values
        }
        other => panic!("unknown case {other:?}"),
    }
}

#[test]
fn all_cases_agree_with_other_tools() {
    let Some(folder) = common::shared("oracles/visual/postprocess") else { return };
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let cases = index["cases"].as_array().unwrap();
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let input = array(&folder, case["input"].as_str().unwrap());
        let expected = array(&folder, case["expected"].as_str().unwrap());
        let found = compute(id, &input, case);
        assert_eq!(found.len(), expected.values.len(), "{id}");
        let scale = expected.values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let error = found.iter().zip(&expected.values).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        let tolerance = case["tolerance"]["rel_to_max"].as_f64().unwrap() as f32;
        println!("{id}: error {:.1e} of the maximum", error / scale.max(f32::MIN_POSITIVE));
        assert!(error <= tolerance * scale, "{id}: {error} against a maximum of {scale}");
    }
    println!("{} cases", cases.len());
    assert_eq!(cases.len(), 30);
}
