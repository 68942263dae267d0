//! What a driven method works with: one sample, one target, and the primitives of the specification (P1 to P4).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pellucid_engine::{EngineError, Session};
use pellucid_graph::{Graph, Tensor, cut};

use crate::compiled::Forwards;
use crate::evidence::Map;
use crate::explanation::Counts;
use crate::family::Family;
use crate::layer::Layer;
use crate::method::{Gradients, MethodInfo};
use crate::model::Model;
use crate::params::Values;
use crate::run;
use crate::stepwise::{Stepwise, gradient_graph};
use crate::target::Objective;
use crate::{ExplainError, Result};

/// One sample and one target, with ways to ask the model about it.
pub struct Context<'a> {
    /// The model.
    pub model: &'a Model,
    /// The sample: one tensor per input, batch of 1.
    pub inputs: &'a [Tensor],
    /// The target.
    pub objective: &'a Objective,
    /// The layers at which evidence is read.
    pub layers: &'a [Layer],
    /// Arrays handed in from outside, by name.
    pub injected: &'a BTreeMap<String, Tensor>,
    /// What was run so far.
    pub counts: Counts,
    /// Warnings so far.
    pub notes: Vec<String>,
    /// Backward rules used so far.
    pub rules: Vec<String>,
    /// Forwards of compiled methods for this sample.
    pub(crate) forwards: Forwards,
}

/// Inputs of one sample, made when they are needed.
pub type Make<'f> = &'f (dyn Fn(usize) -> Result<Vec<Tensor>> + Sync);

/// Receives results in order of sample.
pub type Sink<'f> = &'f mut dyn FnMut(usize, Vec<Tensor>) -> Result<()>;

