//! Reading the shared oracle cases: models, arrays, targets, tolerances.

#![allow(dead_code)]

use std::path::{Path, PathBuf};

use pellucid_graph::{Attr, Attrs, DType, Fact, Graph, Tensor, Wire, onnx, rewrite};
use serde_json::Value;

/// A folder of cases with its model.
pub struct Folder {
    pub name: String,
    path: PathBuf,
    json: Value,
}

/// One case.
pub struct Case<'f> {
    pub folder: &'f Folder,
    pub json: &'f Value,
}

/// The folders of cases; none, with the reason printed, where they are missing.
pub fn folders() -> Vec<Folder> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracles/visual"));
    let Ok(entries) = std::fs::read_dir(root) else {
        println!("skipped: `{}` isn't there", root.display());
        return vec![];
    };
    let mut out: Vec<Folder> = entries.flatten().filter_map(|e| Folder::open(&e.path())).collect();
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

impl Folder {
    fn open(path: &Path) -> Option<Folder> {
        let text = std::fs::read_to_string(path.join("cases.json")).ok()?;
        let json = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Some(Folder { name: path.file_name()?.to_string_lossy().into_owned(), path: path.to_path_buf(), json })
    }

    /// The cases of a method.
    pub fn cases(&self, methods: &[&str]) -> Vec<Case<'_>> {
        let all = self.json["cases"].as_array().into_iter().flatten();
        all.filter(|c| c["method"].as_str().is_some_and(|m| methods.contains(&m)))
            .map(|json| Case { folder: self, json })
            .collect()
    }

    /// The model for the inputs' shapes, canonical, in double precision if `wide`; `None` where its file isn't there.
    pub fn graph(&self, keep: &[&str], wide: bool) -> Option<Graph> {
        let file = match self.json["model"].as_str() {
            Some(name) => self.path.join(name),
            None => self.model_of_digest()?,
        };
        let model = onnx::open(&file).unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let names: Vec<String> = model.graph.inputs().iter().map(|w| model.graph.name_of(*w).to_string()).collect();
        let shapes: Vec<(&str, Vec<usize>)> =
            names.iter().map(|n| (n.as_str(), self.input(n).shape().to_vec())).collect();
        let graph = if wide { widened(&model.graph) } else { model.graph };
        let fixed = rewrite::specialise(&graph, &shapes).unwrap();
        let target = self.json["target_tensor"].as_str();
        let keep: Vec<&str> = keep.iter().copied().chain(target).collect();
        Some(rewrite::canonical_keeping(&fixed.graph, &keep).unwrap().graph)
    }

    fn model_of_digest(&self) -> Option<PathBuf> {
        let wanted = self.json["model_sha256"].as_str()?;
        let models = self.path.parent()?.parent()?.parent()?.join("data/models");
        let files = std::fs::read_dir(models).ok()?.flatten().map(|e| e.path().join("model.onnx"));
        let found = files.filter(|f| f.is_file()).find(|f| onnx::open(f).is_ok_and(|m| m.info.sha256 == wanted));
        if found.is_none() {
            println!("skipped: the model of {} isn't there", self.name);
        }
        found
    }

    /// An input of the model.
    pub fn input(&self, name: &str) -> Tensor {
        self.array(self.json["inputs"][name]["file"].as_str().unwrap_or_else(|| panic!("no input {name}")))
    }

    /// An array of the folder.
    pub fn array(&self, file: &str) -> Tensor {
        let path = self.path.join(file);
        npy(&std::fs::read(&path).unwrap()).unwrap_or_else(|| panic!("{} isn't readable", path.display()))
    }
}

impl Case<'_> {
    pub fn id(&self) -> String {
        format!("{} {}", self.folder.name, self.json["id"].as_str().unwrap_or_default())
    }

    /// The wire that the target refers to, and a seed: the target is the sum of the seed times that wire.
    pub fn seed(&self, graph: &mut Graph) -> (Wire, Wire) {
        let y = match self.folder.json["target_tensor"].as_str() {
            Some(name) => graph.find(name).unwrap(),
            None => graph.outputs()[0],
        };
        let (shape, target) = (graph.shape(y).unwrap(), &self.json["target"]);
        let class = target["index"].as_u64().unwrap() as usize;
        let mut weights = vec![0.0; shape.iter().product()];
        match target["kind"].as_str() {
            Some("logit") => weights[class] = 1.0,
            Some("mask_sum") => {
                let mask = self.folder.array(target["mask"].as_str().unwrap()).to_f64();
                let at = class * mask.len();
                weights[at..at + mask.len()].copy_from_slice(&mask);
            }
            other => panic!("target kind {other:?}"),
        }
        let dtype = graph.dtype(y).unwrap();
        let seed = graph.add_constant("seed", Tensor::from_f64(dtype, shape, weights));
        (y, seed)
    }

    /// An array that is handed in.
    pub fn aux(&self, name: &str) -> Option<Tensor> {
        self.json["aux"][name].as_str().map(|file| self.folder.array(file))
    }

    /// An array that is expected.
    pub fn expected(&self, name: &str) -> Option<Tensor> {
        self.json["expected"][name].as_str().map(|file| self.folder.array(file))
    }

    /// Whether rounding decides a maximum or a sign in it.
    pub fn decided_by_rounding(&self) -> bool {
        self.json["tolerance"]["float64_only"].as_bool().unwrap_or(false)
    }

    /// The deviation of the same algorithm in single precision.
    pub fn single_precision(&self) -> f64 {
        self.json["float32_rel_to_max"].as_f64().unwrap_or(0.0)
    }

    /// `max |a - b| / max |b|` that is allowed.
    pub fn tolerance(&self) -> f64 {
        self.json["tolerance"]["rel_to_max"].as_f64().unwrap_or(1e-5)
    }
}

