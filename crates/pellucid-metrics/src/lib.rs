//! Metrics of explanations: localisation, faithfulness, robustness, complexity, randomisation, axioms, text, concepts, counterfactuals,
//! embeddings, calibration. Every metric is a deterministic core that takes its samples as arguments, and a seeded sampler on top.

pub mod text;
mod undefined;

pub use undefined::{Outcome, Undefined};
