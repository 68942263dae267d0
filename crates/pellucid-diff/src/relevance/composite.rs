//! Rule sets of relevance propagation.

use std::sync::Arc;

use pellucid_graph::op::Role;

use super::quotient::STABILISER;
use super::{Held, Lrp, Pass, Product, Proportional};
use crate::rules::Gradient;
use crate::{Rule, RuleSet, Select};

/// Operators that put their operands together in proportion.
pub(super) const SUMS: &[&str] = &[
    "Add",
    "Sub",
    "Sum",
    "Mean",
    "AveragePool",
    "GlobalAveragePool",
    "LpPool",
    "GlobalLpPool",
    "ReduceMean",
    "ReduceSum",
    "ReduceL1",
    "ReduceL2",
    "CumSum",
    "Resize",
    "GridSample",
];

/// An ordered list of selectors and rules, as it is written down.
type Entries = Vec<(Select, Arc<dyn Rule>)>;

fn on(op: &str, rule: impl Rule + 'static) -> (Select, Arc<dyn Rule>) {
    (Select::Op(op.to_string()), Arc::new(rule))
}

/// What normalisations by running statistics do that no linear node could take in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchNorm {
    /// Hand relevance on unchanged.
    Pass,
    /// Take the epsilon rule on their affine map, so that their offset absorbs its share.
    Affine,
}

/// What elementwise nonlinearities do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Hand relevance on unchanged.
    Pass,
    /// Multiply it by their slope.
    Gradient,
}

/// A rule for each kind of node.
#[derive(Clone, Debug, PartialEq)]
pub struct Composite {
    /// Name of the set.
    pub name: String,
    /// At the first linear node on each path from an input; the rule of its kind when left out.
    pub first: Option<Lrp>,
    /// At convolutions, transposed ones included.
    pub conv: Lrp,
    /// At all other linear nodes.
    pub linear: Lrp,
    /// At batch normalisations.
    pub batch_norm: BatchNorm,
    /// At activations.
    pub activation: Activation,
}

impl Composite {
    fn new(name: &str, first: Option<Lrp>, conv: Lrp) -> Composite {
        Composite {
            name: name.to_string(),
            first,
            conv,
            linear: Lrp::Epsilon(STABILISER),
            batch_norm: BatchNorm::Pass,
            activation: Activation::Pass,
        }
    }

    /// As an ordered list of selectors and rules.
    pub fn rules(&self) -> RuleSet {
        let mut entries: Entries = Vec::new();
        if let Some(first) = &self.first {
            entries.push((Select::FirstLinear, Arc::new(first.clone())));
        }
        entries.push(on("Conv", self.conv.clone()));
        entries.push(on("ConvTranspose", self.conv.clone()));
        entries.push((Select::Role(Role::Linear), Arc::new(self.linear.clone())));
        entries.extend(self.others());
        RuleSet { name: self.name.clone(), entries }
    }

    /// What every set does with nodes that aren't linear. Whatever isn't named takes the gradient: maxima send all to the winner, and what
    /// only moves elements moves relevance.
    fn others(&self) -> Entries {
        // A rule without an epsilon leaves sums without one too; a large one is for linear nodes only.
        let epsilon = self.linear.epsilon().min(STABILISER);
        let mut entries = vec![match self.batch_norm {
            BatchNorm::Pass => on("BatchNormalization", Pass),
            BatchNorm::Affine => on("BatchNormalization", Held { epsilon }),
        }];
        entries.push((Select::Role(Role::Norm), Arc::new(Held { epsilon })));
        entries.push((
            Select::Role(Role::Activation),
            match self.activation {
                Activation::Pass => Arc::new(Pass) as Arc<dyn Rule>,
                Activation::Gradient => Arc::new(Gradient),
            },
        ));
        entries.extend(["Softmax", "LogSoftmax"].map(|op| on(op, Pass)));
        entries.extend(["Mul", "Div", "Pow"].map(|op| on(op, Product)));
        entries.extend(SUMS.iter().map(|op| on(op, Proportional { epsilon })));
        entries.push((Select::Any, Arc::new(Gradient)));
        entries
    }

    /// z+ at convolutions, epsilon at other linear nodes.
    pub fn epsilon_plus() -> Composite {
        Composite::new("lrp-epsilon-plus", None, Lrp::ZPlus)
    }

    /// [`Composite::epsilon_plus`] with the flat rule at the first linear node.
    pub fn epsilon_plus_flat() -> Composite {
        Composite::new("lrp-epsilon-plus-flat", Some(Lrp::Flat), Lrp::ZPlus)
    }

    /// The box rule at the first linear node, gamma 0.25 at convolutions, epsilon at other linear nodes. The bounds are those of the data
    /// that reaches the first linear node, after input normalisation: one for all channels, or one per channel.
    pub fn epsilon_gamma_box(low: &[f64], high: &[f64]) -> Composite {
        let first = Lrp::Box { low: low.to_vec(), high: high.to_vec() };
        Composite::new("lrp-epsilon-gamma-box", Some(first), Lrp::Gamma(0.25))
    }

    /// alpha 2, beta 1 at convolutions, epsilon at other linear nodes.
    pub fn epsilon_alpha2_beta1() -> Composite {
        Composite::new("lrp-epsilon-alpha2-beta1", None, Lrp::AlphaBeta { alpha: 2.0, beta: 1.0 })
    }

    /// [`Composite::epsilon_alpha2_beta1`] with the flat rule at the first linear node.
    pub fn epsilon_alpha2_beta1_flat() -> Composite {
        let conv = Lrp::AlphaBeta { alpha: 2.0, beta: 1.0 };
        Composite::new("lrp-epsilon-alpha2-beta1-flat", Some(Lrp::Flat), conv)
    }

    /// One rule at every linear node; batch normalisation takes the epsilon rule on its affine map, so that folding it changes nothing under
    /// [`Lrp::Epsilon`]. With `Lrp::Epsilon(0.0)` on a network of rectifiers, maxima and linear nodes this is input times gradient.
    pub fn uniform(rule: Lrp) -> Composite {
        let batch_norm = BatchNorm::Affine;
        Composite { linear: rule.clone(), batch_norm, ..Composite::new(rule.id(), None, rule.clone()) }
    }
}
