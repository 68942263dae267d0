//! A model whose weights can change.
//!
//! The chosen constants become inputs: an engine then prepares the graph once and is given new weights with every run. Afterwards they are
//! written back as constants.

use pellucid_graph::rewrite::specialise;
use pellucid_graph::{Graph, Tensor, Wire};

use crate::{Result, TrainError};

/// Inputs of operators that are weights when they are constants.
static WEIGHTS: &[(&str, &[usize])] = &[
    ("Conv", &[1, 2]),
    ("ConvTranspose", &[1, 2]),
    ("Gemm", &[1, 2]),
    ("Linear", &[1, 2]),
    ("MatMul", &[0, 1]),
    ("BatchNormalization", &[1, 2]),
    ("InstanceNormalization", &[1, 2]),
    ("GroupNormalization", &[1, 2]),
    ("LayerNormalization", &[1, 2]),
    ("RMSNormalization", &[1]),
    ("PRelu", &[1]),
];

/// The weights of a graph: float constants that convolutions, matrix products and normalisations read as such. Running means and variances
/// aren't among them.
pub fn weights_of(graph: &Graph) -> Vec<Wire> {
    let mut found: Vec<Wire> = vec![];
    for node in graph.nodes().iter().filter(|n| n.domain.is_empty()) {
        let places = WEIGHTS.iter().find(|row| row.0 == node.op).map_or(&[][..], |row| row.1);
        for wire in places.iter().filter_map(|&i| node.inputs.get(i).copied().flatten()) {
            let float = graph.constant(wire).is_some_and(|t| t.dtype().is_float());
            if float && !found.contains(&wire) {
                found.push(wire);
            }
        }
    }
    found
}

/// A model with its weights as inputs, behind its own inputs, and the values they have now.
#[derive(Clone, Debug)]
pub struct Trainable {
    graph: Graph,
    weights: Vec<Wire>,
    values: Vec<Tensor>,
}

impl Trainable {
    /// A model with some of its weights trainable, by wire.
    ///
    /// # Errors
    /// When there is none, or one isn't a constant of a float type or is named twice.
    pub fn new(model: &Graph, weights: &[Wire]) -> Result<Trainable> {
        if weights.is_empty() {
            return Err(TrainError::Setting { name: "weights", value: "empty".into(), expected: "at least one" });
        }
        let mut graph = model.clone();
        let mut values = vec![];
        for &wire in weights {
            let refuse = |reason: &str| TrainError::Weight { name: graph.name_of(wire).into(), reason: reason.into() };
            let value = graph.constant(wire).ok_or_else(|| refuse("it isn't a constant, or is named twice"))?;
            if !value.dtype().is_float() {
                return Err(refuse("it isn't of a float type"));
            }
            values.push(value.clone());
            graph.free(wire)?;
        }
        Ok(Trainable { graph, weights: weights.to_vec(), values })
    }

    /// A model with all of its weights trainable.
    ///
    /// # Errors
    /// When it has none.
    pub fn whole(model: &Graph) -> Result<Trainable> {
        Trainable::new(model, &weights_of(model))
    }

    /// The graph: inputs of the model first, then the weights.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Number of inputs that the model itself has.
    pub fn input_count(&self) -> usize {
        self.graph.inputs().len() - self.weights.len()
    }

    /// Names of the weights.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.weights.iter().map(|w| self.graph.name_of(*w))
    }

    /// Values of the weights.
    pub fn values(&self) -> &[Tensor] {
        &self.values
    }

    /// Values of the weights, to be changed.
    pub fn values_mut(&mut self) -> &mut Vec<Tensor> {
        &mut self.values
    }

    /// The model with its weights as constants again.
    ///
    /// # Errors
    /// When a value was given another type or shape.
    pub fn model(&self) -> Result<Graph> {
        let mut graph = self.graph.clone();
        for (&wire, value) in self.weights.iter().zip(&self.values) {
            graph.bind(wire, value.clone())?;
        }
        Ok(graph)
    }

    /// The graph for inputs of the given shapes, with the places of the weights in it.
    ///
    /// # Errors
    /// When the model doesn't take these shapes.
    pub(crate) fn at_shapes(&self, inputs: &[Vec<usize>]) -> Result<(Graph, Vec<Wire>)> {
        let given = self.graph.inputs().iter().map(|w| self.graph.name_of(*w));
        let shapes = inputs.iter().cloned().chain(self.values.iter().map(|v| v.shape().to_vec()));
        if inputs.len() != self.input_count() {
            let found = inputs.len().to_string();
            return Err(TrainError::Setting {
                name: "inputs",
                value: found,
                expected: "one for each input of the model",
            });
        }
        let graph = specialise(&self.graph, &given.zip(shapes).collect::<Vec<_>>())?.graph;
        let weights = graph.inputs()[inputs.len()..].to_vec();
        Ok((graph, weights))
    }
}
