//! The objects before the validators of dicom3tools (`dciodvfy`) and dcmtk (`dsrdump`), where these are installed.

mod common;

use std::path::Path;
use std::process::Command;

use common::{multi_frame, program, results, run, shared, slice, write_files, write_stack};
use dicom_dictionary_std::tags;
use pellucid_dicom::{Identity, SourceStudy};

/// Warnings that say nothing against an object:
/// - a media directory wants study date, time and id, which replaced identity leaves empty;
/// - the private coding scheme is, rightly, not one of the standard's;
/// - the side of a body part is empty where the source tells neither part nor side.
const KNOWN_WARNINGS: &[&str] = &[
    "would be needed to build DICOMDIR",
    "Unrecognized defined term = <99PELLUCID>",
    "Laterality(0020,0060)> - is only permitted to be empty when actually unknown",
];

fn check(validator: &Path, study: &SourceStudy, what: &str) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for identity in [Identity::Replace, Identity::Keep] {
        for (name, result) in results(study, &run(identity)).all() {
            let path = folder.path().join("object.dcm");
            result.save(&path).unwrap();
            let output = Command::new(validator).arg("-new").arg(&path).output().unwrap();
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).to_string();
            let kinds = ["ParametricMap", "Segmentation", "SCImage", "Comprehensive3DSR"];
            assert!(said.lines().any(|l| kinds.contains(&l.trim())), "{what} {name}: not recognised\n{said}");
            let bad: Vec<&str> = said
                .lines()
                .filter(|l| l.starts_with("Error") || l.starts_with("Warning") || l.starts_with("Abort"))
                .filter(|l| !KNOWN_WARNINGS.iter().any(|k| l.contains(k)))
                // What a source has wrong about its own patient is carried through with the identity.
                .filter(|l| l.starts_with("Error") || identity == Identity::Replace)
                .collect();
            assert!(bad.is_empty(), "{what} {name} {identity:?}:\n{}", bad.join("\n"));
            checked += 1;
        }
    }
    checked
}

#[test]
fn no_errors_in_objects_of_sources_made_here() {
    let Some(validator) = program("dciodvfy", "PELLUCID_DCIODVFY") else { return };
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut flat = slice(0);
    flat.remove_element(tags::IMAGE_POSITION_PATIENT);
    let sources = [
        ("stack", write_stack(folders[0].path())),
        ("multi-frame", write_files(folders[1].path(), [multi_frame()])),
        ("no position", write_files(folders[2].path(), [flat])),
    ];
    for (what, paths) in sources {
        let checked = check(&validator, &SourceStudy::read(&paths).unwrap(), what);
        assert!(checked >= 6);
    }
}

#[test]
fn no_errors_in_objects_of_real_sources() {
    let Some(validator) = program("dciodvfy", "PELLUCID_DCIODVFY") else { return };
    let Some(images) = shared("data/images") else { return };
    for folder in ["ct/dicom_lung_b70f", "mri/dicom_vs_seg001"] {
        check(&validator, &SourceStudy::read_folder(&images.join(folder)).unwrap(), folder);
    }
    for name in ["eCT_Supplemental", "emri_small", "RG1_J2KI", "US1_UNCI", "MR2_UNCI", "OBXXXX1A"] {
        let path = images.join(format!("dicom_variety/{name}.dcm"));
        check(&validator, &SourceStudy::read(&[path]).unwrap(), name);
    }
}

#[test]
fn the_report_is_read_as_a_tree() {
    let Some(reader) = program("dsrdump", "PELLUCID_DSRDUMP") else { return };
    let folder = tempfile::tempdir().unwrap();
    let study = SourceStudy::read(&write_stack(folder.path())).unwrap();
    let path = folder.path().join("report");
    results(&study, &run(Identity::Keep)).report.save(&path).unwrap();
    let output = Command::new(reader).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout).to_string();
    for line in [
        "Imaging Measurement Report",
        "<has concept mod TEXT:(,,\"Algorithm Name\")=\"integrated-gradients\">",
        "<contains NUM:(,,\"Probability\")=\"0.875\" (1,UCUM,\"no units\")>",
        "<contains IMAGE:(,,\"Referenced Segment\")=(SG image,,1)>",
    ] {
        assert!(tree.contains(line), "no `{line}` in\n{tree}");
    }
    assert_eq!(tree.matches("Measurement Group").count(), 3);
}
