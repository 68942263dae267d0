//! Multiplies each input element by the gradient of the target with respect to it.
//!
//! # Formula
//! ```text
//! R = x dt/dx
//! ```
//!
//! # Symbols
//! - `x`: input, `C x S..`, model units
//! - `t`: target, a scalar
//!
//! # Axioms
//! Complete on a network that is linear, rectified or max-pooled without biases: the map sums to `t`. Elsewhere it isn't.
//!
//! # Cost
//! 1 F + 1 B.
//!
//! # In images
//! With normalised inputs `x = 0` is the mean of the training data, not black: what is at the mean gets no relevance, whatever its gradient.
//!
//! # Departures
//! None.
//!
//! # Source
//! shrikumar2017deeplift, section 2 (as a baseline method).

use crate::Result;
use crate::assembly::Assembly;
use crate::gradient::per_input;
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::Values;

/// Input times gradient.
pub static INFO: MethodInfo = MethodInfo {
    id: "input-x-gradient",
    name: "Input x gradient",
    family: Family::Gradient,
    summary: "Multiplies each input element by the gradient of the target",
    sources: &["shrikumar2017deeplift"],
    needs: &[Need::Gradient],
    cost: "1 F + 1 B",
    keeps: &[("dummy", "an input that isn't used gets 0")],
    breaks: &[("completeness", "biases and curved functions aren't shared out")],
    params: &[],
    cautions: &["an element that is 0 in model units gets 0, whatever its gradient"],
    revision: 1,
    file: include_str!("input_x_gradient.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { inputs: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, _: &Values) -> Result<Written> {
    per_input(assembly, |assembly, x, g| Ok(assembly.build("input-x-gradient").mul(x, g)?))
}
