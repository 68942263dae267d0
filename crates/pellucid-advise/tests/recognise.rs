//! Recognition on made images and on real files.

mod common;

use std::path::{Path, PathBuf};

use pellucid_advise::recognise;
use pellucid_image::{Format, Image, Units, open};

fn made(
    shape: [usize; 4],
    units: Units,
    format: Format,
    facts: &[(&str, &str)],
    value: impl Fn(usize) -> f32,
) -> Image {
    let n = shape.iter().product();
    let mut image = Image::new((0..n).map(value).collect(), shape, units, format).unwrap();
    image.source.facts = facts.iter().map(|f| (f.0.to_string(), f.1.to_string())).collect();
    image
}

fn best(image: &Image) -> (String, f64) {
    let found = recognise(image);
    assert!(found.iter().all(|c| !c.reasons.is_empty() && c.confidence > 0.0 && c.confidence <= 1.0));
    assert!(found.windows(2).all(|w| w[0].confidence >= w[1].confidence));
    found.first().map_or((String::new(), 0.0), |c| (c.preset.id.clone(), c.confidence))
}

#[test]
fn a_dicom_modality_decides() {
    let grey = |modality: &str, body: &str, depth: usize, units: Units| {
        made([1, depth, 8, 8], units, Format::Dicom, &[("modality", modality), ("body part", body)], |i| i as f32)
    };
    let levels = || Units::Levels { max: 4095.0 };
    let cases = [
        (grey("DX", "CHEST", 1, levels()), "cxr", 0.97),
        (grey("CR", "chest", 1, levels()), "cxr", 0.97),
        (grey("MG", "BREAST", 1, levels()), "mammography", 0.95),
        (grey("MG", "BREAST", 40, levels()), "dbt", 0.95),
        (grey("XA", "", 1, levels()), "fluoroscopy", 0.95),
        (grey("CT", "CHEST", 1, Units::Hounsfield), "ct", 0.95),
        (grey("CT", "JAW", 1, Units::Intensity), "ct", 0.7),
        (grey("MR", "BRAIN", 9, Units::Intensity), "mri", 0.85),
        (grey("PT", "", 9, Units::Named("BQML".into())), "pet", 0.97),
        (grey("NM", "", 9, Units::Intensity), "spect", 0.95),
        (grey("US", "BREAST", 1, levels()), "ultrasound", 0.97),
        (grey("OPT", "EYE", 9, levels()), "oct", 0.97),
        (grey("OP", "EYE", 1, levels()), "fluorescence-angiography", 0.7),
        (grey("ES", "", 1, levels()), "endoscopy", 0.97),
        (grey("SM", "", 1, levels()), "histopathology", 0.9),
    ];
    for (image, id, confidence) in cases {
        assert_eq!(best(&image), (id.to_string(), confidence));
    }
    // An uncalibrated tomography of the jaw may be a cone beam just as well.
    let jaw = grey("CT", "JAW", 1, Units::Intensity);
    let ids: Vec<(&str, f64)> = recognise(&jaw).iter().map(|c| (c.preset.id.as_str(), c.confidence)).collect();
    assert_eq!(ids[..2], [("ct", 0.7), ("cbct", 0.7)]);
    // A fundus photograph in colour.
    let colour = made([3, 1, 8, 8], Units::Levels { max: 255.0 }, Format::Dicom, &[("modality", "OP")], |i| i as f32);
    assert_eq!(best(&colour).0, "fundus");
}

#[test]
fn values_decide_where_the_file_is_silent() {
    let volume = |lo: f32, hi: f32| {
        made([1, 4, 8, 8], Units::Intensity, Format::Nifti, &[], |i| if i % 2 == 0 { lo } else { hi })
    };
    assert_eq!(best(&volume(-1024.0, 900.0)), ("ct".into(), 0.75));
    assert_eq!(best(&volume(0.0, 900.0)), ("mri".into(), 0.5));
    let series = made([100, 4, 8, 8], Units::Intensity, Format::Nifti, &[], |i| (i % 900) as f32);
    assert_eq!(best(&series), ("fmri".into(), 0.6));
    let nothing = made([1, 1, 8, 8], Units::Intensity, Format::Npy, &[], |i| i as f32 * 1e6);
    assert!(recognise(&nothing).is_empty());
}

