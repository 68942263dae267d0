//! Weighs each feature map by the mean gradient of the target over it.
//!
//! # Formula
//! ```text
//! w_k = 1/Z sum_p g_k(p)        L(p) = sum_k w_k A_k(p)        shown: max(L, 0)
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `g_k(p)`: gradient of the target `t` with respect to it, units of `t` per model unit
//! - `Z`: number of positions
//!
//! # Axioms
//! Equal to CAM divided by `Z` on a head of global average pooling and one linear layer. Completeness fails: the spatial mean forgets where
//! the gradient was.
//!
//! # Cost
//! 1 F and the backward of the part after the layer. Where that part is affine the weights are constants of the graph.
//!
//! # In images
//! The map has the layer's resolution (7 x 7 for many classifiers at 224 px): borders of a lesion can't be read off it. In 3-D the mean
//! runs over all three axes. With a segmentation region as target this is SEG-Grad-CAM. Weights that are spread over all positions can
//! light up places that the model didn't use: compare with HiResCAM.
//!
//! # Departures
//! The raw signed map is kept; the rectifier of the paper is applied for display only.
//!
//! # Source
//! selvaraju2017gradcam, eq. 1 and 2; SEG-Grad-CAM: vinogradova2020segmentation.

use crate::Result;
use crate::assembly::Assembly;
use crate::cam::{on_layer, spatial, weighted_sum};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::Values;

/// Grad-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "grad-cam",
    name: "Grad-CAM",
    family: Family::Cam,
    summary: "Weighs each feature map by the mean gradient of the target over it",
    sources: &["selvaraju2017gradcam", "vinogradova2020segmentation"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + backward above the layer",
    keeps: &[("cam-equivalence", "on a pooled linear head the mean gradient is the head's weight over Z")],
    breaks: &[("completeness", "the spatial mean discards where the gradient was")],
    params: &[],
    cautions: &["the map has the resolution of the layer, not of the image"],
    revision: 1,
    file: include_str!("grad_cam.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { layers: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, _: &Values) -> Result<Written> {
    let mut written = Written::default();
    for layer in assembly.layers.clone() {
        let (a, g) = (assembly.activation(&layer)?, assembly.gradient(&layer)?);
        let mut b = assembly.build("grad-cam");
        let axes = spatial(&b, a)?;
        let w = b.mean(g, &axes, true)?;
        let map = weighted_sum(&mut b, w, a)?;
        written.maps.push(on_layer(&layer, map));
        written.extras.push(("weights", w));
    }
    Ok(written)
}
