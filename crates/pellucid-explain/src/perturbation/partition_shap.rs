//! Shares the score between the two halves of the segments, then of each half, and so on down a tree.
//!
//! # Formula
//! ```text
//! owen(node, context S, weight w):
//!     leaf:   phi_leaf += w [v(S + leaf) - v(S)]
//!     else:   owen(left, S, w/2), owen(left, S + right, w/2), owen(right, S, w/2), owen(right, S + left, w/2)
//! ```
//!
//! # Symbols
//! - `v(S)`: score of the input whose segments in `S` keep their values, all others showing the fill
//! - `w`: share of the orders of joining in which this context arises; 1 at the root
//!
//! # Axioms
//! Efficiency (`sum phi = v(all) - v(none)`) holds whatever the budget. Segments that always act alone get their Shapley value; otherwise these are
//! the Owen values of the tree: Shapley values where only orders are counted in which the segments of a node join one after the other.
//!
//! # Cost
//! 2 F for each context that is split: `O(M^2)` F in all on a balanced tree of `M` segments, at most `samples`.
//!
//! # In images
//! Neighbours are told apart last, so a lesion that lies within one branch keeps its evidence together, and few runs suffice: the nodes whose
//! contribution is largest are split first. What the budget leaves unsplit is spread evenly over the segments of the node.
//!
//! # Departures
//! The tree halves the segments' centres (in 2-D and 3-D, for superpixels too) instead of pixels; equal priorities are taken in order instead of at
//! random. Sixteen nodes are split at a time.
//!
//! # Source
//! owen1977values; lundberg2017shap (the library's partition explainer).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use crate::Result;
use crate::baseline::{SIGMA, VALUE};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo};
use crate::params::{ParamSpec, Values, int};
use crate::perturbation::coalition::{Coalition, FILL, Game, SCORE, completeness};
use crate::perturbation::hierarchy::{Hierarchy, TREE};
use crate::perturbation::segments::{CELLS, COUNT, SEGMENTER};
use crate::perturbation::site::INPUT;

static PARAMS: &[ParamSpec] = &[
    int("samples", 500, 2, 1_000_000, "the most coalitions that are run"),
    TREE,
    SEGMENTER,
    CELLS,
    COUNT,
    FILL,
    VALUE,
    SIGMA,
    SCORE,
    INPUT,
];

/// Partition SHAP.
pub static INFO: MethodInfo = MethodInfo {
    id: "partition-shap",
    name: "Partition SHAP",
    family: Family::Perturbation,
    summary: "Shares the score between the two halves of the segments, then of each half, down a tree",
    sources: &["owen1977values", "lundberg2017shap"],
    needs: &[],
    cost: "2 F per context that is split",
    keeps: &[
        ("completeness", "every split shares what its node had"),
        ("dummy", "a segment that changes nothing in any context gets 0, once its node is split"),
    ],
    breaks: &[("symmetry", "segments of different branches join in different orders")],
    params: PARAMS,
    cautions: &["mixed inputs are unlike any image that the model was trained on"],
    revision: 1,
    file: include_str!("partition_shap.rs"),
    kind: Kind::Driven(drive),
};

/// Contexts that are split together: their coalitions fill a batch.
const TOGETHER: usize = 16;

/// A node in a context.
#[derive(Clone, Debug)]
struct Open {
    node: usize,
    without: Coalition,
    low: f64,
    high: f64,
    weight: f64,
    /// Order of arrival, which breaks ties.
    arrival: usize,
}

impl Open {
    fn priority(&self) -> f64 {
        (self.high - self.low).abs() * self.weight
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Open) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Open {}
impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Open) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Open {
    fn cmp(&self, other: &Open) -> Ordering {
        self.priority().total_cmp(&other.priority()).then(other.arrival.cmp(&self.arrival))
    }
}

/// Attributions on the way, and what is still to be split.
struct Search<'a> {
    tree: &'a Hierarchy,
    open: BinaryHeap<Open>,
    phi: Vec<f64>,
    arrivals: usize,
}

impl Search<'_> {
    /// A leaf gets its share, another node waits to be split.
    fn add(&mut self, node: usize, without: Coalition, low: f64, high: f64, weight: f64) {
        let here = &self.tree.nodes[node];
        if here.children.is_none() {
            here.members.iter().for_each(|&m| self.phi[m] += weight * (high - low));
            return;
        }
        self.open.push(Open { node, without, low, high, weight, arrival: self.arrivals });
        self.arrivals += 1;
    }

    /// What waits is spread over its segments.
    fn spread(&mut self) -> usize {
        let left = self.open.len();
        for open in std::mem::take(&mut self.open) {
            let members = &self.tree.nodes[open.node].members;
            let share = open.weight * (open.high - open.low) / members.len() as f64;
            members.iter().for_each(|&m| self.phi[m] += share);
        }
        left
    }
}

/// Scores of coalitions, each run once, within a budget.
struct Memory<'g> {
    game: &'g Game,
    known: BTreeMap<Coalition, f64>,
    budget: usize,
}

