//! Follows attention through all blocks, half of every step staying where it is.
//!
//! # Formula
//! ```text
//! B_l = D_l^-1 (A_l + I)        R = B_L ... B_2 B_1        L(j) = sum_i s_i R[i, j]
//! ```
//!
//! # Symbols
//! - `A_l`: probabilities of block `l` after the softmax, heads fused, `T x T`
//! - `D_l`: diagonal matrix of the row sums of `A_l + I`
//! - `R`: share of input token `j` in token `i` after the last block, `T x T`
//! - `s`: weights of the rows, sum 1: the class token alone, or all patches alike
//! - `L`: number of blocks, in `B_L`; the map, in `L(j)`
//!
//! # Axioms
//! Rows of `R` sum to 1. Class sensitivity fails: the target isn't read. Completeness fails.
//!
//! # Cost
//! 1 F and `L` products of a row with a `T x T` matrix.
//!
//! # In images
//! The map has one value per patch, in 3-D one per cube. It tends to the mean of everything as blocks follow each other: look at its contrast, not its
//! colours. Models whose attention stays inside windows (Swin) aren't covered.
//!
//! # Departures
//! Only the row that is shown is carried through the blocks, from the last one back, which is the same as taking it out of `R`; `matrix` gives `R`.
//! Small attention isn't discarded.
//!
//! # Source
//! abnar2020quantifying (attention rollout).

use pellucid_graph::{Build, DType, Tensor, Wire};

use crate::Result;
use crate::assembly::Assembly;
use crate::attention::heads::{by_head, fused};
use crate::attention::stack::Stack;
use crate::attention::{HEADS, MATRIX, ROWS};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written, WrittenCheck};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[HEADS, ROWS, MATRIX];

/// Attention rollout.
pub static INFO: MethodInfo = MethodInfo {
    id: "attention-rollout",
    name: "Attention rollout",
    family: Family::Attention,
    summary: "Follows attention through all blocks, half of every step staying where it is",
    sources: &["abnar2020quantifying"],
    needs: &[Need::Attention],
    cost: "1 F",
    keeps: &[("unit-row", "a product of matrices whose rows sum to 1")],
    breaks: &[
        ("class-sensitivity", "the target isn't read"),
        ("completeness", "values, dense layers and signs are left out"),
    ],
    params: PARAMS,
    cautions: &["the map is the same for every class", "the map has one value per patch"],
    revision: 1,
    file: include_str!("attention_rollout.rs"),
    kind: Kind::Compiled { needs: |_| Gradients::default(), write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let stack = Stack::of(&assembly.graph, &assembly.attention, assembly.score)?;
    let batch = assembly.batch;
    let mut b = assembly.build("attention-rollout");
    let mut row = stack.start_row(&mut b, values.word("rows"))?;
    let mut steps = Vec::with_capacity(stack.blocks.len());
    for block in &stack.blocks {
        let heads = by_head(&mut b, block.probabilities, block, batch)?;
        steps.push(fused(&mut b, heads, values.word("heads"))?);
    }
    for a in steps.iter().rev() {
        row = step(&mut b, row, *a)?;
    }
    let mut written = Written { maps: vec![stack.map(&mut b, row)?], ..Written::default() };
    written.checks.push(WrittenCheck {
        name: "unit-row",
        statement: "the shares of all tokens, special ones included, sum to 1",
        found: b.sum(row, &[1, 2], false)?,
        expected: b.constant(Tensor::full(DType::F32, &[batch], 1.0)),
        tolerance: 1e-4,
    });
    if values.flag("matrix") {
        written.extras.push(("matrix", whole(&mut b, &steps, batch, stack.tokens)?));
    }
    Ok(written)
}

/// `r D^-1 (A + I)` for a row `r`, without making the sum: with `u = r D^-1` it is `u A + u`.
fn step(b: &mut Build, row: Wire, a: Wire) -> Result<Wire> {
    let sums = row_sums(b, a)?;
    let across = b.swap_last(sums)?;
    let u = b.div(row, across)?;
    let moved = b.matmul(u, a)?;
    Ok(b.add(moved, u)?)
}

/// Row sums of `A + I`, `N x T x 1`.
fn row_sums(b: &mut Build, a: Wire) -> Result<Wire> {
    let sums = b.sum(a, &[2], true)?;
    Ok(b.shift(sums, 1.0)?)
}

/// `R`, `N x T x T`.
fn whole(b: &mut Build, steps: &[Wire], batch: usize, tokens: usize) -> Result<Wire> {
    let mut r = identity(b, batch, tokens);
    for &a in steps {
        let moved = b.matmul(a, r)?;
        let sum = b.add(moved, r)?;
        let sums = row_sums(b, a)?;
        r = b.div(sum, sums)?;
    }
    Ok(r)
}

/// Identity matrices, `N x T x T`.
pub(crate) fn identity(b: &mut Build, batch: usize, tokens: usize) -> Wire {
    let one = (0..tokens * tokens).map(|e| f64::from(u8::from(e / tokens == e % tokens)));
    let values = one.collect::<Vec<f64>>().repeat(batch);
    b.constant(Tensor::from_f64(DType::F32, vec![batch, tokens, tokens], values))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Bench, assert_close, bench, extra, one_map, random, token_net};

    fn tokens(special: usize) -> Bench {
        bench(token_net(special, 1.0), vec![random(&[1, 2, 4, 6], 5)], 1)
    }

    /// `(A + I) / 2` of the mean over two heads.
    fn half_step(bench: &Bench, name: &str, t: usize) -> Vec<f64> {
        let a = bench.wire(name).to_f64();
        let same = |e: usize| f64::from(u8::from(e / t == e % t));
        (0..t * t).map(|e| 0.5 * ((a[e] + a[t * t + e]) / 2.0 + same(e))).collect()
    }

    #[test]
    fn the_map_is_a_row_of_the_product_of_all_blocks() {
        for special in [0, 1, 2] {
            let (bench, t) = (tokens(special), 6 + special);
            let (first, last) = (half_step(&bench, "attention_0", t), half_step(&bench, "attention_1", t));
            let entry = |i: usize, j: usize| (0..t).map(|k| last[i * t + k] * first[k * t + j]).sum::<f64>();
            let matrix: Vec<f64> = (0..t * t).map(|e| entry(e / t, e % t)).collect();
            let found = bench.run("attention-rollout", &[("matrix", json!(true))]).unwrap();
            assert_close(extra(&found, "matrix"), &matrix, 1e-6);
            let mean = |j: usize| (0..t).map(|i| matrix[i * t + j]).sum::<f64>() / t as f64;
            let row: Vec<f64> = (special..t).map(|j| if special == 0 { mean(j) } else { matrix[j] }).collect();
            assert_close(&one_map(&found), &row, 1e-6);
        }
    }

    #[test]
    fn rows_sum_to_one_however_heads_are_fused() {
        for heads in ["mean", "max", "min"] {
            let found =
                tokens(1).run("attention-rollout", &[("heads", json!(heads)), ("matrix", json!(true))]).unwrap();
            assert!(found.checks.iter().any(|c| c.name == "unit-row" && c.holds), "{:?}", found.checks);
            for row in extra(&found, "matrix").chunks(7) {
                assert_close(&[row.iter().sum()], &[1.0], 1e-6);
            }
        }
    }

    #[test]
    fn the_target_does_not_matter() {
        let other = tokens(1).for_target(crate::Target::Logit { index: 2 });
        assert_eq!(tokens(1).map("attention-rollout", &[]), other.map("attention-rollout", &[]));
    }
}
