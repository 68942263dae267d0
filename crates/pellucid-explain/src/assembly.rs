//! Putting compiled methods together: the model, the target's score, one reverse sweep for all plain gradients, then each method's own nodes.

use std::collections::BTreeMap;

use pellucid_diff::{Assigned, RuleSet, gradient_rules, pull_back};
use pellucid_graph::query::{AttentionBlock, attention_blocks, is_channels_last};
use pellucid_graph::{Build, DType, Graph, Tensor, Wire};

use crate::layer::Layer;
use crate::method::Gradients;
use crate::planes::Planes;
use crate::target::Objective;
use crate::{ExplainError, Result};

/// A graph under construction.
pub struct Assembly {
    /// The graph.
    pub graph: Graph,
    /// Batch size.
    pub batch: usize,
    /// The model's inputs.
    pub inputs: Vec<Wire>,
    /// The target.
    pub objective: Objective,
    /// The target's weights, `1 x K [x S..]`: an input, or a constant.
    pub weight: Wire,
    /// The target's score, shape `N`.
    pub score: Wire,
    /// The layers at which evidence is read.
    pub layers: Vec<Layer>,
    /// Attention of the model.
    pub attention: Vec<AttentionBlock>,
    /// Which rule each node was given.
    pub assignment: Vec<Assigned>,
    /// Arrays handed in from outside, by name (baselines, noise).
    pub injected: BTreeMap<String, Tensor>,
    seed: Wire,
    gradients: BTreeMap<Wire, Wire>,
}

impl Assembly {
    /// The model at a batch size with the target's score on top. With `frozen` the target's weights are a constant, otherwise an input after the
    /// model's own.
    ///
    /// # Errors
    /// When the target doesn't fit the graph.
    pub fn new(graph: &Graph, objective: &Objective, layers: &[Layer], frozen: bool) -> Result<Assembly> {
        let attention = attention_blocks(graph);
        let mut graph = graph.clone();
        let inputs = graph.inputs().to_vec();
        let (score, weight) =
            if frozen { objective.attach_frozen(&mut graph)? } else { objective.attach(&mut graph)? };
        let batch = graph.shape(score)?.first().copied().unwrap_or(1);
        let seed = graph.add_constant("target/seed", Tensor::full(DType::F32, &[batch], 1.0));
        Ok(Assembly {
            graph,
            batch,
            inputs,
            objective: objective.clone(),
            weight,
            score,
            layers: layers.to_vec(),
            attention,
            assignment: vec![],
            injected: BTreeMap::new(),
            seed,
            gradients: BTreeMap::new(),
        })
    }

    /// Takes the plain gradient at everything that the methods read, in one sweep.
    ///
    /// # Errors
    /// When a node between the target and these wires can't be differentiated.
    pub fn take_gradients(&mut self, needs: Gradients) -> Result<()> {
        let mut wrt: Vec<Wire> = Vec::new();
        if needs.layers {
            for layer in &self.layers {
                wrt.push(self.graph.find(&layer.name)?);
            }
        }
        if needs.inputs {
            wrt.extend(self.float_inputs());
        }
        if needs.attention {
            wrt.extend(self.attention.iter().map(|b| b.probabilities));
        }
        wrt.retain(|w| !self.gradients.contains_key(w));
        wrt.dedup();
        if wrt.is_empty() {
            return Ok(());
        }
        let flows = self.pull(&gradient_rules(), &wrt)?;
        self.gradients.extend(wrt.into_iter().zip(flows));
        Ok(())
    }

    /// Inputs that hold real numbers.
    pub fn float_inputs(&self) -> Vec<Wire> {
        self.inputs.iter().copied().filter(|w| self.graph.dtype(*w).is_ok_and(DType::is_float)).collect()
    }

    /// What flows back to some wires from the score under a rule set; zeros where nothing does.
    ///
    /// # Errors
    /// When a node on the way has no such rule.
    pub fn pull(&mut self, rules: &RuleSet, wrt: &[Wire]) -> Result<Vec<Wire>> {
        let pulled = pull_back(&mut self.graph, &[(self.score, self.seed)], wrt, rules)?;
        self.assignment.extend(pulled.assignment);
        let mut out = Vec::with_capacity(wrt.len());
        for (wire, flow) in wrt.iter().zip(pulled.wrt) {
            out.push(self.or_zeros(*wire, flow)?);
        }
        Ok(out)
    }

