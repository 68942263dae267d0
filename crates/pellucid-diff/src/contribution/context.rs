//! What every rule for differences needs: the twin and the settings.

use pellucid_graph::Wire;

use super::twin::Twin;
use crate::slope::per_unit;
use crate::{Pull, Result};

/// What happens at elementwise nonlinearities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nonlinearity {
    /// `m_x = m_y (y - y') / (x - x')`.
    #[default]
    Rescale,
    /// The positive and the negative part of `x - x'`, as the linear node before it makes them, are valued apart, each in the presence and
    /// in the absence of the other.
    RevealCancel,
    /// [`Nonlinearity::RevealCancel`] behind matrix products, [`Nonlinearity::Rescale`] elsewhere.
    RevealCancelBehindDense,
}

/// Settings of DeepLIFT.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeepLift {
    /// What happens at elementwise nonlinearities.
    pub nonlinearity: Nonlinearity,
    /// Below this difference of a node's input, its multiplier is the derivative.
    pub threshold: f64,
}

impl Default for DeepLift {
    fn default() -> DeepLift {
        DeepLift { nonlinearity: Nonlinearity::Rescale, threshold: 1e-10 }
    }
}

/// What the rules of one sweep share.
pub(super) struct Context {
    /// Values at the baseline.
    pub twin: Twin,
    /// The settings.
    pub settings: DeepLift,
    /// What multipliers are asked for: no rule may pass these by.
    pub sources: Vec<Wire>,
}

impl Context {
    /// Whether an input of the node differs between input and baseline.
    pub fn differs(&self, p: &Pull, i: usize) -> bool {
        p.input(i).is_some_and(|w| self.twin.differs(w))
    }

    /// Refuses a node of which another input than `data` differs.
    ///
    /// # Errors
    /// When one does.
    pub fn only_data(&self, p: &Pull, data: impl Fn(usize) -> bool) -> Result<()> {
        match (0..p.node.inputs.len()).find(|&i| !data(i) && self.differs(p, i)) {
            Some(i) => Err(p.refuse(format!("its input {i} depends on what is explained, which has no rule"))),
            None => Ok(()),
        }
    }

    /// `w - w'`.
    pub fn difference(&self, p: &mut Pull, w: Wire) -> Result<Wire> {
        let at_baseline = self.twin.reference(w);
        Ok(p.b.sub(w, at_baseline)?)
    }

    /// `(w + w') / 2`; the wire itself where it doesn't differ.
    pub fn mean(&self, p: &mut Pull, w: Wire) -> Result<Wire> {
        if !self.twin.differs(w) {
            return Ok(w);
        }
        let at_baseline = self.twin.reference(w);
        let sum = p.b.add(w, at_baseline)?;
        Ok(p.b.scale(sum, 0.5)?)
    }

    /// `flow / d` where `|d|` reaches the threshold, `otherwise` elsewhere. All of one shape.
    pub fn per_unit(&self, p: &mut Pull, flow: Wire, d: Wire, otherwise: Wire) -> Result<Wire> {
        per_unit(p, flow, d, otherwise, self.settings.threshold)
    }

    /// Wires at the baseline.
    pub fn references(&self, wires: &[Option<Wire>]) -> Vec<Option<Wire>> {
        wires.iter().map(|w| w.map(|w| self.twin.reference(w))).collect()
    }
}
