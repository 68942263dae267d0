//! Damaged DICOM never panics and never takes memory beyond what its pixels honestly need: real files and folders of them, cut and changed at places
//! drawn from a fixed generator, with no memory limit that would hide it.

#[path = "common/dicom.rs"]
mod dicom;
#[path = "common/mod.rs"]
mod shared;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Mutex;

use dicom::ct;
use pellucid_image::dicom::{Frames, SeriesOptions, Values, open_series, series};
use pellucid_image::{OpenOptions, from_bytes};
use tempfile::tempdir;

/// Small steps of a linear congruential generator (Knuth's MMIX constants).
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// One way to damage a file: cut it, change a length, change bytes, flip a bit. Most changes fall into the header.
fn damage(bytes: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let reach = if draw.below(4) == 0 { out.len() } else { out.len().min(3000) };
    match draw.below(4) {
        0 => out.truncate(draw.below(out.len())),
        1 => {
            let at = draw.below(reach - 4);
            let value = [u32::MAX, 0x7fff_ffff, 0xffff_fffe, 65_536, 0][draw.below(5)];
            out[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        2 => (0..5).for_each(|_| out[draw.below(reach)] = draw.below(256) as u8),
        _ => out[draw.below(reach)] ^= 1 << draw.below(8),
    }
    out
}

/// The tests that watch memory run one after another.
static WATCHED: Mutex<()> = Mutex::new(());

/// The largest resident memory of this process so far in bytes, `None` where the system doesn't say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

fn real_files() -> Option<Vec<PathBuf>> {
    let folder = shared::shared("data/images")?;
    let mut list: Vec<PathBuf> =
        std::fs::read_dir(folder.join("dicom_variety")).unwrap().map(|e| e.unwrap().path()).collect();
    list.push(folder.join("ct/totalseg/dicom/CT.1.3.12.2.1107.5.1.4.60064.30000022120808113428000016573.dcm"));
    list.push(folder.join("cxr/txrv_tests/Fake_MONOHR1.dcm"));
    list.push(folder.join("mri/dicom_vs_seg001/1-057.dcm"));
    list.retain(|p| p.extension().is_some_and(|e| e == "dcm"));
    list.sort();
    Some(list)
}

#[test]
fn damaged_files_take_at_most_twice_the_memory_of_whole_ones() {
    let _alone = WATCHED.lock();
    let Some(list) = real_files() else { return };
    let files: Vec<Vec<u8>> = list.iter().map(|p| std::fs::read(p).unwrap()).collect();
    for bytes in &files {
        let _ = from_bytes(bytes, &OpenOptions::default());
    }
    let honest = peak();
    let (mut read, mut rounds) = (0, 0);
    for (path, bytes) in list.iter().zip(&files) {
        let mut draw = Draw(bytes.len() as u64 ^ 0x5eed);
        for round in 0..if bytes.len() > 200_000 { 12 } else { 40 } {
            let damaged = damage(bytes, &mut draw);
            let frame = [None, Some(0)][draw.below(2)];
            let options = OpenOptions { frame, ..OpenOptions::default() };
            let result = std::panic::catch_unwind(|| from_bytes(&damaged, &options).is_ok());
            read += usize::from(result.unwrap_or_else(|_| panic!("{}: round {round} panicked", path.display())));
            rounds += 1;
        }
    }
    println!("{read} of {rounds} damaged copies could still be read; peaks {honest:?} and {:?}", peak());
    if let (Some(before), Some(after)) = (honest, peak()) {
        assert!(after <= 2 * before, "{before} bytes for whole files, {after} for damaged ones");
    }
}

#[test]
fn what_all_frames_share_is_not_taken_once_for_each() {
    // 50 000 frames of one pixel in one place, and a megabyte that each of them refers to.
    let count = 50_000u16;
    let mut shared = vec![];
    for (sequence, tag, value) in [
        (0x0020_9116, 0x0020_0037, b"1\\0\\0\\0\\1\\0".to_vec()),
        (0x0020_9113, 0x0020_0032, b"0\\0\\0".to_vec()),
        (0x0028_9110, 0x0028_0030, b"1\\".repeat(500_000)),
        (0x0018_9117, 0x0018_9087, vec![b'7'; 1_000_000]),
    ] {
        let inner = dicom::wrap(&dicom::element(tag, b"UN", &value, false));
        shared.extend(dicom::element(sequence, b"SQ", &inner, false));
    }
    let file = dicom::File::new(1, 1, 8, 8, "MONOCHROME2")
        .text(0x0028_0008, &count.to_string())
        .with(0x5200_9229, b"SQ", &dicom::wrap(&shared))
        .with(dicom::PIXELS, b"OB", &vec![1; usize::from(count)]);
    let _alone = WATCHED.lock();
    let before = peak();
    let error = file.read().unwrap_err().to_string();
    assert!(error.contains("there is no pixel spacing"), "{error}");
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after < before + (100 << 20), "{before} bytes before, {after} after");
    }
}

