//! NRRD, MetaImage, OME-TIFF and OME-Zarr against pynrrd, SimpleITK, tifffile and zarr-python (`data/make_format_cases.py`), and what must be
//! refused.

mod common;

use std::path::{Path, PathBuf};

use pellucid_image::{Channels, ImageError, OpenOptions, from_bytes, open, open_with};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats")
}

fn cases() -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(folder().join("expected.json")).unwrap()).unwrap()
}

#[test]
fn values_and_places_equal_those_of_other_readers() {
    let mut failed = vec![];
    for case in cases() {
        let name = case["file"].as_str().unwrap();
        let image = match open(folder().join(name)) {
            Ok(image) => image,
            Err(e) => {
                failed.push(e.to_string());
                continue;
            }
        };
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        if image.shape().to_vec() != shape || image.digest() != case["digest"].as_str().unwrap() {
            failed.push(format!("{name}: other values, shape {:?} {shape:?}", image.shape()));
        }
        let known = serde_json::to_value(image.geometry.known).unwrap();
        if known != case["known"] {
            failed.push(format!("{name}: known is {known}"));
        }
        for (i, row) in case["affine"].as_array().into_iter().flatten().enumerate() {
            for j in 0..4 {
                let (found, due) = (image.geometry.world_from_voxel.rows[i][j], row[j].as_f64().unwrap());
                if (found - due).abs() > 1e-6 {
                    failed.push(format!("{name}: affine {i} {j} is {found}, {due} is due"));
                }
            }
        }
        let format = serde_json::to_value(image.source.format).unwrap();
        if case["format"] != format {
            failed.push(format!("{name}: format is {format}"));
        }
        if let Some(due) = case["channels"].as_array() {
            let due: Vec<String> = due.iter().map(|v| v.as_str().unwrap().to_string()).collect();
            if image.channels != Channels::Named(due) {
                failed.push(format!("{name}: channels {:?}", image.channels));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn colours_are_known_as_such() {
    for name in ["colour.nrrd", "itk_colour.mha", "colour.ome.tif", "colour_stack.ome.tif"] {
        assert_eq!(open(folder().join(name)).unwrap().channels, Channels::Rgb, "{name}");
    }
}

#[test]
fn one_volume_of_several_can_be_asked_for() {
    for name in
        ["list_first.nrrd", "list_last.nrrd", "itk_vector.mha", "itk_series.mha", "v2_tczyx.zarr", "v3_default.zarr"]
    {
        let whole = open(folder().join(name)).unwrap();
        let one = open_with(folder().join(name), &OpenOptions { frame: Some(1), ..OpenOptions::default() }).unwrap();
        assert_eq!((one.shape()[0], one.voxels()), (1, whole.channel(1).unwrap()), "{name}");
        let far = open_with(folder().join(name), &OpenOptions { frame: Some(99), ..OpenOptions::default() });
        assert!(far.unwrap_err().to_string().contains("no volume 99"), "{name}");
    }
}

#[test]
fn a_coarser_resolution_is_opened_by_its_path() {
    let fine = open(folder().join("v2_float.zarr/0")).unwrap();
    let coarse = open(folder().join("v2_float.zarr/1")).unwrap();
    assert_eq!((fine.shape(), coarse.shape()), ([2, 3, 10, 9], [1, 2, 5, 5]));
    assert_eq!(coarse.geometry.spacing_mm(), fine.geometry.spacing_mm().map(|s| 2.0 * s));
    let v3 = open(folder().join("v3_default.zarr/1")).unwrap();
    assert_eq!((v3.shape(), v3.geometry.spacing_mm()[0]), ([1, 2, 5, 17], 0.5e-3));
}

/// Copies a case into a fresh folder.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).unwrap();
    }
}

#[test]
fn data_outside_the_folder_are_never_read() {
    let temporary = tempfile::tempdir().unwrap();
    let inner = temporary.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(temporary.path().join("secret.raw"), [7; 1000]).unwrap();
    let secret = temporary.path().join("secret.raw").display().to_string();
    for name in ["../secret.raw", &secret, "inner/../../secret.raw"] {
        let nrrd = format!("NRRD0004\ntype: uint8\ndimension: 3\nsizes: 5 5 4\nencoding: raw\ndata file: {name}\n");
        let listed =
            format!("NRRD0004\ntype: uint8\ndimension: 3\nsizes: 5 5 4\nencoding: raw\ndata file: LIST\n{name}\n");
        let meta = format!(
            "ObjectType = Image\nNDims = 3\nDimSize = 5 5 4\nElementType = MET_UCHAR\nElementDataFile = {name}\n"
        );
        for (file, text) in [("a.nhdr", nrrd), ("b.nhdr", listed), ("c.mhd", meta)] {
            std::fs::write(inner.join(file), text).unwrap();
            let error = open(inner.join(file)).unwrap_err().to_string();
            assert!(error.contains("isn't in the folder of the header"), "{error}");
        }
    }
    let zarr = inner.join("a.zarr");
    copy(&folder().join("v2_plane.zarr"), &zarr);
    copy(&zarr.join("0"), &temporary.path().join("outside"));
    let attributes = std::fs::read_to_string(zarr.join(".zattrs")).unwrap();
    std::fs::write(zarr.join(".zattrs"), attributes.replace("\"path\": \"0\"", "\"path\": \"../../outside\"")).unwrap();
    let error = open(&zarr).unwrap_err().to_string();
    assert!(error.contains("leads out of the folder"), "{error}");
}

#[test]
fn detached_headers_without_a_folder_say_so() {
    for name in ["detached.nhdr", "itk_detached.mhd"] {
        let bytes = std::fs::read(folder().join(name)).unwrap();
        let error = from_bytes(&bytes, &OpenOptions::default()).unwrap_err();
        assert!(error.to_string().contains("header without data"), "{error}");
        assert!(error.hints()[0].contains("by its path"));
    }
}

#[test]
fn what_is_not_read_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let header = |encoding: &str, kind: &str| {
        format!("NRRD0004\ntype: {kind}\ndimension: 3\nsizes: 5 4 3\nencoding: {encoding}\nendian: little\n\n")
    };
    for (text, word) in [(header("bzip2", "short"), "bzip2"), (header("raw", "block"), "block")] {
        let error = from_bytes(text.as_bytes(), &OpenOptions::default()).unwrap_err();
        assert!(matches!(error, ImageError::Unsupported { .. }) && error.to_string().contains(word), "{error}");
    }
    let zarr = temporary.path().join("a.zarr");
    for (from, to, word) in [
        ("\"compressor\": null", "\"compressor\": {\"id\": \"zfpy\"}", "zfpy"),
        ("\"filters\": null", "\"filters\": [{\"id\": \"delta\"}]", "delta"),
        ("\"|u1\"", "\"|S5\"", "|S5"),
    ] {
        copy(&folder().join("v2_plane.zarr"), &zarr);
        let path = zarr.join("0/.zarray");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let error = open(&zarr).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    let plate = temporary.path().join("plate.zarr");
    std::fs::create_dir(&plate).unwrap();
    std::fs::write(plate.join(".zattrs"), "{\"plate\": {}}").unwrap();
    assert!(open(&plate).unwrap_err().to_string().contains("plates"));
    let empty = temporary.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let error = open(&empty).unwrap_err().to_string();
    assert!(error.contains("DICOM folder without images"), "{error}");
}

/// The bytes with one text put in place of another of the same length.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
    let mut out = bytes.to_vec();
    out[at..at + to.len()].copy_from_slice(to.as_bytes());
    out
}

#[test]
fn xml_that_does_not_fit_the_pages_is_told_apart() {
    let bytes = std::fs::read(folder().join("blocks.ome.tif")).unwrap();
    let read = |from, to| from_bytes(&replaced(&bytes, from, to), &OpenOptions::default());
    let error = read("SizeZ=\"3\"", "SizeZ=\"4\"").unwrap_err().to_string();
    assert!(error.contains("4 planes are due, 3 are there"), "{error}");
    // The first page comes first when the XML can't be believed.
    let other = read("SizeX=\"5\"", "SizeX=\"6\"").unwrap();
    assert!(other.notes.iter().any(|n| n.contains("6 x 4 pixels")), "{:?}", other.notes);
    let ordered = open(folder().join("blocks.ome.tif")).unwrap();
    assert_eq!(other.slice(0).unwrap().voxels(), ordered.slice(2).unwrap().voxels());
    let outside = read("FirstZ=\"2\"", "FirstZ=\"7\"").unwrap();
    assert!(outside.notes.iter().any(|n| n.contains("contradicts itself")), "{:?}", outside.notes);
}

#[test]
fn a_memory_limit_is_kept() {
    let options = OpenOptions { memory_bytes: 100, frame: None };
    for case in cases() {
        let name = case["file"].as_str().unwrap();
        let error = open_with(folder().join(name), &options).unwrap_err().to_string();
        assert!(error.contains("but the limit is 100"), "{name}: {error}");
    }
}

/// Small steps of a linear congruential generator (Knuth's MMIX constants).
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

fn mutated(bytes: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut out = bytes.to_vec();
    if out.is_empty() {
        return out;
    }
    let reach = if draw.below(3) == 0 { out.len() } else { out.len().min(700) };
    match draw.below(5) {
        0 => out.truncate(draw.below(out.len())),
        1 => (0..1 + draw.below(8)).for_each(|_| {
            let at = draw.below(reach);
            out[at] = draw.below(256) as u8;
        }),
        2 => {
            // A digit becomes another, or many.
            let digits: Vec<usize> = (0..reach).filter(|&i| out[i].is_ascii_digit()).collect();
            if let Some(&at) = digits.get(draw.below(digits.len())) {
                let text = ["0", "-1", "9", "99999999", "99999999999999999999", "nan", "1e300"][draw.below(7)];
                out.splice(at..at + 1, text.bytes());
            }
        }
        3 => {
            let (a, b) = (draw.below(reach), draw.below(reach));
            out.drain(a.min(b)..a.max(b).min(a.min(b) + 40));
        }
        _ => {
            let at = draw.below(reach);
            out[at] ^= 1 << draw.below(8);
        }
    }
    out
}

fn files_below(path: &Path, out: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|p| files_below(p, out));
    } else {
        out.push(path.to_path_buf());
    }
}

