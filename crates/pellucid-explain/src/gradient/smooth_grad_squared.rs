//! Averages the squared gradient over noisy copies of the input.
//!
//! # Formula
//! ```text
//! L = 1/n sum_i G(x + e_i)^2        e_i ~ N(0, (level (max x - min x))^2)
//! ```
//!
//! # Symbols
//! - `G`: gradient of the target with respect to the input, `C x S..`, units of the target per model unit
//! - `e_i`: noise of copy `i`, `C x S..`, model units
//! - `n`: `samples`, number of noisy copies
//! - `level`: `noise_level`, standard deviation of the noise as a share of the range of the input
//!
//! # Axioms
//! Never negative; an input element that isn't used gets 0. Completeness fails.
//!
//! # Cost
//! n (F + B), streamed: memory doesn't grow with `n`.
//!
//! # In images
//! Nothing cancels, so maps are steadier than those of SmoothGrad, but the sign is lost: a map shows where the target reacts, not in which
//! direction.
//!
//! # Departures
//! PAIR calls this the magnitude of SmoothGrad and makes it the default there.
//! The noise is scaled by the range of each input, as in the paper; captum takes an absolute standard deviation. Scaled noise can be handed in as
//! `noise` (or `noise_<input>`), `n x C x S..`.
//!
//! # Source
//! hooker2019benchmark, section 4.

use crate::Result;
use crate::context::Context;
use crate::gradient::smooth::{self, PARAMS, Statistic};
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::Values;

/// SmoothGrad squared.
pub static INFO: MethodInfo = MethodInfo {
    id: "smooth-grad-squared",
    name: "SmoothGrad squared",
    family: Family::Gradient,
    summary: "Averages the squared gradient over noisy copies of the input",
    sources: &["hooker2019benchmark", "smilkov2017smoothgrad"],
    needs: &[Need::Gradient],
    cost: "samples (F + B)",
    keeps: &[("dummy", "an input element that isn't used has gradient zero in every copy")],
    breaks: &[("completeness", "squares of slopes don't add up to the value")],
    params: PARAMS,
    cautions: &["has no sign: evidence for and against look alike"],
    revision: 1,
    file: include_str!("smooth_grad_squared.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    smooth::drive(context, values, Statistic::MeanSquare, INFO.id)
}
