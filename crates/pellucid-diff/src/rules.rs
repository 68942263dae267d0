//! Rules, and the rule sets that say which node gets which.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use pellucid_graph::op::{self, Role};
use pellucid_graph::{Graph, Wire};

use crate::{Pull, Result, gradient};

/// How one node is read backwards.
pub trait Rule: Send + Sync {
    /// The rule's id, one of [`crate::RULES`].
    fn id(&self) -> &'static str;

    /// From what flows back into the outputs to what flows on to each input (`None`: nothing).
    ///
    /// # Errors
    /// When the node has no such rule.
    fn pull(&self, pull: &mut Pull) -> Result<Vec<Option<Wire>>>;
}

/// Which nodes an entry of a rule set is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Select {
    /// Every node.
    Any,
    /// Nodes of an operator type.
    Op(String),
    /// Nodes of a role.
    Role(Role),
    /// The node of a name, or the node that makes the wire of that name.
    Name(String),
    /// The first linear node in execution order on each path from an input.
    FirstLinear,
    /// Linear nodes that no other linear node follows on the way to the target.
    LastLinear,
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Select::Any => f.write_str("default of the set"),
            Select::Op(op) => write!(f, "operator {op}"),
            Select::Role(role) => write!(f, "role {role:?}"),
            Select::Name(name) => write!(f, "named {name}"),
            Select::FirstLinear => f.write_str("first linear node"),
            Select::LastLinear => f.write_str("last linear node"),
        }
    }
}

/// An ordered list of selectors and rules: the first that matches a node decides.
#[derive(Clone)]
pub struct RuleSet {
    /// Name of the set.
    pub name: String,
    /// Entries in order of precedence.
    pub entries: Vec<(Select, Arc<dyn Rule>)>,
}

/// Which rule a node was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Node name.
    pub node: String,
    /// Operator type.
    pub op: String,
    /// Rule id.
    pub rule: String,
    /// The selector that decided.
    pub because: String,
}

impl Assigned {
    pub(crate) fn new(graph: &Graph, index: usize, rule: &str, because: &str) -> Assigned {
        let node = &graph.nodes()[index];
        Assigned { node: node.name.clone(), op: node.op.clone(), rule: rule.into(), because: because.into() }
    }
}

/// A rule and the reason for it, by node.
pub(crate) type Resolved = BTreeMap<usize, (Arc<dyn Rule>, String)>;

impl RuleSet {
    /// The rule of every node that depends on what is asked for, in a sweep from `targets`.
    pub(crate) fn resolve(&self, graph: &Graph, depends: &[bool], targets: &[Wire]) -> Result<Resolved> {
        let first = first_linear(graph, depends);
        let last = last_linear(graph, depends, targets);
        let mut out = Resolved::new();
        for (i, node) in graph.nodes().iter().enumerate() {
            let on_path = node.outputs.iter().flatten().any(|w| depends[w.index()]);
            if !on_path {
                continue;
            }
            let hit = self.entries.iter().find(|(select, _)| match select {
                Select::Any => true,
                Select::Op(op) => node.op == *op,
                Select::Role(role) => op::find(&node.op).is_some_and(|o| o.role == *role),
                Select::Name(name) => {
                    node.name == *name || node.outputs.iter().flatten().any(|w| graph.name_of(*w) == name)
                }
                Select::FirstLinear => first.contains(&i),
                Select::LastLinear => last.contains(&i),
            });
            if let Some((select, rule)) = hit {
                out.insert(i, (rule.clone(), select.to_string()));
            }
        }
        Ok(out)
    }
}

/// Linear nodes that no other linear node precedes on the way from what is asked for.
fn first_linear(graph: &Graph, depends: &[bool]) -> Vec<usize> {
    let mut after_linear = vec![false; graph.wire_count()];
    let mut first = Vec::new();
    for (i, node) in graph.nodes().iter().enumerate() {
        let linear = op::find(&node.op).is_some_and(|o| o.role == Role::Linear);
        let reached = node.reads().any(|w| depends[w.index()]);
        let preceded = node.reads().any(|w| after_linear[w.index()]);
        if linear && reached && !preceded {
            first.push(i);
        }
        if preceded || (linear && reached) {
            for o in node.outputs.iter().flatten() {
                after_linear[o.index()] = true;
            }
        }
    }
    first
}

/// Linear nodes that no other linear node follows on the way to the targets.
fn last_linear(graph: &Graph, depends: &[bool], targets: &[Wire]) -> Vec<usize> {
    let needed = graph.needed_for(targets);
    let mut before_linear = vec![false; graph.wire_count()];
    let mut last = Vec::new();
    for (i, node) in graph.nodes().iter().enumerate().rev() {
        let made = || node.outputs.iter().flatten().filter(|w| needed[w.index()]);
        let reached = made().any(|w| depends[w.index()]);
        let linear = reached && op::find(&node.op).is_some_and(|o| o.role == Role::Linear);
        let followed = made().any(|w| before_linear[w.index()]);
        if linear && !followed {
            last.push(i);
        }
        if linear || followed {
            for w in node.reads() {
                before_linear[w.index()] = true;
            }
        }
    }
    last
}

/// The plain gradient, which rule sets of other currencies use for what only moves elements.
pub(crate) struct Gradient;
struct Guided;
struct Deconv;

impl Rule for Gradient {
    fn id(&self) -> &'static str {
        "gradient"
    }

    fn pull(&self, pull: &mut Pull) -> Result<Vec<Option<Wire>>> {
        gradient::adjoint(pull)
    }
}

impl Rule for Guided {
    fn id(&self) -> &'static str {
        "guided"
    }

    fn pull(&self, pull: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let g = pull.g()?;
        let positive = pull.b.relu(g)?;
        pull.cotangents[0] = Some(positive);
        gradient::adjoint(pull)
    }
}

impl Rule for Deconv {
    fn id(&self) -> &'static str {
        "deconvnet"
    }

    fn pull(&self, pull: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let g = pull.g()?;
        let positive = pull.b.relu(g)?;
        Ok(pull.only(positive))
    }
}

/// Operators that guided backpropagation and DeconvNet treat besides `Relu` when they are asked to treat all rectifiers.
const RECTIFIERS: &[&str] =
    &["LeakyRelu", "PRelu", "Elu", "Celu", "Selu", "Clip", "ThresholdedRelu", "Silu", "Gelu", "HardSwish", "Mish"];

fn rectified(name: &str, rule: Arc<dyn Rule>, all_activations: bool) -> RuleSet {
    let mut entries: Vec<(Select, Arc<dyn Rule>)> = vec![(Select::Op("Relu".into()), rule.clone())];
    if all_activations {
        entries.extend(RECTIFIERS.iter().map(|op| (Select::Op((*op).to_string()), rule.clone())));
    }
    entries.push((Select::Any, Arc::new(Gradient)));
    RuleSet { name: name.to_string(), entries }
}

/// The plain gradient.
pub fn gradient_rules() -> RuleSet {
    RuleSet { name: "gradient".into(), entries: vec![(Select::Any, Arc::new(Gradient))] }
}

/// Guided backpropagation: on `Relu` only, as published, or on every rectifier.
pub fn guided_backprop(all_activations: bool) -> RuleSet {
    rectified("guided-backprop", Arc::new(Guided), all_activations)
}

/// DeconvNet: on `Relu` only, as published, or on every rectifier.
pub fn deconvnet(all_activations: bool) -> RuleSet {
    rectified("deconvnet", Arc::new(Deconv), all_activations)
}