/// `(folder or file, presets one of which is right, least share of files where the right one is first)`: measured, with a margin.
const REAL: &[(&str, &[&str], f64)] = &[
    ("ct/dicom_lung_b70f", &["ct"], 1.0),
    ("ct/totalseg/dicom", &["ct"], 1.0),
    ("ct/totalseg/example_ct_sm.nii.gz", &["ct"], 1.0),
    ("ct/lungseg3d/id002.nii.gz", &["ct"], 1.0),
    ("mri/dicom_vs_seg001", &["mri"], 1.0),
    ("mri/volumes/MNI152_T1_2mm.nii.gz", &["mri"], 1.0),
    ("mri/spinal_cord_multicontrast/sub-unf01_T2w.nii.gz", &["mri"], 1.0),
    ("dicom_variety/US1_UNCI.dcm", &["ultrasound"], 1.0),
    ("dicom_variety/RG1_J2KI.dcm", &["cxr"], 1.0),
    ("dicom_variety/MR2_UNCI.dcm", &["mri"], 1.0),
    ("dicom_variety/JPEG-LL.dcm", &["spect"], 1.0),
    ("cxr/nih", &["cxr"], 0.9),
    ("cxr/pneumonia", &["cxr"], 0.9),
    ("cxr/covid_boxes", &["cxr"], 0.9),
    ("fundus/idrid", &["fundus"], 0.9),
    ("fundus/skimage_retina.jpg", &["fundus"], 1.0),
    ("derm", &["dermoscopy"], 0.7),
    ("histo", &["histopathology"], 0.5),
    ("blood", &["hematology"], 0.6),
    ("mri/tumour_4class", &["mri"], 0.6),
    ("mri/lgg_tumour", &["mri"], 0.9),
    ("us/busi", &["ultrasound"], 0.6),
    ("oct", &["oct"], 0.5),
    ("microscopy/stardist/img3d.tif", &["fluorescence-microscopy"], 1.0),
];

fn pictures(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_lowercase();
        let image = [".png", ".jpg", ".jpeg", ".dcm", ".nii", ".nii.gz", ".tif"].iter().any(|e| name.ends_with(e));
        found.extend((image && !name.contains("mask") && !name.contains("_seg")).then(|| path.to_path_buf()));
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return };
    let mut entries: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    entries.iter().for_each(|e| pictures(e, found));
}

#[test]
fn real_files_are_recognised_as_often_as_stated() {
    let Some(folder) = common::shared("data/images") else { return };
    let (mut right, mut total, mut listed) = (0, 0, 0);
    for &(place, ids, share) in REAL {
        let mut files = vec![];
        pictures(&folder.join(place), &mut files);
        assert!(!files.is_empty(), "{place}");
        let (mut first, mut among, mut wrong) = (0, 0, std::collections::BTreeMap::new());
        for file in &files {
            let found = recognise(&open(file).unwrap());
            let hit = found.first().is_some_and(|c| ids.contains(&c.preset.id.as_str()));
            first += usize::from(hit);
            among += usize::from(found.iter().any(|c| ids.contains(&c.preset.id.as_str())));
            if !hit {
                *wrong.entry(found.first().map_or("none".into(), |c| c.preset.id.clone())).or_insert(0) += 1;
            }
        }
        println!("{place}: first {first}, among {among}, of {}; else {wrong:?}", files.len());
        assert!(first as f64 >= share * files.len() as f64, "{place}: {first} of {}", files.len());
        (right, listed, total) = (right + first, listed + among, total + files.len());
    }
    println!("first {right}, among the candidates {listed}, of {total}");
    assert!(total > 300 && listed as f64 > 0.85 * total as f64);
}
