//! Small models for the tests of methods.

use std::collections::BTreeMap;

use pellucid_engine::{Choice, EngineOptions};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire, onnx};
use serde_json::Value;

use crate::evidence::{Evidence, Map};
use crate::explanation::Explanation;
use crate::model::{Model, ModelNotes};
use crate::random::Stream;
use crate::run::{Request, Wish, explain, output_value};
use crate::target::Target;
use crate::{ExplainError, Result};

/// A model with a sample.
pub(crate) struct Bench {
    pub model: Model,
    pub inputs: Vec<Tensor>,
    pub layers: Vec<String>,
    pub target: Target,
    pub injected: BTreeMap<String, Tensor>,
}

/// A finished graph with a sample, on tract with some threads; class 0's logit is explained.
pub(crate) fn bench(graph: Graph, inputs: Vec<Tensor>, threads: usize) -> Bench {
    let options = EngineOptions { threads: Some(threads), ..EngineOptions::of(Choice::Tract) };
    let session = pellucid_engine::open(&options).unwrap();
    let model = onnx::Model { graph, info: onnx::ModelInfo::default() };
    let model = Model::new(model, session, ModelNotes::default());
    model.fix(&inputs).unwrap();
    Bench { model, inputs, layers: vec![], target: Target::Logit { index: 0 }, injected: BTreeMap::new() }
}

impl Bench {
    pub fn at(mut self, layer: &str) -> Bench {
        self.layers = vec![layer.to_string()];
        self
    }

    pub fn for_target(mut self, target: Target) -> Bench {
        self.target = target;
        self
    }

    /// Runs one method with some parameters.
    pub fn run(&self, method: &str, params: &[(&str, Value)]) -> Result<Explanation> {
        let params = params.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect();
        let request = Request {
            methods: vec![Wish { method: method.to_string(), params }],
            targets: vec![self.target.clone()],
            layers: self.layers.clone(),
            injected: self.injected.clone(),
        };
        let outcome = explain(&self.model, &self.inputs, &request)?;
        outcome.explanations.into_iter().next().unwrap().map_err(|(_, error)| error)
    }

    /// The only map of a method that must work.
    pub fn map(&self, method: &str, params: &[(&str, Value)]) -> Vec<f64> {
        one_map(&self.run(method, params).unwrap())
    }

    /// The error of a method that must fail.
    pub fn error(&self, method: &str, params: &[(&str, Value)]) -> ExplainError {
        self.run(method, params).unwrap_err()
    }

    /// The model's output for other inputs.
    pub fn output(&self, inputs: &[Tensor]) -> Vec<f64> {
        output_value(&self.model, inputs, &self.model.output().unwrap()).unwrap().to_f64()
    }

    /// The value of a wire for the sample.
    pub fn wire(&self, name: &str) -> Tensor {
        let mut graph = (*self.model.graph(1, &[name.to_string()]).unwrap()).clone();
        let wire = graph.find(name).unwrap();
        graph.set_outputs(&[wire]);
        self.model.session().run(&graph.prune().0, &self.inputs).unwrap().remove(0)
    }
}

/// The maps of an explanation.
pub(crate) fn maps(explanation: &Explanation) -> &[Map] {
    let Evidence::Maps(maps) = &explanation.evidence;
    maps
}

/// The values of the only map.
pub(crate) fn one_map(explanation: &Explanation) -> Vec<f64> {
    let [map] = maps(explanation) else { panic!("{} maps", maps(explanation).len()) };
    assert_eq!(map.values.len(), map.shape.iter().product::<usize>());
    map.values.iter().map(|v| f64::from(*v)).collect()
}

/// An extra array by name.
pub(crate) fn extra<'e>(explanation: &'e Explanation, name: &str) -> &'e [f64] {
    &explanation.extras.iter().find(|e| e.0 == name).unwrap_or_else(|| panic!("no extra `{name}`")).1
}

