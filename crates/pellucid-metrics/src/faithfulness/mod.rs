//! Agreement of a map with what the model does when positions are removed.
//!
//! Scores aren't comparable between probabilities and logits, between baselines, or between models: every score carries its parameters.

pub mod aopc;
pub mod comprehensiveness;
mod curve;
pub mod deletion;
mod eraser;
pub mod faithfulness_correlation;
pub mod faithfulness_estimate;
mod imputation;
pub mod infidelity;
pub mod insertion;
pub mod irof;
pub mod monotonicity;
pub mod monotonicity_correlation;
pub mod pixel_flipping;
mod regions;
pub mod road;
pub mod selectivity;
pub mod sensitivity_n;
mod subsets;
pub mod sufficiency;
pub mod sufficiency_dasgupta;

pub use curve::{Order, Steps, insertion_less_deletion};
pub use imputation::impute;
pub use regions::regions;
