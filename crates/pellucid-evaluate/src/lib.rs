//! Metrics on models and data: which explanation to believe, in numbers.
//!
//! A [`Protocol`] says which methods are scored by which metrics. [`run`] explains every [`Case`], scores every map, along with maps that know
//! nothing ([`Control`]), and appends one [`Row`] for each to a folder: what is there already isn't done again. [`summarise`] makes tables with
//! intervals and paired tests of the rows; [`page`] a report.

mod control;
mod error;
mod method;
mod page;
mod plot;
mod protocol;
mod randomise;
mod row;
mod run;
mod sanity;
mod store;
mod subject;
mod suite;
mod summary;

pub use control::Control;
pub use error::{EvaluateError, Result};
pub use page::page;
pub use protocol::{MethodWish, MetricWish, Protocol};
pub use randomise::{layers_with_weights, randomised};
pub use row::{Outcome, Row};
pub use run::{Case, Maker, Progress, Run, run};
pub use sanity::{Checker, Sanity};
pub use store::Store;
pub use subject::Subject;
pub use suite::{SUITE, default_metrics, is_available};
pub use summary::{Summary, SummaryTable, costs, rows_csv, summarise};
