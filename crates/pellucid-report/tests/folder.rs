//! Output folders: what is in them, and what happens to what was there.

mod common;

use std::fs;
use std::path::Path;

use common::*;
use pellucid_explain::Outcome;
use pellucid_image::Image;
use pellucid_image::preprocess::Prepared;
use pellucid_report::{
    Case, CaseInput, Document, FORMAT, ReportError, Truth, WriteOptions, Written, read_npz, write_case,
};

const KEEP: WriteOptions = WriteOptions { overwrite: false };

fn case<'a>(image: &'a Image, prepared: &'a Prepared, outcome: &'a Outcome, truth: Option<&'a Truth>) -> Case<'a> {
    let inputs = vec![CaseInput { name: "x", image, prepared }];
    Case { name: "scan 7", model: "lesions.onnx", labels: &[], inputs, outcome, truth }
}

/// Writes a 2-D case of the given explanations.
fn write(folder: &Path, outcome: &Outcome) -> Result<Written, ReportError> {
    let image = plane(8, 8);
    let prepared = prepared(&image);
    write_case(folder, &case(&image, &prepared, outcome, None), &KEEP)
}

/// Everything in a folder but folders, sorted, relative.
fn listing(folder: &Path) -> Vec<String> {
    let mut out = vec![];
    let mut todo = vec![folder.to_path_buf()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                out.push(path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    out.sort();
    out
}

fn cam() -> pellucid_explain::Explanation {
    explanation("grad-cam", 1, vec![on_layer("conv5", &[2, 2], &[0.0, 4.0, -1.0, 0.5])])
}

#[test]
fn a_case_gives_report_document_maps_and_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/out");
    let written = write(&out, &outcome(vec![cam()])).unwrap();
    let files = ["explanation.json", "maps.npz", "pictures/grad-cam.png", "pictures/image.png", "report.html"];
    assert_eq!(listing(&out), files);
    assert_eq!(written.files.len(), files.len());
    // nothing is left beside it
    assert_eq!(listing(folder.path()).len(), files.len());
    let arrays = read_npz(&fs::read(out.join("maps.npz")).unwrap(), 1 << 20).unwrap();
    assert_eq!(arrays[0].name, "grad-cam/target-1/conv5");
    assert_eq!((&arrays[0].shape[..], &arrays[0].values[..]), (&[2, 2][..], &[0.0, 4.0, -1.0, 0.5][..]));
    assert_eq!(
        (arrays[1].name.as_str(), &arrays[1].values[..]),
        ("grad-cam/target-1/extra.weights", &[0.25, -0.5][..])
    );
}

#[test]
fn document_says_what_was_explained_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut odd = cam();
    odd.checks[0].relative = f64::INFINITY;
    let mut all = outcome(vec![odd]);
    all.explanations.push(Err(failure("cam")));
    let written = write(&out, &all).unwrap();
    let text = fs::read_to_string(out.join("explanation.json")).unwrap();
    let read = Document::parse(&text).unwrap();
    assert_eq!(read, written.document);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["format"], FORMAT);
    // the order of keys is part of the format
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["format", "name", "model", "inputs", "output", "explanations", "failures", "agreement", "files"]);
    let e = &json["explanations"][0];
    assert_eq!((&e["target"]["value"], &e["checks"][0]["relative"]), (&1.25.into(), &"inf".into()));
    assert_eq!((&e["evidence"][0]["max"], &e["evidence"][0]["sum"]), (&4.0.into(), &3.5.into()));
    assert_eq!(e["evidence"][0]["grid"], serde_json::json!({"on": "layer", "name": "conv5"}));
    assert_eq!(e["provenance"]["parameters"]["steps"], 50);
    assert_eq!(json["output"]["decision"], "class 1, probability 75 %");
    assert_eq!(json["failures"][0]["method"], "cam");
}

