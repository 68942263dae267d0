//! Agreement of a model's confidence with its accuracy. Lower is better.

pub mod adaptive_ece;
mod bins;
pub mod brier;
pub mod classwise_ece;
pub mod ece;
pub mod mce;
pub mod nll;
pub mod rmsce;

pub use bins::{Bin, reliability};