/// The same graph with every real number in double precision: constants that are made while it is rewritten aren't rounded then.
fn widened(graph: &Graph) -> Graph {
    let wide = |t: &Tensor| if t.dtype().is_float() { t.cast(DType::F64) } else { t.clone() };
    let mut out = Graph::new(&graph.name);
    let mut map: Vec<Option<Wire>> = vec![None; graph.wire_count()];
    for (wire, info) in graph.wires() {
        if let Some(value) = &info.constant {
            map[wire.index()] = Some(out.add_constant(&info.name, wide(value)));
        } else if graph.inputs().contains(&wire) {
            let fact = graph.fact(wire).unwrap();
            let dtype = if fact.dtype.is_float() { DType::F64 } else { fact.dtype };
            map[wire.index()] = Some(out.add_input(&info.name, Fact { dtype, ..fact.clone() }));
        }
    }
    for node in graph.nodes() {
        let attrs = node.attrs.0.iter().map(|(name, value)| {
            let value = match value {
                Attr::Tensor(t) => Attr::Tensor(wide(t)),
                Attr::Int(1) if name == "to" => Attr::Int(DType::F64.onnx_code().into()),
                other => other.clone(),
            };
            (name.clone(), value)
        });
        let inputs: Vec<Option<Wire>> = node.inputs.iter().map(|w| w.and_then(|w| map[w.index()])).collect();
        let names: Vec<Option<&str>> = node.outputs.iter().map(|w| w.map(|w| graph.name_of(w))).collect();
        let attrs = Attrs(attrs.collect());
        let made = out.push_raw(&node.name, &node.op, &node.domain, &inputs, attrs, &names, vec![]).unwrap();
        for (old, new) in node.outputs.iter().zip(made) {
            if let Some(old) = old {
                map[old.index()] = new;
            }
        }
    }
    let outputs: Vec<Wire> = graph.outputs().iter().filter_map(|w| map[w.index()]).collect();
    out.set_outputs(&outputs);
    out
}

/// `max |a - b| / max |b|`.
pub fn deviation(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    worst.fold(0.0f64, |m, d| if d.is_nan() { f64::INFINITY } else { m.max(d) }) / scale
}

/// Pearson's correlation.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let cross: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum();
    let square = |v: &[f64], m: f64| v.iter().map(|x| (x - m) * (x - m)).sum::<f64>();
    cross / (square(a, ma) * square(b, mb)).sqrt()
}

/// An array of numbers in the format of NumPy, as doubles.
fn npy(bytes: &[u8]) -> Option<Tensor> {
    let header = usize::from(u16::from_le_bytes([*bytes.get(8)?, *bytes.get(9)?]));
    let text = std::str::from_utf8(bytes.get(10..10 + header)?).ok()?;
    let between = |from: &str, to: char| -> Option<&str> {
        let rest = text.get(text.find(from)? + from.len()..)?;
        rest.get(..rest.find(to)?)
    };
    assert!(!text.contains("'fortran_order': True"));
    let dims = between("'shape': (", ')')?;
    let shape: Vec<usize> = dims.split(',').filter_map(|s| s.trim().parse().ok()).collect();
    let data = bytes.get(10 + header..)?;
    let values: Vec<f64> = match between("'descr': '", '\'')? {
        "<f4" => data.chunks_exact(4).filter_map(|c| Some(f32::from_le_bytes(c.try_into().ok()?).into())).collect(),
        "<f8" => data.chunks_exact(8).filter_map(|c| Some(f64::from_le_bytes(c.try_into().ok()?))).collect(),
        "|u1" | "|b1" => data.iter().map(|v| f64::from(*v)).collect(),
        _ => return None,
    };
    (values.len() == shape.iter().product::<usize>()).then(|| Tensor::from_f64(DType::F64, shape, values))
}