#[test]
fn a_damaged_file_in_a_folder_never_panics() {
    let files: Vec<Vec<u8>> = (0..5).map(|k| ct(f64::from(k), k).bytes()).collect();
    let mut draw = Draw(7);
    let (mut read, mut refused) = (0, 0);
    for round in 0..400 {
        let folder = tempdir().unwrap();
        let bad = draw.below(files.len());
        for (k, bytes) in files.iter().enumerate() {
            let bytes = if k == bad { damage(bytes, &mut draw) } else { bytes.clone() };
            std::fs::write(folder.path().join(format!("{k}")), bytes).unwrap();
        }
        let options = SeriesOptions {
            frames: [Frames::Volume, Frames::Sequence][draw.below(2)],
            values: [Values::Measured, Values::SuvBodyWeight { seconds_after_injection: Some(1.0) }][draw.below(2)],
            longest_run: draw.below(2) == 0,
            accept_tilt: draw.below(2) == 0,
            ..SeriesOptions::default()
        };
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let _ = series(folder.path());
            open_series(&[folder.path()], &options)
        }));
        match result.unwrap_or_else(|_| panic!("round {round} panicked")) {
            Ok(image) => {
                read += 1;
                assert_eq!(image.shape().iter().product::<usize>(), image.voxels().len());
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(read > 20 && refused > 20, "{read} read, {refused} refused");
}

#[test]
fn random_bytes_behind_a_good_start_are_refused_or_read() {
    let mut draw = Draw(11);
    let starts: Vec<Vec<u8>> = [
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.5",
    ]
    .iter()
    .map(|uid| {
        let mut out = vec![0; 128];
        out.extend(b"DICM");
        out.extend(dicom::element(0x0002_0010, b"UI", uid.as_bytes(), false));
        out
    })
    .collect();
    let vrs: &[&[u8; 2]] = &[b"US", b"DS", b"SQ", b"OW", b"OB", b"UN", b"CS", b"FD"];
    for round in 0..4000 {
        let mut bytes = starts[draw.below(starts.len())].clone();
        // Half of the rounds have elements that look right.
        for _ in 0..draw.below(12) {
            let group = [0x0008u16, 0x0020, 0x0028, 0x5200, 0x7fe0, 0xfffe][draw.below(6)];
            bytes.extend(group.to_le_bytes());
            bytes.extend((draw.below(0x60) as u16).to_le_bytes());
            bytes.extend(vrs[draw.below(vrs.len())]);
            (0..draw.below(20)).for_each(|_| bytes.push(draw.below(256) as u8 & [0xff, 0x03, 0x00][draw.below(3)]));
        }
        (0..draw.below(200)).for_each(|_| bytes.push(draw.below(256) as u8));
        let result = std::panic::catch_unwind(|| from_bytes(&bytes, &OpenOptions::default()).is_ok());
        assert!(result.is_ok(), "round {round} panicked");
    }
}