impl Memory<'_> {
    fn learn(&mut self, context: &mut Context, rows: &[Coalition]) -> Result<()> {
        let mut fresh: Vec<Coalition> = rows.iter().filter(|r| !self.known.contains_key(*r)).cloned().collect();
        fresh.sort_unstable();
        fresh.dedup();
        let scores = self.game.scores(context, &fresh)?;
        self.budget = self.budget.saturating_sub(fresh.len());
        self.known.extend(fresh.into_iter().zip(scores));
        Ok(())
    }

    fn unknown(&self, row: &Coalition) -> usize {
        usize::from(!self.known.contains_key(row))
    }
}

/// The context with the segments of a node added.
fn with(without: &[bool], members: &[usize]) -> Coalition {
    let mut out = without.to_vec();
    members.iter().for_each(|&m| out[m] = true);
    out
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let game = Game::new(context, INFO.id, values, [8, 4])?;
    let m = game.players();
    let tree = match Hierarchy::injected(context, m)? {
        Some(given) => given,
        None if values.word("tree") == "order" => Hierarchy::of_order(m),
        None => Hierarchy::of_centres(&game.centres()),
    };
    let mut memory = Memory { game: &game, known: BTreeMap::new(), budget: values.count("samples") };
    let (none, all) = (vec![false; m], vec![true; m]);
    memory.learn(context, &[none.clone(), all.clone()])?;
    let (low, high) = (memory.known[&none], memory.known[&all]);
    let mut search = Search { tree: &tree, open: BinaryHeap::new(), phi: vec![0.0; m], arrivals: 0 };
    search.add(tree.root, none, low, high, 1.0);
    while !search.open.is_empty() && memory.budget > 0 {
        split(context, &mut search, &mut memory)?;
    }
    let left = search.spread();
    if left > 0 {
        context.notes.push(format!(
            "{} coalitions were run, and {left} groups of segments weren't told apart: their share is spread evenly (`samples` is the limit)",
            memory.known.len()
        ));
    }
    let phi = search.phi;
    Ok(Found {
        evidence: game.evidence(&phi),
        checks: vec![completeness(&phi, low, high)],
        extras: vec![("attribution".into(), phi)],
        ..Found::default()
    })
}

/// Splits the nodes that matter most, as many as the budget allows.
fn split(context: &mut Context, search: &mut Search, memory: &mut Memory) -> Result<()> {
    let (mut taken, mut rows, mut cost) = (Vec::new(), Vec::new(), 0);
    while taken.len() < TOGETHER {
        let Some(open) = search.open.pop() else { break };
        let Some((left, right)) = search.tree.nodes[open.node].children else { continue };
        let pair = [left, right].map(|c| with(&open.without, &search.tree.nodes[c].members));
        cost += memory.unknown(&pair[0]) + memory.unknown(&pair[1]);
        if cost > memory.budget {
            search.open.push(open);
            break;
        }
        rows.extend(pair.iter().cloned());
        taken.push((open, left, right, pair));
    }
    if taken.is_empty() {
        memory.budget = 0;
        return Ok(());
    }
    memory.learn(context, &rows)?;
    for (open, left, right, [with_left, with_right]) in taken {
        let (l, r, half) = (memory.known[&with_left], memory.known[&with_right], open.weight / 2.0);
        search.add(left, open.without.clone(), open.low, l, half);
        search.add(left, with_right, r, open.high, half);
        search.add(right, open.without, open.low, r, half);
        search.add(right, with_left, l, open.high, half);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, linear_net, random};

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], threads)
    }

    #[test]
    fn additive_games_give_shapley_values() {
        for shape in [&[1, 2, 6, 8][..], &[1, 1, 4, 4, 6], &[1, 3, 12]] {
            let (g, _) = linear_net(shape, 4);
            let b = bench(g, vec![random(shape, 5)], 2);
            let params = [("cells", "2".into()), ("value", 0.2.into())];
            let exact = b.run("exact-shapley", &params).unwrap();
            let owen = b.run("partition-shap", &params).unwrap();
            assert_close(extra(&owen, "attribution"), extra(&exact, "attribution"), 1e-5);
        }
    }

    #[test]
    fn two_segments_give_shapley_values_whatever_the_model() {
        let params = [("cells", "1,2".into())];
        let exact = net(1).run("exact-shapley", &params).unwrap();
        let owen = net(1).run("partition-shap", &params).unwrap();
        assert_close(extra(&owen, "attribution"), extra(&exact, "attribution"), 1e-6);
        assert_eq!(owen.counts.forwards, 4);
    }

    #[test]
    fn any_budget_adds_up_and_a_larger_one_tells_more_apart() {
        let mut spread = Vec::new();
        for samples in [2, 6, 20, 100_000] {
            let found = net(1).run("partition-shap", &[("cells", "4".into()), ("samples", samples.into())]).unwrap();
            assert!(found.checks.iter().all(|c| c.holds), "{samples}: {:?}", found.checks);
            assert!(found.counts.forwards <= samples as u64);
            let mut phi = extra(&found, "attribution").to_vec();
            phi.sort_by(f64::total_cmp);
            phi.dedup();
            spread.push(phi.len());
        }
        assert_eq!(spread[0], 1);
        assert!(spread.windows(2).all(|w| w[0] <= w[1]) && spread[3] == 16, "{spread:?}");
    }

    #[test]
    fn threads_change_no_bit() {
        let run = |threads| net(threads).map("partition-shap", &[("cells", "4".into())]);
        assert!(run(1) == run(4));
    }
}
