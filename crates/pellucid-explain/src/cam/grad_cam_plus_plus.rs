//! Weighs each feature map by its positive gradients, those at positions that carry the class more.
//!
//! # Formula
//! ```text
//! alpha_k(p) = g^2 / (2 g^2 + S_k g^3 + eps), 0 where g = 0        S_k = sum_q A_k(q)
//! w_k = sum_p alpha_k(p) max(g_k(p), 0)                            L(p) = sum_k w_k A_k(p)
//! ```
//! With `eps = 0` this is `alpha = 1 / (2 + S_k g)`, which is what is computed then: nothing underflows.
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `g_k(p)`: gradient of the target `t` with respect to it, units of `t` per model unit
//! - `eps`: stabiliser, units of `g^2`
//!
//! # Axioms
//! On a pooled linear head `w_k = Z g+ / (2 + g S_k)`. Completeness fails.
//!
//! # Cost
//! 1 F and the backward of the part after the layer.
//!
//! # In images
//! Meant for several objects of one class. For a segmentation region as target the derivation doesn't hold: take it as a heuristic.
//!
//! # Departures
//! The factor `exp(y)` of the paper cancels after scaling and would overflow, so it is left out. `variant = authors` divides alpha by its sum over
//! positions with positive gradient, as the authors' code does; `variant = monai` has `sum_q A_k(q) g_k(q)^3` in the denominator, zeros replaced
//! by 1, plus 1e-7. `eps = 1e-6` gives what pytorch-grad-cam computes; with last-layer gradients of 1e-3 or less that constant decides the map,
//! so 0 is the default.
//!
//! # Source
//! chattopadhay2018gradcampp, eq. 19.

use pellucid_graph::{Build, Wire};

use crate::Result;
use crate::assembly::Assembly;
use crate::cam::{on_layer, spatial, weighted_sum};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values, choice, float};

static PARAMS: &[ParamSpec] = &[
    choice("variant", "paper", &["paper", "authors", "monai"], "which of the published forms of alpha"),
    float("eps", 0.0, 0.0, 1.0, "added to the denominator of the paper's form; 1e-6 for parity with pytorch-grad-cam"),
];

/// Grad-CAM++.
pub static INFO: MethodInfo = MethodInfo {
    id: "grad-cam-plus-plus",
    name: "Grad-CAM++",
    family: Family::Cam,
    summary: "Weighs each feature map by its positive gradients, by position",
    sources: &["chattopadhay2018gradcampp"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + backward above the layer",
    keeps: &[],
    breaks: &[("completeness", "weights are a heuristic from an exponential output")],
    params: PARAMS,
    cautions: &["for segmentation regions the derivation doesn't hold"],
    revision: 1,
    file: include_str!("grad_cam_plus_plus.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { layers: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let mut written = Written::default();
    for layer in assembly.layers.clone() {
        let (a, g) = (assembly.activation(&layer)?, assembly.gradient(&layer)?);
        let mut b = assembly.build("grad-cam-plus-plus");
        let axes = spatial(&b, a)?;
        let positive = b.relu(g)?;
        let alpha = alpha(&mut b, a, g, positive, &axes, values)?;
        let w = b.mul(alpha, positive)?;
        let w = b.sum(w, &axes, true)?;
        let map = weighted_sum(&mut b, w, a)?;
        written.maps.push(on_layer(&layer, map));
    }
    Ok(written)
}

fn alpha(b: &mut Build, a: Wire, g: Wire, positive: Wire, axes: &[usize], values: &Values) -> Result<Wire> {
    let s = b.sum(a, axes, true)?;
    match (values.word("variant"), values.float("eps")) {
        ("monai", _) => {
            let g2 = b.mul(g, g)?;
            let g3 = b.mul(g2, g)?;
            let ag3 = b.mul(a, g3)?;
            let ag3 = b.sum(ag3, axes, true)?;
            let d = b.scale(g2, 2.0)?;
            let d = b.add(d, ag3)?;
            let zero = b.scalar(0.0, d)?;
            let one = b.scalar(1.0, d)?;
            let none = b.equal(d, zero)?;
            let d = b.select(none, one, d)?;
            let d = b.shift(d, 1e-7)?;
            Ok(b.div(g2, d)?)
        }
        ("authors", _) => {
            let raw = safe_alpha(b, s, g)?;
            let on = b.above(positive, 0.0)?;
            let counted = b.keep_where(on, raw)?;
            let total = b.sum(counted, axes, true)?;
            let zero = b.scalar(0.0, total)?;
            let one = b.scalar(1.0, total)?;
            let none = b.equal(total, zero)?;
            let total = b.select(none, one, total)?;
            Ok(b.div(raw, total)?)
        }
        (_, eps) if eps > 0.0 => {
            let g2 = b.mul(g, g)?;
            let g3 = b.mul(g2, g)?;
            let d = b.scale(g2, 2.0)?;
            let sg3 = b.mul(s, g3)?;
            let d = b.add(d, sg3)?;
            let d = b.shift(d, eps)?;
            Ok(b.div(g2, d)?)
        }
        _ => safe_alpha(b, s, g),
    }
}

/// `1 / (2 + S g)`, 0 where `g = 0` or the denominator vanishes.
fn safe_alpha(b: &mut Build, s: Wire, g: Wire) -> Result<Wire> {
    let d = b.mul(s, g)?;
    let d = b.shift(d, 2.0)?;
    let size = b.abs(d)?;
    let usable = b.above(size, 1e-12)?;
    let one = b.scalar(1.0, d)?;
    let d = b.select(usable, d, one)?;
    let alpha = b.reciprocal(d)?;
    let magnitude = b.abs(g)?;
    let moves = b.above(magnitude, 0.0)?;
    let keep = b.and(usable, moves)?;
    Ok(b.keep_where(keep, alpha)?)
}
