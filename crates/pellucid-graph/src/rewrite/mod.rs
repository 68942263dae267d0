//! Rewrites: from a graph to another one that computes the same function.
//!
//! [`specialise`] fixes the input shapes and folds what has become constant. [`rebatch`] does so for several samples at once. [`canonical`]
//! then puts together what exporters take apart, with the rules of [`REWRITES`], one file each.

mod canonical;
mod channel;
mod copy;
mod drop_identity;
mod drop_lost_bias;
mod edit;
mod fold_affine;
mod fold_batch_norm;
mod formula;
mod group_gelu;
mod group_group_norm;
mod group_hard_swish;
mod group_layer_norm;
mod group_leaky_relu;
mod group_linear;
mod group_mish;
mod group_rms_norm;
mod group_silu;
mod inline;
mod merge_transpose;
mod normal;
mod rebatch;
mod specialise;
mod view;

pub use canonical::{REWRITES, RewriteRule, canonical, canonical_keeping, canonical_without};
pub use rebatch::{rebatch, rebatch_inputs};
pub use specialise::specialise;

pub(crate) use copy::Copy;

use crate::{Graph, NameMap};

/// A graph after a rewrite.
#[derive(Clone, Debug)]
pub struct Rewritten {
    /// The graph.
    pub graph: Graph,
    /// For every wire of the graph before, the name that it has now; `None` where it is gone.
    pub map: NameMap,
    /// What was done, in order.
    pub log: Vec<RewriteNote>,
}

/// One thing that a rewrite did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewriteNote {
    /// Name of the rule.
    pub rule: &'static str,
    /// Names of the nodes that it took away or changed.
    pub nodes: Vec<String>,
    /// Name of the wire that they made, empty where there are many.
    pub wire: String,
    /// What was done, in words.
    pub what: String,
}
