//! Training: mini-batches in an order that follows from the seed, until the epochs are over or nothing gets better.

use std::sync::Arc;

use pellucid_engine::{Session, Silent, Task};
use pellucid_graph::{DType, Tensor};

use crate::{Example, Loss, Optimiser, Result, Schedule, Score, Source, Step, Stream, TrainError, Trainable, evaluate};

/// How a model is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct FitOptions {
    /// How often every example is seen.
    pub epochs: usize,
    /// Examples of a mini-batch. The last one of an epoch is filled up from the epoch's first examples.
    pub batch: usize,
    /// Examples of one run of the graph: a divisor of `batch`. It bounds memory, and runs of a mini-batch go in parallel.
    pub shard: usize,
    /// How weights follow their gradients.
    pub optimiser: Optimiser,
    /// The learning rate over the steps.
    pub schedule: Schedule,
    /// Ends the training when the loss on the examples held out hasn't fallen for so many epochs.
    pub patience: Option<usize>,
    /// Seed of the order of examples.
    pub seed: u64,
}

impl Default for FitOptions {
    fn default() -> FitOptions {
        FitOptions {
            epochs: 10,
            batch: 32,
            shard: 8,
            optimiser: Optimiser::ADAM,
            schedule: Schedule::Cosine { rate: 1e-3, warm_up: 10 },
            patience: None,
            seed: 0,
        }
    }
}

/// What an epoch came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss of its steps, each before the weights changed.
    pub loss: f64,
    /// On the examples held out, afterwards.
    pub held_out: Option<Score>,
}

/// Why the training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The epochs were over.
    Done,
    /// Nothing got better for as long as the options say.
    Patience,
}

/// The course of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Every epoch, in order.
    pub epochs: Vec<Epoch>,
    /// The epoch whose weights the model has now: that of the smallest loss on the examples held out, where there are any.
    pub kept: usize,
    /// Why it ended.
    pub stop: Stop,
}

/// Trains a model: its values are those of the best epoch afterwards. Equal model, data, options and engine give equal weights, whatever the
/// number of threads. `watch` is told of every epoch; the session's progress counts steps, and its cancel switch stops the training.
///
/// # Errors
/// When options are out of range, an example doesn't fit, a gradient can't be had, the loss isn't finite any more, or the session is cancelled;
/// the model then has the weights of the last step.
pub fn fit(
    session: &Session,
    model: &mut Trainable,
    loss: Loss,
    data: &Source,
    held_out: Option<&Source>,
    options: &FitOptions,
    watch: &mut dyn FnMut(&Epoch),
) -> Result<History> {
    check(options, data, held_out)?;
    let step = Step::new(model, loss, &(data.make)(0)?, options.shard)?;
    let classes = class_count(model, loss, session, data)?;
    let mut state = options.optimiser.start(model.values())?;
    let steps = data.count.div_ceil(options.batch);
    let task = Task::start(session.progress(), options.epochs * steps, "training");
    let quiet = session.clone().with_progress(Arc::new(Silent));
    let mut best = Best::default();
    let mut history = History { epochs: vec![], kept: 0, stop: Stop::Done };
    for epoch in 0..options.epochs {
        let order = Stream::new(options.seed, epoch as u64).order(data.count);
        let mut sum = 0.0;
        for s in 0..steps {
            let example = |i: usize| {
                let index = order[(s * options.batch + i) % order.len()];
                checked(index, (data.make)(index)?, classes)
            };
            let (value, gradients) = step.run(&quiet, model.values(), options.batch / options.shard, &example)?;
            let rate = options.schedule.rate(epoch * steps + s, options.epochs * steps);
            if !value.is_finite() || gradients.iter().flatten().any(|g| !g.is_finite()) {
                return Err(TrainError::Diverged { epoch: epoch + 1, step: s + 1, loss: value, rate });
            }
            state.step(model.values_mut(), &gradients, rate);
            sum += value;
            task.advance(1);
        }
        let held_out = held_out.map(|data| evaluate(&quiet, model, loss, data)).transpose()?;
        let done = Epoch { epoch: epoch + 1, loss: sum / steps as f64, held_out };
        watch(&done);
        history.epochs.push(done);
        best.see(epoch + 1, held_out, model.values());
        if options.patience.is_some_and(|patience| epoch + 1 - best.epoch >= patience) {
            history.stop = Stop::Patience;
            break;
        }
    }
    history.kept = best.epoch;
    if !best.values.is_empty() {
        *model.values_mut() = best.values;
    }
    Ok(history)
}

/// The weights of the best epoch so far.
#[derive(Default)]
struct Best {
    epoch: usize,
    loss: Option<f64>,
    values: Vec<Tensor>,
}

impl Best {
    /// Without examples held out, the last epoch is the best.
    fn see(&mut self, epoch: usize, held_out: Option<Score>, values: &[Tensor]) {
        let loss = held_out.map(|score| score.loss);
        let better = match (loss, self.loss) {
            (Some(new), Some(old)) => new < old,
            _ => true,
        };
        if better {
            *self = Best { epoch, loss, values: values.to_vec() };
        }
    }
}

fn check(options: &FitOptions, data: &Source, held_out: Option<&Source>) -> Result<()> {
    let refuse = |name, value: usize, expected| Err(TrainError::Setting { name, value: value.to_string(), expected });
    let rate = options.schedule.highest();
    match options {
        _ if data.count == 0 => refuse("examples", 0, "at least one"),
        _ if !(rate.is_finite() && rate > 0.0) => {
            Err(TrainError::Setting { name: "learning rate", value: rate.to_string(), expected: "above 0" })
        }
        o if o.epochs == 0 => refuse("epochs", 0, "at least one"),
        o if o.shard == 0 => refuse("shard", 0, "at least one"),
        o if o.batch == 0 || !o.batch.is_multiple_of(o.shard) => refuse("batch", o.batch, "a multiple of `shard`"),
        o if o.patience == Some(0) => refuse("patience", 0, "at least one"),
        o if o.patience.is_some() && held_out.is_none() => {
            refuse("patience", o.patience.unwrap_or(0), "examples held out, for it is their loss that is watched")
        }
        _ => Ok(()),
    }
}

/// Number of classes, for losses whose labels are class numbers.
fn class_count(model: &Trainable, loss: Loss, session: &Session, data: &Source) -> Result<Option<usize>> {
    if !loss.takes_classes() {
        return Ok(None);
    }
    let one = Source::new(1, data.make);
    let quiet = session.clone().with_progress(Arc::new(Silent));
    let output = crate::predict(&quiet, model, &one)?;
    Ok(output.first().and_then(|t| t.shape().get(1).copied()))
}

/// An example whose class numbers are all possible: the graph would take another one for no class at all.
fn checked(index: usize, example: Example, classes: Option<usize>) -> Result<Example> {
    let Some(classes) = classes else { return Ok(example) };
    let labels = &example.labels;
    if labels.dtype() != DType::I64 {
        let reason = format!("labels are {}, expected class numbers as i64", labels.dtype());
        return Err(TrainError::Example { index, reason });
    }
    match labels.to_i64().iter().find(|k| !(0..classes as i64).contains(*k)) {
        Some(k) => {
            Err(TrainError::Example { index, reason: format!("label {k}, but the model has {classes} classes") })
        }
        None => Ok(example),
    }
}
