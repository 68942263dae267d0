//! From a folder of DICOM files to results as DICOM objects: what becomes one volume, what is asked, what the objects hold.

#[path = "../../pellucid-image/tests/common/dicom.rs"]
mod dicom;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use dicom::{File, PIXELS, element, words};
use pellucid_image::{Format, Image};

const STUDY: &str = "1.2.3.10";
/// CT Image Storage.
const CT: &str = "1.2.840.10008.5.1.4.1.1.2";

/// The bundled models with their cards, and a folder for studies.
struct Bench {
    folder: tempfile::TempDir,
    /// The phantom that the series hold.
    volume: Image,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
        for name in ["phantom2d.onnx", "phantom2d.toml", "phantom3d.onnx", "phantom3d.toml"] {
            std::fs::copy(demo.join(name), folder.path().join(name)).unwrap();
        }
        let made =
            pellucid(folder.path(), &["phantom", "--volume", "--count", "1", "--out", "phantoms", "--seed", "5"]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let volume = pellucid_image::open(folder.path().join("phantoms/0000.nii.gz")).unwrap();
        Bench { folder, volume }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, words: &[&str]) -> Output {
        pellucid(self.path(), words)
    }

    /// A run that must end with an exit code and say every one of some pieces on standard error.
    fn says(&self, words: &[&str], code: i32, pieces: &[&str]) {
        let out = self.run(words);
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{words:?}: {said}");
        for piece in pieces {
            assert!(said.contains(piece), "{words:?} says `{said}`, which lacks `{piece}`");
        }
        assert!(!said.contains("panicked"), "{said}");
    }

    /// The phantom as a series of CT slices, files in an order that isn't that of the slices.
    fn series(&self, folder: &str, uid: &str) {
        let folder = self.path().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let [d, h, w] = self.volume.grid();
        for z in 0..d {
            let plane = &self.volume.voxels()[z * h * w..(z + 1) * h * w];
            let name = format!("{uid}-{:03}.dcm", (z * 7 + 3) % d);
            std::fs::write(folder.join(name), whole(&slice(plane, h, w, z, uid))).unwrap();
        }
    }
}

