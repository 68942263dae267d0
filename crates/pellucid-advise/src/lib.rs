//! What to ask of a model, and how: presets of 22 modalities as data, recognition of a modality, and advice as an evaluation protocol.
//!
//! A [`Preset`] says what is known of a kind of image before any model is looked at: units, baselines, parts, display, methods and metrics with
//! reasons, cautions, and how weak the evidence is. [`PRESETS`] has those of the program; [`Registry::with_folder`] adds a user's.
//! [`recognise`] says which presets an image may belong to; [`advise`](fn@advise) makes of preset, task, reader and what model and data offer a
//! [`Protocol`] that can run, with a reason for everything in it and for everything left out.

mod advise;
mod error;
pub mod facts;
mod made;
mod ontology;
mod preset;
mod protocol;
mod recognise;
mod rules;
mod situation;
mod text;

pub use advise::{Request, advise};
pub use error::{AdviseError, Result};
pub use ontology::{Coded, Ontology, Side};
pub use preset::*;
pub use protocol::*;
pub use recognise::*;
pub use rules::{Effect, RULES, Rule, Situation, When as Condition};
pub use situation::*;
