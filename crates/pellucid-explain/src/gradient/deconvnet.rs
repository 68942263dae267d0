//! Sends the signal back through rectifiers by its own sign, whatever they did going forward.
//!
//! # Formula
//! ```text
//! R_in = R_out [R_out > 0]        at every rectifier, the gradient elsewhere
//! ```
//!
//! # Symbols
//! - `R`: what flows back
//!
//! # Axioms
//! None of the usual ones: the map doesn't depend on the signs of the rectifiers' inputs, only on max-pool switches.
//!
//! # Cost
//! 1 F + 1 B.
//!
//! # In images
//! Like guided backpropagation it draws structure of the image; not discriminative between classes.
//!
//! # Departures
//! Applied to `Relu` nodes, as in the reference implementations; `apply_to = all-activations` extends it to other rectifiers.
//!
//! # Source
//! zeiler2014visualizing, section 2.1.

use pellucid_diff::deconvnet;

use crate::Result;
use crate::assembly::Assembly;
use crate::gradient::per_input_under;
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values, choice};

static PARAMS: &[ParamSpec] =
    &[choice("apply_to", "relu-only", &["relu-only", "all-activations"], "which nonlinearities are treated")];

/// DeconvNet.
pub static INFO: MethodInfo = MethodInfo {
    id: "deconvnet",
    name: "DeconvNet",
    family: Family::Gradient,
    summary: "Sends the signal back through rectifiers by its own sign",
    sources: &["zeiler2014visualizing"],
    needs: &[Need::Gradient],
    cost: "1 F + 1 B",
    keeps: &[],
    breaks: &[("completeness", "flow is cut at rectifiers"), ("sanity", "hardly depends on the class")],
    params: PARAMS,
    cautions: &["draws structure of the image and isn't discriminative between classes"],
    revision: 1,
    file: include_str!("deconvnet.rs"),
    kind: Kind::Compiled { needs: |_| Gradients::default(), write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    per_input_under(assembly, &deconvnet(values.word("apply_to") == "all-activations"))
}
