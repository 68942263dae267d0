//! Model-free cases: resampling, normalisation and display presets on stored maps.

use anyhow::{Context, Result, bail};
use pellucid::image::normalise::{DISPLAY_PRESETS, Reduce, layercam_scale, reduce_channels, show};
use pellucid::image::resize::{Resample, resample};
use serde_json::Value;

use super::case::{Case, Folder, Tolerance};
use super::compare::{Precision, Verdict};
use super::npy::Array;

/// How the middle part of a case id names a resampling.
static RESAMPLINGS: &[(&str, Resample)] = &[
    ("linear_half_pixel", Resample::LinearHalfPixel),
    ("down_half_pixel", Resample::LinearHalfPixel),
    ("linear_align_corners", Resample::LinearAlignCorners),
    ("zoom_order1", Resample::LinearAlignCorners),
    ("zoom_order3", Resample::SplineAlignCorners),
    ("nearest_floor", Resample::NearestFloor),
    ("mirror_half_pixel", Resample::MirrorHalfPixel),
];

/// Runs a case and compares.
pub fn run(folder: &Folder, value: &Value) -> Result<Verdict> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).with_context(|| format!("case without `{key}`"));
    let id = text("id")?;
    let input = folder.array(text("input")?)?;
    let expected = folder.array(text("expected")?)?;
    let found = compute(id, &input, value)?;
    let found: Vec<f64> = found.into_iter().map(f64::from).collect();
    let tolerance: Tolerance = serde_json::from_value(value.get("tolerance").cloned().unwrap_or_default())?;
    let case = Case {
        method: "postprocess".into(),
        variant: None,
        target: None,
        layer: None,
        params: serde_json::Map::new(),
        aux: std::collections::BTreeMap::new(),
        expected: std::collections::BTreeMap::new(),
        scalars: std::collections::BTreeMap::new(),
        float32_rel_to_max: None,
        tolerance,
    };
    let mut verdict = Verdict::default();
    verdict.array(&case, "map", &found, &expected.values, Precision::Single);
    Ok(verdict)
}

fn compute(id: &str, input: &Array, case: &Value) -> Result<Vec<f32>> {
    let values: Vec<f32> = input.values.iter().map(|v| *v as f32).collect();
    let mut parts = id.split('.');
    let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    Ok(match kind {
        "resize_2d" | "resize_3d" => {
            let how = RESAMPLINGS.iter().find(|r| r.0 == name).with_context(|| format!("resampling `{name}`"))?.1;
            // an array with one axis more than the size holds channels; the first is meant
            let size = size_of(case);
            let lead = input.shape.len().saturating_sub(size.len());
            let count: usize = input.shape[lead..].iter().product();
            resample(&values[..count], &input.shape[lead..], &size, how)?
        }
        "preset" => {
            let wanted = if name == "zero_map" { "monai" } else { name };
            let preset = DISPLAY_PRESETS.iter().find(|p| p.0 == wanted).with_context(|| format!("preset `{name}`"))?;
            show(&values, &input.shape, &size_of(case), preset.1)?.values
        }
        "layercam_scale" => {
            let gamma = case.pointer("/params/gamma").and_then(Value::as_f64).unwrap_or(2.0);
            layercam_scale(&values, gamma)
        }
        "reduce" if name == "max_abs" => reduce_channels(&values, &input.shape, Reduce::MaxAbs)?,
        "reduce" if name == "sum" => reduce_channels(&values, &input.shape, Reduce::Sum)?,
        _ => bail!("the operation `{id}` isn't known"),
    })
}

fn size_of(case: &Value) -> Vec<usize> {
    let list = case.pointer("/params/size").and_then(Value::as_array);
    list.map(|l| l.iter().filter_map(Value::as_u64).map(|v| v as usize).collect()).unwrap_or_default()
}
