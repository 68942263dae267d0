//! Nodes that give on what they are given: `Identity`, `Dropout` when it runs, casts to the same type, layout changes that change nothing.

use super::edit::{Edit, With};
use super::view::{View, input, output};
use crate::Wire;

/// Operators that never change a value when a model runs.
const ALWAYS: &[&str] = &["Identity", "Dropout"];
/// Operators of one data input that only move or convert elements: nothing happens when type and shape stay the same.
const IN_ORDER: &[&str] = &["Cast", "CastLike", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand", "Tile"];
/// Operators that change nothing with a single input.
const OF_ONE: &[&str] = &["Concat", "Sum", "Max", "Min", "Mean"];

pub(super) fn find(view: &View) -> Vec<Edit> {
    (0..view.graph.nodes().len()).filter_map(|i| idle(view, i)).collect()
}

fn idle(view: &View, i: usize) -> Option<Edit> {
    let node = view.node(i);
    let x = input(node, 0).filter(|_| node.domain.is_empty())?;
    let op = node.op.as_str();
    let fact = |w: Wire| view.graph.info(w).fact.as_ref().filter(|f| f.shape().is_some());
    let made = output(node)?;
    let same = || fact(x).is_some() && fact(x) == fact(made);
    let idle = match op {
        _ if ALWAYS.contains(&op) => !training(view, input(node, 2)),
        _ if IN_ORDER.contains(&op) => same(),
        _ if OF_ONE.contains(&op) => node.inputs.len() == 1,
        "Transpose" => node.attrs.ints("perm").is_some_and(|p| p.iter().copied().eq(0..p.len() as i64)),
        "Pad" => view.value(input(node, 1)?)?.to_i64().iter().all(|n| *n == 0),
        "Slice" => same() && steps_forward(view, input(node, 4)),
        _ => false,
    };
    idle.then(|| Edit { at: i, nodes: vec![], with: With::Alias(x), what: format!("`{op}` changes nothing here") })
}

/// Whether a `Dropout` is told to drop.
fn training(view: &View, mode: Option<Wire>) -> bool {
    mode.is_some_and(|w| view.scalar(w) != Some(0.0))
}

fn steps_forward(view: &View, steps: Option<Wire>) -> bool {
    steps.is_none_or(|w| view.value(w).is_some_and(|t| t.to_i64().iter().all(|s| *s > 0)))
}
