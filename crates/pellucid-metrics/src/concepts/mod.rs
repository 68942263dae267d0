//! Concept bottlenecks, concept activation vectors, effects of concepts.

pub mod cace;
pub mod concept_accuracy;
pub mod concept_completeness;
pub mod concept_shap;
pub mod intervention_curve;
pub mod tcav;
