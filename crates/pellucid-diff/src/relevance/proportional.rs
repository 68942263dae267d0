//! Sums and averages: each operand gets relevance in proportion to what it put in.

use pellucid_graph::Wire;

use super::operator::{factors, varying};
use super::quotient::quotient;
use crate::{Pull, Result, Rule, gradient};

/// `R_i = x_i J_i' (R / y)`, for residual sums, average pools, means and resampling. A residual sum near zero amplifies: the two branches
/// then get large relevance of opposite sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proportional {
    /// Added to the denominator, with its sign; 0 stands for a tiny one.
    pub epsilon: f64,
}

impl Rule for Proportional {
    fn id(&self) -> &'static str {
        "lrp-norm"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        match p.node.op.as_str() {
            // Copies hand back what they get; dividing by the copy and multiplying again would only lose zeros.
            "Resize" if p.attrs().str("mode").unwrap_or("nearest") == "nearest" => return gradient::adjoint(p),
            "Resize" | "GridSample" => p.wants.truncate(1),
            _ => {}
        }
        share(p, self.epsilon)
    }
}

/// Every operand times what flows back to it of `R / y`. Where several factors vary, each stands for the whole output, so each gets its
/// share of the relevance.
pub(super) fn share(p: &mut Pull, epsilon: f64) -> Result<Vec<Option<Wire>>> {
    let product = factors(p);
    let count = varying(p).iter().take(product).filter(|v| **v).count().max(1);
    if product > 1 {
        p.wants.truncate(product);
    }
    share_among(p, epsilon, count)
}

/// The wanted operands times what flows back to them of `R / (count y)`.
pub(super) fn share_among(p: &mut Pull, epsilon: f64, count: usize) -> Result<Vec<Option<Wire>>> {
    let (y, r) = (p.y()?, p.g()?);
    let z = p.b.scale(y, count as f64)?;
    let s = quotient(p, r, z, epsilon)?;
    p.cotangents = vec![Some(s)];
    let flows = gradient::adjoint(p)?;
    let mut out = Vec::with_capacity(flows.len());
    for (i, flow) in flows.into_iter().enumerate() {
        out.push(match flow.filter(|_| p.wants(i)) {
            Some(flow) => {
                let x = p.x(i)?;
                Some(p.b.mul(x, flow)?)
            }
            None => None,
        });
    }
    Ok(out)
}
