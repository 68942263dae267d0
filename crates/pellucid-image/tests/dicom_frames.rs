//! Made files of several frames: functional groups, parts, cine, dose grids, nuclear medicine, ultrasound.

#[path = "common/dicom.rs"]
mod dicom;

use dicom::{File, PIXELS, item, words, wrap};
use pellucid_image::dicom::{Frames, SeriesOptions, open_series};
use pellucid_image::{Image, ImageError, Known, Units};
use tempfile::tempdir;

fn open(file: &File, change: impl FnOnce(&mut SeriesOptions)) -> Result<Image, ImageError> {
    let folder = tempdir().unwrap();
    let path = file.save(folder.path(), "frames.dcm");
    let mut options = SeriesOptions::default();
    change(&mut options);
    open_series(&[path], &options)
}

/// Frames of 1 x 2 pixels, stored numbers 2 k and 2 k + 1.
fn frames(count: u16) -> File {
    let stored: Vec<u16> = (0..2 * count).collect();
    File::new(1, 2, 16, 16, "MONOCHROME2").text(0x0028_0008, &count.to_string()).with(PIXELS, b"OW", &words(&stored))
}

fn sequence(tag: u32, elements: &[(u32, &[u8; 2], &[u8])]) -> Vec<u8> {
    dicom::element(tag, b"SQ", &item(elements), false)
}

/// An enhanced file: `(z, rescale slope, temporal position)` for each frame.
fn enhanced(list: &[(f64, f64, u32)]) -> File {
    let frame = |&(z, slope, time): &(f64, f64, u32)| {
        let groups = [
            sequence(0x0020_9111, &[(0x0020_9128, b"UL", &time.to_le_bytes())]),
            sequence(0x0020_9113, &[(0x0020_0032, b"DS", format!("10\\20\\{z}").as_bytes())]),
            sequence(0x0028_9145, &[(0x0028_1052, b"DS", b"5"), (0x0028_1053, b"DS", slope.to_string().as_bytes())]),
        ];
        wrap(&groups.concat())
    };
    let shared = [
        sequence(0x0020_9116, &[(0x0020_0037, b"DS", b"1\\0\\0\\0\\1\\0")]),
        sequence(0x0028_9110, &[(0x0018_0050, b"DS", b"3"), (0x0028_0030, b"DS", b"0.5\\0.25")]),
        sequence(0x0028_9132, &[(0x0028_1050, b"DS", b"40"), (0x0028_1051, b"DS", b"400")]),
    ];
    frames(list.len() as u16).text(0x0008_0060, "MR").with(0x5200_9229, b"SQ", &wrap(&shared.concat())).with(
        0x5200_9230,
        b"SQ",
        &list.iter().flat_map(frame).collect::<Vec<_>>(),
    )
}

#[test]
fn functional_groups_give_place_and_rescale_to_each_frame() {
    let image = open(&enhanced(&[(3.0, 1.0, 1), (0.0, 2.0, 1), (6.0, 0.5, 1)]), |_| ()).unwrap();
    assert_eq!(image.shape(), [1, 3, 1, 2]);
    assert_eq!(image.voxels(), [9.0, 11.0, 5.0, 6.0, 7.0, 7.5]);
    assert_eq!(image.geometry.world_from_voxel.apply([1.0, 0.0, 2.0]), [-10.25, -20.0, 6.0]);
    assert_eq!(image.display.unwrap().bounds(), Some((-160.0, 239.0)));
}

#[test]
fn time_points_of_an_enhanced_file_are_parts() {
    let file = enhanced(&[(0.0, 1.0, 10), (0.0, 1.0, 9), (3.0, 1.0, 9), (3.0, 1.0, 10)]);
    let error = open(&file, |_| ()).unwrap_err().to_string();
    assert!(error.contains("temporal position 9 (2 frames); 1: temporal position 10 (2 frames)"), "{error}");
    let image = open(&file, |o| o.part = Some(0)).unwrap();
    assert_eq!(image.voxels(), [7.0, 8.0, 9.0, 10.0]);
    assert_eq!(open(&file, |o| o.frame = Some(3)).unwrap().voxels(), [11.0, 12.0]);
}

#[test]
fn faults_of_frames_are_those_of_slices() {
    let error = open(&enhanced(&[(0.0, 1.0, 1), (3.0, 1.0, 1), (9.0, 1.0, 1)]), |_| ()).unwrap_err().to_string();
    assert!(error.contains("with 3 frames is no volume: 1 slice is missing"), "{error}");
}

#[test]
fn a_cine_is_a_sequence_and_no_volume() {
    let region = item(&[
        (0x0018_6012, b"US", &[1, 0]),
        (0x0018_6024, b"US", &[3, 0]),
        (0x0018_6026, b"US", &[3, 0]),
        (0x0018_602c, b"FD", &0.02f64.to_le_bytes()),
        (0x0018_602e, b"FD", &(-0.03f64).to_le_bytes()),
    ]);
    let cine = frames(4).text(0x0008_0060, "US").text(0x0018_1063, "33.3").with(0x0018_6011, b"SQ", &region);
    let error = open(&cine, |_| ()).unwrap_err();
    assert!(error.to_string().contains("frames have no positions (a moving image?)"), "{error}");
    assert!(error.hints()[0].contains("sequence"));
    let image = open(&cine, |o| o.frames = Frames::Sequence).unwrap();
    assert_eq!((image.shape(), image.voxels()[6]), ([1, 4, 1, 2], 6.0));
    assert_eq!(image.geometry.known, Known::Spacing);
    let spacing = image.geometry.spacing_mm();
    assert!((spacing[0] - 0.2).abs() < 1e-12 && (spacing[1] - 0.3).abs() < 1e-12);
    assert!(image.source.facts.contains(&("frame time (ms)".into(), "33.3".into())));
    let one = open(&cine, |o| o.frame = Some(1)).unwrap();
    assert_eq!((one.voxels(), one.shape()), (&[2.0, 3.0][..], [1, 1, 1, 2]));
    assert!(open(&cine, |o| o.frame = Some(4)).unwrap_err().to_string().contains("no frame 4, only 4"));
}