#[test]
fn other_formats_and_versions_are_refused() {
    let newer = r#"{"format": "pellucid.explanation/2"}"#;
    assert!(matches!(Document::parse(newer), Err(ReportError::Format { .. })));
    assert!(matches!(Document::parse("[]"), Err(ReportError::Json { .. })));
    let cut = format!(r#"{{"format": "{FORMAT}", "name": "a"}}"#);
    assert!(Document::parse(&cut).unwrap_err().to_string().contains("missing field `model`"));
}

#[test]
fn several_targets_and_layers_have_names_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let maps = || vec![on_layer("a/b", &[2, 2], &[0.0, 1.0, 2.0, 3.0]), on_layer("c", &[2, 2], &[1.0, 0.0, 2.0, 0.0])];
    let all = vec![
        explanation("layer-cam", 0, maps()),
        explanation("layer-cam", 1, maps()),
        explanation("grad-cam", 1, vec![on_layer("c", &[2, 2], &[1.0, 0.0, 2.0, 0.0])]),
        explanation("grad-cam", 1, vec![on_layer("c", &[2, 2], &[1.0, 0.0, 2.0, 5.0])]),
    ];
    write(&out, &outcome(all)).unwrap();
    let pictures: Vec<String> = listing(&out.join("pictures"));
    let expected = [
        "grad-cam--target-2-2.png",
        "grad-cam--target-2.png",
        "image.png",
        "layer-cam--target-1--a_b.png",
        "layer-cam--target-1--c.png",
        "layer-cam--target-2--a_b.png",
        "layer-cam--target-2--c.png",
    ];
    assert_eq!(pictures, expected);
}

#[test]
fn picture_has_the_colour_of_the_map_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    // 8 x 8 pixels are drawn 40 times as large; the map is the size of the input, so nothing is resampled
    let mut values = [0.0; 64];
    values[3 * 8 + 5] = 2.0;
    values[6 * 8 + 1] = -2.0;
    write(&out, &outcome(vec![explanation("occlusion", 1, vec![on_input("x", &[1, 8, 8], &values)])])).unwrap();
    let image = image::open(out.join("pictures/image.png")).unwrap().to_rgb8();
    let figure = image::open(out.join("pictures/occlusion.png")).unwrap().to_rgb8();
    assert_eq!(image.dimensions(), (320, 320));
    assert_eq!(image.get_pixel(5 * 40 + 20, 3 * 40 + 20).0, [29; 3]);
    // the picture lies somewhere in the figure: its upper left pixels are those of the bare image
    let same = |x: u32, y: u32| (0..30).all(|i| figure.get_pixel(x + i * 3, y).0 == image.get_pixel(i * 3, 0).0);
    let top = (20..90).find(|y| same(16, *y)).expect("the picture in the figure");
    let at = |x: u32, y: u32| figure.get_pixel(16 + x * 40 + 20, top + y * 40 + 20).0;
    assert_eq!(at(0, 0), image.get_pixel(20, 20).0);
    let [r, _, b] = at(5, 3);
    assert!(r > b + 80, "red at the positive place: {:?}", at(5, 3));
    let [r, _, b] = at(1, 6);
    assert!(b > r + 80, "blue at the negative place: {:?}", at(1, 6));
}

#[test]
fn volumes_are_written_on_the_grid_of_the_image() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let image = volume(4, 6, 8);
    let prepared = prepared(&image);
    let mut values = vec![0.0; 4 * 6 * 8];
    values[(2 * 6 + 3) * 8 + 5] = -1.5;
    values[0] = 1.0;
    let all = outcome(vec![explanation("integrated-gradients", 1, vec![on_input("x", &[1, 4, 6, 8], &values)])]);
    let mut inside = vec![false; values.len()];
    inside[(2 * 6 + 3) * 8 + 5] = true;
    let truth = Truth::new("planted lesion", [4, 6, 8], &inside).unwrap();
    write_case(&out, &case(&image, &prepared, &all, Some(&truth)), &KEEP).unwrap();
    let read = pellucid_image::open(out.join("volumes/integrated-gradients.nii.gz")).unwrap();
    assert_eq!((read.grid(), read.voxels()), ([4, 6, 8], &values[..]));
    let world = |g: &pellucid_image::Geometry| g.world_from_voxel.apply([5.0, 3.0, 2.0]);
    assert_eq!(world(&read.geometry), world(&image.geometry));
    let document = Document::parse(&fs::read_to_string(out.join("explanation.json")).unwrap()).unwrap();
    let hit = &document.truth.unwrap().maps[0];
    assert_eq!((hit.mass_inside, hit.strongest_inside), (Some(0.6), Some(true)));
    assert!(listing(&out).contains(&"pictures/known-region.png".to_string()));
}

