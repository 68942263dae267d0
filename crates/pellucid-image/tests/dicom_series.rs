//! Folders of made DICOM files: sorting, each documented fault, choice of series and parts, progress.

#[path = "common/dicom.rs"]
mod dicom;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use dicom::{File, PIXELS, SERIES, ct, words};
use pellucid_image::dicom::{Frames, Progress, SeriesOptions, open_series, series, series_files};
use pellucid_image::{Channels, ImageError, Known, Units, open};
use tempfile::{TempDir, tempdir};

/// A folder of files with names that say nothing of their order.
fn folder(files: &[File]) -> TempDir {
    let folder = tempdir().unwrap();
    for (i, file) in files.iter().enumerate() {
        file.save(folder.path(), &format!("{}.dcm", (i * 7 + 3) % 11 + 100 * (i % 3)));
    }
    folder
}

fn axial(z: &[f64]) -> Vec<File> {
    z.iter().enumerate().map(|(i, &z)| ct(z, i as u16)).collect()
}

fn refused(files: &[File]) -> String {
    let error = open(folder(files).path()).unwrap_err();
    assert!(!error.hints().is_empty(), "{error}");
    error.to_string()
}

fn with(options: impl FnOnce(&mut SeriesOptions)) -> SeriesOptions<'static> {
    let mut all = SeriesOptions::default();
    options(&mut all);
    all
}

#[test]
fn slices_are_sorted_by_position() {
    // Numbers run against the positions, names against both.
    let image = open(folder(&axial(&[4.0, 0.0, 6.0, 2.0])).path()).unwrap();
    assert_eq!((image.shape(), &image.units), ([1, 4, 2, 3], &Units::Hounsfield));
    let first: Vec<f32> = image.voxels().iter().step_by(6).copied().collect();
    assert_eq!(first, [-1014.0, -994.0, -1024.0, -1004.0]);
    assert_eq!(image.geometry.known, Known::Orientation);
    assert_eq!(image.geometry.world_from_voxel.apply([2.0, 1.0, 3.0]), [98.5, 79.5, 6.0]);
    assert!(image.notes.contains(&"slices were sorted by position".to_string()));
}

