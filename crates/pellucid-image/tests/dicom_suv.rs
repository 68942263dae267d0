//! SUV by body weight of made PET series, against the definition worked out by hand, and every reason to refuse it.

#[path = "common/dicom.rs"]
mod dicom;

use dicom::{File, ct, item};
use pellucid_image::dicom::{SeriesOptions, Values, open_series};
use pellucid_image::{DisplayWindow, Image, ImageError, Units};
use tempfile::tempdir;

/// A change of a file that makes it unfit.
type Change = Box<dyn Fn(File) -> File>;

/// Half-life of fluorine-18 in seconds.
const HALF_LIFE: f64 = 6586.2;

/// The sequence of the injected activity: 370 MBq at the given time.
fn injection(extra: &[(u32, &[u8; 2], &[u8])]) -> Vec<u8> {
    let mut elements: Vec<(u32, &[u8; 2], &[u8])> =
        vec![(0x0018_1074, b"DS", b"370000000"), (0x0018_1075, b"DS", b"6586.2")];
    elements.extend(extra);
    elements.sort_by_key(|e| e.0);
    item(&elements)
}

/// A PET slice of 70 kg, scanned an hour after injection.
fn pet(k: u16) -> File {
    ct(f64::from(k), k)
        .text(0x0008_0060, "PT")
        .text(0x0054_1001, "BQML")
        .text(0x0054_1102, "START")
        .text(0x0028_0051, "DECY\\ATTN\\SCAT")
        .text(0x0028_1052, "0")
        .text(0x0028_1053, &format!("{}", 10 * (k + 1)))
        .text(0x0010_1030, "70")
        .text(0x0008_0021, "20240301")
        .text(0x0008_0031, "111500.00")
        .text(0x0008_0022, "20240301")
        .text(0x0008_0032, "111800")
        .with(0x0054_0016, b"SQ", &injection(&[(0x0018_1072, b"TM", b"101500")]))
}

fn read(change: impl Fn(File) -> File, seconds_after_injection: Option<f64>) -> Result<Image, ImageError> {
    let folder = tempdir().unwrap();
    (0..3).for_each(|k| {
        change(pet(k)).save(folder.path(), &format!("{k}"));
    });
    let values = Values::SuvBodyWeight { seconds_after_injection };
    open_series(&[folder.path()], &SeriesOptions { values, ..SeriesOptions::default() })
}

/// The factor that was applied, from the last voxel: stored 25 times a slope of 30.
fn factor(image: &Image) -> f64 {
    assert_eq!(image.units, Units::Named("SUVbw".into()));
    f64::from(image.voxels()[17]) / 750.0
}

fn due(seconds: f64) -> f64 {
    70_000.0 / (370e6 * 0.5f64.powf(seconds / HALF_LIFE))
}

fn assert_factor(image: &Image, due: f64) {
    let found = factor(image);
    assert!((found - due).abs() < 1e-6 * due, "{found} {due}");
}

#[test]
fn the_dose_is_decayed_to_the_start_of_the_scan() {
    let image = read(|f| f.text(0x0028_1050, "4000").text(0x0028_1051, "8000"), None).unwrap();
    assert_factor(&image, due(3600.0));
    // Each slice with its own slope.
    let ratio = f64::from(image.voxels()[1]) / f64::from(image.voxels()[17]);
    assert!((ratio - 10.0 / 750.0).abs() < 1e-6);
    assert!(
        image.notes.iter().any(|n| n.contains("START") && n.contains("3600 s after injection")),
        "{:?}",
        image.notes
    );
    let Some(DisplayWindow::LinearExact { center, width }) = image.display else { panic!("{:?}", image.display) };
    assert!((center - 3999.5 * due(3600.0)).abs() < 1e-9 && (width - 7999.0 * due(3600.0)).abs() < 1e-9);
    let kept = format!("{:?} {:?}", image.source, image.notes);
    assert!(!kept.contains("70") && !kept.contains("2024"), "{kept}");
}

