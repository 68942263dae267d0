//! Excitation backpropagation: the probability that a random walk from the target, drawn to what excites a unit, passes an element.

use std::sync::Arc;

use pellucid_graph::Wire;
use pellucid_graph::op::Role;

use super::operator::Operator;
use super::quotient::quotient;
use super::{Pass, Product, proportional};
use crate::rules::Gradient;
use crate::{Pull, Result, Rule, RuleSet, Select, gradient};

/// At a linear node `P_i = x_i+ sum_j w_ij+ P_j / sum_k x_k+ w_kj+`: winners are chosen among excitatory inputs; biases and negative data
/// take no part. A unit without excitation ends the walk. Contrastive, the probability of the walk with all weights negated is taken off:
/// what speaks against the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excitation {
    /// Whether the walk with negated weights is taken off.
    pub contrastive: bool,
}

impl Rule for Excitation {
    fn id(&self) -> &'static str {
        if self.contrastive { "excitation-contrastive" } else { "excitation" }
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        // Of a product of two signals, each stands for the whole.
        let Some(op) = Operator::of(p)? else { return proportional::share(p, 0.0) };
        let mut out = vec![None; p.node.inputs.len()];
        if !p.wants(op.data) {
            return Ok(out);
        }
        let up = p.b.relu(op.w)?;
        let mut flow = walk(p, &op, up)?;
        if self.contrastive {
            let against = p.b.neg(op.w)?;
            let against = p.b.relu(against)?;
            let against = walk(p, &op, against)?;
            flow = p.b.sub(flow, against)?;
        }
        out[op.data] = Some(flow);
        Ok(out)
    }
}

/// One step of the walk, with weights that aren't negative.
fn walk(p: &mut Pull, op: &Operator, w: Wire) -> Result<Wire> {
    let r = p.g()?;
    let x = p.b.relu(op.x)?;
    let z = op.forward(p, x, w, None)?;
    let s = quotient(p, r, z, 0.0)?;
    let d = op.back(p, s, w)?;
    Ok(p.b.mul(x, d)?)
}

/// Sums, means and interpolation: among the operands that raise the sum, in proportion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExcitedSum;

impl Rule for ExcitedSum {
    fn id(&self) -> &'static str {
        "excitation-sum"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let data = if matches!(p.node.op.as_str(), "Add" | "Sub" | "Sum" | "Mean") { p.node.inputs.len() } else { 1 };
        p.wants.iter_mut().skip(data).for_each(|w| *w = false);
        let (r, kept) = (p.g()?, p.node.inputs.clone());
        for i in 0..data {
            let x = p.x(i)?;
            let lowers = p.node.op == "Sub" && i == 1;
            p.node.inputs[i] = Some(if lowers { super::below(p, x)? } else { p.b.relu(x)? });
        }
        let (op, attrs, inputs) = (p.node.op.clone(), p.node.attrs.clone(), p.node.inputs.clone());
        let z = p.b.op_many(&op, &inputs, attrs, 1)?;
        let z = z.first().copied().ok_or_else(|| p.refuse("it gives nothing"))?;
        let s = quotient(p, r, z, 0.0)?;
        p.cotangents = vec![Some(s)];
        let flows = gradient::adjoint(p)?;
        p.node.inputs = kept;
        let mut out = vec![None; inputs.len()];
        for (i, flow) in flows.into_iter().enumerate() {
            if let (Some(x), Some(flow), true) = (inputs[i], flow, p.wants(i)) {
                out[i] = Some(p.b.mul(x, flow)?);
            }
        }
        Ok(out)
    }
}

/// Operators whose weights aren't negative.
const SUMS: &[&str] =
    &["Add", "Sub", "Sum", "Mean", "AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum", "Resize"];

/// Excitation backpropagation (Zhang et al. 2018): marginal winning probabilities from a target that a sweep starts with 1. Activations and
/// normalisations belong to the linear node before them and hand probability on; of a maximum the winner takes it. Contrastive, the last
/// linear node before the target also walks with negated weights, and what flows on is the difference.
pub fn excitation_backprop(contrastive: bool) -> RuleSet {
    let mut entries: Vec<(Select, Arc<dyn Rule>)> = Vec::new();
    if contrastive {
        entries.push((Select::LastLinear, Arc::new(Excitation { contrastive })));
    }
    entries.push((Select::Role(Role::Linear), Arc::new(Excitation { contrastive: false })));
    entries.extend([Role::Norm, Role::Activation].map(|role| (Select::Role(role), Arc::new(Pass) as Arc<dyn Rule>)));
    entries.extend(["Softmax", "LogSoftmax"].map(|op| (Select::Op(op.into()), Arc::new(Pass) as Arc<dyn Rule>)));
    entries.extend(["Mul", "Div", "Pow"].map(|op| (Select::Op(op.into()), Arc::new(Product) as Arc<dyn Rule>)));
    entries.extend(SUMS.iter().map(|op| (Select::Op((*op).into()), Arc::new(ExcitedSum) as Arc<dyn Rule>)));
    entries.push((Select::Any, Arc::new(Gradient)));
    let name = if contrastive { "excitation-backprop-contrastive" } else { "excitation-backprop" };
    RuleSet { name: name.to_string(), entries }
}
