//! What to ask of a model, and how: presets of 22 modalities as data, recognition of a modality, and advice as an evaluation protocol.
//!
//! A [`Preset`] says what is known of a kind of image before any model is looked at: units, baselines, parts, display, methods and metrics with
//! reasons, cautions, and how weak the evidence is. [`PRESETS`] has those of the program; [`Registry::with_folder`] adds a user's.

mod error;
pub mod facts;
mod made;
mod ontology;
mod preset;
mod recognise;
mod text;

pub use error::{AdviseError, Result};
pub use ontology::{Coded, Ontology, Side};
pub use preset::*;
pub use recognise::*;
