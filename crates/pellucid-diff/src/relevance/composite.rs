//! Rule sets of relevance propagation.

use std::sync::Arc;

use pellucid_graph::op::Role;

use super::quotient::STABILISER;
use super::{Held, Lrp, Pass, Product, Proportional};
use crate::rules::Gradient;
use crate::{Rule, RuleSet, Select};

/// Operators that put their operands together in proportion.
const SUMS: &[&str] = &[
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

/// What every set does with nodes that aren't linear. Whatever isn't named takes the gradient: maxima send all to the winner, and what only
/// moves elements moves relevance.
fn others(batch_norm: impl Rule + 'static, epsilon: f64) -> Entries {
    let mut entries = vec![
        on("BatchNormalization", batch_norm),
        (Select::Role(Role::Norm), Arc::new(Held { epsilon }) as Arc<dyn Rule>),
        (Select::Role(Role::Activation), Arc::new(Pass)),
    ];
    entries.extend(["Softmax", "LogSoftmax"].map(|op| on(op, Pass)));
    entries.extend(["Mul", "Div", "Pow"].map(|op| on(op, Product)));
    entries.extend(SUMS.iter().map(|op| on(op, Proportional { epsilon })));
    entries.push((Select::Any, Arc::new(Gradient)));
    entries
}

/// `first` at the first linear node of each path, `conv` at convolutions, epsilon at other linear nodes; batch normalisation passes.
fn composite(name: &str, first: Option<Lrp>, conv: Lrp) -> RuleSet {
    let mut entries: Entries = Vec::new();
    if let Some(first) = first {
        entries.push((Select::FirstLinear, Arc::new(first)));
    }
    entries.push(on("Conv", conv.clone()));
    entries.push(on("ConvTranspose", conv));
    entries.push((Select::Role(Role::Linear), Arc::new(Lrp::Epsilon(STABILISER))));
    entries.extend(others(Pass, STABILISER));
    RuleSet { name: name.to_string(), entries }
}

/// One rule at every linear node; batch normalisation takes the epsilon rule on its affine map, so that folding it changes nothing under
/// [`Lrp::Epsilon`]. With `Lrp::Epsilon(0.0)` on a network of rectifiers, maxima and linear nodes this is input times gradient.
pub fn lrp(rule: Lrp) -> RuleSet {
    let epsilon = rule.epsilon();
    let name = rule.id().to_string();
    let mut entries: Entries = vec![(Select::Role(Role::Linear), Arc::new(rule))];
    entries.extend(others(Held { epsilon }, epsilon));
    RuleSet { name, entries }
}

/// z+ at convolutions, epsilon at other linear nodes.
pub fn epsilon_plus() -> RuleSet {
    composite("lrp-epsilon-plus", None, Lrp::ZPlus)
}

/// [`epsilon_plus`] with the flat rule at the first linear node.
pub fn epsilon_plus_flat() -> RuleSet {
    composite("lrp-epsilon-plus-flat", Some(Lrp::Flat), Lrp::ZPlus)
}

/// The box rule at the first linear node, gamma 0.25 at convolutions, epsilon at other linear nodes. The bounds are those of the data that
/// reaches the first linear node, after input normalisation: one for all channels, or one per channel.
pub fn epsilon_gamma_box(low: &[f64], high: &[f64]) -> RuleSet {
    let first = Lrp::Box { low: low.to_vec(), high: high.to_vec() };
    composite("lrp-epsilon-gamma-box", Some(first), Lrp::Gamma(0.25))
}

/// alpha 2, beta 1 at convolutions, epsilon at other linear nodes.
pub fn epsilon_alpha2_beta1() -> RuleSet {
    composite("lrp-epsilon-alpha2-beta1", None, Lrp::AlphaBeta { alpha: 2.0, beta: 1.0 })
}

/// [`epsilon_alpha2_beta1`] with the flat rule at the first linear node.
pub fn epsilon_alpha2_beta1_flat() -> RuleSet {
    composite("lrp-epsilon-alpha2-beta1-flat", Some(Lrp::Flat), Lrp::AlphaBeta { alpha: 2.0, beta: 1.0 })
}