#[test]
fn dose_grids_have_offsets_and_a_scale() {
    let dose = |offsets: &str| {
        frames(3)
            .text(0x0008_0060, "RTDOSE")
            .text(0x3004_0002, "GY")
            .text(0x3004_000e, "0.25")
            .text(0x3004_000c, offsets)
            .text(0x0028_0030, "2\\2")
            .text(0x0020_0037, "1\\0\\0\\0\\1\\0")
            .text(0x0020_0032, "0\\0\\50")
    };
    // Relative offsets, and the same as places along z.
    for offsets in ["0\\3\\6", "50\\53\\56"] {
        let image = open(&dose(offsets), |_| ()).unwrap();
        assert_eq!((image.voxels()[5], &image.units), (1.25, &Units::Named("GY".into())));
        assert_eq!(image.geometry.world_from_voxel.apply([0.0, 0.0, 2.0]), [0.0, 0.0, 56.0]);
    }
    let down = open(&dose("0\\-3\\-6"), |_| ()).unwrap();
    assert_eq!((down.voxels()[0], down.geometry.world_from_voxel.apply([0.0; 3])[2]), (1.0, 44.0));
}

#[test]
fn reconstructed_nuclear_medicine_is_stacked_along_the_normal() {
    let detector = item(&[(0x0020_0032, b"DS", b"1\\2\\3"), (0x0020_0037, b"DS", b"1\\0\\0\\0\\1\\0")]);
    let spect = frames(3)
        .text(0x0008_0060, "NM")
        .text(0x0008_0008, "ORIGINAL\\PRIMARY\\RECON TOMO\\EMISSION")
        .text(0x0018_0088, "-4")
        .text(0x0028_0030, "4\\4")
        .with(0x0054_0022, b"SQ", &detector);
    let image = open(&spect, |_| ()).unwrap();
    assert_eq!((image.voxels(), &image.units), (&[4.0, 5.0, 2.0, 3.0, 0.0, 1.0][..], &Units::Intensity));
    assert_eq!(image.geometry.world_from_voxel.apply([0.0, 0.0, 2.0]), [-1.0, -2.0, 3.0]);
    assert!(open(&spect.text(0x0008_0008, "ORIGINAL\\PRIMARY\\STATIC"), |_| ()).is_err());
}

#[test]
fn colour_frames_keep_their_planes_apart() {
    let file = File::new(1, 2, 8, 8, "RGB").text(0x0028_0008, "2").with(
        PIXELS,
        b"OB",
        &[1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16],
    );
    let image = open(&file, |o| o.frames = Frames::Sequence).unwrap();
    assert_eq!(image.voxels(), [1.0, 4.0, 11.0, 14.0, 2.0, 5.0, 12.0, 15.0, 3.0, 6.0, 13.0, 16.0]);
}

#[test]
fn segments_are_parts() {
    let frame = |&(z, segment): &(u16, u16)| {
        let groups = [
            sequence(0x0020_9113, &[(0x0020_0032, b"DS", format!("0\\0\\{z}").as_bytes())]),
            sequence(0x0062_000a, &[(0x0062_000b, b"US", &segment.to_le_bytes())]),
        ];
        wrap(&groups.concat())
    };
    let shared = [
        sequence(0x0020_9116, &[(0x0020_0037, b"DS", b"1\\0\\0\\0\\1\\0")]),
        sequence(0x0028_9110, &[(0x0028_0030, b"DS", b"1\\1")]),
    ];
    let list = [(0, 1), (2, 1), (0, 2), (2, 2)];
    // Frames of 3 bits each, one after another without padding.
    let file = File::new(1, 3, 1, 1, "MONOCHROME2")
        .text(0x0028_0008, "4")
        .with(0x5200_9229, b"SQ", &wrap(&shared.concat()))
        .with(0x5200_9230, b"SQ", &list.iter().flat_map(frame).collect::<Vec<_>>())
        .with(PIXELS, b"OB", &[0b1011_0001, 0b0000_1110]);
    let error = open(&file, |_| ()).unwrap_err().to_string();
    assert!(error.contains("0: segment 1 (2 frames); 1: segment 2 (2 frames)"), "{error}");
    assert_eq!(open(&file, |o| o.part = Some(0)).unwrap().voxels(), [1.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    assert_eq!(open(&file, |o| o.part = Some(1)).unwrap().voxels(), [0.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
}

#[test]
fn parametric_maps_have_the_unit_of_their_mapping() {
    let map = |slope: f64| {
        let unit = sequence(0x0040_08ea, &[(0x0008_0100, b"SH", b"mm2/s")]);
        let factor = dicom::element(0x0040_9225, b"FD", &slope.to_le_bytes(), false);
        let mapping = dicom::element(0x0040_9096, b"SQ", &wrap(&[unit, factor].concat()), false);
        File::new(1, 1, 32, 32, "MONOCHROME2").with(0x5200_9229, b"SQ", &wrap(&mapping)).with(
            0x7fe0_0008,
            b"OF",
            &0.25f32.to_le_bytes(),
        )
    };
    let image = open(&map(1.0), |_| ()).unwrap();
    assert_eq!((image.voxels(), &image.units), (&[0.25][..], &Units::Named("mm2/s".into())));
    assert_eq!(open(&map(2.0), |_| ()).unwrap().units, Units::Intensity);
}