#[test]
fn a_second_run_replaces_the_first_and_leaves_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_path_buf();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    let saliency = explanation("saliency", 1, vec![on_input("x", &[1, 8, 8], &[1.0; 64])]);
    write(&out, &outcome(vec![cam(), saliency])).unwrap();
    write(&out, &outcome(vec![cam()])).unwrap();
    let files =
        ["explanation.json", "maps.npz", "notes.txt", "pictures/grad-cam.png", "pictures/image.png", "report.html"];
    assert_eq!(listing(&out), files);
}

#[test]
fn files_of_others_are_not_overwritten_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_path_buf();
    fs::write(out.join("report.html"), "mine").unwrap();
    let error = write(&out, &outcome(vec![cam()])).unwrap_err();
    assert!(matches!(&error, ReportError::Foreign { path } if path.ends_with("report.html")), "{error}");
    assert!(error.hints()[0].contains("overwrit"));
    assert_eq!(listing(&out), ["report.html"]);
    let (image, all) = (plane(8, 8), outcome(vec![cam()]));
    let prepared = prepared(&image);
    write_case(&out, &case(&image, &prepared, &all, None), &WriteOptions { overwrite: true }).unwrap();
    assert!(fs::read_to_string(out.join("report.html")).unwrap().starts_with("<!DOCTYPE html>"));
}

#[test]
fn an_edited_document_cannot_remove_files_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    write(&out, &outcome(vec![cam()])).unwrap();
    let elsewhere = folder.path().join("precious.txt");
    fs::write(&elsewhere, "kept").unwrap();
    let path = out.join("explanation.json");
    let mut document = Document::parse(&fs::read_to_string(&path).unwrap()).unwrap();
    document.files.push("../precious.txt".into());
    document.files.push(elsewhere.display().to_string());
    fs::write(&path, document.to_json()).unwrap();
    write(&out, &outcome(vec![cam()])).unwrap();
    assert!(elsewhere.exists());
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = write(&file.join("out"), &outcome(vec![cam()])).unwrap_err();
    assert!(matches!(error, ReportError::Write { .. } | ReportError::NotAFolder { .. }), "{error}");
    assert!(error.to_string().contains("out") && !error.hints().is_empty());
    let error = write(&file, &outcome(vec![cam()])).unwrap_err();
    assert!(matches!(error, ReportError::NotAFolder { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn read_only_folders_give_a_clear_error_and_nothing_else() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        fs::remove_file(locked.join("probe")).unwrap();
        println!("skipped: this user may write everywhere");
        return;
    }
    let error = write(&locked, &outcome(vec![cam()])).unwrap_err();
    assert!(matches!(error, ReportError::Write { .. }), "{error}");
    assert!(error.hints()[0].contains("may be written"));
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(listing(&locked).is_empty());
}

#[test]
fn an_image_of_another_size_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (image, other, all) = (plane(8, 8), plane(9, 8), outcome(vec![cam()]));
    let prepared = prepared(&other);
    let error = write_case(&folder.path().join("out"), &case(&image, &prepared, &all, None), &KEEP).unwrap_err();
    assert!(matches!(error, ReportError::Grid { .. }), "{error}");
}
