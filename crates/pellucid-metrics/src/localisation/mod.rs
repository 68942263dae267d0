//! Agreement of a heatmap with a ground-truth mask. Higher is better.
//!
//! An empty mask is undefined, except for overlap, where a heatmap can still have foreground. A mask of a region of interest goes in by
//! [`crate::restrict`]: outside the body there is nothing to be found, and air makes every number look better.

pub mod attribution_localisation;
pub mod average_precision;
mod components;
pub mod focus;
pub mod iou;
pub mod lesion_recall;
pub mod pointing_game;
pub mod relevance_mass_accuracy;
pub mod relevance_rank_accuracy;
pub mod roc_auc;
pub mod top_k_intersection;

pub use components::{Component, components};
