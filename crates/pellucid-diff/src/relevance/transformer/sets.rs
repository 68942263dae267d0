//! The rule sets.

use std::sync::Arc;

use pellucid_graph::op::Role;

use super::{Bilinear, Currency, Detached, Identity, Softmax, Stop};
use crate::relevance::composite::SUMS;
use crate::relevance::quotient::STABILISER;
use crate::relevance::{Held, Lrp, Pass, Product, Proportional, Unsupported};
use crate::rules::Gradient;
use crate::{Rule, RuleSet, Select};

/// What the softmax of attention does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attention {
    /// It is differentiated (AttnLRP).
    #[default]
    Differentiated,
    /// It is held constant (CP-LRP).
    Constant,
}

/// AttnLRP and CP-LRP.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transformer {
    /// What attention does.
    pub attention: Attention,
    /// Gamma at convolutions; 0.25 is usual for patch embeddings.
    pub conv_gamma: f64,
    /// Gamma at other linear nodes; 0.05 is usual.
    pub linear_gamma: f64,
}

/// Functions that aren't 0 at 0, which have no finite scaling there.
const OFFSET: &[&str] =
    &["Sigmoid", "HardSigmoid", "Softplus", "Exp", "Log", "Reciprocal", "Cos", "Cosh", "Acos", "Acosh"];

/// Functions without a slope.
const FLAT: &[&str] = &["Sign", "Floor", "Ceil", "Round"];

impl Transformer {
    /// What flows: multipliers without gammas, relevance with them.
    pub fn currency(&self) -> Currency {
        if self.conv_gamma == 0.0 && self.linear_gamma == 0.0 { Currency::Multiplier } else { Currency::Relevance }
    }

    /// As an ordered list of selectors and rules. Recurrent layers have no rule and are refused.
    pub fn rules(&self) -> RuleSet {
        let name = match self.attention {
            Attention::Differentiated => "attn-lrp",
            Attention::Constant => "cp-lrp",
        };
        let mut entries = Vec::new();
        if self.attention == Attention::Constant {
            entries.push(on("Softmax", Stop));
        }
        entries.extend(["LSTM", "GRU", "RNN"].map(|op| on(op, Unsupported)));
        match self.currency() {
            Currency::Multiplier => self.multipliers(&mut entries),
            Currency::Relevance => self.relevance(&mut entries),
        }
        entries.push((Select::Any, Arc::new(Gradient)));
        RuleSet { name: name.to_string(), entries }
    }

    fn bilinear(&self, gamma: f64) -> Bilinear {
        let linear = if gamma == 0.0 { Lrp::Epsilon(STABILISER) } else { Lrp::Gamma(gamma) };
        Bilinear { currency: self.currency(), attention: self.attention, linear }
    }

    fn detached(&self) -> Arc<dyn Rule> {
        Arc::new(Detached { currency: self.currency(), epsilon: STABILISER })
    }

    fn multipliers(&self, entries: &mut Entries) {
        entries.push((Select::Role(Role::Linear), Arc::new(self.bilinear(0.0))));
        entries.extend(["Mul", "Div", "Pow"].map(|op| on(op, self.bilinear(0.0))));
        entries.push(on("BatchNormalization", Gradient));
        // Their divisors, held constant, are what their values are divided by.
        entries.extend(["LpNormalization", "LRN"].map(|op| on(op, Identity)));
        entries.push((Select::Role(Role::Norm), self.detached()));
        entries.push(on("Neg", Gradient));
        entries.extend(OFFSET.iter().chain(FLAT).map(|op| on(op, Stop)));
        entries.push((Select::Role(Role::Activation), Arc::new(Identity)));
    }

    fn relevance(&self, entries: &mut Entries) {
        entries.extend(["Conv", "ConvTranspose"].map(|op| on(op, self.bilinear(self.conv_gamma))));
        entries.push((Select::Role(Role::Linear), Arc::new(self.bilinear(self.linear_gamma))));
        entries.extend(["Mul", "Div", "Pow"].map(|op| on(op, Product)));
        let epsilon = STABILISER;
        entries.extend(["BatchNormalization", "LpNormalization", "LRN"].map(|op| on(op, Held { epsilon })));
        entries.push((Select::Role(Role::Norm), self.detached()));
        entries.push((Select::Role(Role::Activation), Arc::new(Pass)));
        entries.push(on("Softmax", Softmax));
        entries.extend(SUMS.iter().map(|op| on(op, Proportional { epsilon })));
    }
}

/// An ordered list of selectors and rules, as it is written down.
type Entries = Vec<(Select, Arc<dyn Rule>)>;

fn on(op: &str, rule: impl Rule + 'static) -> (Select, Arc<dyn Rule>) {
    (Select::Op(op.to_string()), Arc::new(rule))
}
