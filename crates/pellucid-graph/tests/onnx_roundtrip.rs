//! Every shared model is read, written and read again without a change.

mod protos;

use pellucid_graph::onnx::{self, ExportOptions};
use pellucid_graph::{Graph, Node, Wire};

fn names(g: &Graph, wires: &[Option<Wire>]) -> Vec<String> {
    wires.iter().map(|w| w.map(|w| g.name_of(w).to_string()).unwrap_or_default()).collect()
}

fn check_equal(a: &Graph, b: &Graph) {
    let io = |g: &Graph, w: &Wire| (g.name_of(*w).to_string(), g.info(*w).fact.clone());
    let all = |g: &Graph, w: &[Wire]| w.iter().map(|w| io(g, w)).collect::<Vec<_>>();
    assert_eq!(a.name, b.name);
    assert_eq!(all(a, a.inputs()), all(b, b.inputs()));
    assert_eq!(all(a, a.outputs()), all(b, b.outputs()));
    assert_eq!(a.nodes().len(), b.nodes().len());
    for (m, n) in a.nodes().iter().zip(b.nodes()) {
        let parts = |g: &Graph, n: &Node| {
            (n.name.clone(), n.op.clone(), n.domain.clone(), names(g, &n.inputs), names(g, &n.outputs))
        };
        assert_eq!(parts(a, m), parts(b, n));
        assert_eq!(m.attrs, n.attrs, "attributes of `{}`", m.name);
        assert_eq!(m.captures.len(), n.captures.len());
    }
    let constants = |g: &Graph| g.wires().filter(|(_, i)| i.constant.is_some()).count();
    assert_eq!(constants(a), constants(b));
    for (_, info) in a.wires().filter(|(_, i)| i.constant.is_some()) {
        let other = b.find(&info.name).unwrap();
        assert_eq!(info.constant.as_ref(), b.constant(other), "constant `{}`", info.name);
    }
}

fn check_folder(part: &str) {
    let Some(folder) = protos::shared(part) else { return };
    let models = protos::models(&folder);
    assert!(!models.is_empty(), "no models in {part}");
    for path in &models {
        let first = onnx::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        first.graph.verify().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let bytes = onnx::to_bytes(&first.graph, &ExportOptions::from(&first.info)).unwrap();
        let second = onnx::from_bytes(bytes, "again.onnx", None).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        check_equal(&first.graph, &second.graph);
        assert_eq!(second.info.opset, pellucid_graph::OPSET);
        assert_eq!(first.info.metadata, second.info.metadata);
        assert!(!first.graph.to_string().is_empty());
    }
    println!("{part}: {} models", models.len());
}

#[test]
fn trained_models() {
    check_folder("data/models");
}

#[test]
fn models_with_random_weights() {
    check_folder("data/models_random");
}

#[test]
fn oracle_models() {
    check_folder("oracles/visual");
}

#[test]
fn a_saved_file_is_what_its_bytes_are_and_nothing_else_is_left() {
    let Some(path) = protos::shared("oracles/visual/cnn_nobias_32/model.onnx") else { return };
    let model = onnx::open(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.onnx");
    let options = ExportOptions { metadata: vec![("key".into(), "value".into())], ..ExportOptions::from(&model.info) };
    onnx::save(&model.graph, &out, &options).unwrap();
    assert_eq!(std::fs::read(&out).unwrap(), onnx::to_bytes(&model.graph, &options).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(onnx::open(&out).unwrap().info.metadata["key"], "value");
    let nowhere = folder.path().join("missing").join("out.onnx");
    let error = onnx::save(&model.graph, nowhere, &options).unwrap_err();
    assert!(error.to_string().starts_with("can't write"), "{error}");
}
