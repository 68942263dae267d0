//! The program from outside: results, exit codes, and what it says when something is wrong.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn pellucid(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pellucid")).current_dir(folder).args(words).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The bundled model with its card, and two phantoms.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
        for (from, to) in [("phantom2d.onnx", "model.onnx"), ("phantom2d.toml", "model.toml")] {
            std::fs::copy(demo.join(from), folder.path().join(to)).unwrap();
        }
        let made = pellucid(folder.path(), &["phantom", "--count", "2", "--out", "images", "--seed", "5"]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        Bench { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, words: &[&str]) -> Output {
        pellucid(self.path(), words)
    }

    /// A run that must fail with an exit code, and whose message must hold every one of some pieces.
    fn fails(&self, words: &[&str], code: i32, pieces: &[&str]) {
        let out = self.run(words);
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{words:?}: {said}");
        for piece in pieces {
            assert!(said.contains(piece), "{words:?} says `{said}`, which lacks `{piece}`");
        }
        assert!(!said.contains("panicked"), "{said}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    out.sort();
    out
}

#[test]
fn the_demo_finds_the_planted_lesion() {
    let folder = tempfile::tempdir().unwrap();
    let out = pellucid(folder.path(), &["demo", "--out", "report", "--engine", "tract", "--quiet"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let report = std::fs::read_to_string(folder.path().join("report/report.html")).unwrap();
    assert!(report.contains("planted lesion") && report.contains("Grad-CAM"));
    let document = std::fs::read_to_string(folder.path().join("report/explanation.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["explanations"].as_array().unwrap().len(), 8);
    assert!(files(&folder.path().join("report")).len() >= 4);
}

#[test]
fn the_demo_of_a_volume_writes_volumes() {
    let folder = tempfile::tempdir().unwrap();
    let out = pellucid(folder.path(), &["demo", "--volume", "--out", "report", "--engine", "tract", "--quiet"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let volumes = files(&folder.path().join("report/volumes"));
    assert_eq!(volumes.len(), 8, "{volumes:?}");
    assert!(volumes.iter().all(|v| v.to_string_lossy().ends_with(".nii.gz")));
}

#[test]
fn a_folder_is_explained_and_a_bad_file_in_it_reported() {
    let bench = Bench::new();
    std::fs::write(bench.path().join("images/broken.png"), b"\x89PNG\r\n\x1a\nrubbish").unwrap();
    std::fs::remove_file(bench.path().join("images/0001_mask.png")).unwrap();
    let words = [
        "explain",
        "model.onnx",
        "images",
        "--method",
        "grad-cam,saliency",
        "--out",
        "maps",
        "--engine",
        "tract",
        "--quiet",
    ];
    let out = bench.run(&words);
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("broken.png"), "{said}");
    for name in ["0000", "0001"] {
        assert!(bench.path().join("maps").join(name).join("explanation.json").is_file(), "{name}: {said}");
        assert!(bench.path().join("maps").join(name).join("maps.npz").is_file());
    }
    assert!(!bench.path().join("maps/broken").exists());
}

#[test]
fn mistakes_are_named_with_a_way_out() {
    let bench = Bench::new();
    let image = "images/0000.png";
    bench.fails(&["explain", "none.onnx", image], 2, &["none.onnx", "hint:"]);
    bench.fails(&["explain", image, image], 2, &["0000.png"]);
    bench.fails(&["explain", "model.onnx", "none.png"], 2, &["none.png"]);
    bench.fails(
        &["explain", "model.onnx", image, "--method", "grad-kam"],
        2,
        &["did you mean `grad-cam`", "pellucid methods"],
    );
    bench.fails(&["explain", "model.onnx", image, "--target", "17"], 2, &["class 17", "0 to 2"]);
    bench.fails(&["explain", "model.onnx", image, "--target", "smoth lesion"], 2, &["did you mean `smooth lesion`"]);
    bench.fails(&["explain", "model.onnx", image, "--layer", "relu44"], 2, &["no wire `relu44`", "did you mean"]);
    bench.fails(&["explain", "model.onnx", image, "--set", "colour=red"], 2, &["colour"]);
    bench.fails(&["explain", "model.onnx", image, "--engine", "warp"], 2, &["warp", "tract"]);
    bench.fails(&["explain", "model.onnx", image, "--memory", "many"], 2, &["many"]);
    bench.fails(
        &["export", "model.onnx", "--image", image, "--method", "occlusion", "--out", "o.onnx"],
        2,
        &["occlusion"],
    );
    assert!(!bench.path().join("o.onnx").exists());
    bench.fails(&["card", "init", "model.onnx"], 2, &["there already"]);
    bench.fails(&["explain"], 2, &["Usage"]);
}

#[test]
fn a_wrong_card_names_key_and_line() {
    let bench = Bench::new();
    let card = std::fs::read_to_string(bench.path().join("model.toml")).unwrap();
    std::fs::write(bench.path().join("model.toml"), card.replace("labels", "lables")).unwrap();
    bench.fails(&["explain", "model.onnx", "images/0000.png"], 2, &["lables", "labels", "line"]);
}

#[test]
fn an_exported_method_gives_the_same_map() {
    let bench = Bench::new();
    for method in ["grad-cam", "saliency", "layer-cam"] {
        let out = bench.run(&[
            "export",
            "model.onnx",
            "--image",
            "images/0000.png",
            "--method",
            method,
            "--out",
            "out.onnx",
            "--engine",
            "tract",
        ]);
        assert!(out.status.success(), "{method}: {}", text(&out.stderr));
        assert!(text(&out.stderr).contains("checked on tract"));
        std::fs::remove_file(bench.path().join("out.onnx")).unwrap();
    }
}

#[test]
fn inspect_card_methods_and_doctor_print_what_they_know() {
    let bench = Bench::new();
    let out = bench.run(&["inspect", "model.onnx", "--layers"]);
    let said = text(&out.stdout);
    assert!(
        out.status.success() && said.contains("smooth lesion") && said.contains("layer"),
        "{said}{}",
        text(&out.stderr)
    );
    let json = bench.run(&["inspect", "model.onnx", "--json"]);
    assert!(serde_json::from_slice::<serde_json::Value>(&json.stdout).is_ok());
    let out = bench.run(&["card", "init", "model.onnx", "--out", "first.toml"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(bench.run(&["card", "check", "first.toml"]).status.success());
    let all = bench.run(&["methods", "--json"]);
    let all: serde_json::Value = serde_json::from_slice(&all.stdout).unwrap();
    assert_eq!(all.as_array().unwrap().len(), pellucid::explain::METHODS.len());
    assert!(text(&bench.run(&["methods", "grad-cam"]).stdout).contains("Formula"));
    assert!(text(&bench.run(&["doctor"]).stdout).contains("tract"));
    assert!(text(&bench.run(&["completions", "bash"]).stdout).contains("pellucid"));
}

#[test]
fn results_of_others_are_not_overwritten() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path().join("out")).unwrap();
    std::fs::write(bench.path().join("out/report.html"), "mine").unwrap();
    let words = ["explain", "model.onnx", "images/0000.png", "--out", "out", "--engine", "tract", "--quiet"];
    bench.fails(&words, 2, &["report.html"]);
    assert_eq!(std::fs::read_to_string(bench.path().join("out/report.html")).unwrap(), "mine");
    let out = bench.run(&[&words[..], &["--force"]].concat());
    assert!(out.status.success(), "{}", text(&out.stderr));
}
