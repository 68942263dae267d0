//! Plans that were made, by digest of their graph.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pellucid_graph::Graph;

use crate::Result;
use crate::digest::{Digest, Digester};
use crate::engine::{Engine, Plan};
use crate::memory::Need;

/// A cache of plans. Each plan holds its own copy of the weights, so the least recently used ones are dropped when together they take
/// more than `limit` bytes.
pub struct PlanCache {
    digester: Digester,
    limit: u64,
    slots: Mutex<Slots>,
}

type Made = Arc<OnceLock<Arc<dyn Plan>>>;

#[derive(Default)]
struct Slots {
    clock: u64,
    entries: HashMap<Digest, Slot>,
}

struct Slot {
    used: u64,
    bytes: u64,
    made: Made,
}

impl PlanCache {
    /// An empty cache for plans of up to `limit` bytes of weights together. The plan asked for last is always kept.
    pub fn new(limit: u64) -> PlanCache {
        PlanCache { digester: Digester::default(), limit, slots: Mutex::default() }
    }

    /// The digest by which plans are found.
    pub fn digest(&self, graph: &Graph) -> Digest {
        self.digester.digest(graph)
    }

    /// The plan of a graph, and whether it was there already. Threads that ask for the same graph at the same time may each make it;
    /// all get the same one.
    ///
    /// # Errors
    /// When the engine can't make it.
    pub fn plan(&self, engine: &dyn Engine, graph: &Graph) -> Result<(Arc<dyn Plan>, bool)> {
        let made = self.slot(self.digest(graph), Need::of(graph).weights);
        if let Some(plan) = made.get() {
            return Ok((plan.clone(), true));
        }
        let plan = engine.prepare(graph)?;
        Ok((made.get_or_init(|| plan).clone(), false))
    }

    fn slot(&self, digest: Digest, bytes: u64) -> Made {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.clock += 1;
        let used = slots.clock;
        let slot = slots.entries.entry(digest).or_insert_with(|| Slot { used, bytes, made: Made::default() });
        slot.used = used;
        let made = slot.made.clone();
        slots.shrink(self.limit);
        made
    }
}

impl Slots {
    fn shrink(&mut self, limit: u64) {
        while self.entries.len() > 1 && self.entries.values().map(|s| s.bytes).sum::<u64>() > limit {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, s)| s.used).map(|(d, _)| *d) else { return };
            self.entries.remove(&oldest);
        }
    }
}
