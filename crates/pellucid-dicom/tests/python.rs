//! The objects before pydicom and highdicom: `PELLUCID_PYTHON` names a Python that has both.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{PICTURE, multi_frame, picture, regions, results, run, shared, slice, values, write_files, write_stack};
use dicom_dictionary_std::tags;
use pellucid_dicom::{Identity, SourceStudy};

/// The Python to check with, `None` with a printed reason.
fn python() -> Option<PathBuf> {
    let Some(path) = std::env::var_os("PELLUCID_PYTHON").map(PathBuf::from) else {
        println!("skipped: PELLUCID_PYTHON names no Python with pydicom and highdicom");
        return None;
    };
    let tried = Command::new(&path).args(["-c", "import pydicom, highdicom"]).output();
    if tried.is_ok_and(|o| o.status.success()) {
        return Some(path);
    }
    println!("skipped: `{}` has no pydicom or highdicom", path.display());
    None
}

fn check(python: &Path, sources: &Path, identity: Identity) {
    let study = SourceStudy::read_folder(sources).unwrap();
    let results = results(&study, &run(identity));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    for (name, result) in results.all() {
        result.save(&file(&format!("{name}.dcm"))).unwrap();
    }
    let values = values(study.grid());
    let regions = regions(&values);
    std::fs::write(file("values.f32"), values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>()).unwrap();
    for (i, region) in regions.iter().enumerate() {
        let bytes: Vec<u8> = region.mask.iter().map(|b| u8::from(*b)).collect();
        std::fs::write(file(&format!("mask-{i}.u8")), bytes).unwrap();
    }
    std::fs::write(file("picture.u8"), picture()).unwrap();
    let expected = serde_json::json!({
        "grid": study.grid(),
        "rules": regions.iter().map(|r| r.rule.clone()).collect::<Vec<_>>(),
        "keep": identity == Identity::Keep,
        "map": results.map.is_some(),
        "picture": PICTURE,
        "voxel_mm3": study.voxel_volume_mm3(),
        "pixel_mm2": study.pixel_area_mm2().filter(|_| study.grid()[0] == 1),
    });
    std::fs::write(file("expected.json"), expected.to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_objects.py");
    let output = Command::new(python).args([Path::new(script), sources, folder.path()]).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).to_string();
    assert!(output.status.success(), "{}: {said}", sources.display());
    assert!(said.contains("agreed on"), "{said}");
    println!("{}: {}", sources.display(), said.trim());
}

#[test]
fn objects_of_sources_made_here() {
    let Some(python) = python() else { return };
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    write_stack(folders[0].path());
    write_files(folders[1].path(), [multi_frame()]);
    let mut flat = slice(0);
    flat.remove_element(tags::IMAGE_POSITION_PATIENT);
    write_files(folders[2].path(), [flat]);
    for folder in &folders {
        for identity in [Identity::Replace, Identity::Keep] {
            check(&python, folder.path(), identity);
        }
    }
}

#[test]
fn objects_of_real_sources() {
    let Some(python) = python() else { return };
    let Some(images) = shared("data/images") else { return };
    for folder in ["ct/dicom_lung_b70f", "mri/dicom_vs_seg001"] {
        check(&python, &images.join(folder), Identity::Replace);
    }
    for name in ["eCT_Supplemental", "RG1_J2KI", "US1_UNCI", "MR2_UNCI"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(images.join(format!("dicom_variety/{name}.dcm")), folder.path().join("a.dcm")).unwrap();
        check(&python, folder.path(), Identity::Replace);
    }
}