#[test]
fn damaged_copies_never_panic() {
    let temporary = tempfile::tempdir().unwrap();
    let options = OpenOptions { memory_bytes: 8 << 20, frame: None };
    let (mut read, mut refused) = (0, 0);
    for case in cases() {
        let name = case["file"].as_str().unwrap();
        let source = folder().join(name);
        let mut draw = Draw(name.len() as u64 + 17);
        if source.is_dir() {
            let target = temporary.path().join(name);
            copy(&source, &target);
            let mut files = vec![];
            files_below(&target, &mut files);
            for round in 0..40 {
                let file = &files[draw.below(files.len())];
                let bytes = std::fs::read(file).unwrap();
                std::fs::write(file, mutated(&bytes, &mut draw)).unwrap();
                let result = std::panic::catch_unwind(|| open_with(&target, &options).is_ok());
                let fine = result.unwrap_or_else(|_| panic!("{name}: round {round} panicked"));
                if fine {
                    read += 1
                } else {
                    refused += 1
                }
                std::fs::write(file, bytes).unwrap();
            }
            continue;
        }
        let bytes = std::fs::read(&source).unwrap();
        for round in 0..120 {
            let damaged = mutated(&bytes, &mut draw);
            let path = temporary.path().join(name);
            let result = if round % 4 == 0 {
                std::fs::write(&path, &damaged).unwrap();
                std::panic::catch_unwind(|| open_with(&path, &options).is_ok())
            } else {
                std::panic::catch_unwind(|| from_bytes(&damaged, &options).is_ok())
            };
            let fine = result.unwrap_or_else(|_| panic!("{name}: round {round} panicked"));
            if fine { read += 1 } else { refused += 1 }
        }
    }
    println!("{read} damaged copies could still be read, {refused} were refused");
    assert!(read > 100 && refused > 1000);
}