#[test]
fn the_files_of_a_series_are_told_in_the_order_of_its_slices() {
    let folder = folder(&axial(&[4.0, 0.0, 10.0, 2.0]));
    let names = |options: &SeriesOptions| -> Vec<String> {
        let files = series_files(&[folder.path()], options).unwrap();
        files.iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    let run = with(|o| o.longest_run = true);
    let image = open_series(&[folder.path()], &run).unwrap();
    assert_eq!(image.grid()[0], 3);
    assert!(series_files(&[folder.path()], &SeriesOptions::default()).is_err());
    let found = names(&run);
    assert_eq!(found.len(), 3);
    // each file by itself is the slice in its place
    let plane = image.voxels().len() / 3;
    for (slice, name) in image.voxels().chunks(plane).zip(&found) {
        assert_eq!(open(folder.path().join(name)).unwrap().voxels(), slice, "{name}");
    }
}

#[test]
fn oblique_slices_lie_where_their_positions_say() {
    let (c, s) = (0.8, 0.6);
    let file = |k: u16| {
        // Rows along x, columns tilted from y to z; the normal is (0, -0.6, 0.8).
        let place = [5.0, -3.0 - s * 1.5 * f64::from(k), 7.0 + c * 1.5 * f64::from(k)];
        ct(f64::from(k), k)
            .text(0x0020_0037, &format!("1\\0\\0\\0\\{c}\\{s}"))
            .text(0x0020_0032, &format!("{}\\{}\\{}", place[0], place[1], place[2]))
    };
    let image = open(folder(&[file(2), file(0), file(1)]).path()).unwrap();
    let world = image.geometry.world_from_voxel.apply([2.0, 1.0, 2.0]);
    let due = [-(5.0 + 1.5), 3.0 + 1.8 - 0.4, 7.0 + 2.4 + 0.3];
    assert!((0..3).all(|i| (world[i] - due[i]).abs() < 1e-9), "{world:?} {due:?}");
}

#[test]
fn a_missing_slice_is_named_and_may_be_left_out_with_its_neighbours() {
    let files = axial(&[0.0, 2.0, 4.0, 6.0, 10.0, 12.0]);
    assert!(
        refused(&files).contains("1 slice is missing, the first between 6.00 and 10.00 mm (slices are 2.000 mm apart)")
    );
    let image = open_series(&[folder(&files).path()], &with(|o| o.longest_run = true)).unwrap();
    assert_eq!(image.shape(), [1, 4, 2, 3]);
    assert!(
        image.notes.iter().any(|n| n.starts_with("2 of 6 slices were left out: 1 slice is missing")),
        "{:?}",
        image.notes
    );
}

#[test]
fn other_faults_of_spacing_are_named() {
    assert!(refused(&axial(&[0.0, 2.0, 4.0, 9.0, 11.0])).contains("a gap between 4.00 and 9.00 mm"));
    assert!(refused(&axial(&[0.0, 2.0, 4.0, 5.5, 8.0])).contains("unevenly spaced, 1.500 to 2.500 mm apart"));
    let duplicate = refused(&axial(&[0.0, 2.0, 2.0, 4.0]));
    assert!(duplicate.contains("duplicate positions: 2 images lie at 2.00 mm (1 such places)"), "{duplicate}");
    let shifted = ct(4.0, 2).text(0x0020_0032, "-90\\-80\\4");
    let files = [ct(0.0, 0), ct(2.0, 1), shifted, ct(6.0, 3)];
    assert!(refused(&files).contains("shifted sideways by up to 10.00 mm"));
}

#[test]
fn a_tilted_gantry_is_refused_or_kept_as_it_is() {
    let lean = 2.0 * 12f64.to_radians().tan();
    let files: Vec<File> = (0..4u16)
        .map(|k| {
            ct(f64::from(2 * k), k).text(0x0020_0032, &format!("-100\\{}\\{}", -80.0 + lean * f64::from(k), 2 * k))
        })
        .collect();
    assert!(refused(&files).contains("sheared by 12.00 degrees (gantry tilt)"));
    let image = open_series(&[folder(&files).path()], &with(|o| o.accept_tilt = true)).unwrap();
    let world = image.geometry.world_from_voxel.apply([0.0, 0.0, 3.0]);
    assert!((world[1] - (80.0 - 3.0 * lean)).abs() < 1e-9 && world[2] == 6.0, "{world:?}");
    assert!(image.notes.iter().any(|n| n.contains("12.00 degrees")));
}

#[test]
fn a_damaged_slice_is_named() {
    let place = folder(&axial(&[0.0, 2.0, 4.0]));
    let bytes = ct(6.0, 3).bytes();
    let path = place.path().join("cut.dcm");
    for end in [bytes.len() - 3, bytes.len() - 40, 200] {
        std::fs::write(&path, &bytes[..end]).unwrap();
        let error = open(place.path()).unwrap_err();
        assert!(error.to_string().contains("cut.dcm`: damaged DICOM"), "{error}");
    }
}

#[test]
fn mixed_series_are_listed_and_chosen() {
    let mut files = axial(&[0.0, 2.0, 4.0]);
    files.extend((0..2u16).map(|k| {
        let file = ct(f64::from(k), 20 + k).text(0x0020_000e, "1.2.3.200").text(0x0020_0011, "7");
        file.text(0x0008_0018, &format!("1.2.9.{k}")).text(0x0008_103e, "bone")
    }));
    let place = folder(&files);
    let error = open(place.path()).unwrap_err().to_string();
    assert!(
        error.contains("folder holds 2 series (1: CT number 2, 3 images of 2 x 3, axial; 2: CT number 7, 2 images"),
        "{error}"
    );
    let list = series(place.path()).unwrap();
    let told: Vec<_> =
        list.iter().map(|s| (s.uid.as_str(), s.files, s.description.as_deref(), s.fault.as_deref())).collect();
    assert_eq!(told, [(SERIES, 3, None, None), ("1.2.3.200", 2, Some("bone"), None)]);
    for (choice, depth) in [("2", 2), (SERIES, 3), ("1.2.3.200", 2)] {
        let image = open_series(&[place.path()], &with(|o| o.series = Some(choice.into()))).unwrap();
        assert_eq!(image.shape()[1], depth);
    }
    let error = open_series(&[place.path()], &with(|o| o.series = Some("3".into()))).unwrap_err().to_string();
    assert!(error.contains("holds no series `3`"), "{error}");
}

#[test]
fn localizers_copies_and_other_files_are_left_out_with_a_note() {
    let scout = |uid: &str, series: &str| {
        let file = ct(0.0, 9).text(0x0008_0008, "ORIGINAL\\PRIMARY\\LOCALIZER").text(0x0008_0018, uid);
        file.text(0x0020_000e, series).text(0x0020_0037, "0\\1\\0\\0\\0\\-1")
    };
    let mut files = axial(&[0.0, 2.0, 4.0]);
    files.extend([scout("1.2.8.1", SERIES), scout("1.2.8.2", "1.2.3.1"), ct(2.0, 1)]);
    files.push(ct(0.0, 0).without(PIXELS).text(0x0008_0018, "1.2.8.3"));
    let place = folder(&files);
    std::fs::write(place.path().join("readme.txt"), "no image").unwrap();
    std::fs::create_dir(place.path().join("empty")).unwrap();
    let image = open(place.path()).unwrap();
    assert_eq!(image.shape(), [1, 3, 2, 3]);
    for note in [
        "1 DICOM files without pixels were left out",
        "1 series of localizers were left out",
        "1 localizers of the series were left out",
        "1 copies of images were left out",
    ] {
        assert!(image.notes.iter().any(|n| n == note), "{note}: {:?}", image.notes);
    }
    let list = series(place.path()).unwrap();
    assert_eq!(list.iter().map(|s| s.localizer).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_folder_without_images_says_what_it_holds() {
    let place = tempdir().unwrap();
    std::fs::write(place.path().join("a.txt"), "no image").unwrap();
    ct(0.0, 0).without(PIXELS).save(place.path(), "report.dcm");
    let error = open(place.path()).unwrap_err().to_string();
    assert!(error.contains("1 DICOM files without pixels, 1 files of other formats"), "{error}");
    assert!(matches!(open(place.path().join("nowhere")), Err(ImageError::Read { .. })));
}

#[test]
fn slices_of_another_size_spacing_or_orientation_are_parts() {
    let base = || axial(&[0.0, 2.0, 4.0]);
    let odd = |file: File| [base(), vec![file.text(0x0008_0018, "1.2.8.8")]].concat();
    let mut wide = File::new(2, 4, 16, 16, "MONOCHROME2").with(PIXELS, b"OW", &words(&[0; 8]));
    for tag in [0x0008_0060, 0x0020_000e, 0x0020_0032, 0x0020_0037, 0x0028_0030, 0x0028_1052, 0x0028_1053] {
        let element = ct(6.0, 3).elements.into_iter().find(|e| e.0 == tag).unwrap();
        wide = wide.with(tag, &element.1, &element.2);
    }
    let cases = [
        (wide, "size 2 x 3 (3 slices); 1: size 2 x 4 (1 slices)"),
        (
            ct(6.0, 3).text(0x0028_0030, "0.5\\0.8"),
            "pixel spacing 0.5 x 0.75 mm (3 slices); 1: pixel spacing 0.5 x 0.8 mm",
        ),
        (ct(6.0, 3).text(0x0020_0037, "0\\1\\0\\0\\0\\-1"), "orientation axial (3 slices); 1: orientation sagittal (1"),
        (ct(6.0, 3).without(0x0020_0032), "orientation axial (3 slices); 1: no orientation (1"),
    ];
    for (file, reason) in cases {
        let error = refused(&odd(file.clone()));
        assert!(error.contains("it holds 2 volumes (0: ") && error.contains(reason), "{error}");
        let image = open_series(&[folder(&odd(file)).path()], &with(|o| o.part = Some(0))).unwrap();
        assert_eq!(image.shape(), [1, 3, 2, 3]);
    }
    let error = open_series(&[folder(&base()).path()], &with(|o| o.part = Some(1))).unwrap_err().to_string();
    assert!(error.contains("there is no part 1, only 1"), "{error}");
}

#[test]
fn echoes_and_time_points_are_parts() {
    let mut files = vec![];
    for (e, echo) in ["12", "3"].iter().enumerate() {
        for k in 0..3u16 {
            files.push(ct(f64::from(2 * k), 10 * e as u16 + k).text(0x0018_0086, echo));
        }
    }
    let error = refused(&files);
    assert!(error.contains("it holds 2 volumes (0: echo 3 (3 slices); 1: echo 12 (3 slices))"), "{error}");
    let place = folder(&files);
    assert_eq!(series(place.path()).unwrap()[0].parts, ["echo 3", "echo 12"]);
    let image = open_series(&[place.path()], &with(|o| o.part = Some(0))).unwrap();
    assert_eq!((image.voxels()[0], image.shape()), (100.0 - 1024.0, [1, 3, 2, 3]));
    assert!(image.notes.contains(&"one of 2 volumes was read: echo 3".to_string()));
}

#[test]
fn each_slice_has_its_own_rescale() {
    let files: Vec<File> = (0..3u16)
        .map(|k| ct(f64::from(k), k).text(0x0028_1052, "0").text(0x0028_1053, &format!("{}", 0.5 + f64::from(k))))
        .collect();
    let image = open(folder(&files).path()).unwrap();
    assert_eq!([0, 7, 14].map(|i| image.voxels()[i]), [0.0, 1.5 * 11.0, 2.5 * 22.0]);
    let mut mixed = files;
    mixed[1] = mixed[1].clone().text(0x0028_1054, "OD");
    assert!(refused(&mixed).contains("slice measures Named(\"OD\"), the first of the series Hounsfield"));
}

#[test]
fn colour_and_inverted_series() {
    let colour = |k: u16| {
        let base = ct(f64::from(k), k);
        let mut file = File::new(1, 2, 8, 8, "RGB").with(PIXELS, b"OB", &[1, 3, 5, 2, 4, 6].map(|v| v + 10 * k as u8));
        for (tag, vr, value) in
            base.elements.into_iter().filter(|e| e.0 >> 16 != 0x0028 && e.0 != PIXELS || e.0 == 0x0028_0030)
        {
            file = file.with(tag, &vr, &value);
        }
        file
    };
    let image = open(folder(&[colour(1), colour(0)]).path()).unwrap();
    assert_eq!((image.shape(), &image.channels), ([3, 2, 1, 2], &Channels::Rgb));
    assert_eq!(image.voxels(), [1.0, 2.0, 11.0, 12.0, 3.0, 4.0, 13.0, 14.0, 5.0, 6.0, 15.0, 16.0]);
    let dark =
        |k: u16| ct(f64::from(k), k).text(0x0028_0004, "MONOCHROME1").text(0x0008_0060, "MR").text(0x0028_1052, "0");
    let image = open(folder(&[dark(0), dark(1)]).path()).unwrap();
    assert_eq!((image.voxels()[0], image.voxels()[6]), (65535.0, 65525.0));
    let mixed = refused(&[dark(0), ct(1.0, 1).text(0x0008_0060, "MR").text(0x0028_1052, "0")]);
    assert!(mixed.contains("mixes images of different kinds"), "{mixed}");
}

#[test]
fn single_images_in_stored_order_are_a_sequence() {
    // The same place at three times, Instance Numbers 498 to 500.
    let files: Vec<File> = [2u16, 0, 1].map(|k| ct(5.0, k).without(0x0008_0018)).to_vec();
    assert!(refused(&files).contains("duplicate positions: 3 images"));
    let image = open_series(&[folder(&files).path()], &with(|o| o.frames = Frames::Sequence)).unwrap();
    assert_eq!(image.voxels().iter().step_by(6).copied().collect::<Vec<_>>(), [-1004.0, -1014.0, -1024.0]);
    assert_eq!((image.geometry.known, image.geometry.spacing_mm()), (Known::Spacing, [0.75, 0.5, 1.0]));
}

#[test]
fn files_may_be_named_one_by_one_and_one_file_is_read_as_a_file() {
    let place = tempdir().unwrap();
    let paths: Vec<_> = (0..4u16).map(|k| ct(f64::from(k), k).save(place.path(), &format!("{k}"))).collect();
    assert_eq!(open_series(&paths[1..], &SeriesOptions::default()).unwrap().shape(), [1, 3, 2, 3]);
    let one = open_series(&paths[..1], &SeriesOptions::default()).unwrap();
    assert_eq!(one.voxels(), open(&paths[0]).unwrap().voxels());
    assert_eq!(one.geometry.spacing_mm(), [0.75, 0.5, 2.0]);
}

#[test]
fn progress_is_told_and_reading_can_be_cancelled() {
    let place = folder(&axial(&[0.0, 1.0, 2.0, 3.0, 4.0]));
    let (scanned, decoded) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let watch = |progress: Progress| {
        match progress {
            Progress::Scanned { total: 5, .. } => scanned.fetch_add(1, Ordering::Relaxed),
            Progress::Decoded { total: 5, .. } => decoded.fetch_add(1, Ordering::Relaxed),
            other => panic!("{other:?}"),
        };
        ControlFlow::Continue(())
    };
    open_series(&[place.path()], &SeriesOptions { watch: Some(&watch), ..SeriesOptions::default() }).unwrap();
    assert_eq!((scanned.into_inner(), decoded.into_inner()), (5, 5));
    for stop in [Progress::Scanned { done: 2, total: 5 }, Progress::Decoded { done: 3, total: 5 }] {
        let watch = |p: Progress| if p == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let error = open_series(&[place.path()], &SeriesOptions { watch: Some(&watch), ..SeriesOptions::default() });
        assert!(matches!(error, Err(ImageError::Cancelled { total: 5, .. })), "{error:?}");
    }
}

#[test]
fn a_memory_limit_holds_for_the_whole_volume() {
    let place = folder(&axial(&[0.0, 1.0, 2.0, 3.0]));
    let error = open_series(&[place.path()], &with(|o| o.memory_bytes = 80)).unwrap_err().to_string();
    assert!(error.contains("but the limit is 80"), "{error}");
    // Files are small; what they claim isn't.
    let huge =
        |k: u16| ct(f64::from(k), k).with(0x0028_0010, b"US", &[0xff, 0xff]).with(0x0028_0011, b"US", &[0xff, 0xff]);
    let error = open(folder(&[huge(0), huge(1)]).path()).unwrap_err().to_string();
    assert!(error.contains("1 frames of 65535 x 65535 pixels need 8589672450 bytes, the file has"), "{error}");
}

#[test]
fn real_series_is_a_volume_with_the_places_of_its_slices() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/images/ct/totalseg/dicom"));
    if !folder.is_dir() {
        println!("skipped: no shared data");
        return;
    }
    let volume = open(folder).unwrap();
    assert_eq!((volume.shape(), &volume.units), ([1, 20, 512, 512], &Units::Hounsfield));
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let slice = open(entry.unwrap().path()).unwrap();
        let corner = slice.geometry.world_from_voxel.apply([0.0; 3]);
        let voxel = volume.geometry.voxel_from_world().unwrap().apply(corner);
        assert!(
            voxel[0].abs() < 1e-6 && voxel[1].abs() < 1e-6 && (voxel[2] - voxel[2].round()).abs() < 1e-4,
            "{voxel:?}"
        );
        assert_eq!(volume.slice(voxel[2].round() as usize).unwrap().voxels(), slice.voxels());
        found += 1;
    }
    assert_eq!(found, 20);
    // Named against the order of their positions.
    let lung = open(folder.join("../../dicom_lung_b70f")).unwrap();
    assert_eq!(lung.shape(), [1, 12, 512, 512]);
    assert_eq!(lung.geometry.world_from_voxel.apply([0.0, 0.0, 11.0])[2], -111.0);
}
