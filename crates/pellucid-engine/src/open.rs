//! From options to a session.

use std::sync::Arc;

use crate::engine::Engine;
use crate::memory::{self, DEFAULT_BUDGET};
use crate::onnxruntime::OnnxRuntime;
use crate::onnxruntime::locate::{Depth, Search, search};
use crate::options::{Choice, Device, EngineOptions};
use crate::reference::Reference;
use crate::session::{Limits, Session};
use crate::tract::Tract;
use crate::{EngineError, Result};

/// Opens a session on the engine that the options ask for.
///
/// `auto` takes ONNX Runtime when the user named a library, when a Python environment is active that has it, or when the system has it, and
/// tract otherwise. A library that the user named is used or refused; any other that can't be used is passed over with a note.
///
/// # Errors
/// When the engine or the device isn't there, or a library can't be used.
pub fn open(options: &EngineOptions) -> Result<Session> {
    let limits = limits(options);
    let chosen = choose(options, limits.threads)?;
    let session = Session::new(chosen.engine, &chosen.because, limits);
    for note in chosen.notes {
        session.note(note);
    }
    Ok(session)
}

/// An engine and why it was chosen.
pub struct Chosen {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// Why.
    pub because: String,
    /// What the user should know.
    pub notes: Vec<String>,
}

fn limits(options: &EngineOptions) -> Limits {
    Limits {
        threads: options.threads.unwrap_or_else(cores).max(1),
        memory: options.memory.unwrap_or_else(|| memory::free().map_or(DEFAULT_BUDGET, |bytes| bytes / 2)),
        memory_stated: options.memory.is_some(),
    }
}

/// Number of processor cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The engine that the options ask for.
pub fn choose(options: &EngineOptions, threads: usize) -> Result<Chosen> {
    match options.engine {
        Choice::Tract => on_processor(Arc::new(Tract), options.device, "asked for"),
        Choice::Reference => on_processor(Arc::new(Reference), options.device, "asked for"),
        Choice::OnnxRuntime => asked_for(&search(Depth::Full), options.device, threads),
        Choice::Auto if matches!(options.device, Device::Cuda(_)) => {
            let mut chosen = asked_for(&search(Depth::Full), options.device, threads)?;
            chosen.because = format!("the device `{}` needs it ({})", options.device, chosen.because);
            Ok(chosen)
        }
        Choice::Auto => automatic(&search(Depth::Quick), options.device, threads),
    }
}

fn on_processor(engine: Arc<dyn Engine>, device: Device, because: &str) -> Result<Chosen> {
    if let Device::Cuda(_) = device {
        return Err(EngineError::Device {
            engine: engine.id(),
            device: device.to_string(),
            reason: "it runs on the processor only".into(),
        });
    }
    Ok(Chosen { engine, because: because.to_string(), notes: vec![] })
}

/// ONNX Runtime or an error: the first library that can be used, else the reason why the first can't.
fn asked_for(found: &Search, device: Device, threads: usize) -> Result<Chosen> {
    let mut first_error = None;
    for candidate in &found.candidates {
        match OnnxRuntime::new(&candidate.path, device, threads) {
            Ok(engine) => return Ok(with_runtime(engine, &candidate.origin)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| EngineError::LibraryMissing { tried: found.tried.clone() }))
}

/// ONNX Runtime where it can be used, else tract.
pub fn automatic(found: &Search, device: Device, threads: usize) -> Result<Chosen> {
    let mut notes = vec![];
    for candidate in &found.candidates {
        match OnnxRuntime::new(&candidate.path, device, threads) {
            Ok(engine) => return Ok(with_runtime(engine, &candidate.origin)),
            Err(error) if candidate.named => return Err(error),
            Err(error) => notes.push(format!("{error}; tract is used instead")),
        }
    }
    let because = if notes.is_empty() { "no ONNX Runtime library was found" } else { "ONNX Runtime can't be used" };
    Ok(Chosen { engine: Arc::new(Tract), because: because.into(), notes })
}

fn with_runtime(engine: OnnxRuntime, origin: &str) -> Chosen {
    let because = format!("found by {origin}: `{}`", engine.path().display());
    Chosen { engine: Arc::new(engine), because, notes: vec![] }
}
