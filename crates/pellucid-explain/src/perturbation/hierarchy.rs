//! A binary tree over segments: which of them are switched together before they are told apart.

use crate::Result;
use crate::context::Context;
use crate::params::{ParamSpec, choice};
use crate::perturbation::coalition::refused;

/// How the tree is made.
pub(crate) const TREE: ParamSpec = choice(
    "tree",
    "halves",
    &["halves", "order"],
    "how segments are grouped: by halving the longest extent of their centres, or by halving their order; `tree` handed in (M - 1 x 2) goes before",
);

/// A node with the segments below it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// Segments.
    pub members: Vec<usize>,
    /// The two nodes below; none for a single segment.
    pub children: Option<(usize, usize)>,
}

/// A binary tree: `nodes[root]` has all segments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hierarchy {
    /// Nodes, children before parents.
    pub nodes: Vec<Node>,
    /// The last node.
    pub root: usize,
}

impl Hierarchy {
    /// Halves the order of `m` segments, `[a, b)` at `(a + b) / 2`.
    pub fn of_order(m: usize) -> Hierarchy {
        Hierarchy::grown((0..m).collect(), &|members: &mut Vec<usize>| members.split_off(members.len() / 2))
    }

    /// Halves the number of segments along the axis on which their centres lie farthest apart.
    pub fn of_centres(centres: &[Vec<f64>]) -> Hierarchy {
        Hierarchy::grown((0..centres.len()).collect(), &|members: &mut Vec<usize>| {
            let extent = |axis: usize| {
                let along = members.iter().map(|&m| centres[m][axis]);
                let (low, high) = along.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
                high - low
            };
            let axes = centres.first().map_or(0, Vec::len);
            // the first of equal extents, so that the tree is the same everywhere
            let axis = (0..axes).rev().max_by(|&a, &b| extent(a).total_cmp(&extent(b))).unwrap_or(0);
            members.sort_by(|&a, &b| centres[a][axis].total_cmp(&centres[b][axis]).then(a.cmp(&b)));
            members.split_off(members.len() / 2)
        })
    }

    fn grown(members: Vec<usize>, split: &dyn Fn(&mut Vec<usize>) -> Vec<usize>) -> Hierarchy {
        let mut nodes = Vec::new();
        let root = grow(&mut nodes, members, split);
        Hierarchy { nodes, root }
    }

    /// The tree handed in as `tree`: row `r` merges two nodes into node `m + r`, segments being nodes `0..m`.
    pub fn injected(context: &Context, m: usize) -> Result<Option<Hierarchy>> {
        let Some(rows) = context.injected("tree", &[m.saturating_sub(1), 2])? else { return Ok(None) };
        let mut nodes: Vec<Node> = (0..m).map(|s| Node { members: vec![s], children: None }).collect();
        let mut used = vec![false; 2 * m];
        for (r, pair) in rows.to_f64().chunks(2).enumerate() {
            let mut members = Vec::new();
            for &child in pair {
                if child.fract() != 0.0 || child < 0.0 || child as usize >= nodes.len() || used[child as usize] {
                    return Err(refused(
                        "tree",
                        format!("row {r} names node {child}, expected one of 0 to {} not merged yet", nodes.len() - 1),
                    ));
                }
                used[child as usize] = true;
                members.extend(nodes[child as usize].members.iter().copied());
            }
            nodes.push(Node { members, children: Some((pair[0] as usize, pair[1] as usize)) });
        }
        let root = nodes.len() - 1;
        Ok(Some(Hierarchy { nodes, root }))
    }
}

/// Appends the tree of some segments; its place.
fn grow(nodes: &mut Vec<Node>, mut members: Vec<usize>, split: &dyn Fn(&mut Vec<usize>) -> Vec<usize>) -> usize {
    let all = members.clone();
    let children = if members.len() > 1 {
        let right = split(&mut members);
        Some((grow(nodes, members, split), grow(nodes, right, split)))
    } else {
        None
    };
    nodes.push(Node { members: all, children });
    nodes.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(tree: &Hierarchy, at: usize) -> Vec<Vec<usize>> {
        match tree.nodes[at].children {
            None => vec![tree.nodes[at].members.clone()],
            Some((l, r)) => [leaves(tree, l), leaves(tree, r)].concat(),
        }
    }

    #[test]
    fn order_is_halved_at_the_lower_middle() {
        let tree = Hierarchy::of_order(5);
        assert_eq!(leaves(&tree, tree.root), [[0], [1], [2], [3], [4]]);
        let (left, right) = tree.nodes[tree.root].children.unwrap();
        assert_eq!((&tree.nodes[left].members[..], &tree.nodes[right].members[..]), (&[0, 1][..], &[2, 3, 4][..]));
    }

    #[test]
    fn centres_are_halved_along_their_longest_extent() {
        let centres: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i / 3), f64::from(i % 3)]).collect();
        let tree = Hierarchy::of_centres(&centres);
        let (left, _) = tree.nodes[tree.root].children.unwrap();
        assert_eq!(tree.nodes[left].members, [0, 3, 1], "the second axis is longer");
        let mut all = leaves(&tree, tree.root).concat();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    }
}
