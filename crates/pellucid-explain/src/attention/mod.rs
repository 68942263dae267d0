//! Attention as evidence: how much each token draws on each other one, block by block.
//!
//! All of them read the probabilities `A` after the softmax, `N x heads x T x T`: row `i` says which tokens token `i` draws on. The map is one
//! row (the class token's, or the mean of the patches' rows), special tokens dropped, on the grid of the patches.

pub mod attention_flow;
pub mod attention_rollout;
pub mod chefer_cvpr;
pub mod chefer_iccv;
pub(crate) mod heads;
pub(crate) mod max_flow;
pub(crate) mod positive;
pub mod raw_attention;
pub(crate) mod stack;

use crate::params::{ParamSpec, choice, flag};

/// How heads become one matrix.
pub(crate) const HEADS: ParamSpec =
    choice("heads", "mean", &["mean", "max", "min"], "how the heads of a block become one matrix");

/// Whose row the map is.
pub(crate) const ROWS: ParamSpec = choice(
    "rows",
    "auto",
    &["auto", "class", "mean"],
    "whose row is shown: the first token's, the mean of the patches', or the first token's where there are special tokens (auto)",
);

/// Whether the whole matrix is given.
pub(crate) const MATRIX: ParamSpec =
    flag("matrix", false, "also give the row of every token, special ones included, as the array `matrix`");
