//! From the heads of a block to one matrix.

use pellucid_graph::query::AttentionBlock;
use pellucid_graph::{Build, Wire};

use crate::Result;

/// A block's probabilities, or a wire of their shape, as `N x heads x T x T`.
pub(crate) fn by_head(b: &mut Build, wire: Wire, block: &AttentionBlock, batch: usize) -> Result<Wire> {
    Ok(b.reshape(wire, &[batch, block.heads, block.queries, block.tokens])?)
}

/// `N x heads x T x T` as `N x T x T`: the mean, the largest or the smallest of the heads, entry by entry.
pub(crate) fn fused(b: &mut Build, a: Wire, how: &str) -> Result<Wire> {
    Ok(match how {
        "max" => b.max_over(a, &[1], false)?,
        "min" => {
            let negative = b.neg(a)?;
            let largest = b.max_over(negative, &[1], false)?;
            b.neg(largest)?
        }
        _ => b.mean(a, &[1], false)?,
    })
}

/// The same on the host: `heads` matrices of `T x T`, one after another.
pub(crate) fn fused_values(a: &[f64], heads: usize, how: &str) -> Vec<f64> {
    let size = a.len() / heads.max(1);
    let entry = |e: usize| a.iter().copied().skip(e).step_by(size);
    let fuse = |e: usize| match how {
        "max" => entry(e).fold(f64::NEG_INFINITY, f64::max),
        "min" => entry(e).fold(f64::INFINITY, f64::min),
        _ => entry(e).sum::<f64>() / heads as f64,
    };
    (0..size).map(fuse).collect()
}
