//! How much work an evaluation is, to keep folding from taking longer than the run that it would spare.

use super::{Call, einsum};
use crate::{Fact, volume};

/// Multiplications, comparisons or copies, roughly: elements of the results times what each of them reads.
pub(super) fn of(call: &Call, facts: &[Fact]) -> usize {
    let results = facts.iter().map(size).fold(0usize, usize::saturating_add);
    results.saturating_mul(reads(call).max(1))
}

fn size(fact: &Fact) -> usize {
    fact.shape().and_then(|s| volume(&s)).unwrap_or(usize::MAX)
}

/// Elements that one element of the result reads.
fn reads(call: &Call) -> usize {
    let shape = |i: usize| call.shape(i).unwrap_or_default();
    let from = |s: Vec<usize>, skip: usize| s.get(skip..).and_then(volume).unwrap_or(1);
    let kernel =
        || call.attrs.ints("kernel_shape").unwrap_or(&[]).iter().fold(1usize, |n, k| n.saturating_mul(*k as usize));
    let last = |i: usize| shape(i).last().copied().unwrap_or(1);
    match call.op {
        "MaxPool" | "AveragePool" | "LpPool" => kernel(),
        "Conv" | "ConvInteger" => from(shape(1), 1),
        "QLinearConv" => from(shape(3), 1),
        // each output channel is reached from all input channels
        "ConvTranspose" => from(shape(1), 2).saturating_mul(shape(0).get(1).copied().unwrap_or(1)),
        "MatMul" | "MatMulInteger" | "QLinearMatMul" | "Linear" => last(0),
        "Gemm" => shape(0).iter().copied().max().unwrap_or(1),
        "Einsum" => einsum::reads(call),
        // one row of the input and of the last state for each gate
        "LSTM" | "GRU" | "RNN" => 4usize.saturating_mul(last(1).saturating_add(last(2))),
        "LRN" => shape(0).get(1).copied().unwrap_or(1),
        "RoiAlign" => 4 * 512 * 512,
        "GridSample" => 64,
        _ => 1,
    }
}
