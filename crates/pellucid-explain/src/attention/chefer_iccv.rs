//! Follows attention through all blocks, each entry weighed by the target's gradient.
//!
//! # Formula
//! ```text
//! C_l = 1/H sum_h max(g_lh * A_lh, 0)        R = (I + C_L) ... (I + C_1)        L(j) = sum_i s_i R[i, j]
//! ```
//!
//! # Symbols
//! - `A_lh`: probabilities of head `h` of block `l` after the softmax, `T x T`
//! - `g_lh`: gradient of the target `t` with respect to them, units of `t`
//! - `H`: number of heads
//! - `s`: weights of the rows, sum 1: the class token alone, or all patches alike
//! - `L`: number of blocks, in `C_L`; the map, in `L(j)`
//!
//! # Axioms
//! Values are never negative. Where attention doesn't matter to the target `R` is the identity. Completeness fails: only positive products are kept.
//!
//! # Cost
//! 1 F and the backward to the first block.
//!
//! # In images
//! The map has one value per patch, in 3-D one per cube, and only speaks for the target: evidence against it is cut off. It is comparable within an
//! image, not between images, since products of several blocks mix powers of the gradient. Where the mean of the rows is shown, the identity in `R` adds
//! the same constant to every patch. Models whose attention stays inside windows (Swin) aren't covered.
//!
//! # Departures
//! Only self-attention: the rules for two kinds of tokens aren't included. Only the row that is shown is carried through the blocks; `matrix` gives `R`.
//!
//! # Source
//! chefer2021generic (relevance of self-attention).

use crate::Result;
use crate::assembly::Assembly;
use crate::attention::positive::follow;
use crate::attention::stack::Stack;
use crate::attention::{MATRIX, ROWS};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[ROWS, MATRIX];

/// Chefer et al., ICCV 2021.
pub static INFO: MethodInfo = MethodInfo {
    id: "chefer-iccv",
    name: "Chefer attention relevance (ICCV 2021)",
    family: Family::Attention,
    summary: "Follows attention through all blocks, each entry weighed by the target's gradient",
    sources: &["chefer2021generic"],
    needs: &[Need::Attention, Need::Gradient],
    cost: "1 F + 1 B",
    keeps: &[("identity", "without a gradient at any attention every block is the identity")],
    breaks: &[("completeness", "negative products are cut off, and paths around attention count as the identity")],
    params: PARAMS,
    cautions: &["evidence against the target isn't shown", "the map has one value per patch"],
    revision: 1,
    file: include_str!("chefer_iccv.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { attention: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let stack = Stack::of(&assembly.graph, &assembly.attention, assembly.score)?;
    let weights = stack.blocks.iter().map(|b| b.probabilities).collect::<Vec<_>>();
    follow(assembly, &stack, &weights, values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Target;
    use crate::testing::{Bench, assert_close, bench, extra, one_map, random, token_net};

    fn tokens(special: usize, value: f64) -> Bench {
        bench(token_net(special, value), vec![random(&[1, 2, 4, 6], 7)], 1)
    }

    #[test]
    fn attention_that_moves_nothing_leaves_the_identity() {
        let found = tokens(1, 0.0).run("chefer-iccv", &[("matrix", json!(true))]).unwrap();
        let same = |e: usize| f64::from(u8::from(e / 7 == e % 7));
        assert_eq!(extra(&found, "matrix"), (0..49).map(same).collect::<Vec<f64>>());
        assert_eq!(one_map(&found), [0.0; 6]);
    }

    #[test]
    fn the_map_is_a_row_of_the_matrix_and_depends_on_the_target() {
        for special in [0, 1] {
            let (bench, t) = (tokens(special, 1.0), 6 + special);
            let found = bench.run("chefer-iccv", &[("matrix", json!(true))]).unwrap();
            let m = extra(&found, "matrix");
            let mean = |j: usize| (0..t).map(|i| m[i * t + j]).sum::<f64>() / t as f64;
            let row: Vec<f64> = (special..t).map(|j| if special == 0 { mean(j) } else { m[j] }).collect();
            assert_close(&one_map(&found), &row, 1e-6);
            assert!(row.iter().all(|v| *v >= 0.0) && row.iter().any(|v| *v > 0.0), "{row:?}");
            let other = tokens(special, 1.0).for_target(Target::Logit { index: 1 });
            assert_ne!(other.map("chefer-iccv", &[]), one_map(&found));
        }
    }

    #[test]
    fn asked_together_with_others_it_gives_the_same() {
        let bench = tokens(1, 1.0);
        let wishes = ["saliency", "chefer-iccv", "attention-rollout"].map(crate::Wish::of).to_vec();
        let request =
            crate::Request { methods: wishes, targets: vec![bench.target.clone()], ..crate::Request::default() };
        let all = crate::explain(&bench.model, &bench.inputs, &request).unwrap().explanations;
        let [Ok(first), Ok(chefer), Ok(rollout)] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((first.counts.forwards, first.counts.backwards), (1, 1));
        assert_close(&one_map(chefer), &bench.map("chefer-iccv", &[]), 1e-6);
        assert_close(&one_map(rollout), &bench.map("attention-rollout", &[]), 1e-6);
    }
}
