//! Two permutations of the axes, one after the other, are one.

use super::edit::{Edit, Feed, With};
use super::view::{View, input, output};
use crate::{Attrs, Node};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Transpose"]).filter_map(|i| merge(view, i)).collect()
}

fn merge(view: &View, second: usize) -> Option<Edit> {
    let middle = input(view.node(second), 0)?;
    let first = view.made_by(middle, &["Transpose"])?;
    let x = input(view.node(first), 0)?;
    let rank = view.shape(x)?.len();
    let (p, q) = (permutation(view.node(first), rank)?, permutation(view.node(second), rank)?);
    let both: Vec<i64> = q.iter().map(|&i| p[i] as i64).collect();
    let nodes = if view.inner(middle) { vec![first] } else { vec![] };
    let what = "two permutations of the axes are one".to_string();
    let alone = both.iter().copied().eq(0..rank as i64) && !view.held(output(view.node(second))?);
    if !alone && nodes.is_empty() {
        return None;
    }
    let with = match alone {
        true => With::Alias(x),
        false => With::Node { op: "Transpose", attrs: Attrs::new().with("perm", both), inputs: vec![Feed::Old(x)] },
    };
    Some(Edit { at: second, nodes, with, what })
}

fn permutation(node: &Node, rank: usize) -> Option<Vec<usize>> {
    let Some(perm) = node.attrs.ints("perm") else { return Some((0..rank).rev().collect()) };
    let perm: Vec<usize> =
        perm.iter().map(|&a| usize::try_from(a).ok().filter(|a| *a < rank)).collect::<Option<_>>()?;
    (perm.len() == rank).then_some(perm)
}
