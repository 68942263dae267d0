//! Sends the gradient back through rectifiers only where both it and the forward signal are positive.
//!
//! # Formula
//! ```text
//! R_in = R_out [R_out > 0] [z > 0]        at every rectifier, the gradient elsewhere
//! ```
//!
//! # Symbols
//! - `z`: input of the rectifier; `R`: what flows back
//!
//! # Axioms
//! None of the usual ones. Insensitive to randomised weights of upper layers (adebayo2018sanity): it draws edges of the image rather than
//! reasons of the model.
//!
//! # Cost
//! 1 F + 1 B.
//!
//! # In images
//! Sharp and pretty. Not discriminative between classes: don't read it as localisation.
//!
//! # Departures
//! Applied to `Relu` nodes, as published and as in the reference implementations. `apply_to = all-activations` extends it to other
//! rectifiers by `R_in = max(R_out, 0) f'(z)`; nets with leaky rectifiers give the plain gradient otherwise.
//!
//! # Source
//! springenberg2015striving, section 3.4.

use pellucid_diff::guided_backprop;

use crate::Result;
use crate::assembly::Assembly;
use crate::gradient::per_input_under;
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values, choice};

static PARAMS: &[ParamSpec] =
    &[choice("apply_to", "relu-only", &["relu-only", "all-activations"], "which nonlinearities are guided")];

/// Guided backpropagation.
pub static INFO: MethodInfo = MethodInfo {
    id: "guided-backprop",
    name: "Guided backpropagation",
    family: Family::Gradient,
    summary: "Sends the gradient back through rectifiers only where it and the signal are positive",
    sources: &["springenberg2015striving", "adebayo2018sanity"],
    needs: &[Need::Gradient],
    cost: "1 F + 1 B",
    keeps: &[],
    breaks: &[
        ("completeness", "flow is cut at rectifiers"),
        ("sanity", "randomised upper weights hardly change the map"),
    ],
    params: PARAMS,
    cautions: &["draws edges of the image and isn't discriminative between classes"],
    revision: 1,
    file: include_str!("guided_backprop.rs"),
    kind: Kind::Compiled { needs: |_| Gradients::default(), write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    per_input_under(assembly, &guided_backprop(values.word("apply_to") == "all-activations"))
}
