//! Takes attention as the width of pipes and finds how much each patch can send through all blocks.
//!
//! # Formula
//! ```text
//! B_l = D_l^-1 (A_l + I)        f_j = largest flow from s to (0, j)        L(j) = f_j / sum_k f_k
//! ```
//!
//! # Symbols
//! - `A_l`: probabilities of block `l` after the softmax, heads fused, `T x T`
//! - `D_l`: diagonal matrix of the row sums of `A_l + I`
//! - `B_l[i, j]`: capacity of the edge from token `(l, i)` to token `(l - 1, j)`
//! - `s`: source, which gives each token of the last block its weight, sum 1: the class token alone, or all patches alike
//! - `k`: all tokens, special ones included
//!
//! # Axioms
//! Rollout is a flow too, so that `rollout_j <= f_j <= min(1, sum_i B_1[i, j])`. Class sensitivity fails: the target isn't read. Completeness fails.
//!
//! # Cost
//! 1 F and `T` searches for a largest flow over `L T^2` edges.
//!
//! # In images
//! The map has one value per patch, in 3-D one per cube. Flows to different patches are found one by one and share pipes, so they don't add up to
//! anything. In deep models every flow can reach what enters the patch in the first block (it does for twelve blocks of random attention): the map then
//! shows that block alone. Models whose attention stays inside windows (Swin) aren't covered.
//!
//! # Departures
//! A search ends when the flow has reached the upper bound above.
//!
//! # Source
//! abnar2020quantifying (attention flow).

use pellucid_graph::Tensor;
use pellucid_graph::query::{AttentionBlock, attention_blocks};
use rayon::prelude::*;

use crate::Result;
use crate::attention::heads::fused_values;
use crate::attention::max_flow::Layered;
use crate::attention::stack::Stack;
use crate::attention::{HEADS, ROWS};
use crate::context::Context;
use crate::evidence::{Evidence, Map};
use crate::explanation::Check;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[HEADS, ROWS];

/// Attention flow.
pub static INFO: MethodInfo = MethodInfo {
    id: "attention-flow",
    name: "Attention flow",
    family: Family::Attention,
    summary: "Takes attention as the width of pipes and finds how much each patch can send through all blocks",
    sources: &["abnar2020quantifying"],
    needs: &[Need::Attention],
    cost: "1 F + T searches for a largest flow",
    keeps: &[("bounds", "no flow is below rollout, which is one way to send, nor above what the first block lets in")],
    breaks: &[
        ("class-sensitivity", "the target isn't read"),
        ("completeness", "flows to different patches use the same pipes"),
    ],
    params: PARAMS,
    cautions: &[
        "the map is the same for every class",
        "time grows with the third power of the number of patches",
        "the map has one value per patch",
    ],
    revision: 1,
    file: include_str!("attention_flow.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let graph = context.graph(1)?;
    let end = graph.find(&context.objective.wire)?;
    let stack = Stack::of(&graph, &attention_blocks(&graph), end)?;
    let source = stack.start(values.word("rows"))?;
    let names: Vec<&str> = stack.blocks.iter().map(|b| graph.name_of(b.probabilities)).collect();
    let read = context.taps(&names)?;
    let of = |(block, a): (&AttentionBlock, &Tensor)| {
        with_identity(fused_values(&a.to_f64(), block.heads, values.word("heads")), stack.tokens)
    };
    let capacities: Vec<Vec<f64>> = stack.blocks.iter().zip(&read).map(of).collect();
    let net = Layered { capacities: &capacities, source: &source };
    let flow: Vec<f64> = (0..stack.tokens).into_par_iter().map(|j| net.to(j)).collect();
    let rollout = capacities.iter().rev().fold(source.clone(), |row, b| through(&row, b));
    let sum: f64 = flow.iter().sum();
    let shares: Vec<f64> = flow.iter().map(|f| f / sum.max(f64::MIN_POSITIVE)).collect();
    let map = shares[stack.special..].iter().map(|v| *v as f32).collect();
    let check = bounds(&net, &flow, &rollout);
    Ok(Found {
        evidence: Evidence::Maps(vec![Map { grid: stack.place(), shape: stack.grid.clone(), values: map }]),
        checks: vec![check],
        extras: vec![("flow".into(), flow), ("flow_normalised".into(), shares), ("rollout_row".into(), rollout)],
        ..Found::default()
    })
}

/// `D^-1 (A + I)`, `T x T`.
fn with_identity(mut a: Vec<f64>, tokens: usize) -> Vec<f64> {
    for (i, row) in a.chunks_mut(tokens).enumerate() {
        row[i] += 1.0;
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|v| *v /= sum);
    }
    a
}

/// A row times a `T x T` matrix.
fn through(row: &[f64], matrix: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; row.len()];
    for (r, line) in row.iter().zip(matrix.chunks(row.len())) {
        out.iter_mut().zip(line).for_each(|(o, m)| *o += r * m);
    }
    out
}

/// How far any flow leaves its bounds.
fn bounds(net: &Layered, flow: &[f64], rollout: &[f64]) -> Check {
    let outside = |(j, f): (usize, &f64)| (rollout[j] - f).max(f - net.bound(j));
    let worst = flow.iter().enumerate().map(outside).fold(0.0, f64::max);
    Check::equal(
        "bounds",
        "every flow is at least its rollout and at most what can enter the token",
        worst,
        0.0,
        1.0,
        1e-6,
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::{assert_close, bench, extra, maps, one_map, random, token_net};

    #[test]
    fn flows_lie_between_rollout_and_what_can_enter() {
        for special in [0, 1] {
            let bench = bench(token_net(special, 1.0), vec![random(&[1, 2, 4, 6], 9)], 2);
            let found = bench.run("attention-flow", &[]).unwrap();
            assert!(found.checks.iter().any(|c| c.name == "bounds" && c.holds), "{:?}", found.checks);
            let (flow, rollout) = (extra(&found, "flow"), extra(&found, "rollout_row"));
            assert!(flow.iter().zip(rollout).all(|(f, r)| *f >= r - 1e-9 && *f <= 1.0 + 1e-9));
            assert_close(&bench.map("attention-rollout", &[]), &rollout[special..], 1e-6);
            let sum: f64 = flow.iter().sum();
            let shares: Vec<f64> = flow[special..].iter().map(|f| f / sum).collect();
            assert_close(&one_map(&found), &shares, 1e-6);
            assert_eq!(maps(&found)[0].shape, [2, 3]);
        }
    }
}
