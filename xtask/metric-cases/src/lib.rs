//! Runs files of numeric cases, one file per metric, against `pellucid-metrics`; used by `cargo xtask oracles` and by this crate's test.
//!
//! A file names its metric and holds cases of `input` and `expected`. A table maps the metric to a function from `input` to what was computed, as
//! JSON of the same form; [`compare`] then walks both. To add a metric: one line in a table, one function.

mod compare;
mod decode;
mod encode;
mod model;
mod numeric;
mod run;
pub mod text;

pub use compare::{Comparison, Tolerance, compare};
pub use decode::{Array, CaseError, Input};
pub use encode::{array, boolean, list, number, object, outcome, undefined};
pub use model::{ClosedForm, Explanation};
pub use run::{FileReport, FromFile, FromInput, Runner, Table, run_file, run_folder, runner};
