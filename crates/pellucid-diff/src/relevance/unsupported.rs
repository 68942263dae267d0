//! Nodes that a rule set has no rule for.

use pellucid_graph::Wire;

use crate::{Pull, Result, Rule};

/// Refuses a node, naming it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported;

impl Rule for Unsupported {
    fn id(&self) -> &'static str {
        "unsupported"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        Err(p.refuse("the rule set that was asked for has no rule for it"))
    }
}
