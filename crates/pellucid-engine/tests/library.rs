//! A missing, wrong or broken ONNX Runtime library is a message, never the end of the process. Each case runs in a process of its own, for a
//! process loads one library and variables belong to the whole process.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use pellucid_engine::{Choice, Device, EngineOptions, OnnxRuntime, doctor, open};
use pellucid_graph::{Build, DType, Fact, Graph, Tensor};

/// Opens engines under the variables that a test below has set, and tells what came of it.
#[test]
#[ignore = "run by the other tests, in processes of their own"]
fn child() {
    for choice in [Choice::OnnxRuntime, Choice::Auto] {
        match open(&EngineOptions::of(choice)) {
            Ok(session) => {
                let (graph, input) = doubled();
                let outputs = session.run(&graph, &[input]).expect("a sum runs everywhere");
                assert_eq!(outputs[0].to_f32(), vec![2.0, -4.0]);
                println!(
                    "{choice}: engine {} because {} notes {:?}",
                    session.engine().id(),
                    session.because(),
                    session.notes()
                );
            }
            Err(error) => {
                assert!(!error.hints().is_empty(), "no hint for: {error}");
                println!("{choice}: error {error}");
            }
        }
    }
    for finding in doctor() {
        println!("doctor: {} {:?} {}", finding.subject, finding.status, finding.detail);
    }
}

fn doubled() -> (Graph, Tensor) {
    let mut graph = Graph::new("doubled");
    let x = graph.add_input("x", Fact::new(DType::F32, &[2]));
    let y = Build::new(&mut graph, "doubled").add(x, x).expect("a sum");
    graph.set_outputs(&[y]);
    (graph, Tensor::f32(&[2], vec![1.0, -2.0]).expect("two values"))
}

/// What [`child`] prints with only these variables set.
fn told(variables: &[(&str, &Path)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["child", "--exact", "--ignored", "--nocapture"]).env_clear();
    command.envs(variables.iter().copied());
    let output = command.output().expect("this program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{:?}\n{text}\n{errors}", output.status);
    assert!(!errors.contains("panicked"), "{errors}");
    text
}

fn line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("no line `{start}` in\n{text}"))
}

/// Both ways of opening refuse a library that the user named, and say which and why.
fn refused(path: &Path, why: &str) {
    let text = told(&[("PELLUCID_ONNXRUNTIME", path)]);
    for choice in ["onnxruntime", "auto"] {
        let line = line(&text, &format!("{choice}: error"));
        assert!(line.contains(&path.display().to_string()) && line.contains(why), "{line}");
    }
    assert!(text.contains("doctor: onnxruntime Bad"), "{text}");
    assert!(text.contains("doctor: tract Good"), "{text}");
}

/// The real library of this machine.
fn real() -> Option<PathBuf> {
    let session = common::onnxruntime()?;
    let because = session.because().to_string();
    let path = because.split('`').rev().nth(1).map(PathBuf::from);
    path.filter(|p| p.is_file())
}

#[test]
fn nothing_installed() {
    let text = told(&[]);
    let missing = line(&text, "onnxruntime:");
    if missing.contains("error") {
        assert!(missing.contains("no ONNX Runtime library was found") && missing.contains("looked at"), "{missing}");
        assert!(line(&text, "auto:").contains("engine tract because no ONNX Runtime library was found"), "{text}");
        assert!(text.contains("doctor: onnxruntime Absent"), "{text}");
    } else {
        println!("skipped: this machine has a library on the system's path");
    }
}

#[test]
fn a_path_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    refused(&folder.path().join("libonnxruntime.so"), "No such file");
}

#[test]
fn a_folder_without_a_library() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), "folder without an ONNX Runtime library");
}

#[test]
fn a_file_that_is_no_library() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    std::fs::write(&path, "just text").unwrap();
    refused(&path, "isn't a");
}