fn pellucid(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pellucid")).current_dir(folder).args(words).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An axial CT slice, 0.5 mm between rows, 0.75 mm between columns, 2 mm to the next.
fn slice(plane: &[f32], h: usize, w: usize, z: usize, series: &str) -> File {
    let stored: Vec<u16> = plane.iter().map(|v| (v.round() + 1024.0) as u16).collect();
    let texts: [(u32, &[u8; 2], String); 16] = [
        (0x0008_0008, b"CS", "ORIGINAL\\PRIMARY\\AXIAL".into()),
        (0x0008_0016, b"UI", CT.into()),
        (0x0008_0018, b"UI", format!("{series}.{}", z + 1)),
        (0x0008_0060, b"CS", "CT".into()),
        (0x0010_0010, b"PN", "Doe^Jane".into()),
        (0x0010_0020, b"LO", "MRN-4711".into()),
        (0x0020_000d, b"UI", STUDY.into()),
        (0x0020_000e, b"UI", series.into()),
        (0x0020_0011, b"IS", series.rsplit('.').next().unwrap().into()),
        (0x0020_0013, b"IS", (z + 1).to_string()),
        (0x0020_0052, b"UI", "1.2.3.11".into()),
        (0x0018_0050, b"DS", "2".into()),
        (0x0028_0030, b"DS", "0.5\\0.75".into()),
        (0x0020_0037, b"DS", "1\\0\\0\\0\\1\\0".into()),
        (0x0020_0032, b"DS", format!("-100\\-80\\{}", 2.0 * z as f64 - 30.0)),
        (0x0028_1052, b"DS", "-1024".into()),
    ];
    let file = File::new(h as u16, w as u16, 16, 16, "MONOCHROME2").with(0x0028_1053, b"DS", b"1");
    let file = texts.iter().fold(file, |file, (tag, vr, text)| file.with(*tag, vr, text.as_bytes()));
    file.with(PIXELS, b"OW", &words(&stored))
}

/// A file with a whole header, as archives send it.
fn whole(file: &File) -> Vec<u8> {
    let instance = file.elements.iter().find(|e| e.0 == 0x0008_0018).unwrap().2.clone();
    let header = [
        element(0x0002_0001, b"OB", &[0, 1], false),
        element(0x0002_0002, b"UI", CT.as_bytes(), false),
        element(0x0002_0003, b"UI", &instance, false),
        element(0x0002_0010, b"UI", file.syntax.as_bytes(), false),
        element(0x0002_0012, b"UI", b"1.2.3.9", false),
    ]
    .concat();
    let length = element(0x0002_0000, b"UL", &(header.len() as u32).to_le_bytes(), false);
    [&[0; 128][..], b"DICM", &length, &header, &file.body(false)].concat()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    out.sort();
    out
}

fn names(folder: &Path) -> BTreeSet<String> {
    files(folder).iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn contains(bytes: &[u8], piece: &str) -> bool {
    bytes.windows(piece.len()).any(|w| w == piece.as_bytes())
}

const EXPLAIN: &[&str] = &["explain", "phantom3d.onnx", "--engine", "tract", "--quiet"];

fn explain<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [EXPLAIN, more].concat()
}

#[test]
fn a_series_is_one_volume_and_its_maps_become_objects_on_its_grid() {
    let bench = Bench::new();
    bench.series("study", "1.2.3.100");
    let words = explain(&["study", "--method", "saliency,grad-cam", "--dicom", "--out", "maps", "--json"]);
    let out = bench.run(&words);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(summary.as_array().unwrap().len(), 1);
    assert_eq!(summary[0]["dicom"].as_array().unwrap().len(), 8);
    let folder = bench.path().join("maps/dicom");
    let expected = ["map", "picture", "report", "segments"];
    let expected = ["grad-cam", "saliency"].iter().flat_map(|m| expected.iter().map(move |k| format!("{m}--{k}.dcm")));
    assert_eq!(names(&folder), expected.collect());
    for method in ["saliency", "grad-cam"] {
        // the map as a volume of another format, written and read by other code
        let nifti = pellucid_image::open(bench.path().join(format!("maps/volumes/{method}.nii.gz"))).unwrap();
        let map = pellucid_image::open(folder.join(format!("{method}--map.dcm"))).unwrap();
        assert_eq!(map.source.format, Format::Dicom);
        assert_eq!((map.shape(), map.voxels()), (nifti.shape(), nifti.voxels()), "{method}");
        for corner in [[0.0; 3], [31.0, 0.0, 7.0], [5.0, 31.0, 31.0]] {
            let (a, b) = (map.geometry.world_from_voxel.apply(corner), nifti.geometry.world_from_voxel.apply(corner));
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4), "{method}: {a:?} {b:?}");
        }
        assert!(map.range().unwrap().1 > 0.0);
    }
    let report = std::fs::read(folder.join("grad-cam--report.dcm")).unwrap();
    for piece in ["evidence for", "whole image", "grad-cam", "relevance-share", "not for diagnosis", "1.2.3.100.1"] {
        assert!(contains(&report, piece), "{piece}");
    }
    let segments = std::fs::read(folder.join("grad-cam--segments.dcm")).unwrap();
    assert!(contains(&segments, "reached by the top 0.05 of all voxels"));
}

