//! One step of training as a graph.
//!
//! `[model inputs, weights, labels] -> [loss, gradient of each weight]` for a fixed number of examples. A mini-batch is several runs of it, in
//! parallel where the engine likes that; since the gradient of a mean is the mean of gradients, their sum doesn't depend on how they were run.

use std::sync::Arc;

use pellucid_engine::{Fixed, Session};
use pellucid_graph::{Graph, GraphError, Tensor};

use crate::losses::weight_gradients;
use crate::{Example, Loss, Result, TrainError, Trainable};

/// The graph of a step, for `examples` at once.
#[derive(Clone, Debug)]
pub struct Step {
    graph: Arc<Graph>,
    examples: usize,
}

impl Step {
    /// The step of a loss on the first output of a model, for `examples` like `example` at once.
    ///
    /// # Errors
    /// When the model doesn't take such inputs at this batch size, the loss doesn't fit its output, or a gradient can't be had.
    pub fn new(model: &Trainable, loss: Loss, example: &Example, examples: usize) -> Result<Step> {
        let (mut graph, weights) = model.at_shapes(&batch_shapes(&example.inputs, examples))?;
        let output = first_output(&graph)?;
        let (_, loss) = loss.attach(&mut graph, output)?;
        let gradients = weight_gradients(&mut graph, loss, &weights)?;
        graph.set_outputs(&[&[loss], gradients.as_slice()].concat());
        Ok(Step { graph: Arc::new(graph.prune().0), examples })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Number of examples of one run.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// Mean loss and mean gradients over `runs` runs. `example(i)` gives the examples, `i` from 0 to `runs * examples`.
    ///
    /// # Errors
    /// When an example can't be made or doesn't fit, the engine fails, or the session is cancelled.
    pub fn run(
        &self,
        session: &Session,
        weights: &[Tensor],
        runs: usize,
        example: &(dyn Fn(usize) -> Result<Example> + Sync),
    ) -> Result<(f64, Vec<Vec<f64>>)> {
        let mut loss = 0.0;
        let mut gradients: Vec<Vec<f64>> = weights.iter().map(|w| vec![0.0; w.len()]).collect();
        let share = 1.0 / runs.max(1) as f64;
        let make = |run: usize| {
            let examples = (run * self.examples..(run + 1) * self.examples).map(example).collect::<Result<Vec<_>>>()?;
            batch(&examples, weights)
        };
        map(session, &self.graph, runs, &make, &mut |_, outputs| {
            for (i, output) in outputs.iter().enumerate() {
                let values = output.to_f64();
                match i.checked_sub(1) {
                    None => loss += share * values.first().copied().unwrap_or(f64::NAN),
                    Some(i) => gradients[i].iter_mut().zip(values).for_each(|(sum, g)| *sum += share * g),
                }
            }
            Ok(())
        })?;
        Ok((loss, gradients))
    }
}

/// The first output of a graph.
pub(crate) fn first_output(graph: &Graph) -> Result<pellucid_graph::Wire> {
    Ok(graph.outputs().first().copied().ok_or_else(|| GraphError::Invalid("the model has no output".into()))?)
}

/// The shapes of the inputs of `examples` at once.
pub(crate) fn batch_shapes(inputs: &[Tensor], examples: usize) -> Vec<Vec<usize>> {
    let batched = |t: &Tensor| [&[examples], t.shape().get(1..).unwrap_or(&[])].concat();
    inputs.iter().map(batched).collect()
}

/// Inputs of a run: the inputs of the examples, the weights, the labels.
pub(crate) fn batch(examples: &[Example], weights: &[Tensor]) -> Result<Vec<Tensor>> {
    let inputs = examples.first().map_or(0, |e| e.inputs.len());
    if examples.iter().any(|e| e.inputs.len() != inputs) {
        return Err(GraphError::Invalid("examples differ in their number of inputs".into()).into());
    }
    let mut out = Vec::with_capacity(inputs + weights.len() + 1);
    for i in 0..inputs {
        let parts: Vec<Tensor> = examples.iter().map(|e| e.inputs[i].clone()).collect();
        out.push(Tensor::stack(&parts)?);
    }
    out.extend_from_slice(weights);
    let labels: Vec<Tensor> = examples.iter().map(|e| e.labels.clone()).collect();
    out.push(Tensor::stack(&labels)?);
    Ok(out)
}

/// Runs a graph of fixed shapes `runs` times, as many at once as the engine likes, and hands over the outputs in order.
pub(crate) fn map(
    session: &Session,
    graph: &Arc<Graph>,
    runs: usize,
    make: &(dyn Fn(usize) -> Result<Vec<Tensor>> + Sync),
    sink: &mut dyn FnMut(usize, Vec<Tensor>) -> Result<()>,
) -> Result<()> {
    let failed = std::sync::Mutex::new(None);
    // The engine knows its own errors only: any other is kept here, and the work stopped.
    let keep = |error: TrainError| match error {
        TrainError::Engine(error) => error,
        other => {
            failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(other);
            pellucid_engine::EngineError::Cancelled
        }
    };
    let done = session.map(&Fixed::new(graph.clone()), runs, &|run| make(run).map_err(keep), &mut |run, outputs| {
        sink(run, outputs).map_err(keep)
    });
    match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(done?),
    }
}
