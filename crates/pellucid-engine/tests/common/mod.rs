//! Shared by the tests that read models from outside: finding them, making inputs, opening engines.

#![allow(dead_code)]

use std::path::{Path, PathBuf};

use pellucid_engine::{Choice, EngineOptions, Session, open};
use pellucid_graph::query::trailing_activation;
use pellucid_graph::{DType, Dim, Fact, Graph, Tensor, onnx, rewrite};

/// The folder of shared data; `None`, with the reason printed, where it is missing.
pub fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(part);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: `{}` isn't there", path.display());
    None
}

/// All ONNX files below a folder, sorted.
pub fn models_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "onnx") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The shared folders that hold models.
pub fn all_models() -> Vec<PathBuf> {
    ["data/models", "data/models_random", "oracles/visual"]
        .iter()
        .filter_map(|part| shared(part))
        .flat_map(|folder| models_below(&folder))
        .collect()
}

/// Numbers that look random, the same on every machine.
pub struct Noise(pub u64);

impl Noise {
    /// A number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Values of about unit size; small whole numbers for integers.
    pub fn tensor(&mut self, dtype: DType, shape: &[usize]) -> Tensor {
        let n: usize = shape.iter().product();
        let values =
            (0..n).map(|_| if dtype.is_float() { self.unit() * 2.0 - 1.0 } else { (self.unit() * 3.0).floor() });
        Tensor::from_f64(dtype, shape.to_vec(), values.collect())
    }
}

/// A model fixed to small inputs of one sample.
pub struct Prepared {
    pub graph: Graph,
    pub inputs: Vec<Tensor>,
}

/// Opens a model, fixes free axes (batch 1, spatial axes to a size that U-Nets can halve) and makes inputs.
pub fn prepare(path: &Path) -> Result<Prepared, String> {
    let model = onnx::open(path).map_err(|e| format!("open: {e}"))?;
    let mut noise = Noise(7);
    let mut shapes = vec![];
    let mut inputs = vec![];
    for &wire in model.graph.inputs() {
        let fact = model.graph.fact(wire).map_err(|e| e.to_string())?;
        let shape = chosen_shape(fact);
        inputs.push(noise.tensor(fact.dtype, &shape));
        shapes.push((model.graph.name_of(wire).to_string(), shape));
    }
    let named: Vec<(&str, Vec<usize>)> = shapes.iter().map(|(n, s)| (n.as_str(), s.clone())).collect();
    let fixed = rewrite::specialise(&model.graph, &named).map_err(|e| format!("specialise: {e}"))?;
    let mut graph = fixed.graph;
    // of a saturated probability only the value before it tells engines from each other: exp makes a difference of 1e-5 in a logit of 50
    // a relative one of 1e-3
    let ends = graph.outputs().to_vec();
    let before: Vec<_> = ends.iter().map(|w| trailing_activation(&graph, *w).map_or(*w, |(_, inner)| inner)).collect();
    graph.set_outputs(&before);
    Ok(Prepared { graph: graph.prune().0, inputs })
}

fn chosen_shape(fact: &Fact) -> Vec<usize> {
    let spatial = if fact.rank() >= 5 { 32 } else { 64 };
    fact.dims
        .iter()
        .enumerate()
        .map(|(i, d)| match d {
            Dim::Known(n) => *n,
            _ if i == 0 => 1,
            _ if i == 1 && fact.rank() <= 3 => 6,
            _ => spatial,
        })
        .collect()
}

/// The tract engine.
pub fn tract() -> Session {
    open(&EngineOptions::of(Choice::Tract)).expect("tract is built in")
}

/// ONNX Runtime where it is found; `None`, with the reason printed, where it isn't.
pub fn onnxruntime() -> Option<Session> {
    match open(&EngineOptions::of(Choice::OnnxRuntime)) {
        Ok(session) => Some(session),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

/// The plain evaluator.
pub fn reference() -> Session {
    open(&EngineOptions::of(Choice::Reference)).expect("the plain evaluator is built in")
}