#[test]
fn a_model_of_pictures_explains_one_slice_and_says_nothing_of_the_others() {
    let bench = Bench::new();
    bench.series("study", "1.2.3.100");
    let card = std::fs::read_to_string(bench.path().join("phantom2d.toml")).unwrap();
    let card = card.replacen("steps = [", "steps = [\n    { slices = 1 },", 1);
    std::fs::write(bench.path().join("phantom2d.toml"), card).unwrap();
    let words = ["explain", "phantom2d.onnx", "study", "--method", "saliency", "--dicom", "--out", "maps"];
    let out = bench.run(&[&words[..], &["--engine", "tract", "--quiet"]].concat());
    assert!(out.status.success(), "{}", text(&out.stderr));
    let map = pellucid_image::open(bench.path().join("maps/dicom/saliency--map.dcm")).unwrap();
    let whole = pellucid_image::open(bench.path().join("maps/volumes/saliency.nii.gz")).unwrap();
    let [d, h, w] = whole.grid();
    assert_eq!(map.grid(), [1, h, w]);
    let z = ((map.geometry.world_from_voxel.apply([0.0; 3])[2] + 30.0) / 2.0).round() as usize;
    assert!(z.abs_diff(d / 2) <= 1, "{z}");
    assert_eq!(map.voxels(), &whole.voxels()[z * h * w..(z + 1) * h * w]);
    assert!(map.voxels().iter().any(|v| *v != 0.0));
}

#[test]
fn identity_is_replaced_unless_it_is_asked_for() {
    let bench = Bench::new();
    bench.series("study", "1.2.3.100");
    let read = |out: &str| -> Vec<Vec<u8>> {
        files(&bench.path().join(out).join("dicom")).iter().map(|f| std::fs::read(f).unwrap()).collect()
    };
    let run = |more: &[&str]| {
        let out = bench.run(&explain(&[&["study", "--method", "saliency", "--dicom"], more].concat()));
        assert!(out.status.success(), "{}", text(&out.stderr));
    };
    run(&["--out", "replaced"]);
    for object in read("replaced") {
        assert!(!contains(&object, "Doe") && !contains(&object, "MRN-4711"));
        assert!(contains(&object, "PSEUDO-") && contains(&object, STUDY));
    }
    run(&["--identity", "keep", "--out", "kept"]);
    assert!(read("kept").iter().all(|o| contains(o, "Doe^Jane") && contains(o, "MRN-4711")));
    // nothing else that is written tells the patient
    for name in ["explanation.json", "report.html"] {
        let written = std::fs::read(bench.path().join("kept").join(name)).unwrap();
        assert!(!contains(&written, "Doe^Jane") && !contains(&written, "MRN-4711"), "{name}");
    }
    bench.says(&explain(&["study", "--identity", "keep"]), 2, &["--dicom"]);
    bench.says(&explain(&["study", "--dicom", "--top", "7"]), 2, &["--top 7", "at most 1"]);
}

#[test]
fn a_rerun_replaces_the_objects_and_leaves_no_stale_ones() {
    let bench = Bench::new();
    bench.series("study", "1.2.3.100");
    let run = |more: &[&str]| {
        let out = bench.run(&explain(&[&["study", "--out", "maps"], more].concat()));
        assert!(out.status.success(), "{}", text(&out.stderr));
    };
    run(&["--method", "saliency,grad-cam", "--dicom"]);
    let map = bench.path().join("maps/dicom/saliency--map.dcm");
    let first = pellucid_image::open(&map).unwrap();
    run(&["--method", "saliency", "--dicom"]);
    assert_eq!(files(&bench.path().join("maps/dicom")).len(), 4);
    assert_eq!(pellucid_image::open(&map).unwrap().voxels(), first.voxels());
    run(&["--method", "saliency"]);
    assert!(files(&bench.path().join("maps/dicom")).is_empty());
}

#[test]
fn several_series_are_listed_and_one_is_chosen() {
    let bench = Bench::new();
    bench.series("study/a", "1.2.3.100");
    bench.series("study/b", "1.2.3.101");
    let list = ["2 DICOM series", "1: CT number 100", "2: CT number 101", "1.2.3.101", "--series NUMBER", "axial"];
    bench.says(&explain(&["study"]), 2, &list);
    bench.says(&explain(&["study", "--series", "7"]), 2, &["no series `7`", "1.2.3.100"]);
    for (series, out) in [("2", "by-number"), ("1.2.3.101", "by-uid")] {
        let done = bench.run(&explain(&["study", "--series", series, "--method", "saliency", "--dicom", "--out", out]));
        assert!(done.status.success(), "{}", text(&done.stderr));
        let object = std::fs::read(bench.path().join(out).join("dicom/saliency--map.dcm")).unwrap();
        assert!(contains(&object, "1.2.3.101.1") && !contains(&object, "1.2.3.100.1"), "{out}");
    }
    let done = bench.run(&explain(&["study", "--series", "all", "--method", "saliency", "--out", "each"]));
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert_eq!(names(&bench.path().join("each")), ["study-series-1", "study-series-2"].map(String::from).into());
}

