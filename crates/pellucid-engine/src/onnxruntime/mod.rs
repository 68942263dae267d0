//! ONNX Runtime, loaded while the program runs when the machine has it: faster, with more operators, and on GPUs.

pub mod load;
pub mod locate;
mod plan;
pub mod probe;
mod value;

use std::sync::Arc;

use pellucid_graph::Graph;

use self::load::Library;
use self::plan::{OrtPlan, Place};
use crate::engine::{Engine, Plan};
use crate::options::Device;
use crate::{EngineError, Result};

const ID: &str = "onnxruntime";

/// ONNX Runtime on one device.
#[derive(Clone, Debug)]
pub struct OnnxRuntime {
    library: Library,
    place: Place,
    /// Why a GPU isn't used although one would have been welcome.
    pub gpu_missing: Option<String>,
}

impl OnnxRuntime {
    /// The engine in the library at `path`.
    ///
    /// # Errors
    /// When the library can't be used, or hasn't the device that was asked for.
    pub fn new(path: &std::path::Path, device: Device, threads: usize) -> Result<OnnxRuntime> {
        let library = load::load(path, threads)?;
        let (cuda, gpu_missing) = match device {
            Device::Cpu => (None, None),
            Device::Auto => match plan::try_cuda(&library, 0) {
                Ok(()) => (Some(0), None),
                Err(reason) => (None, Some(reason)),
            },
            Device::Cuda(n) => {
                let refused = |reason| EngineError::Device { engine: ID, device: device.to_string(), reason };
                plan::try_cuda(&library, n).map_err(refused)?;
                (Some(n), None)
            }
        };
        Ok(OnnxRuntime { library, place: Place { cuda, threads }, gpu_missing })
    }

    /// The library file.
    pub fn path(&self) -> &std::path::Path {
        &self.library.path
    }
}

impl Engine for OnnxRuntime {
    fn id(&self) -> &'static str {
        ID
    }

    fn version(&self) -> String {
        self.library.version.clone()
    }

    fn device(&self) -> String {
        self.place.cuda.map_or_else(|| "cpu".into(), |n| format!("cuda:{n}"))
    }

    fn prepare(&self, graph: &Graph) -> Result<Arc<dyn Plan>> {
        Ok(Arc::new(OrtPlan::new(graph, &self.library, self.place)?))
    }

    fn parallel_samples(&self) -> bool {
        false
    }

    fn largest_batch(&self) -> usize {
        if self.place.cuda.is_some() { 64 } else { 16 }
    }
}
