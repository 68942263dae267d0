//! Change of the explanation under small changes of the input. Lower is better, except for consistency.
//!
//! Perturbed inputs are written by a closure when they are needed. Where scores and explanations are both taken, it is called again for the same
//! number and must write the same input; [`uniform_noise`] and [`gaussian_noise`] do.

pub mod avg_sensitivity;
pub mod consistency;
pub mod continuity;
pub mod local_lipschitz;
pub mod max_sensitivity;
mod perturbed;
pub mod relative_input_stability;
pub mod relative_output_stability;
pub mod relative_representation_stability;
mod stability;

pub use perturbed::{gaussian_noise, uniform_noise};
