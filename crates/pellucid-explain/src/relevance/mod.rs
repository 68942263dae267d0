//! Relevance: the target's value handed back through the model, node by node, by rules that say who gets how much.

pub mod attn_lrp;
pub(crate) mod balance;
pub mod cp_lrp;
pub mod deep_lift;
pub mod deep_shap;
pub(crate) mod difference;
pub mod excitation_backprop;
pub mod lrp;
mod rule_file;
pub(crate) mod spread;
pub(crate) mod start;
mod transformer;