#[test]
fn other_folders_are_searched_and_what_is_not_dicom_is_told() {
    let bench = Bench::new();
    // single images of different series are images, one by one
    std::fs::create_dir(bench.path().join("singles")).unwrap();
    let plane: Vec<f32> = (0..64 * 64).map(|i| (i % 200) as f32).collect();
    for (i, series) in ["1.2.3.200", "1.2.3.201"].iter().enumerate() {
        let file = slice(&plane, 64, 64, 0, series).without(0x0020_0032).without(0x0020_0037);
        std::fs::write(bench.path().join(format!("singles/{i}.dcm")), whole(&file)).unwrap();
    }
    let flat = |more: &[&'static str]| -> Vec<&str> {
        [&["explain", "phantom2d.onnx", "--engine", "tract", "--quiet", "--method", "saliency"][..], more].concat()
    };
    let out = bench.run(&flat(&["singles", "--dicom", "--out", "singles-out"]));
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(0), "{said}");
    // without positions there is no parametric map, and that is said
    assert!(said.contains("no Parametric Map"), "{said}");
    let expected = ["picture", "report", "segments"].map(|k| format!("saliency--{k}.dcm"));
    assert_eq!(names(&bench.path().join("singles-out/0/dicom")), expected.into());
    let nifti = "phantoms/0000.nii.gz";
    bench.says(&explain(&[nifti, "--dicom", "--out", "x"]), 2, &["isn't DICOM", "0000.nii.gz", "leave `--dicom` out"]);
    assert!(!bench.path().join("x").exists());
    bench.says(&explain(&[nifti, "--series", "1"]), 2, &["--series", "no folder with a series"]);
    bench.series("mixed", "1.2.3.100");
    std::fs::copy(bench.path().join(nifti), bench.path().join("mixed/other.nii.gz")).unwrap();
    bench.says(&explain(&["mixed"]), 2, &["1 DICOM series and 1 images of other formats", "--series"]);
    std::fs::create_dir(bench.path().join("empty")).unwrap();
    bench.says(&explain(&["empty"]), 2, &["no image in the folder"]);
}

