//! Stopping work that takes long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{EngineError, Result};

/// A switch that several threads share: once set, runs stop before their next sample or batch.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A switch that isn't set.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Asks everything that shares the switch to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Makes the switch usable again after a stop.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Goes on or stops.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] when a stop was asked for.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(EngineError::Cancelled) } else { Ok(()) }
    }
}
