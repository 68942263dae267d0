//! Axioms that an attribution keeps or breaks.

pub mod completeness;
pub mod input_invariance;
pub mod non_sensitivity;
