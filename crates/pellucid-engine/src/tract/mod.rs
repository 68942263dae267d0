//! The built-in engine: tract, on the processor, without any library to install.

mod body;
mod build;
mod faults;
mod fragment;
mod plain;
mod plan;
mod proto;
mod simple;
mod value;

use std::sync::Arc;

use pellucid_graph::Graph;

use crate::Result;
use crate::engine::{Engine, Plan};

const ID: &str = "tract";
/// Kept equal to the lock file by a test: the crate doesn't tell.
const VERSION: &str = "0.23.9";

/// The built-in engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tract;

impl Engine for Tract {
    fn id(&self) -> &'static str {
        ID
    }

    fn version(&self) -> String {
        VERSION.to_string()
    }

    fn device(&self) -> String {
        "cpu".into()
    }

    fn prepare(&self, graph: &Graph) -> Result<Arc<dyn Plan>> {
        Ok(Arc::new(plan::TractPlan::new(graph)?))
    }

    fn parallel_samples(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn version_is_that_of_the_lock_file() {
        let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
        let entry = format!("name = \"tract-onnx\"\nversion = \"{VERSION}\"");
        assert!(lock.replace("\r\n", "\n").contains(&entry));
    }
}