    /// A builder on the graph.
    pub fn build(&mut self, scope: &str) -> Build<'_> {
        Build::new(&mut self.graph, scope)
    }

    /// Activations of a layer as `N x K x S..`.
    ///
    /// # Errors
    /// When the graph lacks the layer.
    pub fn activation(&mut self, layer: &Layer) -> Result<Wire> {
        let wire = self.graph.find(&layer.name)?;
        layer.as_map(&mut self.build("layer"), wire)
    }

    /// Gradient of the score at a layer as `N x K x S..`.
    ///
    /// # Errors
    /// When the method didn't say that it reads it, or nothing on the way can be differentiated.
    pub fn gradient(&mut self, layer: &Layer) -> Result<Wire> {
        let wire = self.graph.find(&layer.name)?;
        let flow = self.gradient_at(wire)?;
        layer.as_map(&mut self.build("layer"), flow)
    }

    /// Gradient of the score at a wire.
    ///
    /// # Errors
    /// When a node on the way can't be differentiated.
    pub fn gradient_at(&mut self, wire: Wire) -> Result<Wire> {
        if let Some(flow) = self.gradients.get(&wire) {
            return Ok(*flow);
        }
        let flow = self.pull(&gradient_rules(), &[wire])?[0];
        self.gradients.insert(wire, flow);
        Ok(flow)
    }

    /// The single layer of a method that reads one.
    ///
    /// # Errors
    /// When there is none.
    pub fn layer(&self) -> Result<Layer> {
        self.layers.first().cloned().ok_or_else(|| ExplainError::Needs {
            method: "this method".into(),
            reason: "needs a feature map, and the model has none".into(),
            hint: "methods on the input don't need one: `saliency`, `integrated-gradients`".into(),
        })
    }

    /// Spatial sizes of the first input that has as many spatial axes as a map.
    ///
    /// # Errors
    /// When no input has.
    pub fn input_size(&self, axes: usize) -> Result<Vec<usize>> {
        for input in self.float_inputs() {
            let shape = self.graph.shape(input)?;
            if shape.len() == axes + 2 {
                return Ok(Planes::new(&shape, is_channels_last(&self.graph, input)).spatial().to_vec());
            }
        }
        Err(ExplainError::Needs {
            method: "this method".into(),
            reason: format!("needs an input with {axes} spatial axes to enlarge the map to"),
            hint: "give a layer whose map has as many axes as an input with `--layer`".into(),
        })
    }

    /// An input's tensor, or one of its shape, as `N x C x S..`.
    ///
    /// # Errors
    /// When its shape isn't known.
    pub fn channels_first(&mut self, input: Wire, tensor: Wire) -> Result<Wire> {
        if !is_channels_last(&self.graph, input) {
            return Ok(tensor);
        }
        let rank = self.graph.shape(tensor)?.len();
        let perm: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
        Ok(self.build("layout").transpose(tensor, &perm)?)
    }

    /// Ones, `N`: what starts the reverse sweep at the score.
    pub(crate) fn seed(&self) -> Wire {
        self.seed
    }

    /// A flow that came back to a wire, or zeros of its shape where none did.
    pub(crate) fn or_zeros(&mut self, wire: Wire, flow: Option<Wire>) -> Result<Wire> {
        match flow {
            Some(flow) => Ok(flow),
            None => {
                let (dtype, shape) = (self.graph.dtype(wire)?, self.graph.shape(wire)?);
                Ok(self.build("zero").zeros(dtype, &shape)?)
            }
        }
    }

    /// Sum of all elements of some wires, `N`.
    pub(crate) fn total(&mut self, wires: &[Wire]) -> Result<Wire> {
        let mut all: Option<Wire> = None;
        for wire in wires {
            let axes: Vec<usize> = (1..self.graph.shape(*wire)?.len()).collect();
            let mut b = self.build("total");
            let wire = b.cast(*wire, DType::F32)?;
            let sum = if axes.is_empty() { wire } else { b.sum(wire, &axes, false)? };
            all = Some(match all {
                None => sum,
                Some(before) => self.build("total").add(before, sum)?,
            });
        }
        match all {
            Some(sum) => Ok(sum),
            None => {
                let batch = self.batch;
                Ok(self.build("total").zeros(DType::F32, &[batch])?)
            }
        }
    }

    /// Name of a wire.
    pub fn name_of(&self, wire: Wire) -> String {
        self.graph.name_of(wire).to_string()
    }
}
