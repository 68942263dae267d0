//! Takes the variance of the gradient over noisy copies of the input.
//!
//! # Formula
//! ```text
//! L = 1/n sum_i (G(x + e_i) - mean_j G(x + e_j))^2        e_i ~ N(0, (level (max x - min x))^2)
//! ```
//!
//! # Symbols
//! - `G`: gradient of the target with respect to the input, `C x S..`, units of the target per model unit
//! - `e_i`: noise of copy `i`, `C x S..`, model units
//! - `n`: `samples`, number of noisy copies
//! - `level`: `noise_level`, standard deviation of the noise as a share of the range of the input
//!
//! # Axioms
//! Never negative; 0 where the gradient doesn't depend on the noise, so 0 everywhere for a linear model. Equal to SmoothGrad squared minus the
//! square of SmoothGrad for the same noise. Completeness fails.
//!
//! # Cost
//! n (F + B), streamed: memory doesn't grow with `n`.
//!
//! # In images
//! Shows where the slope of the target changes under noise, which isn't the same as where the slope is large.
//!
//! # Departures
//! The population variance (division by `n`) is taken, with a one-pass update that doesn't cancel.
//! The noise is scaled by the range of each input, as in the paper; captum takes an absolute standard deviation. Scaled noise can be handed in as
//! `noise` (or `noise_<input>`), `n x C x S..`.
//!
//! # Source
//! adebayo2018local, section 3.

use crate::Result;
use crate::context::Context;
use crate::gradient::smooth::{self, PARAMS, Statistic};
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::Values;

/// VarGrad.
pub static INFO: MethodInfo = MethodInfo {
    id: "var-grad",
    name: "VarGrad",
    family: Family::Gradient,
    summary: "Takes the variance of the gradient over noisy copies of the input",
    sources: &["adebayo2018local"],
    needs: &[Need::Gradient],
    cost: "samples (F + B)",
    keeps: &[("dummy", "an input element that isn't used has gradient zero in every copy")],
    breaks: &[("completeness", "variances of slopes don't add up to the value")],
    params: PARAMS,
    cautions: &["zero wherever the model is linear, however much it depends on the input"],
    revision: 1,
    file: include_str!("var_grad.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    smooth::drive(context, values, Statistic::Variance, INFO.id)
}
