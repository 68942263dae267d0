//! Samples in batches, for engines that spread one batch over the cores or a device themselves.

use std::sync::Arc;

use pellucid_graph::{Graph, Tensor};

use super::{Make, Sink, stack, unstack};
use crate::batch_test::{Verdict, batch_self_test};
use crate::family::GraphFamily;
use crate::progress::Task;
use crate::{Result, Session};

/// Runs the samples in batches of at most `at_once`.
pub fn run(
    session: &Session,
    family: &dyn GraphFamily,
    at_once: usize,
    count: usize,
    make: Make,
    sink: Sink,
    task: &Task,
) -> Result<()> {
    let mut largest = at_once.min(family.max_batch()).min(session.engine().largest_batch()).min(count).max(1);
    if largest > 1 && !batches_are_sound(session, family, make)? {
        largest = 1;
    }
    // Batches of nearly equal size waste the least on filling up the last one.
    let size = count.div_ceil(count.div_ceil(largest));
    let graph = family.at_batch(size)?;
    let mut start = 0;
    while start < count {
        let end = (start + size).min(count);
        let samples = make_all(session, make, start, end)?;
        let outputs = run_batch(session, family, &graph, &samples, size)?;
        for (offset, sample) in outputs.into_iter().enumerate() {
            sink(start + offset, sample)?;
        }
        task.advance(end - start);
        start = end;
    }
    Ok(())
}

fn batches_are_sound(session: &Session, family: &dyn GraphFamily, make: Make) -> Result<bool> {
    let digest = session.digest(family.at_batch(1)?.as_ref());
    let known = session.verdicts().get(&digest).cloned();
    let verdict = match known {
        Some(verdict) => verdict,
        None => {
            let verdict = batch_self_test(session, family, [&make(0)?, &make(1)?])?;
            session.verdicts().insert(digest, verdict.clone());
            verdict
        }
    };
    if let Verdict::OneByOne(note) = &verdict {
        session.note(note.clone());
    }
    Ok(verdict == Verdict::Sound)
}

/// The outputs of each sample of one batch.
fn run_batch(
    session: &Session,
    family: &dyn GraphFamily,
    graph: &Arc<Graph>,
    samples: &[Vec<Tensor>],
    size: usize,
) -> Result<Vec<Vec<Tensor>>> {
    if size > 1
        && let Some(inputs) = stack(samples, family.batched_inputs(), size)?
    {
        let outputs = session.run_batch(graph, &inputs, samples.len())?;
        return unstack(&outputs, size, samples.len());
    }
    let single = if size == 1 { graph.clone() } else { family.at_batch(1)? };
    samples.iter().map(|inputs| session.run_batch(&single, inputs, 1)).collect()
}

/// The inputs of samples `[start, end)`, made on several threads.
fn make_all(session: &Session, make: Make, start: usize, end: usize) -> Result<Vec<Vec<Tensor>>> {
    let one = |index: usize| {
        session.cancel().check()?;
        make(index)
    };
    let threads = session.threads().min(end - start);
    if threads <= 1 {
        return (start..end).map(one).collect();
    }
    let share = (end - start).div_ceil(threads);
    let made: Vec<Vec<Result<Vec<Tensor>>>> = std::thread::scope(|scope| {
        let parts: Vec<_> = (start..end)
            .step_by(share)
            .map(|from| scope.spawn(move || (from..(from + share).min(end)).map(one).collect::<Vec<_>>()))
            .collect();
        let joined = parts.into_iter().map(|p| p.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect()
    });
    made.into_iter().flatten().collect()
}
