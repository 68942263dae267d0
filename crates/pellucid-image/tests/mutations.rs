//! Damaged files never panic and never take much memory: real and made files, cut and changed at places drawn from a fixed generator.

mod common;

use std::path::{Path, PathBuf};

use pellucid_image::{OpenOptions, encode_npy, encode_png, from_bytes};

/// Small steps of a linear congruential generator (Knuth's MMIX constants).
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// One way to damage a file.
fn mutate(bytes: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut out = bytes.to_vec();
    // Headers are where damage is interesting: half of the changes fall into the first kilobytes.
    let reach = if draw.below(2) == 0 { out.len() } else { out.len().min(3000) };
    match draw.below(5) {
        0 => out.truncate(draw.below(out.len())),
        1 => (0..1 + draw.below(20)).for_each(|_| {
            let at = draw.below(reach);
            out[at] = draw.below(256) as u8;
        }),
        2 => {
            let at = draw.below(reach.saturating_sub(4));
            let value = [0u32, u32::MAX, 0x7fff_ffff, 65_536, 1][draw.below(5)];
            out[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        3 => {
            let (a, b) = (draw.below(reach), draw.below(reach));
            out.drain(a.min(b)..a.max(b).min(a.min(b) + 200));
        }
        _ => {
            let at = draw.below(reach);
            out[at] ^= 1 << draw.below(8);
        }
    }
    out
}

fn torture(name: &str, bytes: &[u8], rounds: usize) -> (usize, usize) {
    let mut draw = Draw(bytes.len() as u64);
    let mut read = 0;
    for round in 0..rounds {
        let damaged = mutate(bytes, &mut draw);
        let options = OpenOptions { memory_bytes: 64 << 20, frame: [None, None, Some(0)][draw.below(3)] };
        let result = std::panic::catch_unwind(|| from_bytes(&damaged, &options).is_ok());
        match result {
            Ok(fine) => read += usize::from(fine),
            Err(_) => panic!("{name}: round {round} panicked"),
        }
    }
    (read, rounds)
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    out.extend(entries.into_iter().filter(|p| p.is_file()));
}

#[test]
fn real_files() {
    let Some(folder) = common::shared("data/images") else { return };
    let mut list = vec![];
    for part in ["dicom_variety", "wsi/openslide_fixtures", "wsi", "pet", "microscopy/stardist"] {
        files(&folder.join(part), &mut list);
    }
    for file in [
        "ct/totalseg/dicom/CT.1.3.12.2.1107.5.1.4.60064.30000022120808113428000016573.dcm",
        "cxr/txrv_tests/Fake_MONOHR1.dcm",
        "mri/volumes/dwi.nii.gz",
        "mri/volumes/nibabel_anatomical.nii",
        "mri/spinal_cord_multicontrast/sub-unf01_T1w_seg.nii.gz",
        "blood/bloodmnist/basophil_0.png",
        "fundus/skimage_microaneurysms.png",
        "cxr/lungseg2d/1.jpg",
        "oct/kermany/CNV-103044-1.jpeg",
    ] {
        list.push(folder.join(file));
    }
    for path in list {
        let bytes = std::fs::read(&path).unwrap();
        let (read, rounds) = torture(&path.display().to_string(), &bytes, if bytes.len() > 200_000 { 12 } else { 60 });
        println!("{}: {read} of {rounds} damaged copies could still be read", path.file_name().unwrap().display());
    }
}

#[test]
fn made_files() {
    let values: Vec<f32> = (0..600).map(|v| v as f32).collect();
    let npy = encode_npy(&values, &[2, 3, 10, 10]).unwrap();
    let levels: Vec<u8> = (0..300).map(|v| v as u8).collect();
    let png = encode_png(&levels, 10, 10).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let nifti = folder.path().join("a.nii");
    pellucid_image::write_nifti(&nifti, &values, &[6, 10, 10], &pellucid_image::Geometry::unknown()).unwrap();
    let nifti = std::fs::read(nifti).unwrap();
    for (name, bytes) in [("npy", npy), ("png", png), ("nifti", nifti)] {
        torture(name, &bytes, 3000);
        for end in 0..bytes.len() {
            let _ = from_bytes(&bytes[..end], &OpenOptions { memory_bytes: 1 << 20, frame: None });
        }
    }
}
