//! The same graph a second time, on the baseline.

use std::collections::HashMap;

use pellucid_graph::{Attr, Graph, Wire};

use crate::{DiffError, Result};

/// Wires that differ between input and baseline, with the wires that hold their values at the baseline. Everything else, constants included,
/// is shared.
#[derive(Clone, Debug, Default)]
pub struct Twin {
    at: HashMap<Wire, Wire>,
}

impl Twin {
    /// A twin in which only these wires differ yet: (wire, its value at the baseline).
    pub(super) fn of(pairs: &[(Wire, Wire)]) -> Twin {
        Twin { at: pairs.iter().copied().collect() }
    }

    /// The wire that holds a wire's value at the baseline; the wire itself where that is the same.
    pub fn reference(&self, wire: Wire) -> Wire {
        self.at.get(&wire).copied().unwrap_or(wire)
    }

    /// Whether a wire depends on what differs.
    pub fn differs(&self, wire: Wire) -> bool {
        self.at.contains_key(&wire)
    }

    /// Appends the nodes of these indices that depend on what differs once more, reading values at the baseline.
    ///
    /// # Errors
    /// When a node has a body, or an operator of another domain: its outputs' types wouldn't be known.
    pub(super) fn extend(&mut self, graph: &mut Graph, nodes: impl Iterator<Item = usize>) -> Result<()> {
        for index in nodes {
            let node = graph.nodes()[index].clone();
            let given = node.outputs.iter().flatten().all(|w| self.differs(*w));
            if given || !node.reads().any(|w| self.differs(w)) {
                continue;
            }
            let body = node.attrs.0.iter().any(|(_, value)| matches!(value, Attr::Graph(_)));
            if body || !node.captures.is_empty() || !node.domain.is_empty() {
                return Err(DiffError::NotDifferentiable {
                    op: node.op.clone(),
                    node: node.name.clone(),
                    reason: "it can't be written a second time for the baseline".into(),
                });
            }
            let inputs: Vec<Option<Wire>> = node.inputs.iter().map(|w| w.map(|w| self.reference(w))).collect();
            let count = node.outputs.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            let first = node.outputs.iter().flatten().next().map_or("", |w| graph.name_of(*w));
            let name = format!("{first}~baseline");
            let made = graph.push_many(&name, &node.op, &inputs, node.attrs.clone(), count)?;
            for (old, new) in node.outputs.iter().zip(made) {
                if let Some(old) = old {
                    self.at.entry(*old).or_insert(new);
                }
            }
        }
        Ok(())
    }
}
