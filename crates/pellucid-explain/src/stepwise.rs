//! Gradients for loops in which each step depends on the one before: the graph is differentiated once and kept.

use std::sync::{Arc, Mutex, PoisonError};

use pellucid_engine::{Session, Silent};
use pellucid_graph::{DType, Graph, Tensor};

use crate::Result;
use crate::assembly::Assembly;
use crate::context::{Context, Make, Sink, map};
use crate::family::Family;
use crate::layer::Layer;
use crate::method::Gradients;
use crate::model::Model;
use crate::run;
use crate::target::Objective;

/// Score and gradients of one objective, ready to be asked for.
pub(crate) struct Stepwise<'a> {
    family: Family<'a>,
    weight: Tensor,
    rules: Arc<Mutex<Vec<String>>>,
}

impl<'a> Stepwise<'a> {
    /// The score and gradients of an objective, which may read the wire of the context's through another head.
    pub fn new(context: &Context<'a>, objective: &Objective, needs: Gradients) -> Stepwise<'a> {
        let (model, layers, kept) = (context.model, context.layers, context.kept());
        // a reweighted objective may come in double precision, the graph's input is single
        let objective = Objective { weight: objective.weight.cast(DType::F32), ..objective.clone() };
        let weight = objective.weight.clone();
        let rules = Arc::new(Mutex::new(Vec::new()));
        let lines = rules.clone();
        let batched = [context.batched(), vec![false]].concat();
        let family = Family::new(context.max_batch(), batched, move |n| {
            let (graph, found) = gradient_graph(model, &objective, layers, &kept, needs, n)?;
            *lines.lock().unwrap_or_else(PoisonError::into_inner) = found;
            Ok(graph)
        });
        Stepwise { family, weight, rules }
    }

    /// One step: score and gradients of `count` samples that `make` gives, in the order of [`Context::gradients`]. The loop tells its own
    /// progress, so a step tells none.
    ///
    /// # Errors
    /// What `make`, the engine or `sink` say, when a node can't be differentiated, or when the session is cancelled.
    pub fn step(&self, context: &mut Context, count: usize, make: Make, sink: Sink) -> Result<()> {
        let session = context.session().clone().with_progress(Arc::new(Silent));
        self.run(context, &session, count, "step", make, sink)
    }

    /// The same on a session that tells progress under a label.
    pub fn run(
        &self,
        context: &mut Context,
        session: &Session,
        count: usize,
        label: &str,
        make: Make,
        sink: Sink,
    ) -> Result<()> {
        let make = |i: usize| -> Result<Vec<Tensor>> {
            let mut inputs = make(i)?;
            inputs.push(self.weight.clone());
            Ok(inputs)
        };
        map(session, &self.family, count, label, &make, sink)?;
        context.rules.clone_from(&self.rules.lock().unwrap_or_else(PoisonError::into_inner));
        context.counts.forwards += count as u64;
        context.counts.backwards += count as u64;
        Ok(())
    }
}

/// The graph of score and gradients at a batch of `n`: outputs are the score, activations of the layers, gradients at the inputs, gradients at the
/// layers, as far as `needs` asks; the target's weights are the last input. With the rule of each node.
///
/// # Errors
/// When the model can't take this batch, or a node can't be differentiated.
pub(crate) fn gradient_graph(
    model: &Model,
    objective: &Objective,
    layers: &[Layer],
    kept: &[String],
    needs: Gradients,
    n: usize,
) -> Result<(Graph, Vec<String>)> {
    let graph = model.graph_in(needs.form, n, kept)?;
    let mut assembly = Assembly::new(&graph, objective, layers, false)?;
    assembly.take_gradients(needs)?;
    let mut outputs = vec![assembly.score];
    if needs.layers {
        for layer in layers {
            outputs.push(assembly.activation(layer)?);
        }
    }
    if needs.inputs {
        for wire in assembly.float_inputs() {
            outputs.push(assembly.gradient_at(wire)?);
        }
    }
    if needs.layers {
        for layer in layers {
            outputs.push(assembly.gradient(layer)?);
        }
    }
    assembly.graph.set_outputs(&outputs);
    Ok((assembly.graph, run::rule_lines(&assembly.assignment)))
}
