//! Multiplies activation and gradient position by position, keeps the positive products, and sums over channels.
//!
//! # Formula
//! ```text
//! L(p) = sum_k max(g_k(p) A_k(p), 0)
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `g_k(p)`: gradient of the target `t` with respect to it, units of `t` per model unit
//!
//! # Axioms
//! Equal to Layer-CAM where all activations are at least 0. Completeness fails: negative products are dropped.
//!
//! # Cost
//! 1 F and the backward of the part after the layer.
//!
//! # In images
//! Never negative, so it can't show evidence against the target.
//!
//! # Departures
//! None.
//!
//! # Source
//! gildenblat2021gradcam (the element-wise variant of Grad-CAM in that library).

use crate::Result;
use crate::assembly::Assembly;
use crate::cam::on_layer;
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::Values;

/// Element-wise Grad-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "grad-cam-elementwise",
    name: "Element-wise Grad-CAM",
    family: Family::Cam,
    summary: "Sums the positive products of activation and gradient over channels",
    sources: &["gildenblat2021gradcam"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + backward above the layer",
    keeps: &[("layer-cam-equivalence", "equal to Layer-CAM where activations are at least 0")],
    breaks: &[("completeness", "negative products are dropped")],
    params: &[],
    cautions: &["shows no evidence against the target"],
    revision: 1,
    file: include_str!("grad_cam_elementwise.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { layers: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, _: &Values) -> Result<Written> {
    let mut written = Written::default();
    for layer in assembly.layers.clone() {
        let (a, g) = (assembly.activation(&layer)?, assembly.gradient(&layer)?);
        let mut b = assembly.build("grad-cam-elementwise");
        let product = b.mul(g, a)?;
        let positive = b.relu(product)?;
        let map = b.sum(positive, &[1], false)?;
        written.maps.push(on_layer(&layer, map));
    }
    Ok(written)
}
