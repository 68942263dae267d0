//! The one way to run many samples: inputs are made when they are needed, results come in order, memory stays bounded.

mod batched;
mod parallel;
mod stack;

use pellucid_graph::Tensor;

use crate::family::GraphFamily;
use crate::memory::Need;
use crate::options::show_size;
use crate::progress::Task;
use crate::{EngineError, Result, Session};

pub use stack::{stack, unstack};

/// Makes the inputs of one sample. Called from several threads, once per sample, in no fixed order.
pub type Make<'a> = &'a (dyn Fn(usize) -> Result<Vec<Tensor>> + Sync);

/// Takes the outputs of one sample. Called from the calling thread, in the order of the samples.
pub type Sink<'a> = &'a mut dyn FnMut(usize, Vec<Tensor>) -> Result<()>;

impl Session {
    /// Runs `count` samples through a family of graphs and hands the outputs of each, with a batch axis of 1, to `sink` in order.
    ///
    /// An engine that likes single samples gets them one by one on all threads, any other gets batches. What comes out doesn't depend on
    /// batch size or thread count beyond float rounding, and with tract not at all.
    ///
    /// # Errors
    /// The first error by sample index, of `make`, the engine or `sink`; [`EngineError::Cancelled`] when the session is cancelled;
    /// [`EngineError::Memory`] when one sample exceeds the stated budget.
    pub fn map(&self, family: &dyn GraphFamily, count: usize, make: Make, sink: Sink) -> Result<()> {
        self.map_labelled("samples", family, count, make, sink)
    }

    /// [`Session::map`] with a label for the progress display.
    ///
    /// # Errors
    /// As [`Session::map`].
    pub fn map_labelled(
        &self,
        label: &str,
        family: &dyn GraphFamily,
        count: usize,
        make: Make,
        sink: Sink,
    ) -> Result<()> {
        self.cancel().check()?;
        if count == 0 {
            return Ok(());
        }
        let graph = family.at_batch(1)?;
        let at_once = self.samples_at_once(Need::of(&graph))?;
        let task = Task::start(self.progress(), count, label);
        if self.engine().parallel_samples() {
            let plan = self.plan(&graph)?;
            let threads = self.threads().min(at_once).min(count);
            parallel::run(self, plan.as_ref(), threads, count, make, sink, &task)
        } else {
            batched::run(self, family, at_once, count, make, sink, &task)
        }
    }

    /// How many samples the memory budget allows at the same time.
    fn samples_at_once(&self, need: Need) -> Result<usize> {
        let one = need.weights.saturating_add(need.live);
        if one > self.memory() {
            let (need, budget) = (show_size(one), show_size(self.memory()));
            if self.memory_stated() {
                return Err(EngineError::Memory { need, budget });
            }
            self.note(format!("one sample needs about {need} of memory, more than half of what is free ({budget})"));
        }
        Ok(need.samples_within(self.memory()))
    }
}
