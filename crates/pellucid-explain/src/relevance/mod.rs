//! Relevance: the target's value handed back through the model, node by node, by rules that say who gets how much.

pub(crate) mod balance;
pub mod lrp;
mod rule_file;
pub(crate) mod start;
