//! Sources: stacks, multi-frame files, images without positions, and files that aren't what they should be.

mod common;

use common::{GRID, file_bytes, multi_frame, shared, slice, write_files, write_stack};
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use pellucid_dicom::{DicomError, SourceStudy};

fn instances(study: &SourceStudy) -> Vec<String> {
    study.frames().iter().map(|f| f.instance.rsplit('.').next().unwrap().to_string()).collect()
}

#[test]
fn a_stack_is_sorted_and_has_the_geometry_that_images_have() {
    let folder = tempfile::tempdir().unwrap();
    let paths = write_stack(folder.path());
    let study = SourceStudy::read(&paths).unwrap();
    assert_eq!((study.grid(), instances(&study)), (GRID, ["1", "2", "3", "4", "5"].map(String::from).to_vec()));
    assert_eq!(study.frame_of_reference(), Some("1.2.826.0.1.3680043.8.498.4"));
    assert!((study.voxel_volume_mm3().unwrap() - 0.7 * 0.65 * 2.5).abs() < 1e-9);
    assert_eq!(SourceStudy::read_folder(folder.path()).unwrap().frames(), study.frames());
    // The image reader, which shares no code with this one, sees the first slice in the same place.
    let first = paths.iter().map(|p| pellucid_image::open(p).unwrap()).min_by(|a, b| {
        let z = |i: &pellucid_image::Image| i.geometry.world_from_voxel.apply([0.0; 3])[2];
        z(a).total_cmp(&z(b))
    });
    let (mine, theirs) = (study.geometry().unwrap().world_from_voxel, first.unwrap().geometry.world_from_voxel);
    for p in [[0.0; 3], [12.0, 0.0, 0.0], [0.0, 11.0, 0.0]] {
        let (a, b) = (mine.apply(p), theirs.apply(p));
        assert!((0..3).all(|i| (a[i] - b[i]).abs() < 1e-9), "{a:?} {b:?}");
    }
}

#[test]
fn a_multi_frame_file_gives_frame_numbers_in_the_order_of_slices() {
    let folder = tempfile::tempdir().unwrap();
    let stack = SourceStudy::read(&write_stack(folder.path())).unwrap();
    let other = tempfile::tempdir().unwrap();
    let study = SourceStudy::read(&write_files(other.path(), [multi_frame()])).unwrap();
    let numbers: Vec<u32> = study.frames().iter().map(|f| f.frame.unwrap()).collect();
    // Frames run from the head to the feet, slices from the feet to the head.
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(study.geometry(), stack.geometry());
    // An image of the same file, read by the image reader, lies where this says.
    let image = pellucid_image::open(other.path().join("3.dcm")).unwrap();
    study.check_grid("image", image.grid(), Some(&image.geometry)).unwrap();
}

#[test]
fn selected_slices_keep_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let study = SourceStudy::read(&write_stack(folder.path())).unwrap();
    let two = study.select(&[1, 3]).unwrap();
    assert_eq!((two.grid()[0], instances(&two)), (2, vec!["2".to_string(), "4".into()]));
    let spacing = two.geometry().unwrap().spacing_mm()[2];
    assert!((spacing - 5.0).abs() < 1e-9);
    assert!(study.select(&[]).is_err() && study.select(&[3, 1]).is_err() && study.select(&[5]).is_err());
}

#[test]
fn files_that_do_not_belong_together_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut stranger = slice(1);
    stranger.put(DataElement::new(tags::PATIENT_ID, VR::LO, PrimitiveValue::from("other")));
    let paths = write_files(folder.path(), [slice(0), stranger]);
    let error = SourceStudy::read(&paths).unwrap_err();
    assert!(matches!(&error, DicomError::Mixed { what: "Patient ID", .. }), "{error}");
    assert!(!error.to_string().contains("MRN-4711") && !error.to_string().contains("other"), "{error}");
    let twice = tempfile::tempdir().unwrap();
    let error = SourceStudy::read(&write_files(twice.path(), [slice(0), slice(0)])).unwrap_err();
    assert!(error.to_string().contains("in one place"), "{error}");
    assert!(SourceStudy::read::<&str>(&[]).is_err());
}

#[test]
fn grids_that_differ_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let study = SourceStudy::read(&write_stack(folder.path())).unwrap();
    let [d, h, w] = GRID;
    let error = study.check_grid("the map", [d, w, h], None).unwrap_err();
    assert_eq!(error.to_string(), "the map is on the grid 5 x 13 x 12, but the source has 5 x 12 x 13");
    assert!(error.hints()[0].contains("resample it to 5 slices of 12 x 13 pixels"));
    let geometry = study.geometry().unwrap();
    let mut flipped = geometry;
    flipped.world_from_voxel.rows[2][3] += 2.5;
    let error = study.check_grid("the map", GRID, Some(&flipped)).unwrap_err();
    assert!(error.to_string().contains("2.500 mm away"), "{error}");
    study.check_grid("the map", GRID, Some(&geometry)).unwrap();
}

#[test]
fn any_bytes_give_an_error_or_a_study() {
    let original = file_bytes(multi_frame());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcm");
    let (mut read, mut refused, mut state) = (0, 0, 88_172_645_463_325_252u64);
    let mut random = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    for round in 0..600 {
        let mut bytes = original.clone();
        if round % 3 == 0 {
            bytes.truncate(random(original.len()));
        } else {
            for _ in 0..1 + random(8) {
                // Past the preamble, and mostly before the pixels.
                let at = 128 + random(original.len() - 128 - 1500);
                bytes[at] = random(256) as u8;
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        match SourceStudy::read(&[&path]) {
            Ok(_) => read += 1,
            Err(e) => {
                refused += 1;
                assert!(!e.to_string().is_empty());
            }
        }
    }
    assert!(read > 20 && refused > 200, "{read} read, {refused} refused");
}

#[test]
fn real_sources() {
    let Some(images) = shared("data/images") else { return };
    let lung = SourceStudy::read_folder(&images.join("ct/dicom_lung_b70f")).unwrap();
    assert_eq!((lung.grid(), lung.has_planes()), ([12, 512, 512], true));
    let enhanced = images.join("dicom_variety/eCT_Supplemental.dcm");
    let study = SourceStudy::read(&[&enhanced]).unwrap();
    let image = pellucid_image::open(&enhanced).unwrap();
    study.check_grid("image", image.grid(), Some(&image.geometry)).unwrap();
    let radiograph = SourceStudy::read(&[images.join("dicom_variety/RG1_J2KI.dcm")]).unwrap();
    assert!(!radiograph.has_planes() && radiograph.geometry().is_none());
    // Its identifiers were emptied.
    let bare = SourceStudy::read_folder(&images.join("ct/totalseg/dicom")).unwrap_err();
    assert!(bare.to_string().contains("there is no SOP Class UID") && bare.hints()[0].contains("dcmodify"), "{bare}");
}
