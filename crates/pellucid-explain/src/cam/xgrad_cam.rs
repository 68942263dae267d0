//! Weighs each feature map by its gradients, each position in proportion to its activation.
//!
//! # Formula
//! ```text
//! w_k = sum_p g_k(p) A_k(p) / sum_p A_k(p)        L(p) = sum_k w_k A_k(p)
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `g_k(p)`: gradient of the target `t` with respect to it, units of `t` per model unit
//!
//! # Axioms
//! Conservation towards the layer holds: the map sums to `sum_k sum_p g_k(p) A_k(p)`, as HiResCAM does. Sensitivity holds to first order.
//!
//! # Cost
//! 1 F and the backward of the part after the layer.
//!
//! # In images
//! As Grad-CAM. Where activations have both signs (before a rectifier, GELU, tokens) their sum may cancel: the guard below then takes over.
//!
//! # Departures
//! `guard = safe` (default): where `|sum A| < 1e-6 sum |A|` the channel gets Grad-CAM's weight, and dead channels get 0. `guard = eps` adds 1e-7 to the sum,
//! as pytorch-grad-cam does.
//!
//! # Source
//! fu2020xgradcam, eq. 8.

use pellucid_graph::{Build, Wire};

use crate::Result;
use crate::assembly::Assembly;
use crate::cam::{on_layer, spatial, weighted_sum};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values, choice};

static PARAMS: &[ParamSpec] = &[choice("guard", "safe", &["safe", "eps"], "what keeps the division finite")];

/// XGrad-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "xgrad-cam",
    name: "XGrad-CAM",
    family: Family::Cam,
    summary: "Weighs each feature map by its gradients, positions in proportion to their activation",
    sources: &["fu2020xgradcam"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + backward above the layer",
    keeps: &[("layer-completeness", "the map sums to the inner product of gradient and activation")],
    breaks: &[("completeness", "biases and curved functions above the layer aren't shared out")],
    params: PARAMS,
    cautions: &["the map has the resolution of the layer, not of the image"],
    revision: 1,
    file: include_str!("xgrad_cam.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { layers: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let mut written = Written::default();
    for layer in assembly.layers.clone() {
        let (a, g) = (assembly.activation(&layer)?, assembly.gradient(&layer)?);
        let mut b = assembly.build("xgrad-cam");
        let axes = spatial(&b, a)?;
        let ga = b.mul(g, a)?;
        let top = b.sum(ga, &axes, true)?;
        let total = b.sum(a, &axes, true)?;
        let w = if values.word("guard") == "eps" {
            let total = b.shift(total, 1e-7)?;
            b.div(top, total)?
        } else {
            guarded(&mut b, top, total, a, g, &axes)?
        };
        let map = weighted_sum(&mut b, w, a)?;
        written.maps.push(on_layer(&layer, map));
    }
    Ok(written)
}

/// The quotient where the sum is safe, the mean gradient where it cancels, 0 for a dead channel.
fn guarded(b: &mut Build, top: Wire, total: Wire, a: Wire, g: Wire, axes: &[usize]) -> Result<Wire> {
    let size = b.abs(a)?;
    let size = b.sum(size, axes, true)?;
    let alive = b.above(size, 0.0)?;
    let limit = b.scale(size, 1e-6)?;
    let magnitude = b.abs(total)?;
    let cancels = b.less(magnitude, limit)?;
    let safe = b.not(cancels)?;
    let safe = b.and(safe, alive)?;
    let one = b.scalar(1.0, total)?;
    let divisor = b.select(safe, total, one)?;
    let quotient = b.div(top, divisor)?;
    let mean = b.mean(g, axes, true)?;
    let w = b.select(safe, quotient, mean)?;
    Ok(b.keep_where(alive, w)?)
}
