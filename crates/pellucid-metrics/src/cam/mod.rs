//! Confidence when the input is multiplied by its class activation map.
//!
//! A map of ones changes nothing and so wins drop and increase: never report those alone.

pub mod adcc;
pub mod arcc;
pub mod average_drop;
pub mod average_gain;
pub mod cam_complexity;
pub mod coherency;
mod confidence;
pub mod increase_in_confidence;

pub use confidence::{Confidence, confidence, unit};
