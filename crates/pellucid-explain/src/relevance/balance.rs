//! What every node got of the relevance and what it handed on: where it was kept, and which operators lost it.

use std::collections::BTreeMap;

use pellucid_diff::{Assigned, Entry};
use pellucid_graph::Wire;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::assembly::Assembly;

/// One node's account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BalanceLine {
    /// Node name.
    pub node: String,
    /// Operator type.
    pub op: String,
    /// Rule id.
    pub rule: String,
    /// Sum of what came back into its outputs, in units of the target.
    pub received: f64,
    /// Sum of what it handed to its inputs.
    pub passed: f64,
}

impl BalanceLine {
    /// What the node kept: the share of biases, stabilisers and offsets, or what its rule adds.
    pub fn kept(&self) -> f64 {
        self.received - self.passed
    }
}

/// A node's account as wires of shape `N`.
#[derive(Debug)]
pub struct WrittenBalance {
    /// The node and its rule.
    pub node: Assigned,
    /// Sum received.
    pub received: Wire,
    /// Sum passed.
    pub passed: Wire,
}

/// Adds the sums of a sweep's ledger to the graph.
///
/// # Errors
/// When a shape isn't known.
pub(crate) fn balance(
    assembly: &mut Assembly,
    assignment: &[Assigned],
    ledger: &[Entry],
) -> Result<Vec<WrittenBalance>> {
    let mut out = Vec::new();
    for (node, entry) in assignment.iter().zip(ledger) {
        let received = assembly.total(&entry.received)?;
        let passed = assembly.total(&entry.passed)?;
        out.push(WrittenBalance { node: node.clone(), received, passed });
    }
    Ok(out)
}

/// The operators that kept most, in words: `Conv 12 %, Gemm 3 %` of what the node nearest to the target got.
pub(crate) fn summary(lines: &[BalanceLine]) -> Option<String> {
    let start = lines.last()?.received;
    let mut by_op: BTreeMap<&str, f64> = BTreeMap::new();
    for line in lines {
        *by_op.entry(line.op.as_str()).or_default() += line.kept();
    }
    let scale = start.abs();
    let mut ranked: Vec<(&str, f64)> = by_op.into_iter().filter(|(_, kept)| kept.abs() > 1e-4 * scale).collect();
    ranked.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    if ranked.is_empty() || scale == 0.0 {
        return None;
    }
    let words: Vec<String> =
        ranked.iter().take(4).map(|(op, kept)| format!("{op} {:.3} %", 100.0 * kept / start)).collect();
    Some(format!(
        "of the relevance that starts at the target, these operators keep (biases, stabilisers, gates): {}",
        words.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(op: &str, received: f64, passed: f64) -> BalanceLine {
        BalanceLine { node: op.into(), op: op.into(), rule: "lrp-epsilon".into(), received, passed }
    }

    #[test]
    fn what_was_kept_is_a_share_of_what_started() {
        let words = summary(&[line("Conv", 1.5, 1.0), line("Relu", 1.5, 1.5), line("Gemm", 2.0, 1.5)]).unwrap();
        assert!(words.ends_with("Conv 25.000 %, Gemm 25.000 %"), "{words}");
        assert_eq!(summary(&[line("Conv", 1.0, 1.0)]), None);
        assert_eq!(summary(&[line("Conv", 0.0, 0.0)]), None);
        assert_eq!(summary(&[]), None);
    }
}
