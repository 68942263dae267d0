//! One operator on given inputs, and short ways to write many.

use pellucid_graph::{Attrs, DType, Fact, Graph, Tensor};

use crate::common::Noise;

/// One operator on given inputs.
pub struct Case {
    pub label: String,
    pub graph: Graph,
    pub inputs: Vec<Tensor>,
}

/// An input of a case.
#[derive(Clone)]
pub enum In {
    /// Fed when the graph runs.
    Fed(Tensor),
    /// A constant of the graph.
    Fixed(Tensor),
    /// Left out.
    Absent,
}

pub fn noise(seed: u64, dtype: DType, shape: &[usize]) -> Tensor {
    Noise(seed).tensor(dtype, shape)
}

/// A fed `f32` input.
pub fn x(shape: &[usize]) -> In {
    In::Fed(noise(shape.iter().sum::<usize>() as u64, DType::F32, shape))
}

/// A fed positive `f32` input.
pub fn pos(shape: &[usize]) -> In {
    let t = noise(5, DType::F32, shape).to_f32().into_iter().map(|v| v.abs() + 0.1).collect();
    In::Fed(Tensor::f32(shape, t).unwrap())
}

/// A fed `f32` input of whole numbers from 0 to 2: full of ties.
pub fn ties(shape: &[usize]) -> In {
    In::Fed(noise(9, DType::I64, shape).cast(DType::F32))
}

/// A constant `f32` input.
pub fn c(shape: &[usize]) -> In {
    In::Fixed(noise(shape.iter().product::<usize>() as u64 + 1, DType::F32, shape))
}

/// Constant integers.
pub fn ints(values: &[i64]) -> In {
    In::Fixed(Tensor::vec_i64(values))
}

/// A constant integer scalar.
pub fn int(value: i64) -> In {
    In::Fixed(Tensor::from_i64(DType::I64, vec![], vec![value]))
}

/// Constant floats of rank 1.
pub fn floats(values: &[f32]) -> In {
    In::Fixed(Tensor::f32(&[values.len()], values.to_vec()).unwrap())
}

/// A constant float scalar.
pub fn float(value: f32) -> In {
    In::Fixed(Tensor::scalar(value))
}

/// Fed integers.
pub fn fed_ints(dtype: DType, shape: &[usize], values: &[i64]) -> In {
    In::Fed(Tensor::from_i64(dtype, shape.to_vec(), values.to_vec()))
}

/// Fed truth values.
pub fn bools(shape: &[usize]) -> In {
    let t = noise(11, DType::F32, shape).to_f32().into_iter().map(|v| f64::from(u8::from(v > 0.0))).collect();
    In::Fed(Tensor::from_f64(DType::Bool, shape.to_vec(), t))
}

pub fn a() -> Attrs {
    Attrs::new()
}

pub struct Cases(pub Vec<Case>);

impl Cases {
    pub fn add(&mut self, op: &str, note: &str, inputs: &[In], attrs: Attrs, outputs: usize) {
        let label = format!("{op} {note}");
        let mut graph = Graph::new("case");
        let mut fed = vec![];
        let wires: Vec<_> = inputs
            .iter()
            .enumerate()
            .map(|(i, input)| match input {
                In::Fed(t) => {
                    fed.push(t.clone());
                    Some(graph.add_input(&format!("x{i}"), Fact::new(t.dtype(), t.shape())))
                }
                In::Fixed(t) => Some(graph.add_constant(&format!("c{i}"), t.clone())),
                In::Absent => None,
            })
            .collect();
        let out = graph.push_many("y", op, &wires, attrs, outputs).unwrap_or_else(|e| panic!("{label}: {e}"));
        graph.set_outputs(&out);
        self.0.push(Case { label, graph, inputs: fed });
    }

    pub fn one(&mut self, op: &str, note: &str, inputs: &[In], attrs: Attrs) {
        self.add(op, note, inputs, attrs, 1);
    }
}
