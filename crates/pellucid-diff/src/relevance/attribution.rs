//! The rules of transformer attribution (Chefer et al., CVPR 2021), which bring relevance to the attention matrices.

use std::sync::Arc;

use pellucid_graph::Wire;
use pellucid_graph::op::Role;

use super::operator::{Operator, varying};
use super::quotient::quotient;
use super::split::split;
use super::{Pass, Product, proportional};
use crate::rules::Gradient;
use crate::{Pull, Result, Rule, RuleSet, Select};

/// Added to denominators.
const SAFE: f64 = 1e-9;

/// z+ at dense layers and convolutions, the bias taking nothing; half to each of two signals that are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unbiased;

impl Rule for Unbiased {
    fn id(&self) -> &'static str {
        "lrp-z-plus-unbiased"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let Some(mut op) = Operator::of(p)? else { return proportional::share(p, SAFE) };
        let mut out = vec![None; p.node.inputs.len()];
        if !p.wants(op.data) {
            return Ok(out);
        }
        op.bias = None;
        let (up, _) = split(p, &op)?;
        let (r, z) = (p.g()?, up.total(p, &op)?);
        let s = quotient(p, r, z, SAFE)?;
        out[op.data] = Some(up.send(p, &op, s)?);
        Ok(out)
    }
}

/// A residual sum: shares in proportion, then each branch scaled to its part of the whole by the size of its total, so that two branches of
/// opposite sign can't both grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rescaled;

impl Rule for Rescaled {
    fn id(&self) -> &'static str {
        "lrp-norm-rescaled"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let r = p.g()?;
        // the size of every branch counts, also of those that lead nowhere that was asked for
        p.wants = varying(p);
        let shares = proportional::share(p, SAFE)?;
        if shares.iter().flatten().count() < 2 {
            return Ok(shares);
        }
        let whole = total(p, r)?;
        let mut sizes = Vec::new();
        for share in shares.iter().flatten() {
            let total = total(p, *share)?;
            sizes.push((total, p.b.abs(total)?));
        }
        let mut all = sizes[0].1;
        for (_, size) in &sizes[1..] {
            all = p.b.add(all, *size)?;
        }
        let mut sizes = sizes.into_iter();
        let mut out = Vec::with_capacity(shares.len());
        for share in shares {
            let Some((share, (total, size))) = share.and_then(|s| Some((s, sizes.next()?))) else {
                out.push(None);
                continue;
            };
            let part = quotient(p, size, all, SAFE)?;
            let part = p.b.mul(part, whole)?;
            let scale = quotient(p, part, total, SAFE)?;
            out.push(Some(p.b.mul(share, scale)?));
        }
        Ok(out)
    }
}

/// Sum of all elements of each sample, `N x 1 x ..`.
fn total(p: &mut Pull, wire: Wire) -> Result<Wire> {
    let axes: Vec<usize> = (1..p.shape(wire)?.len()).collect();
    Ok(p.b.sum(wire, &axes, true)?)
}

/// Rules that bring relevance to the attention matrices of a transformer: normalisations, activations and softmax pass it on.
pub fn transformer_attribution() -> RuleSet {
    let mut entries: Vec<(Select, Arc<dyn Rule>)> = vec![
        (Select::Role(Role::Linear), Arc::new(Unbiased)),
        (Select::Role(Role::Norm), Arc::new(Pass)),
        (Select::Role(Role::Activation), Arc::new(Pass)),
    ];
    entries.extend(["Softmax", "LogSoftmax"].map(|op| (Select::Op(op.into()), Arc::new(Pass) as Arc<dyn Rule>)));
    entries.extend(["Mul", "Div"].map(|op| (Select::Op(op.into()), Arc::new(Product) as Arc<dyn Rule>)));
    entries.push((Select::Op("Add".into()), Arc::new(Rescaled)));
    let sums = ["ReduceMean", "ReduceSum", "GlobalAveragePool", "AveragePool"];
    entries.extend(
        sums.map(|op| (Select::Op(op.into()), Arc::new(super::Proportional { epsilon: SAFE }) as Arc<dyn Rule>)),
    );
    entries.push((Select::Any, Arc::new(Gradient)));
    RuleSet { name: "transformer-attribution".into(), entries }
}
