//! Reading a graph backwards: gradients and replaceable backward rules.
//!
//! [`pull_back`] appends to a graph the computation of what flows back from some wires to others, under a [`RuleSet`]. The plain gradient
//! is a rule set like any other; its rules are one table of adjoints by operator ([`gradient`]). Since the result is an ordinary graph, it
//! can be differentiated again, exported, and run on any engine.

pub mod contribution;
mod error;
pub mod gradient;
mod listing;
mod pull;
pub mod relevance;
mod rules;
mod slope;
mod sweep;
mod window;

pub use error::{DiffError, Result};
pub use listing::{RULES, RuleInfo};
pub use pull::Pull;
pub use rules::{Assigned, Rule, RuleSet, Select, deconvnet, gradient_rules, guided_backprop};
pub use sweep::{Entry, Pulled, pull_back};
