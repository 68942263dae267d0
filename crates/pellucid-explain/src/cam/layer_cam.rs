//! Weighs each activation by its own positive gradient; several layers can be fused into one finer map.
//!
//! # Formula
//! ```text
//! L(p) = sum_k max(g_k(p), 0) A_k(p)
//! fused: max over layers of U(tanh(gamma max(L, 0) / max_q max(L(q), 0)))
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `g_k(p)`: gradient of the target `t` with respect to it, units of `t` per model unit
//! - `gamma`: scale of shallow layers, 2 in the paper
//! - `U`: resize to the input's spatial size, linear, half-pixel centres
//!
//! # Axioms
//! Equal to element-wise Grad-CAM where activations are at least 0, and to HiResCAM where all gradients are at least 0. Completeness fails.
//!
//! # Cost
//! 1 F and one backward down to the shallowest layer, however many layers there are.
//!
//! # In images
//! Shallow layers have fine maps: useful for small lesions, but noisier.
//!
//! # Departures
//! Every layer is scaled by tanh before fusing, the deepest too, so that maps of different magnitude compare. Without `fuse`, each layer gives a raw
//! map of its own.
//!
//! # Source
//! jiang2021layercam, eq. 6 to 9.

use crate::Result;
use crate::assembly::Assembly;
use crate::cam::{on_layer, resized, weighted_sum};
use crate::evidence::Grid;
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written, WrittenMap};
use crate::params::{ParamSpec, Values, flag, float};

static PARAMS: &[ParamSpec] = &[
    flag("fuse", false, "fuse the maps of all layers asked for into one at the input's size"),
    float("gamma", 2.0, 0.0, 100.0, "scale inside tanh when layers are fused"),
];

/// Layer-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "layer-cam",
    name: "Layer-CAM",
    family: Family::Cam,
    summary: "Weighs each activation by its own positive gradient; can fuse several layers",
    sources: &["jiang2021layercam"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + backward above the shallowest layer",
    keeps: &[("elementwise-equivalence", "equal to element-wise Grad-CAM where activations are at least 0")],
    breaks: &[("completeness", "negative gradients are dropped")],
    params: PARAMS,
    cautions: &["maps of shallow layers are fine but noisy"],
    revision: 1,
    file: include_str!("layer_cam.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { layers: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let mut written = Written::default();
    let mut fused = None;
    for layer in assembly.layers.clone() {
        let (a, g) = (assembly.activation(&layer)?, assembly.gradient(&layer)?);
        let size =
            assembly.input_size(layer.map_shape(&assembly.graph.shape(assembly.graph.find(&layer.name)?)?).1.len())?;
        let mut b = assembly.build("layer-cam");
        let positive = b.relu(g)?;
        let map = weighted_sum(&mut b, positive, a)?;
        if !values.flag("fuse") {
            written.maps.push(on_layer(&layer, map));
            continue;
        }
        let axes: Vec<usize> = (1..b.shape(map)?.len()).collect();
        let m = b.relu(map)?;
        let top = b.max_over(m, &axes, true)?;
        let some = b.above(top, 0.0)?;
        let one = b.scalar(1.0, top)?;
        let top = b.select(some, top, one)?;
        let m = b.div(m, top)?;
        let m = b.scale(m, values.float("gamma"))?;
        let m = b.tanh(m)?;
        let m = resized(&mut b, m, 1, &size, "half_pixel")?;
        fused = Some(match fused {
            None => m,
            Some(f) => b.max(f, m)?,
        });
    }
    if let Some(wire) = fused {
        let names: Vec<&str> = assembly.layers.iter().map(|l| l.name.as_str()).collect();
        written.maps.push(WrittenMap { grid: Grid::Layer { name: names.join(" + ") }, wire });
    }
    Ok(written)
}
