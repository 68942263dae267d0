//! Values of real files against pydicom and nibabel (sums made by those libraries), and files that must be refused for the right reason.

mod common;

use pellucid_image::{Channels, Format, Known, OpenOptions, Units, from_bytes, open, open_with};

/// `(file, shape, sum of values, sum of values weighted by index mod 97)`, by pydicom 3 (modality transform and palette applied, MONOCHROME1 as
/// `2^bits - 1 - v`) and nibabel 5 (rounded to `f32`).
const SUMS: &[(&str, [usize; 4], f64, f64)] = &[
    ("dicom_variety/JPEG-LL.dcm", [1, 1, 1024, 256], 3596452.0, 172552784.0),
    ("dicom_variety/MR2_J2KR.dcm", [1, 1, 1024, 1024], 297139221.890668, 14266024519.233105),
    ("dicom_variety/MR2_UNCI.dcm", [1, 1, 1024, 1024], 297341684.236198, 14276020739.474583),
    ("dicom_variety/OBXXXX1A.dcm", [3, 1, 600, 800], 4587114240.0, 219995684608.0),
    ("dicom_variety/RG1_J2KI.dcm", [1, 1, 1955, 1841], 91330538825.0, 4384243794890.0),
    ("dicom_variety/RG3_J2KR.dcm", [1, 1, 1760, 1760], 2138227811.0, 102634033442.0),
    ("dicom_variety/US1_J2KR.dcm", [3, 1, 480, 640], 31821736.0, 1529059294.0),
    ("dicom_variety/US1_UNCI.dcm", [3, 1, 480, 640], 31970895.0, 1536154881.0),
    ("dicom_variety/gdcm-US-ALOKA-16.dcm", [3, 1, 480, 640], 7042564832.0, 338041695609.0),
    ("ct/dicom_lung_b70f/000002.dcm", [1, 1, 512, 512], -104742270.0, -5028056825.0),
    ("mri/dicom_vs_seg001/1-057.dcm", [1, 1, 512, 512], 72157332.0, 3465174691.0),
    (
        "ct/totalseg/dicom/CT.1.3.12.2.1107.5.1.4.60064.30000022120808113428000016573.dcm",
        [1, 1, 512, 512],
        -163079110.0,
        -7826888850.0,
    ),
    ("mri/volumes/nibabel_example4d.nii.gz", [2, 24, 96, 128], 101985356.0, 4884081749.0),
    ("mri/volumes/MR_Gd.nii.gz", [1, 144, 188, 176], 730302611.3606491, 35060670478.74306),
    ("mri/volumes/dwi.nii.gz", [1, 39, 72, 72], 3216261.0, 154295476.0),
    ("pet/SPECT.nii", [1, 91, 109, 91], 402133015.0, 19302470570.0),
    ("ct/totalseg/example_ct_sm.nii.gz", [1, 30, 101, 122], -130894872.0, -6276055149.0),
];

#[test]
fn values_equal_those_of_pydicom_and_nibabel() {
    let Some(folder) = common::shared("data/images") else { return };
    for &(file, shape, sum, weighted) in SUMS {
        let image = open(folder.join(file)).unwrap();
        assert_eq!(image.shape(), shape, "{file}");
        let found: f64 = image.voxels().iter().map(|&v| f64::from(v)).sum();
        let found_weighted: f64 = image.voxels().iter().enumerate().map(|(i, &v)| f64::from(v) * (i % 97) as f64).sum();
        assert!((found - sum).abs() <= 1e-7 * sum.abs(), "{file}: {found} {sum}");
        assert!((found_weighted - weighted).abs() <= 1e-7 * weighted.abs(), "{file}");
    }
}

#[test]
fn a_ct_slice_knows_units_place_and_window() {
    let Some(folder) = common::shared("data/images") else { return };
    let image = open(folder.join("ct/dicom_lung_b70f/000002.dcm")).unwrap();
    assert_eq!(
        (&image.units, &image.channels, image.source.format),
        (&Units::Hounsfield, &Channels::Grey, Format::Dicom)
    );
    assert_eq!(image.geometry.known, Known::Orientation);
    assert_eq!(image.geometry.axis_codes(), ['L', 'P', 'S']);
    assert_eq!(image.display.as_ref().and_then(|d| d.bounds()), Some((-1250.0, 249.0)));
    assert!(image.source.facts.contains(&("modality".into(), "CT".into())));
}