/// Largest difference relative to the largest expected value.
pub(crate) fn deviation(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(1e-30f64, |m, v| m.max(v.abs()));
    found.iter().zip(expected).fold(0.0f64, |m, (f, e)| m.max((f - e).abs())) / scale
}

pub(crate) fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    let d = deviation(found, expected);
    assert!(d <= tolerance, "deviates by {d:.2e}\nfound    {found:?}\nexpected {expected:?}");
}

/// Standard normal values.
pub(crate) fn random(shape: &[usize], seed: u64) -> Tensor {
    let n = shape.iter().product();
    Tensor::from_f64(DType::F32, shape.to_vec(), Stream::new(seed, 0, 0).normals(n))
}

/// Small values for weights.
fn weights(b: &mut Build, shape: &[usize], seed: u64, scale: f64) -> Wire {
    let values = random(shape, seed).to_f64().into_iter().map(|v| scale * v).collect();
    b.constant(Tensor::from_f64(DType::F32, shape.to_vec(), values))
}

/// A convolution of kernel 3 with padding 1 and a bias.
pub(crate) fn conv(b: &mut Build, x: Wire, out: usize, seed: u64) -> Wire {
    let shape = b.shape(x).unwrap();
    let axes = shape.len() - 2;
    let w = weights(b, &[&[out, shape[1]], vec![3; axes].as_slice()].concat(), seed, 0.4);
    let bias = weights(b, &[out], seed + 100, 0.2);
    let attrs = Attrs::new().with("pads", vec![1i64; 2 * axes]).with("kernel_shape", vec![3i64; axes]);
    b.op("Conv", &[x, w, bias], attrs).unwrap()
}

/// Global average pooling and one linear layer to `classes`; gives the logits.
pub(crate) fn pooled_head(b: &mut Build, x: Wire, classes: usize, seed: u64) -> Wire {
    let shape = b.shape(x).unwrap();
    let axes: Vec<usize> = (2..shape.len()).collect();
    let pooled = b.mean(x, &axes, false).unwrap();
    let w = weights(b, &[shape[1], classes], seed, 1.0);
    let bias = weights(b, &[classes], seed + 100, 0.3);
    let y = b.matmul(pooled, w).unwrap();
    b.add(y, bias).unwrap()
}

/// A graph of one input `x`.
pub(crate) fn graph(shape: &[usize], build: impl FnOnce(&mut Build, Wire) -> Wire) -> Graph {
    let mut graph = Graph::new("test");
    let x = graph.add_input("x", Fact::new(DType::F32, shape));
    let out = build(&mut Build::new(&mut graph, "net"), x);
    graph.set_outputs(&[out]);
    graph
}

/// Gives a wire a name.
pub(crate) fn name(b: &mut Build, wire: Wire, name: &str) -> Wire {
    b.graph.rename(wire, name).unwrap();
    wire
}

/// Rectified convolution `features` under a pooled linear head of three classes, for an input `1 x 2 x size..`. Two of the six channels are dead.
pub(crate) fn pooled_net(size: &[usize]) -> Graph {
    graph(&[&[1, 2], size].concat(), |b, x| {
        let y = conv(b, x, 6, 1);
        let y = without_channels(b, y, &[1, 4]);
        let y = b.relu(y).unwrap();
        let y = name(b, y, "features");
        pooled_head(b, y, 3, 2)
    })
}

/// The same with another rectified convolution between `features` and the head.
pub(crate) fn deep_net(size: &[usize]) -> Graph {
    graph(&[&[1, 2], size].concat(), |b, x| {
        let y = conv(b, x, 6, 1);
        let y = without_channels(b, y, &[1, 4]);
        let y = b.relu(y).unwrap();
        let y = name(b, y, "features");
        let z = conv(b, y, 4, 3);
        let z = b.relu(z).unwrap();
        pooled_head(b, z, 3, 4)
    })
}

