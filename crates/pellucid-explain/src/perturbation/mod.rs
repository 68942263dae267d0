//! Methods that change the input and watch the output.

pub mod anchors;
pub(crate) mod coalition;
pub mod exact_shapley;
pub mod extremal_perturbation;
pub(crate) mod hierarchy;
pub(crate) mod kernel_coalitions;
pub mod kernel_shap;
pub(crate) mod least_squares;
pub mod lime;
pub(crate) mod lucb;
pub mod meaningful_perturbation;
pub mod occlusion;
pub mod partition_shap;
pub mod permutation_shap;
pub(crate) mod random_masks;
pub mod rise;
pub(crate) mod running;
pub(crate) mod segments;
pub mod sidu;
pub(crate) mod site;
