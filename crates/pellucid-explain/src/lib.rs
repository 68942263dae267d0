//! The vocabulary of explanations and every method.
//!
//! A [`Model`] is opened once; [`explain`] runs methods of the list ([`METHODS`]) for a [`Target`] on a sample and gives an [`Explanation`]
//! each: raw signed evidence with checks, notes, counts and provenance. Compiled methods are graphs: those asked for together share one
//! forward and one backward pass, and each can be exported ([`export`]).

mod assembly;
pub mod attention;
mod baseline;
pub mod cam;
mod compiled;
mod context;
mod decision;
mod error;
mod evidence;
mod explanation;
mod family;
pub mod gradient;
mod layer;
mod lbfgs;
mod linalg;
mod method;
mod model;
mod optimise;
mod params;
pub mod perturbation;
mod planes;
mod probability;
mod provenance;
mod random;
mod region;
mod registry;
pub mod relevance;
mod run;
mod stepwise;
mod target;
#[cfg(test)]
mod testing;

pub use assembly::Assembly;
pub use context::{Context, Make, Sink};
pub use error::{ExplainError, Result};
pub use evidence::{Evidence, Grid, Map};
pub use explanation::{Check, Counts, Explanation, TargetInfo};
pub use family::Family as ModelFamily;
pub use layer::{Layer, Layout};
pub use method::{Family, Form, Found, Gradients, Kind, MethodInfo, Need, Written, WrittenCheck, WrittenMap};
pub use model::{Model, ModelNotes, Output, argmax};
pub use params::{ParamKind, ParamSpec, Preset, SEED, Values, choice, flag, float, int, text};
pub use planes::Planes;
pub use provenance::Provenance;
pub use region::wins;
pub use registry::{METHODS, find};
pub use relevance::balance::BalanceLine;
pub use run::{Outcome, Request, Wish, explain, export, objective_of, output_value, sha256};
pub use target::{Head, Objective, Reference, Region, RegionReduce, Target, apply_head};
