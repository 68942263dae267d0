//! What a model does on examples: its outputs, its loss, how often it is right.

use std::sync::Arc;

use pellucid_engine::Session;
use pellucid_graph::Tensor;

use crate::step::{batch, batch_shapes, first_output, map};
use crate::{Loss, Result, Source, TrainError, Trainable};

/// Loss and accuracy over the examples of a source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Mean loss.
    pub loss: f64,
    /// Share of labels that the model gets right: the highest class (cross entropies) or the sign of the logit (binary cross entropy). `None`
    /// for losses on values and masks.
    pub accuracy: Option<f64>,
    /// Number of examples.
    pub count: usize,
}

/// Loss and accuracy of a model.
///
/// # Errors
/// When there are no examples, one doesn't fit, the engine fails, or the session is cancelled.
pub fn evaluate(session: &Session, model: &Trainable, loss: Loss, data: &Source) -> Result<Score> {
    let (mut total, mut right, mut of) = (0.0, 0, 0);
    each(session, model, Some(loss), data, &mut |outputs| {
        let [output, value, labels] = outputs else { return };
        total += value.to_f64().first().copied().unwrap_or(f64::NAN);
        let (r, n) = right_labels(loss, output, labels);
        (right, of) = (right + r, of + n);
    })?;
    let accuracy = (of > 0).then(|| right as f64 / of as f64);
    Ok(Score { loss: total / data.count as f64, accuracy, count: data.count })
}

/// The first output of a model for each example, in order.
///
/// # Errors
/// As [`evaluate`].
pub fn predict(session: &Session, model: &Trainable, data: &Source) -> Result<Vec<Tensor>> {
    let mut found = Vec::with_capacity(data.count);
    each(session, model, None, data, &mut |outputs| found.extend_from_slice(outputs))?;
    Ok(found)
}

/// Runs the examples one by one: `[output]`, with a loss `[output, loss, labels]`.
fn each(
    session: &Session,
    model: &Trainable,
    loss: Option<Loss>,
    data: &Source,
    sink: &mut dyn FnMut(&[Tensor]),
) -> Result<()> {
    if data.count == 0 {
        return Err(TrainError::Setting { name: "examples", value: "0".into(), expected: "at least one" });
    }
    let first = (data.make)(0)?;
    let (mut graph, _) = model.at_shapes(&batch_shapes(&first.inputs, 1))?;
    let output = first_output(&graph)?;
    let mut outputs = vec![output];
    if let Some(loss) = loss {
        let (labels, value) = loss.attach(&mut graph, output)?;
        outputs.extend([value, labels]);
    }
    graph.set_outputs(&outputs);
    let graph = Arc::new(graph.prune().0);
    let make = |i: usize| {
        let mut inputs = batch(&[(data.make)(i)?], model.values())?;
        if loss.is_none() {
            inputs.pop();
        }
        Ok(inputs)
    };
    map(session, &graph, data.count, &make, &mut |_, outputs| {
        sink(&outputs);
        Ok(())
    })
}

/// How many labels are right, and of how many.
fn right_labels(loss: Loss, output: &Tensor, labels: &Tensor) -> (usize, usize) {
    let (z, t) = (output.to_f64(), labels.to_f64());
    let k = output.shape().get(1).copied().unwrap_or(1);
    let places = z.len() / k.max(1);
    let best = |values: &[f64], place: usize| {
        let at = |class: usize| values[class * places + place];
        (1..k).fold(0, |best, class| if at(class) > at(best) { class } else { best })
    };
    match loss {
        Loss::CrossEntropy => ((0..places).filter(|&p| best(&z, p) as f64 == t[p]).count(), places),
        Loss::SoftCrossEntropy => ((0..places).filter(|&p| best(&z, p) == best(&t, p)).count(), places),
        Loss::BinaryCrossEntropy => (z.iter().zip(&t).filter(|(z, t)| (**z > 0.0) == (**t > 0.5)).count(), z.len()),
        Loss::MeanSquaredError | Loss::SoftDice => (0, 0),
    }
}
