//! Normalisations whose deviation is held constant.

use pellucid_graph::Wire;

use super::Currency;
use crate::gradient::norm::deviation_held;
use crate::relevance::quotient::quotient;
use crate::{Pull, Result, Rule};

/// The gradient of a normalisation with its deviation, but not its mean, held constant. As relevance, the offset absorbs its share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detached {
    /// What flows.
    pub currency: Currency,
    /// Added to the denominator, with its sign, where relevance flows.
    pub epsilon: f64,
}

impl Rule for Detached {
    fn id(&self) -> &'static str {
        "lrp-detached"
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        p.wants.truncate(1);
        if self.currency == Currency::Multiplier {
            let dx = deviation_held(p)?;
            return Ok(p.only(dx));
        }
        let (x, y, r) = (p.x(0)?, p.y()?, p.g()?);
        let s = quotient(p, r, y, self.epsilon)?;
        p.cotangents = vec![Some(s)];
        let flow = deviation_held(p)?;
        let dx = p.b.mul(x, flow)?;
        Ok(p.only(dx))
    }
}
