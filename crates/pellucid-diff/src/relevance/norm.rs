//! Normalisations as affine maps.

use pellucid_graph::Wire;

use super::proportional;
use super::quotient::quotient;
use crate::gradient::norm::held;
use crate::{Pull, Result, Rule};

/// The epsilon rule on a normalisation `y = a x + b` whose statistics, running or of this input, are held constant: `R_x = a x R / y`. What
/// the offset `b` put in is absorbed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Added to the denominator, with its sign; 0 stands for a tiny one.
    pub epsilon: f64,
}

impl Rule for Held {
    fn id(&self) -> &'static str {
        "lrp-affine"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        p.wants.truncate(1);
        let (x, y, r) = (p.x(0)?, p.y()?, p.g()?);
        match p.node.op.as_str() {
            "BatchNormalization" => return proportional::share(p, self.epsilon),
            // A divisor without offset, held constant, only scales.
            "LpNormalization" | "LRN" => return Ok(p.only(r)),
            _ => {}
        }
        let s = quotient(p, r, y, self.epsilon)?;
        p.cotangents = vec![Some(s)];
        let flow = held(p)?;
        let dx = p.b.mul(x, flow)?;
        Ok(p.only(dx))
    }
}