#[test]
fn enhanced_frames_are_sorted_into_a_volume() {
    let Some(folder) = common::shared("data/images") else { return };
    let image = open(folder.join("dicom_variety/eCT_Supplemental.dcm")).unwrap();
    assert_eq!((image.shape(), &image.units), ([1, 2, 512, 512], &Units::Hounsfield));
    // Along the normal (0, 0, -1) the second frame, at z = -149, comes first.
    assert_eq!(image.geometry.world_from_voxel.apply([0.0, 0.0, 0.0]), [-99.5, 301.5, -149.0]);
    assert_eq!(image.geometry.world_from_voxel.apply([0.0, 0.0, 1.0])[2], -159.0);
    let options = OpenOptions { frame: Some(0), ..OpenOptions::default() };
    let first = open_with(folder.join("dicom_variety/eCT_Supplemental.dcm"), &options).unwrap();
    assert_eq!(first.voxels(), image.slice(1).unwrap().voxels());
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let Some(folder) = common::shared("data/images") else { return };
    let cases = [
        ("dicom_variety/emri_small_jpeg_ls_lossless.dcm", "JPEG-LS"),
        ("dicom_variety/emri_small.dcm", "frames have no positions"),
        ("wsi/dicom_cptac_brca/911f6cbd-a1ad-4e95-bdf5-4e4ea52d9977.dcm", "whole slide of 49 tiles"),
        ("wsi/openslide_fixtures/unopenable.tiff", "compression"),
        ("pet/tinypet.v", "ECAT"),
        ("cxr/covid_boxes/boxes.json", "not an image"),
    ];
    for (file, reason) in cases {
        let error = open(folder.join(file)).unwrap_err();
        assert!(error.to_string().contains(reason), "{file}: {error}");
        assert!(!error.hints().is_empty(), "{file}: {error}");
    }
    let tile = OpenOptions { frame: Some(7), ..OpenOptions::default() };
    let tile = open_with(folder.join(cases[2].0), &tile).unwrap();
    assert_eq!((tile.shape(), &tile.channels), ([3, 1, 240, 240], &Channels::Rgb));
    let frame = OpenOptions { frame: Some(9), ..OpenOptions::default() };
    assert_eq!(open_with(folder.join("dicom_variety/emri_small.dcm"), &frame).unwrap().shape(), [1, 1, 64, 64]);
}

#[test]
fn pictures_keep_their_levels() {
    let Some(folder) = common::shared("data/images") else { return };
    let retina = open(folder.join("fundus/skimage_retina.jpg")).unwrap();
    assert_eq!((retina.shape(), &retina.channels), ([3, 1, 1411, 1411], &Channels::Rgb));
    let stack = open(folder.join("microscopy/stardist/img3d.tif")).unwrap();
    assert_eq!(stack.shape(), [1, 31, 61, 57]);
    // Sum by tifffile.
    assert_eq!(stack.voxels().iter().map(|&v| f64::from(v)).sum::<f64>(), STACK_SUM);
}

const STACK_SUM: f64 = 21342435.0;

#[test]
fn cut_files_are_refused() {
    let Some(folder) = common::shared("data/images") else { return };
    for file in
        ["fundus/skimage_retina.jpg", "microscopy/skimage_cell.png", "mri/volumes/dwi.nii.gz", "pet/PET.nii", SUMS[1].0]
    {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        for part in [0.3, 0.6, 0.98] {
            let end = (bytes.len() as f64 * part) as usize;
            assert!(from_bytes(&bytes[..end], &OpenOptions::default()).is_err(), "{file} cut at {part}");
        }
    }
}

#[test]
fn a_memory_limit_is_kept_by_every_format() {
    let Some(folder) = common::shared("data/images") else { return };
    let options = OpenOptions { memory_bytes: 10_000, frame: None };
    for file in
        ["fundus/skimage_retina.jpg", "microscopy/skimage_cell.png", "pet/PET.nii", "mri/volumes/dwi.nii.gz", SUMS[0].0]
    {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let error = from_bytes(&bytes, &options).unwrap_err();
        assert!(error.to_string().contains("but the limit is 10000"), "{file}: {error}");
    }
}
