//! Values, shapes and places of real DICOM files against pydicom (`reference/pydicom_values.json`, made by `reference/pydicom_values.py`), and of
//! small files in every transfer syntax (`data/dicom_coded`, made by `reference/coded_files.py`).

mod common;

use std::path::{Path, PathBuf};

use pellucid_image::{Image, OpenOptions, open_with};
use serde_json::Value;

/// Files and values of another folder, for comparing with more files than the shared ones: two paths.
const MORE: (&str, &str) = ("PELLUCID_DICOM_FOLDER", "PELLUCID_DICOM_VALUES");

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap()
}

/// The frames of a file in stored order, one by one.
fn frames(path: &Path, count: usize) -> Result<Vec<Image>, String> {
    let frame = |i| OpenOptions { frame: Some(i), ..OpenOptions::default() };
    (0..count).map(|i| open_with(path, &frame(i)).map_err(|e| e.to_string())).collect()
}

fn compare(name: &str, images: &[Image], expected: &Value) -> Result<(), String> {
    let shape: Vec<usize> =
        expected["shape"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect();
    let first = &images[0];
    if [first.shape()[0], first.shape()[2], first.shape()[3]] != shape[1..] {
        return Err(format!("{name}: shape {:?}, pydicom has {shape:?}", first.shape()));
    }
    let values: Vec<f64> = images.iter().flat_map(Image::voxels).map(|&v| f64::from(v)).collect();
    let lossy = expected["lossy"].as_bool().unwrap();
    let close = |what: &str, found: f64, due: f64, scale: f64| {
        // Inverse cosine transforms of two decoders differ by a level here and there.
        let tolerance = if lossy { 0.005 * scale } else { 1e-9 * scale };
        let fine = (found - due).abs() <= tolerance;
        if fine { Ok(()) } else { Err(format!("{name}: {what} is {found}, pydicom has {due}")) }
    };
    let size: f64 = values.iter().map(|v| v.abs()).sum();
    close("sum", values.iter().sum(), number(&expected["sum"]), size.max(1.0))?;
    let weighted = values.iter().enumerate().map(|(i, v)| v * (i % 97) as f64).sum();
    close("weighted sum", weighted, number(&expected["weighted"]), 97.0 * size.max(1.0))?;
    let level = if lossy { 1000.0 } else { 0.0 };
    close("least value", values.iter().copied().fold(f64::MAX, f64::min), number(&expected["min"]), level)?;
    close("greatest value", values.iter().copied().fold(f64::MIN, f64::max), number(&expected["max"]), level)?;
    for sample in expected["samples"].as_array().unwrap() {
        let (at, due) = (sample[0].as_u64().unwrap() as usize, number(&sample[1]));
        close(&format!("value {at}"), values[at], due, level)?;
    }
    for (frame, corners) in expected["corners"].as_array().unwrap().iter().enumerate().filter(|(_, c)| !c.is_null()) {
        let geometry = &images[frame].geometry.world_from_voxel;
        for (corner, voxel) in [(0, [0.0; 3]), (1, [shape[3] as f64 - 1.0, shape[2] as f64 - 1.0, 0.0])] {
            let world = geometry.apply(voxel);
            for axis in 0..3 {
                let lps = if axis < 2 { -world[axis] } else { world[axis] };
                close("a corner", lps, number(&corners[corner][axis]), 1e3)?;
            }
        }
    }
    Ok(())
}

fn run(folder: &Path, values: &Value) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, vec![]);
    for (name, expected) in values.as_object().unwrap() {
        let path = folder.join(name);
        let count = expected["shape"][0].as_u64().unwrap() as usize;
        match frames(&path, count) {
            Ok(images) => match compare(name, &images, expected) {
                Ok(()) => compared += 1,
                Err(error) => wrong.push(error),
            },
            Err(error) => wrong.push(format!("refused: {error}")),
        }
    }
    (compared, wrong)
}

#[test]
fn shared_files_have_the_values_of_pydicom() {
    let Some(folder) = common::shared("data/images") else { return };
    let values: Value = serde_json::from_str(include_str!("reference/pydicom_values.json")).unwrap();
    let (compared, wrong) = run(&folder, &values);
    // JPEG-LS isn't read; whatever else pydicom reads is.
    let left: Vec<&String> = wrong.iter().filter(|w| !w.contains("JPEG-LS")).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert_eq!(compared + 1, values.as_object().unwrap().len());
}

#[test]
fn every_transfer_syntax_gives_the_values_that_were_encoded() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/dicom_coded"));
    let values: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("values.json")).unwrap()).unwrap();
    let (compared, wrong) = run(folder, &values);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(compared, 30);
}

#[test]
fn other_files_have_the_values_of_pydicom() {
    let (Some(folder), Some(values)) = (std::env::var_os(MORE.0), std::env::var_os(MORE.1)) else {
        println!("skipped: `{}` and `{}` name no files to compare", MORE.0, MORE.1);
        return;
    };
    let values: Value = serde_json::from_str(&std::fs::read_to_string(values).unwrap()).unwrap();
    let (compared, wrong) = run(&PathBuf::from(folder), &values);
    println!("{compared} files have the same values");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
