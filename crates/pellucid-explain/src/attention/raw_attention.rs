//! Shows which patches one block's attention draws on.
//!
//! # Formula
//! ```text
//! L(j) = sum_i s_i (1/H) sum_h A_h[i, j]
//! ```
//!
//! # Symbols
//! - `A_h`: probabilities of head `h` of the block after the softmax, `T x T`, rows with sum 1
//! - `H`: number of heads
//! - `s`: weights of the rows, sum 1: the class token alone, or all patches alike
//! - `j`: patch
//!
//! # Axioms
//! Over all tokens, special ones included, the row sums to 1 with `heads = mean`. Class sensitivity fails: the target isn't read. Completeness fails.
//!
//! # Cost
//! 1 F.
//!
//! # In images
//! The map has one value per patch (14 x 14 for patches of 16 px at 224 px), in 3-D one per cube. It shows where values were fetched from, not what
//! they did for the class: patches of plain background can hold much attention because the model keeps global information there. Models whose
//! attention stays inside windows (Swin) have no such row.
//!
//! # Departures
//! Where several tokens ask, the mean of their rows is shown. A special token's own share is left out of the map and not made up for.
//!
//! # Source
//! caron2021dino (rows of the class token, last block); vaswani2017attention, eq. 1; background patches: darcet2024registers.

use crate::Result;
use crate::assembly::Assembly;
use crate::attention::heads::{by_head, fused};
use crate::attention::stack::Stack;
use crate::attention::{HEADS, ROWS};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values, int};

static PARAMS: &[ParamSpec] = &[
    int("block", -1, -1000, 1000, "the block that is shown, counted from 0, or from the end with -1 the last"),
    HEADS,
    ROWS,
];

/// Raw attention.
pub static INFO: MethodInfo = MethodInfo {
    id: "raw-attention",
    name: "Raw attention",
    family: Family::Attention,
    summary: "Shows which patches one block's attention draws on",
    sources: &["caron2021dino", "vaswani2017attention", "darcet2024registers"],
    needs: &[Need::Attention],
    cost: "1 F",
    keeps: &[("unit-row", "a softmax row sums to 1, and so does the mean of several")],
    breaks: &[
        ("class-sensitivity", "the target isn't read"),
        ("completeness", "values and all other blocks are left out"),
    ],
    params: PARAMS,
    cautions: &["the map is the same for every class", "the map has one value per patch"],
    revision: 1,
    file: include_str!("raw_attention.rs"),
    kind: Kind::Compiled { needs: |_| Gradients::default(), write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let stack = Stack::one(&assembly.graph, &assembly.attention, assembly.score, values.int("block"))?;
    let batch = assembly.batch;
    let mut b = assembly.build("raw-attention");
    let start = stack.start_row(&mut b, values.word("rows"))?;
    let block = &stack.blocks[0];
    let heads = by_head(&mut b, block.probabilities, block, batch)?;
    let a = fused(&mut b, heads, values.word("heads"))?;
    let row = b.matmul(start, a)?;
    Ok(Written { maps: vec![stack.map(&mut b, row)?], extras: vec![("row", row)], ..Written::default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{assert_close, bench, extra, maps, one_map, random, token_net};

    #[test]
    fn the_row_of_the_class_token_is_shown_on_the_grid_of_the_patches() {
        let bench = bench(token_net(1, 1.0), vec![random(&[1, 2, 4, 6], 3)], 1);
        for (block, name) in [(0, "attention_0"), (-1, "attention_1")] {
            let a = bench.wire(name).to_f64();
            let found = bench.run("raw-attention", &[("block", json!(block))]).unwrap();
            let expected: Vec<f64> = (1..7).map(|j| (a[j] + a[49 + j]) / 2.0).collect();
            assert_eq!(maps(&found)[0].shape, [2, 3]);
            assert_close(&one_map(&found), &expected, 1e-6);
            assert_close(&[extra(&found, "row").iter().sum()], &[1.0], 1e-6);
        }
    }

    #[test]
    fn without_special_tokens_the_mean_of_all_rows_is_shown() {
        let bench = bench(token_net(0, 1.0), vec![random(&[1, 2, 4, 6], 3)], 1);
        let a = bench.wire("attention_1").to_f64();
        let of = |h: usize, i: usize, j: usize| a[(h * 6 + i) * 6 + j];
        for (how, fuse) in [("max", f64::max as fn(f64, f64) -> f64), ("min", f64::min), ("mean", |a, b| (a + b) / 2.0)]
        {
            let map = bench.map("raw-attention", &[("heads", json!(how))]);
            let expected: Vec<f64> =
                (0..6).map(|j| (0..6).map(|i| fuse(of(0, i, j), of(1, i, j))).sum::<f64>() / 6.0).collect();
            assert_close(&map, &expected, 1e-6);
        }
    }
}
