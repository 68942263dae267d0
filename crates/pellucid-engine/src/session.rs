//! A session: an engine with its plans, limits and counts. Everything that runs a graph goes through here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pellucid_graph::{Graph, Tensor};

use crate::batch_test::Verdict;
use crate::cache::PlanCache;
use crate::counters::{Count, Counters, Counts};
use crate::digest::Digest;
use crate::engine::{Engine, Plan};
use crate::progress::{Progress, Silent};
use crate::{Cancel, Result};

/// Runs graphs on one engine. Clones share plans, counts and notes; each may have its own cancel switch and progress.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
    cancel: Cancel,
    progress: Arc<dyn Progress>,
}

struct Shared {
    engine: Arc<dyn Engine>,
    because: String,
    plans: PlanCache,
    threads: usize,
    memory: u64,
    memory_stated: bool,
    counters: Counters,
    notes: Mutex<Vec<String>>,
    verdicts: Mutex<HashMap<Digest, Verdict>>,
}

/// Limits of a session.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Number of threads, at least 1.
    pub threads: usize,
    /// Memory budget in bytes.
    pub memory: u64,
    /// Whether the user stated the budget: then it is kept even where that means refusing to run.
    pub memory_stated: bool,
}

impl Session {
    /// A session on an engine; `because` says why this engine was chosen.
    pub fn new(engine: Arc<dyn Engine>, because: &str, limits: Limits) -> Session {
        let shared = Shared {
            engine,
            because: because.to_string(),
            plans: PlanCache::new(limits.memory / 2),
            threads: limits.threads.max(1),
            memory: limits.memory,
            memory_stated: limits.memory_stated,
            counters: Counters::default(),
            notes: Mutex::default(),
            verdicts: Mutex::default(),
        };
        Session { shared: Arc::new(shared), cancel: Cancel::new(), progress: Arc::new(Silent) }
    }

    /// The same session with another cancel switch.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Session {
        self.cancel = cancel;
        self
    }

    /// The same session with progress told to `progress`.
    #[must_use]
    pub fn with_progress(mut self, progress: Arc<dyn Progress>) -> Session {
        self.progress = progress;
        self
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        self.shared.engine.as_ref()
    }

    /// Why this engine was chosen.
    pub fn because(&self) -> &str {
        &self.shared.because
    }

    /// Number of threads.
    pub fn threads(&self) -> usize {
        self.shared.threads
    }

    /// Memory budget in bytes.
    pub fn memory(&self) -> u64 {
        self.shared.memory
    }

    /// Whether the user stated the memory budget.
    pub(crate) fn memory_stated(&self) -> bool {
        self.shared.memory_stated
    }

    /// The cancel switch.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Where progress is told.
    pub fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    /// Counts `n` passes over the model.
    pub fn count(&self, kind: Count, n: usize) {
        self.shared.counters.count(kind, n);
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Adds a note for the user, once.
    pub fn note(&self, note: String) {
        let mut notes = self.shared.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// What the user should know of how graphs were run.
    pub fn notes(&self) -> Vec<String> {
        self.shared.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn verdicts(&self) -> MutexGuard<'_, HashMap<Digest, Verdict>> {
        self.shared.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The digest of a graph: equal digests mean equal graphs.
    pub fn digest(&self, graph: &Graph) -> Digest {
        self.shared.plans.digest(graph)
    }

    /// Makes a graph ready, or finds it in the cache.
    ///
    /// # Errors
    /// When the engine can't run one of its operators.
    pub fn plan(&self, graph: &Graph) -> Result<Arc<dyn Plan>> {
        let (plan, found) = self.shared.plans.plan(self.engine(), graph)?;
        self.shared.counters.planned(found);
        Ok(plan)
    }

    /// Runs a graph once. Its input shapes must be fixed and equal those of `inputs`.
    ///
    /// # Errors
    /// When the graph can't be prepared or run, the inputs don't fit, or the session is cancelled.
    pub fn run(&self, graph: &Graph, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.run_batch(graph, inputs, 1)
    }

    /// [`Session::run`] over a batch of `samples`.
    pub(crate) fn run_batch(&self, graph: &Graph, inputs: &[Tensor], samples: usize) -> Result<Vec<Tensor>> {
        self.cancel.check()?;
        let outputs = self.plan(graph)?.run(inputs)?;
        self.shared.counters.ran(samples);
        Ok(outputs)
    }
}
