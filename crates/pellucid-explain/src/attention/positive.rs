//! Following attention through all blocks, every entry weighed by the positive part of its gradient times something of its own.

use pellucid_graph::{Build, Wire};

use crate::Result;
use crate::assembly::Assembly;
use crate::attention::attention_rollout::identity;
use crate::attention::heads::{by_head, fused};
use crate::attention::stack::Stack;
use crate::method::Written;
use crate::params::Values;

/// `(I + C_L) .. (I + C_1)` with `C_l = mean over heads of max(g_l * w_l, 0)`, `g_l` the gradient at the probabilities of block `l` and `w_l` of their
/// shape: one row as a map, and the whole matrix when `matrix` says so.
///
/// # Errors
/// When a node between the target and the attention can't be differentiated.
pub(crate) fn follow(assembly: &mut Assembly, stack: &Stack, weights: &[Wire], values: &Values) -> Result<Written> {
    let batch = assembly.batch;
    let mut steps = Vec::with_capacity(stack.blocks.len());
    for (block, weight) in stack.blocks.iter().zip(weights) {
        let g = assembly.gradient_at(block.probabilities)?;
        let mut b = assembly.build("positive");
        let product = b.mul(g, *weight)?;
        let positive = b.relu(product)?;
        let heads = by_head(&mut b, positive, block, batch)?;
        steps.push(fused(&mut b, heads, "mean")?);
    }
    let mut b = assembly.build("positive");
    let mut row = stack.start_row(&mut b, values.word("rows"))?;
    for c in steps.iter().rev() {
        let moved = b.matmul(row, *c)?;
        row = b.add(row, moved)?;
    }
    let mut written = Written { maps: vec![stack.map(&mut b, row)?], ..Written::default() };
    if values.flag("matrix") {
        written.extras.push(("matrix", whole(&mut b, &steps, batch, stack.tokens)?));
    }
    Ok(written)
}

/// `R`, `N x T x T`.
fn whole(b: &mut Build, steps: &[Wire], batch: usize, tokens: usize) -> Result<Wire> {
    let mut r = identity(b, batch, tokens);
    for &c in steps {
        let moved = b.matmul(c, r)?;
        r = b.add(r, moved)?;
    }
    Ok(r)
}