#[test]
fn an_ome_zarr_folder_is_one_image() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path().join("set")).unwrap();
    std::fs::copy(bench.path().join("phantoms/0000.nii.gz"), bench.path().join("set/first.nii.gz")).unwrap();
    let made = bench.run(&["convert", "phantoms/0000.nii.gz", "set/second.ome.zarr", "--quiet"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let out = bench.run(&explain(&["set/second.ome.zarr", "--method", "saliency", "--out", "one"]));
    assert!(out.status.success(), "{}", text(&out.stderr));
    let one = pellucid_image::open(bench.path().join("one/volumes/saliency.nii.gz")).unwrap();
    assert_eq!(one.grid(), bench.volume.grid());
    let out = bench.run(&explain(&["set", "--method", "saliency", "--out", "both"]));
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert_eq!(names(&bench.path().join("both")), ["first", "second"].map(String::from).into());
    bench.says(&explain(&["set/second.ome.zarr", "--dicom", "--out", "x"]), 2, &["second.ome.zarr", "isn't DICOM"]);
}

#[test]
fn a_missing_slice_is_refused_or_left_out_when_asked() {
    let bench = Bench::new();
    bench.series("study", "1.2.3.100");
    let d = bench.volume.grid()[0];
    // the file of slice 3
    std::fs::remove_file(bench.path().join(format!("study/1.2.3.100-{:03}.dcm", (3 * 7 + 3) % d))).unwrap();
    bench.says(&explain(&["study"]), 2, &["missing"]);
    let out = bench.run(&explain(&["study", "--longest-run", "--method", "saliency", "--dicom", "--out", "run"]));
    assert!(out.status.success(), "{}", text(&out.stderr));
    let map = pellucid_image::open(bench.path().join("run/dicom/saliency--map.dcm")).unwrap();
    assert_eq!(map.grid()[0], d - 4);
}

#[test]
fn a_series_becomes_other_formats_and_turns() {
    let bench = Bench::new();
    bench.series("study", "1.2.3.100");
    let source = pellucid_image::open(bench.path().join("study")).unwrap();
    for out in ["a.nii.gz", "a.nrrd", "a.mha", "a.ome.tif", "a.ome.zarr", "a.npy"] {
        let done = bench.run(&["convert", "study", out, "--quiet"]);
        assert!(done.status.success(), "{out}: {}", text(&done.stderr));
        let back = pellucid_image::open(bench.path().join(out)).unwrap();
        assert_eq!(back.voxels(), source.voxels(), "{out}");
        if ["a.nii.gz", "a.nrrd", "a.mha"].contains(&out) {
            let (a, b) = (back.geometry.world_from_voxel, source.geometry.world_from_voxel);
            let corner = [3.0, 5.0, 7.0];
            assert!(a.apply(corner).iter().zip(b.apply(corner)).all(|(a, b)| (a - b).abs() < 1e-3), "{out}");
        }
    }
    let done = bench.run(&["convert", "a.mha", "turned.nrrd", "--orient", "ras", "--spacing", "1.5,1,2"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let turned = pellucid_image::open(bench.path().join("turned.nrrd")).unwrap();
    let [d, h, w] = source.grid();
    assert_eq!((turned.grid(), turned.geometry.axis_codes()), ([d, h / 2, w / 2], ['R', 'A', 'S']));
    assert!(turned.geometry.spacing_mm().iter().zip([1.5, 1.0, 2.0]).all(|(a, b)| (a - b).abs() < 1e-6));
    bench.says(&["convert", "a.mha", "turned.nrrd"], 2, &["there already", "--force"]);
    bench.says(&["convert", "a.mha", "b.tga"], 2, &["b.tga", ".nii.gz"]);
    bench.says(&["convert", "a.mha", "b.nrrd", "--orient", "RAL"], 2, &["RAL", "RAS"]);
    bench.says(&["convert", "a.npy", "b.nrrd", "--orient", "RAS"], 2, &["a.npy", "directions"]);
    bench.says(&["convert", "a.mha", "b.nrrd", "--spacing", "1,1"], 2, &["three are expected"]);
}

#[test]
fn advice_recognises_the_modality_and_can_run() {
    let bench = Bench::new();
    bench.series("study", "1.2.3.100");
    let out = bench.run(&["advise", "study", "--model", "phantom3d.onnx", "--have", "labels", "--out", "p.toml"]);
    let (said, page) = (text(&out.stderr), text(&out.stdout));
    assert!(out.status.success(), "{said}");
    for piece in ["preset ct: recognised", "methods", "baselines", "left out", "task classification", "wrote p.toml"] {
        assert!(page.contains(piece), "{page} lacks `{piece}`");
    }
    let toml = std::fs::read_to_string(bench.path().join("p.toml")).unwrap();
    let protocol = pellucid::advise::Protocol::parse(&toml, "p.toml").unwrap();
    assert!(!protocol.methods.is_empty());
    for method in &protocol.methods {
        assert!(pellucid::explain::find(&method.id).is_ok(), "{}", method.id);
    }
    for metric in &protocol.metrics {
        assert!(pellucid::metrics::find(&metric.id).is_ok(), "{}", metric.id);
    }
    // what is recommended runs
    let cheap: Vec<&str> = protocol.methods.iter().filter(|m| m.forwards < 10.0).map(|m| m.id.as_str()).collect();
    assert!(!cheap.is_empty());
    let out = bench.run(&explain(&["study", "--method", &cheap.join(","), "--out", "advised"]));
    assert!(out.status.success(), "{}", text(&out.stderr));
    bench.says(&["advise", "study", "--out", "p.toml"], 2, &["there already"]);
    bench.says(&["advise", "study"], 2, &["--task"]);
    bench.says(&["advise", "study", "--task", "classification", "--have", "luck"], 2, &["luck"]);
    bench.says(&["advise", "study", "--task", "classification", "--preset", "ctt"], 2, &["did you mean `ct`"]);
    bench.says(&["advise", "study", "--task", "classification", "--masks", "none"], 2, &["none"]);
}

#[test]
fn presets_are_listed_shown_and_copied() {
    let bench = Bench::new();
    let list = text(&bench.run(&["presets"]).stdout);
    assert!(pellucid::advise::PRESETS.presets().all(|p| list.contains(&p.id) && list.contains(&p.name)), "{list}");
    let page = text(&bench.run(&["presets", "ct"]).stdout);
    assert!(page.contains("Hounsfield") || page.contains("HU"), "{page}");
    assert!(page.contains("Cautions:"));
    let copy = bench.run(&["presets", "ct", "--toml"]);
    std::fs::create_dir(bench.path().join("mine")).unwrap();
    let changed = text(&copy.stdout).replacen("name = \"Computed tomography\"", "name = \"Our CT\"", 1);
    std::fs::write(bench.path().join("mine/ct.toml"), changed).unwrap();
    let own = bench.run(&["presets", "--presets", "mine"]);
    assert!(text(&own.stdout).contains("Our CT"), "{}", text(&own.stdout));
    assert!(text(&own.stderr).contains("is replaced by"));
    bench.says(&["presets", "ctt"], 2, &["did you mean `ct`"]);
}

/// Takes one request and gives one answer; returns its address and what it was sent.
fn server(answer: Vec<u8>) -> (String, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/dicom-web", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let (mut sent, mut buffer) = (vec![], vec![0; 1 << 16]);
        while let Ok(n) = stream.read(&mut buffer) {
            if n == 0 {
                break;
            }
            sent.extend(&buffer[..n]);
        }
        stream.write_all(&answer).unwrap();
        sent
    });
    (url, thread)
}

fn answer(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn studies_come_from_an_archive_and_results_go_there() {
    let bench = Bench::new();
    let object = whole(&slice(&[0.0; 16], 4, 4, 0, "1.2.3.300"));
    let body = [b"--b\r\nContent-Type: application/dicom\r\n\r\n", &object[..], b"\r\n--b--"].concat();
    let (url, asked) = server(answer("multipart/related; type=\"application/dicom\"; boundary=b", &body));
    let out = bench.run(&["dicomweb", "fetch", &url, STUDY, "fetched"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(text(&asked.join().unwrap()).starts_with(&format!("GET /dicom-web/studies/{STUDY} ")));
    assert_eq!(std::fs::read(bench.path().join("fetched/1.2.3.300.1.dcm")).unwrap(), object);

    std::fs::write(bench.path().join("fetched/notes.txt"), "not DICOM").unwrap();
    let stored = br#"{"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2.3.300.1"]}}]}}"#;
    let (url, sent) = server(answer("application/dicom+json", stored));
    let out = bench.run(&["dicomweb", "store", &url, "fetched"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(text(&out.stdout).contains("1 objects stored"));
    let sent = sent.join().unwrap();
    assert!(sent.starts_with(b"POST /dicom-web/studies ") && sent.windows(object.len()).any(|w| w == object));

    bench.says(&["dicomweb", "fetch", "http://pacs.example.org/d", STUDY, "f"], 2, &["https"]);
    bench.says(&["dicomweb", "fetch", "http://127.0.0.1:9/d", "x/../y", "f"], 2, &["unique identifier"]);
    std::fs::create_dir(bench.path().join("empty")).unwrap();
    bench.says(&["dicomweb", "store", "http://127.0.0.1:9/d", "empty"], 2, &["no DICOM file", "--dicom"]);
    bench.says(&["dicomweb", "store", "http://127.0.0.1:9/d", "fetched"], 2, &["no answer from", "hint:"]);
}
