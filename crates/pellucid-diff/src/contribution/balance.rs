//! Where contributions get lost: what each node was sent against what it handed on.

use pellucid_graph::{Build, Graph, Wire};

use super::difference::Difference;
use crate::Result;

/// Contributions at one node. The two are equal to rounding where its rule is complete.
#[derive(Clone, Debug)]
pub struct NodeBalance {
    /// Name of the node.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// The rule that read it.
    pub rule: String,
    /// Scalar: the sum of `m (y - y')` over its outputs.
    pub sent: Wire,
    /// Scalar: the sum of `m (x - x')` over its inputs.
    pub handed_on: Wire,
}

/// Appends the balance of every node that a sweep read, in the order of the graph. Where a node is read together with the one before it,
/// both are one entry.
///
/// # Errors
/// When shapes aren't fixed.
pub fn balance(graph: &mut Graph, difference: &Difference) -> Result<Vec<NodeBalance>> {
    let mut out = Vec::with_capacity(difference.pulled.ledger.len());
    for (entry, assigned) in difference.pulled.ledger.iter().zip(&difference.pulled.assignment) {
        out.push(NodeBalance {
            node: assigned.node.clone(),
            op: assigned.op.clone(),
            rule: assigned.rule.clone(),
            sent: contribution(graph, difference, &entry.outputs, &entry.received)?,
            handed_on: contribution(graph, difference, &entry.inputs, &entry.passed)?,
        });
    }
    Ok(out)
}

/// The sum of `m (w - w')`.
fn contribution(graph: &mut Graph, difference: &Difference, wires: &[Wire], multipliers: &[Wire]) -> Result<Wire> {
    let mut total = None;
    for (&wire, &m) in wires.iter().zip(multipliers) {
        let at_baseline = difference.twin.reference(wire);
        let scope = format!("{}~balance", graph.name_of(wire));
        let mut b = Build::new(graph, &scope);
        let d = b.sub(wire, at_baseline)?;
        // Infinities of one sign (masked attention) don't differ.
        let same = b.equal(wire, at_baseline)?;
        let zero = b.scalar(0.0, d)?;
        let d = b.select(same, zero, d)?;
        let c = b.mul(m, d)?;
        let axes: Vec<usize> = (0..b.shape(c)?.len()).collect();
        let c = b.sum(c, &axes, false)?;
        total = Some(match total {
            Some(t) => b.add(t, c)?,
            None => c,
        });
    }
    match total {
        Some(total) => Ok(total),
        None => {
            let mut b = Build::new(graph, "balance");
            Ok(b.constant(pellucid_graph::Tensor::full(pellucid_graph::DType::F32, &[], 0.0)))
        }
    }
}
