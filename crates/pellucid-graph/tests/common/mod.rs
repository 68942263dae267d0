//! What the tests of rewrites, cuts and queries share.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use pellucid_graph::{Attrs, DType, Dim, Fact, Graph, Tensor, Wire, interpret, onnx};

/// Numbers in [-1, 1), the same for the same seed.
pub fn noise(seed: u64, count: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..8).for_each(|_| {
        next();
    });
    (0..count).map(|_| next()).collect()
}

/// A tensor of noise.
pub fn random(dtype: DType, shape: &[usize], seed: u64) -> Tensor {
    let count = shape.iter().product();
    Tensor::from_f64(dtype, shape.to_vec(), noise(seed, count))
}

/// Random values for the inputs of a graph whose shapes are fixed: noise for reals, small indices for integers.
pub fn random_inputs(graph: &Graph, seed: u64) -> Vec<Tensor> {
    let value = |(i, w): (usize, &Wire)| {
        let (dtype, shape) = (graph.dtype(*w).unwrap(), graph.shape(*w).unwrap());
        let t = random(dtype, &shape, seed + 7 * i as u64);
        if dtype.is_float() {
            t
        } else {
            Tensor::from_i64(dtype, shape, noise(seed, t.len()).iter().map(|v| (v * 4.0).abs() as i64 + 1).collect())
        }
    };
    graph.inputs().iter().enumerate().map(value).collect()
}

/// Largest difference, relative to the largest value of `b`.
pub fn difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let (a, b) = (a.to_f64(), b.to_f64());
    let scale = b.iter().fold(0.0f64, |m, v| m.max(v.abs())).max(1e-30);
    a.iter().zip(&b).fold(0.0f64, |m, (x, y)| if (x - y).is_nan() { f64::INFINITY } else { m.max((x - y).abs()) })
        / scale
}

/// Asserts that two graphs of the same inputs compute the same outputs.
pub fn assert_same(a: &Graph, b: &Graph, inputs: &[Tensor], wide: bool, tolerance: f64) {
    let (x, y) = (interpret::run(a, inputs, wide).unwrap(), interpret::run(b, inputs, wide).unwrap());
    assert_eq!(x.len(), y.len());
    for (x, y) in x.iter().zip(&y) {
        let d = difference(x, y);
        assert!(d <= tolerance, "outputs differ by {d:.2e} of the largest value");
    }
}

/// The folder of shared data, or `None` with a line that says so.
pub fn shared() -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if !path.is_dir() {
        println!("skipped: {} isn't there", path.display());
        return None;
    }
    Some(path.to_path_buf())
}

/// All ONNX files below a folder, in order.
pub fn models(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "onnx") {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// Opens a model and gives small input shapes that it takes.
pub fn open_small(path: &Path) -> (Graph, Vec<(String, Vec<usize>)>) {
    let graph = onnx::open(path).unwrap().graph;
    let size = |fact: &Fact, axis: usize, d: &Dim| match d {
        Dim::Known(n) => *n,
        _ if axis == 0 => 1,
        _ if fact.rank() == 5 => 32,
        _ if fact.rank() == 2 => 5,
        _ => 64,
    };
    let shapes = graph
        .inputs()
        .iter()
        .map(|w| {
            let fact = graph.fact(*w).unwrap();
            (graph.name_of(*w).to_string(), fact.dims.iter().enumerate().map(|(i, d)| size(fact, i, d)).collect())
        })
        .collect();
    (graph, shapes)
}

/// Borrowed names, as the rewrites take them.
pub fn named(shapes: &[(String, Vec<usize>)]) -> Vec<(&str, Vec<usize>)> {
    shapes.iter().map(|(n, s)| (n.as_str(), s.clone())).collect()
}

/// A graph that is written node by node.
pub struct Net {
    pub graph: Graph,
    pub dtype: DType,
    count: usize,
}

impl Net {
    pub fn new(dtype: DType) -> Net {
        Net { graph: Graph::new("net"), dtype, count: 0 }
    }

    pub fn input(&mut self, shape: &[usize]) -> Wire {
        self.graph.add_input("x", Fact::new(self.dtype, shape))
    }

    /// A weight of noise.
    pub fn weight(&mut self, shape: &[usize]) -> Wire {
        self.count += 1;
        let value = random(self.dtype, shape, 100 + self.count as u64);
        self.graph.add_constant(&format!("w{}", self.count), value)
    }

    /// A weight of positive noise.
    pub fn positive(&mut self, shape: &[usize]) -> Wire {
        self.count += 1;
        let count = shape.iter().product();
        let values = noise(200 + self.count as u64, count).iter().map(|v| v.abs() + 0.3).collect();
        let value = Tensor::from_f64(self.dtype, shape.to_vec(), values);
        self.graph.add_constant(&format!("w{}", self.count), value)
    }

    pub fn number(&mut self, value: f64) -> Wire {
        self.count += 1;
        self.graph.add_constant(&format!("c{}", self.count), Tensor::full(self.dtype, &[], value))
    }

    pub fn ints(&mut self, values: &[i64]) -> Wire {
        self.count += 1;
        self.graph.add_constant(&format!("i{}", self.count), Tensor::vec_i64(values))
    }

    pub fn op(&mut self, op: &str, inputs: &[Wire]) -> Wire {
        self.with(op, inputs, Attrs::new())
    }

    pub fn with(&mut self, op: &str, inputs: &[Wire], attrs: Attrs) -> Wire {
        self.count += 1;
        self.graph.push(&format!("{op}{}", self.count), op, inputs, attrs).unwrap()
    }

    pub fn output(&mut self, wire: Wire) {
        self.graph.add_output(wire);
    }

    pub fn name(&self, wire: Wire) -> String {
        self.graph.name_of(wire).to_string()
    }
}
