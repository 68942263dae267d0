//! Averages the gradient over noisy copies of the input.
//!
//! # Formula
//! ```text
//! L = 1/n sum_i G(x + e_i)        e_i ~ N(0, (level (max x - min x))^2)
//! ```
//!
//! # Symbols
//! - `G`: gradient of the target with respect to the input, `C x S..`, units of the target per model unit
//! - `e_i`: noise of copy `i`, `C x S..`, model units
//! - `n`: `samples`, number of noisy copies
//! - `level`: `noise_level`, standard deviation of the noise as a share of the range of the input
//!
//! # Axioms
//! Linear in the target; an input element that isn't used gets 0. Equal to saliency without noise. Completeness fails: it averages slopes.
//!
//! # Cost
//! n (F + B), streamed: memory doesn't grow with `n`.
//!
//! # In images
//! Less grainy than saliency. The noise acts in model units, after normalisation: on padded or masked backgrounds it makes inputs that the model
//! never saw. The standard error of each element comes with the map (`standard_error`): what lies within it is noise.
//!
//! # Departures
//! Signed gradients are averaged (magnitudes are a display step).
//! The noise is scaled by the range of each input, as in the paper; captum takes an absolute standard deviation. Scaled noise can be handed in as
//! `noise` (or `noise_<input>`), `n x C x S..`.
//!
//! # Source
//! smilkov2017smoothgrad, section 3.

use crate::Result;
use crate::context::Context;
use crate::gradient::smooth::{self, PARAMS, Statistic};
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::Values;

/// SmoothGrad.
pub static INFO: MethodInfo = MethodInfo {
    id: "smooth-grad",
    name: "SmoothGrad",
    family: Family::Gradient,
    summary: "Averages the gradient over noisy copies of the input",
    sources: &["smilkov2017smoothgrad"],
    needs: &[Need::Gradient],
    cost: "samples (F + B)",
    keeps: &[("dummy", "an input element that isn't used has gradient zero in every copy")],
    breaks: &[("completeness", "slopes around the input are averaged, not shares of the value")],
    params: PARAMS,
    cautions: &["positive and negative slopes cancel in the mean"],
    revision: 1,
    file: include_str!("smooth_grad.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    smooth::drive(context, values, Statistic::Mean, INFO.id)
}