#[test]
fn injection_before_midnight_or_with_a_date() {
    let late = |f: File| f.text(0x0008_0031, "003000").text(0x0008_0032, "003000");
    let with = |extra: &[(u32, &[u8; 2], &[u8])]| {
        let sequence = injection(extra);
        read(|f| late(f).with(0x0054_0016, b"SQ", &sequence), None)
    };
    assert_factor(&with(&[(0x0018_1072, b"TM", b"233000")]).unwrap(), due(3600.0));
    assert_factor(&with(&[(0x0018_1078, b"DT", b"20240229231500.0")]).unwrap(), due(4500.0));
    let error = with(&[(0x0018_1078, b"DT", b"20240301120000")]).unwrap_err().to_string();
    assert!(error.contains("the scan starts -41400 s after the injection"), "{error}");
    let error = with(&[(0x0018_1078, b"DT", b"20240201120000")]).unwrap_err().to_string();
    assert!(error.contains("half-life of 6586 s"), "{error}");
}

#[test]
fn decay_by_administration_none_and_derived_series() {
    assert_factor(&read(|f| f.text(0x0054_1102, "ADMIN"), None).unwrap(), due(0.0));
    let none = |f: File| f.text(0x0054_1102, "NONE");
    assert!(read(none, None).unwrap_err().to_string().contains("give the seconds from injection"));
    assert_factor(&read(none, Some(1200.0)).unwrap(), due(1200.0));
    // Reformatted at noon: the start of the scan follows from the frame's own times.
    let derived = |f: File| f.text(0x0008_0031, "120000");
    let error = read(derived, None).unwrap_err().to_string();
    assert!(error.contains("derived series") && error.contains("(0054,1300)"), "{error}");
    let timed = |f: File| derived(f).text(0x0054_1300, "240000").text(0x0018_1242, "180000");
    let rate = std::f64::consts::LN_2 / HALF_LIFE;
    let average = (rate * 180.0 / (1.0 - (-rate * 180.0f64).exp())).ln() / rate;
    // Acquired at 11:18:00, 3780 s after injection.
    assert_factor(&read(timed, None).unwrap(), due(3780.0 - 240.0 + average));
}

#[test]
fn values_that_are_suv_already() {
    let image = read(|f| f.text(0x0054_1001, "GML").without(0x0010_1030), None).unwrap();
    assert_factor(&image, 1.0);
    let error = read(|f| f.text(0x0054_1001, "GML").text(0x0054_1006, "LBM"), None).unwrap_err().to_string();
    assert!(error.contains("SUV of type `LBM`"), "{error}");
}

#[test]
fn every_missing_attribute_is_named() {
    let no = |tag: u32| move |f: File| f.without(tag);
    let sequence = |bytes: Vec<u8>| move |f: File| f.with(0x0054_0016, b"SQ", &bytes);
    let cases: Vec<(Change, &str)> = vec![
        (Box::new(|f: File| f.text(0x0008_0060, "CT")), "isn't of modality PT"),
        (Box::new(no(0x0054_1001)), "no Units (0054,1001)"),
        (Box::new(|f: File| f.text(0x0054_1001, "CNTS")), "counts (CNTS)"),
        (Box::new(|f: File| f.text(0x0054_1001, "PROPCPS")), "`PROPCPS`, not BQML"),
        (Box::new(|f: File| f.text(0x0028_0051, "DECY")), "attenuation was corrected (ATTN)"),
        (Box::new(no(0x0054_1102)), "no Decay Correction (0054,1102)"),
        (Box::new(|f: File| f.text(0x0054_1102, "OTHER")), "`OTHER`"),
        (Box::new(no(0x0010_1030)), "Patient's Weight (0010,1030) is missing"),
        (Box::new(|f: File| f.text(0x0010_1030, "0")), "Patient's Weight (0010,1030) is 0"),
        (Box::new(no(0x0054_0016)), "no Radiopharmaceutical Information Sequence (0054,0016)"),
        (
            Box::new(sequence(item(&[(0x0018_1075, b"DS", b"6586.2")]))),
            "Radionuclide Total Dose (0018,1074) is missing",
        ),
        (Box::new(sequence(item(&[(0x0018_1074, b"DS", b"1e8")]))), "Radionuclide Half Life (0018,1075) is missing"),
        (Box::new(sequence(injection(&[]))), "no Radiopharmaceutical Start DateTime (0018,1078) or Time"),
        (Box::new(|f: File| f.without(0x0008_0031).without(0x0008_0032)), "no Series Date and Time"),
    ];
    for (change, reason) in cases {
        let error = read(change, None).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("can't be turned into SUV") && text.contains(reason), "{reason}: {text}");
        assert!(!error.hints().is_empty());
    }
}