impl<'a> Context<'a> {
    /// A context with nothing run yet.
    pub fn new(
        model: &'a Model,
        inputs: &'a [Tensor],
        objective: &'a Objective,
        layers: &'a [Layer],
        injected: &'a BTreeMap<String, Tensor>,
    ) -> Context<'a> {
        Context {
            model,
            inputs,
            objective,
            layers,
            injected,
            counts: Counts::default(),
            notes: vec![],
            rules: vec![],
            forwards: Forwards::default(),
        }
    }

    /// The engine session.
    pub fn session(&self) -> &'a Session {
        self.model.session()
    }

    /// Wires that must keep their names in every graph of this run.
    pub fn kept(&self) -> Vec<String> {
        let layers = self.layers.iter().map(|l| l.name.clone());
        layers.chain([self.objective.wire.clone()]).collect()
    }

    /// The model for a batch of `n`, ready to grow.
    ///
    /// # Errors
    /// When the model can't take this batch.
    pub fn graph(&self, n: usize) -> Result<Arc<Graph>> {
        self.model.graph(n, &self.kept())
    }

    /// The largest batch.
    pub fn max_batch(&self) -> usize {
        self.model.max_batch(self.inputs)
    }

    /// The single layer of a method that reads one.
    ///
    /// # Errors
    /// When there is none.
    pub fn layer(&self) -> Result<Layer> {
        self.layers.first().cloned().ok_or_else(|| ExplainError::Needs {
            method: "this method".into(),
            reason: "needs a feature map, and the model has none".into(),
            hint: "methods on the input don't need one: `saliency`, `occlusion`".into(),
        })
    }

    /// Values of wires for the sample: one forward.
    ///
    /// # Errors
    /// When a name is unknown or the engine fails.
    pub fn taps(&mut self, names: &[&str]) -> Result<Vec<Tensor>> {
        let mut graph = (*self.graph(1)?).clone();
        let wires = names.iter().map(|n| graph.find(n)).collect::<pellucid_graph::Result<Vec<_>>>()?;
        graph.set_outputs(&wires);
        self.counts.forwards += 1;
        Ok(self.session().run(&graph.prune().0, self.inputs)?)
    }

    /// Value of the target for the sample.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn score(&mut self) -> Result<f64> {
        let wire = self.objective.wire.clone();
        Ok(self.objective.of(&self.taps(&[&wire])?[0]))
    }

    /// Values of the wire that the target reads, for `count` samples that `make` gives (P4).
    ///
    /// # Errors
    /// What `make`, the engine or `sink` say.
    pub fn values(&mut self, count: usize, label: &str, make: Make, sink: Sink) -> Result<()> {
        let kept = self.kept();
        let family = Family::new(self.max_batch(), self.batched(), |n| {
            let mut graph = (*self.model.graph(n, &kept)?).clone();
            let wire = graph.find(&self.objective.wire)?;
            graph.set_outputs(&[wire]);
            Ok(graph)
        });
        map(self.session(), &family, count, label, make, sink)?;
        self.counts.forwards += count as u64;
        Ok(())
    }

    /// Tensors of the layers, in order, for `count` samples that `make` gives.
    ///
    /// # Errors
    /// What `make`, the engine or `sink` say.
    pub fn layer_values(&mut self, count: usize, label: &str, make: Make, sink: Sink) -> Result<()> {
        let kept = self.kept();
        let family = Family::new(self.max_batch(), self.batched(), |n| {
            let mut graph = (*self.model.graph(n, &kept)?).clone();
            let wires = self.layers.iter().map(|l| graph.find(&l.name)).collect::<pellucid_graph::Result<Vec<_>>>()?;
            graph.set_outputs(&wires);
            Ok(graph)
        });
        map(self.session(), &family, count, label, make, sink)?;
        drop(family);
        self.counts.forwards += count as u64;
        Ok(())
    }

    /// Scores of `count` samples that `make` gives.
    ///
    /// # Errors
    /// What `make` or the engine say; a score that isn't finite is refused.
    pub fn scores(&mut self, count: usize, label: &str, make: Make) -> Result<Vec<f64>> {
        let mut out = Vec::with_capacity(count);
        let objective = self.objective;
        self.values(count, label, make, &mut |_, values| {
            let score = objective.of(&values[0]);
            if !score.is_finite() {
                return Err(ExplainError::NonFinite { wire: objective.wire.clone(), index: 0 });
            }
            out.push(score);
            Ok(())
        })?;
        Ok(out)
    }

    /// The graph of score and gradients at a batch of `n`, its outputs in the order of [`Context::gradients`] and the target's weights its last
    /// input; with the rule of each node.
    ///
    /// # Errors
    /// When the model can't take this batch, or a node can't be differentiated.
    pub(crate) fn gradient_graph(&self, needs: Gradients, n: usize) -> Result<(Graph, Vec<String>)> {
        gradient_graph(self.model, self.objective, self.layers, &self.kept(), needs, n)
    }

    /// Score and gradients for `count` samples: at the inputs, at the layers, or both (inputs first). `sink` gets the score (shape 1), then the
    /// activations of the layers (if gradients at layers are asked for), then the gradients.
    ///
    /// # Errors
    /// What `make`, the engine or `sink` say, or when a node can't be differentiated.
    pub fn gradients(&mut self, needs: Gradients, count: usize, label: &str, make: Make, sink: Sink) -> Result<()> {
        let steps = Stepwise::new(self, self.objective, needs);
        steps.run(self, self.session(), count, label, make, sink)
    }

    /// Values of the wire that the target reads when a layer's tensor is replaced by what `make` gives: only what depends on the layer is
    /// computed again, all else is taken from the clean run (P2).
    ///
    /// # Errors
    /// What `make`, the engine or `sink` say, or when the target doesn't depend on the layer.
    pub fn suffix(
        &mut self,
        layer: &Layer,
        count: usize,
        label: &str,
        make: &(dyn Fn(usize) -> Result<Tensor> + Sync),
        sink: Sink,
    ) -> Result<()> {
        let one = self.graph(1)?;
        let (patched, end) = (one.find(&layer.name)?, one.find(&self.objective.wire)?);
        let suffix = cut::suffix(&one, &[patched], &[end])?;
        let names: Vec<String> = suffix.live.iter().map(|w| one.name_of(*w).to_string()).collect();
        let cached =
            if names.is_empty() { vec![] } else { self.taps(&names.iter().map(String::as_str).collect::<Vec<_>>())? };
        let kept = self.kept();
        let batched = vec![true; 1 + cached.len()];
        let family = Family::new(self.max_batch(), batched, |n| {
            let graph = self.model.graph(n, &kept)?;
            let (patched, end) = (graph.find(&layer.name)?, graph.find(&self.objective.wire)?);
            Ok(cut::suffix(&graph, &[patched], &[end])?.graph)
        });
        let make = |i: usize| -> Result<Vec<Tensor>> {
            let mut inputs = vec![make(i)?];
            inputs.extend(cached.iter().cloned());
            Ok(inputs)
        };
        map(self.session(), &family, count, label, &make, sink)?;
        self.counts.suffixes += count as u64;
        Ok(())
    }

    /// Maps of a compiled method for `count` samples that `make` gives.
    ///
    /// # Errors
    /// When the method isn't compiled, or what `make`, the engine or `sink` say.
    pub fn maps_over(
        &mut self,
        method: &'static MethodInfo,
        values: &Values,
        count: usize,
        label: &str,
        make: Make,
        sink: &mut dyn FnMut(usize, Vec<Map>) -> Result<()>,
    ) -> Result<()> {
        let grids = Mutex::new(Vec::new());
        let mut batched = self.batched();
        batched.push(false);
        let family = Family::new(self.max_batch(), batched, |n| {
            let graph = run::base_graph(self, n, method, values)?;
            let (mut assembly, written) = run::assemble(&graph, self, &[(method, values)], false)?;
            let maps = written.iter().flat_map(|w| &w.maps);
            *grids.lock().unwrap_or_else(PoisonError::into_inner) = maps.clone().map(|m| m.grid.clone()).collect();
            let outputs: Vec<_> = maps.map(|m| m.wire).collect();
            assembly.graph.set_outputs(&outputs);
            Ok(assembly.graph)
        });
        let weight = self.objective.weight.clone();
        let make = |i: usize| -> Result<Vec<Tensor>> {
            let mut inputs = make(i)?;
            inputs.push(weight.clone());
            Ok(inputs)
        };
        map(self.session(), &family, count, label, &make, &mut |i, values| {
            let grids = grids.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let maps = grids.into_iter().zip(values);
            sink(i, maps.map(|(grid, t)| Map { grid, shape: t.shape()[1..].to_vec(), values: t.to_f32() }).collect())
        })?;
        drop(family);
        self.counts.forwards += count as u64;
        self.counts.backwards += count as u64;
        Ok(())
    }

    /// Runs a graph that `build` makes for one sample on each of `count` lists of inputs. What that costs is for the caller to count.
    ///
    /// # Errors
    /// What `build`, `make`, the engine or `sink` say.
    pub fn run_alone(
        &self,
        batched: Vec<bool>,
        build: &(dyn Fn(usize) -> Result<Graph> + Send + Sync),
        count: usize,
        label: &str,
        make: Make,
        sink: Sink,
    ) -> Result<()> {
        map(self.session(), &Family::new(1, batched, build), count, label, make, sink)
    }

    /// An array handed in from outside, checked against the shape that it must have.
    ///
    /// # Errors
    /// When it is there but has another shape.
    pub fn injected(&self, name: &str, shape: &[usize]) -> Result<Option<Tensor>> {
        match self.injected.get(name) {
            None => Ok(None),
            Some(t) if t.shape() == shape => Ok(Some(t.clone())),
            Some(t) => Err(ExplainError::Input {
                input: name.to_string(),
                reason: format!("has shape {:?}, expected {shape:?}", t.shape()),
            }),
        }
    }

    /// Names of the inputs that hold real numbers, and their shapes without the batch axis.
    ///
    /// # Errors
    /// When an input of the model has no type.
    pub fn float_inputs(&self) -> Result<Vec<(String, Vec<usize>)>> {
        let names = self.model.inputs()?.into_iter().map(|(name, _)| name);
        let floats = names.zip(self.inputs).filter(|(_, t)| t.dtype().is_float());
        Ok(floats.map(|(name, t)| (name, t.shape()[1..].to_vec())).collect())
    }

    pub(crate) fn batched(&self) -> Vec<bool> {
        vec![true; self.inputs.len()]
    }
}

/// [`Session::map`] with this crate's errors: what a closure says comes back as it was.
pub(crate) fn map(session: &Session, family: &Family, count: usize, label: &str, make: Make, sink: Sink) -> Result<()> {
    let failure: Mutex<Option<ExplainError>> = Mutex::new(None);
    let keep = |e: ExplainError| {
        if let ExplainError::Engine(e) = e {
            return e;
        }
        *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(e);
        EngineError::Cancelled
    };
    let result = session.map_labelled(label, family, count, &|i| make(i).map_err(&keep), &mut |i, values| {
        sink(i, values).map_err(&keep)
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(result?),
    }
}
