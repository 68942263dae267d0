//! An explanation: evidence with what one must know to trust it.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::provenance::Provenance;
use crate::relevance::balance::BalanceLine;

/// An explanation of one target of one sample by one method.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Method id.
    pub method: String,
    /// What was explained.
    pub target: TargetInfo,
    /// Where evidence was read, in words (`input`, or a layer and why it was chosen).
    pub site: String,
    /// The evidence.
    pub evidence: Evidence,
    /// Each property that the method declares, measured.
    pub checks: Vec<Check>,
    /// Further arrays by name (channel weights, scores), for those who look deeper.
    pub extras: Vec<(String, Vec<f64>)>,
    /// What each node got of the target's value and handed on, for methods that hand it back.
    pub balance: Vec<BalanceLine>,
    /// Warnings and remarks that a reader must see.
    pub notes: Vec<String>,
    /// What was run.
    pub counts: Counts,
    /// How it came about.
    pub provenance: Provenance,
}

/// What was explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetInfo {
    /// In words.
    pub description: String,
    /// Class index, if it is about one.
    pub class: Option<usize>,
    /// Class name, if known.
    pub label: Option<String>,
    /// Value of the target for this sample.
    pub value: f64,
    /// Activation that was stepped over.
    pub stepped_over: Option<String>,
}

/// A measured property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Name of the property, such as `completeness`.
    pub name: String,
    /// What it compares, in words.
    pub statement: String,
    /// The residual, in units of the target.
    pub residual: f64,
    /// The residual relative to the scale of the comparison.
    pub relative: f64,
    /// Whether it lies within what the method promises.
    pub holds: bool,
}

impl Check {
    /// Compares two numbers that should be equal: holds within `tolerance` of the larger of `scale` and their magnitudes.
    pub fn equal(name: &str, statement: &str, found: f64, expected: f64, scale: f64, tolerance: f64) -> Check {
        let residual = found - expected;
        let relative = residual.abs() / scale.max(found.abs()).max(expected.abs()).max(f64::MIN_POSITIVE);
        Check {
            name: name.into(),
            statement: statement.into(),
            residual,
            relative,
            holds: relative.is_finite() && relative <= tolerance,
        }
    }
}

/// Samples that went through the model, or through a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Forward passes of the whole model.
    pub forwards: u64,
    /// Backward passes.
    pub backwards: u64,
    /// Forward passes of the part after a layer.
    pub suffixes: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.forwards += other.forwards;
        self.backwards += other.backwards;
        self.suffixes += other.suffixes;
    }
}