/// Pushes some channels below zero, so that a rectifier makes them zero everywhere.
fn without_channels(b: &mut Build, x: Wire, dead: &[usize]) -> Wire {
    let shape = b.shape(x).unwrap();
    let values = (0..shape[1]).map(|k| if dead.contains(&k) { -100.0 } else { 0.0 }).collect();
    let mut wide = vec![1; shape.len()];
    wide[1] = shape[1];
    let shift = b.constant(Tensor::from_f64(DType::F32, wide, values));
    b.add(x, shift).unwrap()
}

/// `y = x . w + c` for an input of any shape: one logit.
pub(crate) fn linear_net(shape: &[usize], seed: u64) -> (Graph, Vec<f64>) {
    let n: usize = shape.iter().product();
    let w = random(&[n, 1], seed);
    let values = w.to_f64();
    let g = graph(shape, |b, x| {
        let flat = b.reshape(x, &[1, n]).unwrap();
        let w = b.constant(w);
        let y = b.matmul(flat, w).unwrap();
        b.shift(y, 0.5).unwrap()
    });
    (g, values)
}

/// Two blocks of attention with two heads, `attention_0` and `attention_1`, over special tokens and 2 x 3 patches of an input `1 x 2 x 4 x 6`. Three
/// classes are read from the first token, or from the mean of all where there is no special one. `value` scales what attention carries.
pub(crate) fn token_net(special: usize, value: f64) -> Graph {
    graph(&[1, 2, 4, 6], |b, x| {
        let w = weights(b, &[4, 2, 2, 2], 11, 0.6);
        let attrs = Attrs::new().with("kernel_shape", vec![2i64; 2]).with("strides", vec![2i64; 2]);
        let y = b.op("Conv", &[x, w], attrs).unwrap();
        let y = b.reshape(y, &[1, 4, 6]).unwrap();
        let mut y = b.transpose(y, &[0, 2, 1]).unwrap();
        if special > 0 {
            let tokens = weights(b, &[1, special, 4], 12, 1.0);
            y = b.concat(&[tokens, y], 1).unwrap();
        }
        for i in 0..2 {
            y = attention(b, y, i, value);
        }
        let read = if special > 0 { b.slice(y, 1, 0, 1) } else { b.mean(y, &[1], true) }.unwrap();
        let read = b.reshape(read, &[1, 4]).unwrap();
        let w = weights(b, &[4, 3], 13, 1.0);
        b.matmul(read, w).unwrap()
    })
}

/// `x + softmax(q k') v` of two heads over `1 x T x 4`.
fn attention(b: &mut Build, x: Wire, i: u64, value: f64) -> Wire {
    let t = b.shape(x).unwrap()[1];
    let mut project = |seed: u64, scale: f64, perm: &[usize]| {
        let w = weights(b, &[4, 4], 20 + 10 * i + seed, scale);
        let y = b.matmul(x, w).unwrap();
        let y = b.reshape(y, &[1, t, 2, 2]).unwrap();
        b.transpose(y, perm).unwrap()
    };
    let (q, k, v) = (project(0, 1.0, &[0, 2, 1, 3]), project(1, 1.0, &[0, 2, 3, 1]), project(2, value, &[0, 2, 1, 3]));
    let scores = b.matmul(q, k).unwrap();
    let scores = b.scale(scores, 0.7).unwrap();
    let a = b.op("Softmax", &[scores], Attrs::new().with("axis", -1i64)).unwrap();
    let a = name(b, a, &format!("attention_{i}"));
    let y = b.matmul(a, v).unwrap();
    let y = b.transpose(y, &[0, 2, 1, 3]).unwrap();
    let y = b.reshape(y, &[1, t, 4]).unwrap();
    let w = weights(b, &[4, 4], 23 + 10 * i, 0.8);
    let y = b.matmul(y, w).unwrap();
    b.add(x, y).unwrap()
}
