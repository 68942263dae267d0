//! Nodes that hand relevance on unchanged.

use pellucid_graph::Wire;

use crate::{Pull, Result, Rule};

/// `R_x = R_y`, for nodes of one data input that keep its shape: activations, softmax, and batch normalisation as a scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass;

impl Rule for Pass {
    fn id(&self) -> &'static str {
        "lrp-pass"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let r = p.g()?;
        Ok(p.only(r))
    }
}
