//! How well a low-dimensional embedding keeps the neighbourhoods and distances of the data.

pub mod embedding_continuity;
pub mod neighbour_preservation;
mod neighbours;
pub mod shepard_correlation;
pub mod stress;
pub mod trustworthiness;
