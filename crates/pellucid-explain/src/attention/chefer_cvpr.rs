//! Follows attention through all blocks, each entry weighed by its relevance and by the target's gradient.
//!
//! # Formula
//! ```text
//! C_l = 1/H sum_h max(g_lh * R_lh, 0)        M = (I + C_L) ... (I + C_1)        L(j) = sum_i s_i M[i, j]
//! ```
//!
//! # Symbols
//! - `R_lh`: relevance that reaches the probabilities of head `h` of block `l`, `T x T`, started from 1 at the target. Dense layers share it by positive
//!   contributions without the bias, products halve it, residual sums scale each branch by the size of its total; softmax, activations and
//!   normalisations pass it on
//! - `g_lh`: gradient of the target `t` with respect to these probabilities, units of `t`
//! - `H`: number of heads; `s`: weights of the rows, sum 1: the class token alone, or all patches alike
//! - `L`: number of blocks, in `C_L`; the map, in `L(j)`
//!
//! # Axioms
//! Values are never negative. Completeness fails: only positive products are kept, and the matrices aren't normalised.
//!
//! # Cost
//! 1 F + 1 B for gradients + 1 B of about 2 F for relevance.
//!
//! # In images
//! The map has one value per patch, in 3-D one per cube, and speaks for the target only. The simpler `chefer-iccv` puts attention in the place of
//! relevance and mostly gives nearly the same map. Models whose attention stays inside windows (Swin) aren't covered.
//!
//! # Departures
//! Relevance is summed by sample at residual sums, so that a batch gives what its samples give one by one.
//!
//! # Source
//! chefer2021transformer.

use pellucid_diff::pull_back;
use pellucid_diff::relevance::transformer_attribution;

use crate::Result;
use crate::assembly::Assembly;
use crate::attention::positive::follow;
use crate::attention::stack::Stack;
use crate::attention::{MATRIX, ROWS};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values};
use crate::relevance::lrp::PATENTS;
use crate::relevance::start::start;

static PARAMS: &[ParamSpec] = &[ROWS, MATRIX];

/// Chefer et al., CVPR 2021.
pub static INFO: MethodInfo = MethodInfo {
    id: "chefer-cvpr",
    name: "Transformer attribution (Chefer, CVPR 2021)",
    family: Family::Attention,
    summary: "Follows attention through all blocks, each entry weighed by its relevance and the target's gradient",
    sources: &["chefer2021transformer"],
    needs: &[Need::Attention, Need::Gradient],
    cost: "1 F + 1 B + 1 B of about 2 F",
    keeps: &[("identity", "without a gradient at any attention every block is the identity")],
    breaks: &[("completeness", "negative products are cut off, and paths around attention count as the identity")],
    params: PARAMS,
    cautions: &["evidence against the target isn't shown", "the map has one value per patch", PATENTS],
    revision: 1,
    file: include_str!("chefer_cvpr.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { attention: true, ..Gradients::default() }, write },
};

/// Names of the arrays of relevance.
const RELEVANCE: &[&str] = &[
    "relevance_0",
    "relevance_1",
    "relevance_2",
    "relevance_3",
    "relevance_4",
    "relevance_5",
    "relevance_6",
    "relevance_7",
    "relevance_8",
    "relevance_9",
    "relevance_10",
    "relevance_11",
];

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let stack = Stack::of(&assembly.graph, &assembly.attention, assembly.score)?;
    let wrt: Vec<_> = stack.blocks.iter().map(|b| b.probabilities).collect();
    let (wire, one) = start(assembly, true)?;
    let pulled = pull_back(&mut assembly.graph, &[(wire, one)], &wrt, &transformer_attribution())?;
    assembly.assignment.extend(pulled.assignment);
    let mut relevance = Vec::with_capacity(wrt.len());
    for (at, flow) in wrt.iter().zip(pulled.wrt) {
        relevance.push(assembly.or_zeros(*at, flow)?);
    }
    let mut written = follow(assembly, &stack, &relevance, values)?;
    if values.flag("matrix") {
        written.extras.extend(RELEVANCE.iter().copied().zip(relevance));
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Bench, bench, extra, one_map, random, token_net};

    fn tokens(special: usize, value: f64) -> Bench {
        bench(token_net(special, value), vec![random(&[1, 2, 4, 6], 7)], 1)
    }

    #[test]
    fn attention_that_moves_nothing_leaves_the_identity() {
        let found = tokens(1, 0.0).run("chefer-cvpr", &[("matrix", json!(true))]).unwrap();
        let same = |e: usize| f64::from(u8::from(e / 7 == e % 7));
        assert_eq!(extra(&found, "matrix"), (0..49).map(same).collect::<Vec<f64>>());
    }

    #[test]
    fn maps_are_not_negative_and_differ_from_those_of_plain_attention() {
        for special in [0, 1] {
            let map = one_map(&tokens(special, 1.0).run("chefer-cvpr", &[]).unwrap());
            assert!(map.iter().all(|v| *v >= 0.0) && map.iter().any(|v| *v > 0.0), "{map:?}");
            assert_ne!(map, tokens(special, 1.0).map("chefer-iccv", &[]));
        }
    }
}
