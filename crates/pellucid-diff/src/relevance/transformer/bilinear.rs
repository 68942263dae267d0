//! Products of signals: each operand gets half, unless attention is held constant.

use pellucid_graph::Wire;

use super::{Attention, Currency};
use crate::relevance::product::{made_by, shares};
use crate::relevance::{Lrp, factors, proportional, varying};
use crate::{Pull, Result, Rule, gradient};

/// Linear nodes and elementwise products. With one varying operand, the gradient or the linear rule; with two, half of either to each.
/// Where attention is constant, what it is multiplied with gets all. Gates leave all to the signal, divisors to the dividend.
#[derive(Clone, Debug, PartialEq)]
pub struct Bilinear {
    /// What flows.
    pub currency: Currency,
    /// What attention does.
    pub attention: Attention,
    /// The rule of linear nodes with one varying operand, where relevance flows.
    pub linear: Lrp,
}

impl Rule for Bilinear {
    fn id(&self) -> &'static str {
        "lrp-halves"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        if matches!(p.node.op.as_str(), "Mul" | "Div" | "Pow") {
            return elementwise(p);
        }
        let count = factors(p);
        let mut live: Vec<usize> = varying(p).iter().take(count).enumerate().filter(|v| *v.1).map(|v| v.0).collect();
        if live.len() < 2 {
            return match self.currency {
                Currency::Multiplier => gradient::adjoint(p),
                Currency::Relevance => self.linear.pull(p),
            };
        }
        if self.attention == Attention::Constant {
            let held = |i: &usize| p.input(*i).is_some_and(|w| made_by(p.b.graph, w, &["Softmax"]));
            let open: Vec<usize> = live.iter().copied().filter(|i| !held(i)).collect();
            if !open.is_empty() {
                live = open;
            }
        }
        for (i, want) in p.wants.iter_mut().enumerate() {
            *want = *want && (live.contains(&i) || (i >= count && self.currency == Currency::Multiplier));
        }
        match self.currency {
            Currency::Multiplier => divided(p, &live),
            Currency::Relevance => proportional::share_among(p, self.linear.epsilon(), live.len()),
        }
    }
}

/// The gradient, divided by their number at the operands of the product. A bias gets the whole.
fn divided(p: &mut Pull, live: &[usize]) -> Result<Vec<Option<Wire>>> {
    let mut flows = gradient::adjoint(p)?;
    for i in live {
        if let Some(Some(flow)) = flows.get_mut(*i) {
            *flow = p.b.scale(*flow, 1.0 / live.len() as f64)?;
        }
    }
    Ok(flows)
}

/// `Mul`, `Div` and `Pow` as multipliers: the gradient times each operand's part. What is divided by, and exponents, get nothing.
fn elementwise(p: &mut Pull) -> Result<Vec<Option<Wire>>> {
    let mut parts = shares(p)?;
    match p.node.op.as_str() {
        "Mul" => {}
        "Pow" => return super::Identity.pull(p),
        _ => parts[1] = 0.0,
    }
    for (want, part) in p.wants.iter_mut().zip(parts) {
        *want = *want && part != 0.0;
    }
    let flows = gradient::adjoint(p)?;
    let mut out = vec![None; p.node.inputs.len()];
    for ((out, flow), part) in out.iter_mut().zip(flows).zip(parts) {
        if let Some(flow) = flow {
            *out = Some(p.b.scale(flow, part)?);
        }
    }
    Ok(out)
}
