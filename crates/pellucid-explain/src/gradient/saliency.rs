//! Takes the gradient of the target with respect to each input element.
//!
//! # Formula
//! ```text
//! G = dt/dx        shown: |G|, the largest over channels
//! ```
//!
//! # Symbols
//! - `x`: input, `C x S..`, model units
//! - `t`: target, a scalar
//!
//! # Axioms
//! Sensitivity to an unused input holds: its gradient is zero. Completeness fails: a gradient is a slope, not a share.
//!
//! # Cost
//! 1 F + 1 B.
//!
//! # In images
//! Noisy at pixel level (rectifiers and strided layers scatter the gradient): compare with SmoothGrad. Where the model is saturated the
//! gradient vanishes although the region matters.
//!
//! # Departures
//! The signed gradient is kept; absolute value and channel maximum are display steps.
//!
//! # Source
//! simonyan2014deep, section 3.

use crate::Result;
use crate::assembly::Assembly;
use crate::gradient::per_input;
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::Values;

/// Saliency.
pub static INFO: MethodInfo = MethodInfo {
    id: "saliency",
    name: "Saliency",
    family: Family::Gradient,
    summary: "Takes the gradient of the target with respect to each input element",
    sources: &["simonyan2014deep"],
    needs: &[Need::Gradient],
    cost: "1 F + 1 B",
    keeps: &[("dummy", "an input that isn't used has gradient zero")],
    breaks: &[("completeness", "a gradient is a slope, not a share of the value")],
    params: &[],
    cautions: &["noisy at pixel level; near zero where the model is saturated"],
    revision: 1,
    file: include_str!("saliency.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { inputs: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, _: &Values) -> Result<Written> {
    per_input(assembly, |_, _, gradient| Ok(gradient))
}
