//! Topological order of the nodes of a file.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::function::Sourced;
use super::{body, import};
use crate::Result;

/// Sorts nodes so that each comes after those it reads; nodes that are in order stay where they are.
///
/// # Errors
/// When nodes form a cycle (naming a node on it), or two make a wire of the same name.
pub(super) fn sort(nodes: Vec<Sourced>) -> Result<Vec<Sourced>> {
    let mut maker: HashMap<&str, usize> = HashMap::new();
    for (i, n) in nodes.iter().enumerate() {
        for o in n.node.output.iter().filter(|o| !o.is_empty()) {
            if let Some(first) = maker.insert(o, i) {
                return Err(import::at(
                    &n.node,
                    format!("makes `{o}`, which node `{}` makes too", import::label(&nodes[first].node)),
                ));
            }
        }
    }
    let mut before: Vec<Vec<usize>> = Vec::with_capacity(nodes.len());
    for n in &nodes {
        let mut from: Vec<usize> = n.node.input.iter().filter_map(|i| maker.get(i.as_str()).copied()).collect();
        from.extend(body::free_names(&n.node).iter().filter_map(|i| maker.get(i.as_str()).copied()));
        from.sort_unstable();
        from.dedup();
        before.push(from);
    }
    let order = order(&before).map_err(|done| {
        let node = &nodes[on_cycle(&before, &done)].node;
        import::at(node, "lies on a cycle: it needs its own output".to_string())
    })?;
    let mut slots: Vec<Option<Sourced>> = nodes.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|i| slots[i].take()).collect())
}

/// Positions in topological order, smallest first; the error says which were reached before a cycle stopped the rest.
fn order(before: &[Vec<usize>]) -> Result<Vec<usize>, Vec<bool>> {
    let mut waiting: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); before.len()];
    for (i, from) in before.iter().enumerate() {
        from.iter().for_each(|&f| after[f].push(i));
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (0..before.len()).filter(|&i| waiting[i] == 0).map(Reverse).collect();
    let mut out = Vec::with_capacity(before.len());
    while let Some(Reverse(i)) = ready.pop() {
        out.push(i);
        for &a in &after[i] {
            waiting[a] -= 1;
            if waiting[a] == 0 {
                ready.push(Reverse(a));
            }
        }
    }
    if out.len() == before.len() { Ok(out) } else { Err(waiting.iter().map(|&w| w == 0).collect()) }
}

/// A position on a cycle, found by walking backwards from one that waits for ever.
fn on_cycle(before: &[Vec<usize>], done: &[bool]) -> usize {
    let mut seen = vec![false; before.len()];
    let mut at = done.iter().position(|d| !d).unwrap_or(0);
    while !seen[at] {
        seen[at] = true;
        at = before[at].iter().copied().find(|&f| !done[f]).unwrap_or(at);
    }
    at
}
