//! Multiplies activation and gradient position by position and sums over channels.
//!
//! # Formula
//! ```text
//! L(p) = sum_k g_k(p) A_k(p)
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `g_k(p)`: gradient of the target `t` with respect to it, units of `t` per model unit
//!
//! # Axioms
//! Completeness holds towards `<grad_A t, A>`: the map sums to it exactly, and to `t` itself where the part above the layer is linear, rectified
//! or max-pooled without biases; on a pooled linear head it sums to `t` minus the bias.
//!
//! # Cost
//! 1 F and the backward of the part after the layer.
//!
//! # In images
//! Shows only places that the model used (Grad-CAM may show others). Native in 3-D: it was made for CT volumes.
//!
//! # Departures
//! No rectifier and no scaling, as in the authors' code.
//!
//! # Source
//! draelos2020hirescam, eq. 2. The same map is known as linear approximation and as gradient times activation.

use crate::Result;
use crate::assembly::Assembly;
use crate::cam::{on_layer, weighted_sum};
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written, WrittenCheck};
use crate::params::Values;

/// HiResCAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "hires-cam",
    name: "HiResCAM",
    family: Family::Cam,
    summary: "Multiplies activation and gradient position by position and sums over channels",
    sources: &["draelos2020hirescam"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + backward above the layer",
    keeps: &[("layer-completeness", "the map sums to the inner product of gradient and activation")],
    breaks: &[("completeness", "biases and curved functions above the layer aren't shared out")],
    params: &[],
    cautions: &["the map has the resolution of the layer, not of the image"],
    revision: 1,
    file: include_str!("hires_cam.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { layers: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, _: &Values) -> Result<Written> {
    let mut written = Written::default();
    for layer in assembly.layers.clone() {
        let (a, g) = (assembly.activation(&layer)?, assembly.gradient(&layer)?);
        let mut b = assembly.build("hires-cam");
        let map = weighted_sum(&mut b, g, a)?;
        let axes: Vec<usize> = (1..b.shape(map)?.len()).collect();
        let found = b.sum(map, &axes, false)?;
        let product = b.mul(g, a)?;
        let axes: Vec<usize> = (1..b.shape(product)?.len()).collect();
        let expected = b.sum(product, &axes, false)?;
        written.maps.push(on_layer(&layer, map));
        written.checks.push(WrittenCheck {
            name: "layer-completeness",
            statement: "sum of the map = inner product of gradient and activation",
            found,
            expected,
            tolerance: 1e-3,
        });
    }
    Ok(written)
}
