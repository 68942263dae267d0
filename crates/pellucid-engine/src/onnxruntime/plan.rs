//! A graph made ready on ONNX Runtime.

use std::sync::{Mutex, PoisonError};

use ort::ep::CUDA;
use ort::session::Session as OrtSession;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use pellucid_graph::{Graph, Tensor, onnx};

use super::load::Library;
use super::{ID, value};
use crate::engine::Plan;
use crate::guard::guarded;
use crate::inputs::Signature;
use crate::outputs::Outputs;
use crate::{EngineError, Result};

/// A session of the library. It runs one batch at a time, on all threads of its pool.
pub struct OrtPlan {
    signature: Signature,
    outputs: Outputs,
    input_names: Vec<String>,
    end_names: Vec<String>,
    session: Option<Mutex<OrtSession>>,
}

/// Where and with how many threads a plan runs.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Number of a CUDA device; the processor when left out.
    pub cuda: Option<u32>,
    /// Number of threads.
    pub threads: usize,
}

impl OrtPlan {
    /// Serialises the graph and has the library read it.
    ///
    /// # Errors
    /// When the library refuses the graph.
    pub fn new(graph: &Graph, library: &Library, place: Place) -> Result<OrtPlan> {
        let signature = Signature::of(graph)?;
        let outputs = Outputs::of(graph);
        let name = |w| graph.name_of(w).to_string();
        let input_names = graph.inputs().iter().map(|w| name(*w)).collect();
        let end_names = outputs.ends.iter().map(|w| name(*w)).collect();
        let session = if outputs.ends.is_empty() { None } else { Some(session(graph, &outputs, library, place)?) };
        Ok(OrtPlan { signature, outputs, input_names, end_names, session: session.map(Mutex::new) })
    }
}

impl Plan for OrtPlan {
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.signature.check(inputs)?;
        let Some(session) = &self.session else {
            return self.outputs.collect(inputs, |_, _| Err(run_error("there is nothing to compute".into())));
        };
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let ran = guarded(|| -> ort::Result<Vec<Tensor>> {
            let named = self.input_names.iter().zip(inputs);
            let values = named.map(|(n, t)| Ok((n.as_str(), value::input(t)?))).collect::<ort::Result<Vec<_>>>()?;
            let computed = session.run(values)?;
            self.outputs.collect(inputs, |i, dtype| {
                let found = computed.get(&self.end_names[i]);
                value::output(found.ok_or_else(|| ort::Error::new("an output is missing"))?, dtype)
            })
        });
        ran.map_err(run_error)?.map_err(|e| run_error(e.to_string()))
    }
}

fn run_error(reason: String) -> EngineError {
    EngineError::Run { engine: ID, reason }
}

fn session(graph: &Graph, outputs: &Outputs, library: &Library, place: Place) -> Result<OrtSession> {
    let mut ended = graph.clone();
    ended.set_outputs(&outputs.ends);
    let bytes = onnx::to_bytes(&ended, &onnx::ExportOptions::default())?;
    drop(ended);
    let made = guarded(|| builder(library, place)?.commit_from_memory(&bytes));
    let prepare_error = |reason| EngineError::Prepare { engine: ID, node: None, reason };
    made.map_err(prepare_error)?.map_err(|e| prepare_error(e.to_string()))
}

fn builder(library: &Library, place: Place) -> ort::Result<SessionBuilder> {
    let mut builder =
        OrtSession::builder(&library.environment)?.with_optimization_level(GraphOptimizationLevel::All)?;
    if place.threads != library.threads {
        builder = builder.with_independent_thread_pool()?.with_intra_threads(place.threads)?;
    }
    if let Some(device) = place.cuda {
        builder = builder.with_execution_providers([cuda(device).build().error_on_failure()])?;
    }
    Ok(builder)
}

/// The CUDA provider. Without TF32, which keeps only 10 bits of each factor: results must agree between engines.
fn cuda(device: u32) -> CUDA {
    CUDA::default().with_device_id(i32::try_from(device).unwrap_or(i32::MAX)).with_tf32(false)
}

/// Whether the library can compute on a CUDA device, or why not.
pub fn try_cuda(library: &Library, device: u32) -> Result<(), String> {
    use ort::ep::ExecutionProvider;
    let tried = guarded(|| {
        if !CUDA::is_available().map_err(|e| e.to_string())? {
            return Err(
                "this build of ONNX Runtime has no CUDA provider (`pip install onnxruntime-gpu` has)".to_string()
            );
        }
        builder(library, Place { cuda: Some(device), threads: library.threads }).map(|_| ()).map_err(|e| e.to_string())
    });
    tried.and_then(|r| r)
}