#[test]
#[cfg(target_os = "linux")]
fn another_library() {
    let Some(other) = common_library() else { return };
    refused(&other, "OrtGetApiBase");
    // The name alone passes the first look; then the loader finds out.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    let mut bytes = std::fs::read(&other).unwrap();
    bytes.extend(b"OrtGetApiBase");
    std::fs::write(&path, bytes).unwrap();
    refused(&path, "OrtGetApiBase");
}

#[cfg(target_os = "linux")]
fn common_library() -> Option<PathBuf> {
    const PLACES: [&str; 4] = [
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/lib/aarch64-linux-gnu/libm.so.6",
        "/lib64/libm.so.6",
        "/usr/lib/libm.so.6",
    ];
    let found = PLACES.iter().map(PathBuf::from).find(|p| p.is_file());
    if found.is_none() {
        println!("skipped: no `libm.so.6` at the usual places");
    }
    found
}

#[test]
fn a_library_that_was_cut_short() {
    let Some(real) = real() else { return };
    let bytes = std::fs::read(&real).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    for share in [0.999, 0.5, 0.01] {
        std::fs::write(&path, &bytes[..(bytes.len() as f64 * share) as usize]).unwrap();
        let text = told(&[("PELLUCID_ONNXRUNTIME", &path)]);
        // What is cut off may be nothing that is loaded; then the library simply works.
        let line = line(&text, "onnxruntime:");
        assert!(share > 0.9 || line.contains("cut short"), "{line}");
    }
}

#[test]
fn a_broken_library_in_a_python_environment_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let packages = folder.path().join("lib/python3.11/site-packages/onnxruntime/capi");
    std::fs::create_dir_all(&packages).unwrap();
    std::fs::write(packages.join("libonnxruntime.so.1.20.0"), "just text").unwrap();
    if !cfg!(target_os = "linux") {
        return;
    }
    let text = told(&[("VIRTUAL_ENV", folder.path())]);
    assert!(line(&text, "onnxruntime:").contains("isn't a shared library"), "{text}");
    let auto = line(&text, "auto:");
    assert!(auto.contains("engine tract") && auto.contains("tract is used instead"), "{auto}");
}

#[test]
fn a_good_library_by_file_and_by_folder() {
    let Some(real) = real() else { return };
    for place in [real.as_path(), real.parent().unwrap()] {
        let text = told(&[("PELLUCID_ONNXRUNTIME", place)]);
        for choice in ["onnxruntime", "auto"] {
            assert!(
                line(&text, choice).contains("engine onnxruntime because found by `PELLUCID_ONNXRUNTIME`"),
                "{text}"
            );
        }
        assert!(text.contains("doctor: onnxruntime Good version"), "{text}");
    }
    let text = told(&[("ORT_DYLIB_PATH", &real)]);
    assert!(line(&text, "auto").contains("engine onnxruntime because found by `ORT_DYLIB_PATH`"), "{text}");
}

#[test]
fn a_process_keeps_its_library() {
    let Some(real) = real() else { return };
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("libonnxruntime.so");
    std::fs::copy(&real, &copy).unwrap();
    let error = OnnxRuntime::new(&copy, Device::Cpu, 1).expect_err("another library is in use").to_string();
    assert!(error.contains("already in use"), "{error}");
    assert!(OnnxRuntime::new(&real, Device::Cpu, 2).is_ok());
}

#[test]
fn a_device_that_is_not_there() {
    let options = EngineOptions { device: Device::Cuda(7), ..EngineOptions::of(Choice::Tract) };
    let error = open(&options).err().expect("tract has no GPU");
    assert!(error.to_string().contains("`cuda:7`") && !error.hints().is_empty(), "{error}");
    if let Some(real) = real() {
        match OnnxRuntime::new(&real, Device::Cuda(7), 1) {
            Ok(_) => panic!("a machine with eight GPUs"),
            Err(error) => assert!(error.to_string().contains("`cuda:7`"), "{error}"),
        }
    }
}