/// Endings of files that aren't images.
const NO_IMAGES: &[&str] = &["xml", "json", "csv", "txt", "md"];

#[test]
fn every_file_of_the_shared_images_opens_or_is_refused_with_the_reason() {
    let Some(shared) = common::shared("data/images") else { return };
    let mut files = vec![];
    files_below(&shared, &mut files);
    let ending = |p: &Path| p.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let options = OpenOptions { memory_bytes: 1 << 30, frame: None };
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for path in files.iter().filter(|p| ending(p) != "dcm") {
        let name = path.strip_prefix(&shared).unwrap().display().to_string();
        match open_with(path, &options) {
            Ok(image) => {
                assert!(!NO_IMAGES.contains(&ending(path).as_str()), "{name}");
                assert_eq!(image.voxels().len(), image.shape().iter().product::<usize>(), "{name}");
                *counts.entry(image.source.format.name().into()).or_default() += 1;
            }
            Err(error) => {
                let text = error.to_string();
                let reason = REFUSED.iter().find(|(file, _)| name.ends_with(file)).map(|r| r.1);
                let reason = reason.or(NO_IMAGES.contains(&ending(path).as_str()).then_some("not an image"));
                assert!(reason.is_some_and(|r| text.contains(r)), "{text}");
                assert!(!error.hints().is_empty(), "{text}");
                *counts.entry("refused".into()).or_default() += 1;
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.len() > 4);
}

/// `(end of the path, words of the reason)` of images that can't be read.
const REFUSED: &[(&str, &str)] = &[("unopenable.tiff", "compression"), ("tinypet.v", "ECAT")];
