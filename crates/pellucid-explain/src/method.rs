//! What a method is: an entry of the list, compiled (a graph) or driven (a loop).

use std::fmt;

use pellucid_graph::Wire;

use crate::assembly::Assembly;
use crate::context::Context;
use crate::evidence::Evidence;
use crate::params::{ParamSpec, Values};
use crate::relevance::balance::{BalanceLine, WrittenBalance};
use crate::{Check, Result};

/// One method of the list.
pub struct MethodInfo {
    /// Id: kebab case, equal to the file's name.
    pub id: &'static str,
    /// Title.
    pub name: &'static str,
    /// Family.
    pub family: Family,
    /// One line, verb first.
    pub summary: &'static str,
    /// Bibliography keys, the original paper first.
    pub sources: &'static [&'static str],
    /// What the model must have.
    pub needs: &'static [Need],
    /// Cost in forwards (F) and backwards (B) of the model.
    pub cost: &'static str,
    /// Properties that hold, with the reason.
    pub keeps: &'static [(&'static str, &'static str)],
    /// Properties that fail, with the reason.
    pub breaks: &'static [(&'static str, &'static str)],
    /// Parameters.
    pub params: &'static [ParamSpec],
    /// What a reader must beware of.
    pub cautions: &'static [&'static str],
    /// Revision of the numbers: goes up when results change.
    pub revision: u32,
    /// The method's own file: its module documentation is the reference page.
    pub file: &'static str,
    /// How it works.
    pub kind: Kind,
}

/// Families, in the order of the survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Class activation maps.
    Cam,
    /// Gradients and modified backpropagation.
    Gradient,
    /// Relevance: the target's value handed back by rules.
    Relevance,
    /// Attention of transformers.
    Attention,
    /// Perturbation of the input.
    Perturbation,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::Cam => "class activation",
            Family::Gradient => "gradient",
            Family::Relevance => "relevance",
            Family::Attention => "attention",
            Family::Perturbation => "perturbation",
        })
    }
}

/// What a method needs of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A gradient from the target back to where evidence is read.
    Gradient,
    /// A feature map with spatial axes or patch tokens.
    FeatureMap,
    /// A linear head on globally pooled features.
    PooledHead,
    /// Attention among patches of the input.
    Attention,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Need::Gradient => "gradient",
            Need::FeatureMap => "feature map",
            Need::PooledHead => "pooled linear head",
            Need::Attention => "attention among patches",
        })
    }
}

/// How a method works.
pub enum Kind {
    /// The method is a graph: it can be exported, and all compiled methods asked for at once share one forward and one backward.
    Compiled {
        /// Which gradients it reads.
        needs: fn(&Values) -> Gradients,
        /// Writes its maps into the graph.
        write: fn(&mut Assembly, &Values) -> Result<Written>,
    },
    /// A loop that asks graphs for many values.
    Driven(fn(&mut Context, &Values) -> Result<Found>),
}

/// The plain gradients that a compiled method reads; they are taken in one sweep for all methods together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gradients {
    /// At the layers.
    pub layers: bool,
    /// At the inputs.
    pub inputs: bool,
    /// At the probabilities of every attention.
    pub attention: bool,
    /// The form of the graph that the method's numbers depend on.
    pub form: Form,
}

/// How far a graph is rewritten. The function stays the same; what its nodes contribute doesn't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// Batch normalisation folded into the convolution before it, biases dropped where a normalisation takes them out again.
    #[default]
    Canonical,
    /// The same with every bias where the file has it: a share of relevance goes there.
    Biased,
    /// Batch normalisation and biases as they stand in the file.
    Unfolded,
}

impl Form {
    /// Every form.
    pub(crate) const ALL: [Form; 3] = [Form::Canonical, Form::Biased, Form::Unfolded];

    /// The rewrites that it goes without.
    pub(crate) fn skipped(self) -> &'static [&'static str] {
        match self {
            Form::Canonical => &[],
            Form::Biased => &["drop-lost-bias"],
            Form::Unfolded => &["fold-batch-norm", "drop-lost-bias"],
        }
    }
}

/// What a compiled method wrote.
#[derive(Debug, Default)]
pub struct Written {
    /// Maps, each with a batch axis.
    pub maps: Vec<WrittenMap>,
    /// Properties to measure.
    pub checks: Vec<WrittenCheck>,
    /// Further arrays by name, each with a batch axis or a single value per sample.
    pub extras: Vec<(&'static str, Wire)>,
    /// What each node got and handed on, for methods that hand the target's value back.
    pub balance: Vec<WrittenBalance>,
}

/// A map as a wire.
#[derive(Debug)]
pub struct WrittenMap {
    /// Where its grid lies.
    pub grid: crate::evidence::Grid,
    /// `N x ..`.
    pub wire: Wire,
}

/// Two numbers per sample that should be equal.
#[derive(Debug)]
pub struct WrittenCheck {
    /// Name of the property.
    pub name: &'static str,
    /// What it compares, in words.
    pub statement: &'static str,
    /// Found, shape `N`.
    pub found: Wire,
    /// Expected, shape `N`.
    pub expected: Wire,
    /// Relative deviation within which it holds.
    pub tolerance: f64,
}

/// Arrays by name, such as channel weights or scores.
pub type Extras = Vec<(String, Vec<f64>)>;

/// What a driven method found.
#[derive(Debug, Default)]
pub struct Found {
    /// The evidence.
    pub evidence: Evidence,
    /// Properties measured.
    pub checks: Vec<Check>,
    /// Further arrays by name (channel weights, scores), for tests and for those who look deeper.
    pub extras: Extras,
    /// What each node got and handed on, for methods that hand the target's value back.
    pub balance: Vec<BalanceLine>,
}

/// Name of an array that belongs to one of several inputs or layers: `name` alone when there is one, else `name_part`.
pub(crate) fn named(name: &str, part: &str, of: usize) -> String {
    if of == 1 { name.to_string() } else { format!("{name}_{part}") }
}

impl MethodInfo {
    /// The reference page: the module documentation of the method's file.
    pub fn doc(&self) -> String {
        let lines = self.file.lines().take_while(|l| l.starts_with("//!"));
        lines.map(|l| l.trim_start_matches("//!").strip_prefix(' ').unwrap_or("")).collect::<Vec<_>>().join("\n")
    }

    /// Whether the method is a graph that can be exported.
    pub fn is_compiled(&self) -> bool {
        matches!(self.kind, Kind::Compiled { .. })
    }
}
