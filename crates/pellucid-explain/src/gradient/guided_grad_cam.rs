//! Multiplies guided backpropagation by the enlarged Grad-CAM map.
//!
//! # Formula
//! ```text
//! L = GBP(x) U(max(L_GradCAM, 0))
//! ```
//!
//! # Symbols
//! - `GBP(x)`: guided backpropagation, `C x S..`
//! - `U`: resize to the input's spatial size
//!
//! # Axioms
//! None: it inherits the insensitivity of guided backpropagation to randomised weights.
//!
//! # Cost
//! 1 F + 1 B + the backward above the layer.
//!
//! # In images
//! Sharp inside the region that Grad-CAM marks. Fails sanity checks: use it for pictures, not for conclusions.
//!
//! # Departures
//! `interpolation = bilinear` as in the paper is the default; captum's default is `nearest`.
//!
//! # Source
//! selvaraju2017gradcam, section 3.2.

use pellucid_diff::guided_backprop;
use pellucid_graph::query::is_channels_last;

use crate::Result;
use crate::assembly::Assembly;
use crate::cam::{resized, spatial, weighted_sum};
use crate::evidence::Grid;
use crate::method::{Family, Gradients, Kind, MethodInfo, Need, Written, WrittenMap};
use crate::params::{ParamSpec, Values, choice};
use crate::planes::Planes;

static PARAMS: &[ParamSpec] =
    &[choice("interpolation", "bilinear", &["bilinear", "nearest"], "how the Grad-CAM map is enlarged")];

/// Guided Grad-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "guided-grad-cam",
    name: "Guided Grad-CAM",
    family: Family::Gradient,
    summary: "Multiplies guided backpropagation by the enlarged Grad-CAM map",
    sources: &["selvaraju2017gradcam"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + 1 B + backward above the layer",
    keeps: &[],
    breaks: &[("completeness", "a product of two maps"), ("sanity", "inherited from guided backpropagation")],
    params: PARAMS,
    cautions: &["fails sanity checks: for pictures, not for conclusions"],
    revision: 1,
    file: include_str!("guided_grad_cam.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { layers: true, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let layer = assembly.layer()?;
    let (a, g) = (assembly.activation(&layer)?, assembly.gradient(&layer)?);
    let wrt = assembly.float_inputs();
    let guided = assembly.pull(&guided_backprop(false), &wrt)?;
    let mode = if values.word("interpolation") == "nearest" { "nearest" } else { "half_pixel" };
    let mut written = Written::default();
    for (input, gbp) in wrt.into_iter().zip(guided) {
        let (name, last) = (assembly.name_of(input), is_channels_last(&assembly.graph, input));
        let mut b = assembly.build("guided-grad-cam");
        let axes = spatial(&b, a)?;
        let planes = Planes::new(&b.shape(input)?, last);
        let size = planes.spatial().to_vec();
        if size.len() != axes.len() {
            // an input without the layer's spatial axes has no place on the map
            continue;
        }
        let w = b.mean(g, &axes, true)?;
        let cam = weighted_sum(&mut b, w, a)?;
        let cam = b.relu(cam)?;
        let up = resized(&mut b, cam, 1, &size, mode)?;
        let shape: Vec<usize> = [&[b.shape(up)?[0]], planes.one_channel().as_slice()].concat();
        let up = b.reshape(up, &shape)?;
        let wire = b.mul(gbp, up)?;
        written.maps.push(WrittenMap { grid: Grid::Input { name }, wire });
    }
    Ok(written)
}
