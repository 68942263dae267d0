//! Change of the explanation when the model is randomised, or another class is explained.
//!
//! How weights are randomised is the caller's business: each layer's own initialiser again, or a permutation of its weights, seeded; statistics of
//! batch normalisation reset. A map that stays the same explains the image, not the model.

pub mod efficient_mprt;
pub mod mprt;
pub mod random_logit;
mod similarity;
pub mod smooth_mprt;

pub use similarity::Similarity;
