//! How much was computed, for reports and for the cost that a method states.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What a caller counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// A forward pass of the model over one sample.
    Forward,
    /// A backward pass of the model over one sample.
    Backward,
}

/// Counts of a session at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Forward passes, one per sample, as told by the callers.
    pub forwards: usize,
    /// Backward passes, one per sample, as told by the callers.
    pub backwards: usize,
    /// Runs of plans, one per batch.
    pub plan_runs: usize,
    /// Plans made.
    pub plans_prepared: usize,
    /// Plans found in the cache.
    pub cache_hits: usize,
    /// Largest batch that was run.
    pub peak_batch: usize,
}

/// The counts of a session while it works.
#[derive(Debug, Default)]
pub struct Counters {
    forwards: AtomicUsize,
    backwards: AtomicUsize,
    plan_runs: AtomicUsize,
    plans_prepared: AtomicUsize,
    cache_hits: AtomicUsize,
    peak_batch: AtomicUsize,
}

impl Counters {
    /// Adds `n` passes.
    pub fn count(&self, kind: Count, n: usize) {
        let counter = match kind {
            Count::Forward => &self.forwards,
            Count::Backward => &self.backwards,
        };
        counter.fetch_add(n, Ordering::Relaxed);
    }

    /// Adds a run of a plan over `batch` samples.
    pub fn ran(&self, batch: usize) {
        self.plan_runs.fetch_add(1, Ordering::Relaxed);
        self.peak_batch.fetch_max(batch, Ordering::Relaxed);
    }

    /// Adds a plan, new or found.
    pub fn planned(&self, found: bool) {
        let counter = if found { &self.cache_hits } else { &self.plans_prepared };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts now.
    pub fn read(&self) -> Counts {
        let get = |c: &AtomicUsize| c.load(Ordering::Relaxed);
        Counts {
            forwards: get(&self.forwards),
            backwards: get(&self.backwards),
            plan_runs: get(&self.plan_runs),
            plans_prepared: get(&self.plans_prepared),
            cache_hits: get(&self.cache_hits),
            peak_batch: get(&self.peak_batch),
        }
    }
}
