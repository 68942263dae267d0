//! Nodes through which nothing flows.

use pellucid_graph::Wire;

use crate::{Pull, Result, Rule};

/// Hands nothing on: gates, functions that aren't 0 at 0, and attention that is held constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

impl Rule for Stop {
    fn id(&self) -> &'static str {
        "lrp-stop"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        Ok(vec![None; p.node.inputs.len()])
    }
}
