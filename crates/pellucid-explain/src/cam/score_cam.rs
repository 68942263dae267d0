//! Weighs each feature map by what the model says of the input masked with it.
//!
//! # Formula
//! ```text
//! H_k = (U(A_k) - min) / (max - min)        s_k = score(x * H_k)        L(p) = sum_k w_k U(A_k)(p)        w_k = s_k
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `U`: enlarging to the input's spatial size, linear
//! - `H_k`: mask, `S..` of the input, in `[0, 1]`
//! - `x`: input, `C x S..`, model units
//! - `score`: probability of the class (other presets: the target, or softmax of the outputs)
//!
//! # Axioms
//! No gradient enters, so saturation does no harm. Completeness fails. A channel that is zero everywhere changes nothing; with a softmax over
//! channels, neither does any constant added to all scores.
//!
//! # Cost
//! 1 F and 1 F per different mask; all constant channels share one.
//!
//! # In images
//! The masked input keeps `x` inside the mask and goes to 0 outside, which is the mean of the data for normalised inputs, not "nothing". Models with
//! several inputs: all inputs with as many spatial axes as the layer are masked together, the others stay. With a segmentation region as target the
//! score is the mean probability over the frozen mask.
//!
//! # Departures
//! Presets, as their code does: `authors` scores by probability and sums enlarged maps of the channels that aren't constant; `pytorch-grad-cam` and
//! `torchcam` put the target's scores through a softmax over channels, which is nearly one-hot for logits, and sum maps on the layer's grid;
//! `tf-keras-vis` and `tabayashi` apply softmax to the outputs even if they are probabilities. The paper's baseline `f(X_b)` cancels in
//! the softmax and the authors' code has none, so there is none here. The raw signed sum is kept; the rectifier is a display step.
//!
//! # Source
//! wang2020scorecam, algorithm 1.

use crate::Result;
use crate::cam::scored::{self, COMBINE, Draw, ENLARGE, NORMALISE, PRESET, Place, Plan, SCORE, SOFTMAX, masked_by};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[PRESET, SCORE, SOFTMAX, NORMALISE, ENLARGE, COMBINE];

/// Score-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "score-cam",
    name: "Score-CAM",
    family: Family::Cam,
    summary: "Weighs each feature map by what the model says of the input masked with it",
    sources: &["wang2020scorecam"],
    needs: &[Need::FeatureMap],
    cost: "1 F + 1 F per different mask",
    keeps: &[("dead-channels", "a channel that is zero everywhere changes nothing")],
    breaks: &[("completeness", "scores of masked inputs don't add up to the value")],
    params: PARAMS,
    cautions: &["outside the mask the input goes to 0, which is the mean of the data for normalised inputs"],
    revision: 1,
    file: include_str!("score_cam.rs"),
    kind: Kind::Driven(drive),
};

/// The input times the mask.
pub(crate) struct Once;

impl Draw for Once {
    fn values(&self, place: &Place, mask: &[f64]) -> Result<Vec<f64>> {
        Ok(masked_by(&place.masked.values, mask, 1.0))
    }
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let plan = Plan {
        channels: &|a| (0..a.channels).collect(),
        draws: &|_, _, _| Ok(Box::new(Once)),
        score_dead: true,
    };
    scored::drive(context, values, INFO.id, &plan)
}
