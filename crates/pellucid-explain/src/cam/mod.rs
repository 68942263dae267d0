//! Class activation maps: sums of a layer's feature maps under weights.
//!
//! All of them are functions of the activations `A` (and the gradient `g` of the target at them) as `N x K x S..`, so methods asked for
//! together share one forward and one backward. Maps are raw and signed: rectifying and scaling are display steps.

pub mod grad_cam;

use pellucid_graph::{Build, Wire};

use crate::Result;
use crate::evidence::Grid;
use crate::layer::Layer;
use crate::method::WrittenMap;

/// The spatial axes of `N x K x S..`.
pub(crate) fn spatial(b: &Build, a: Wire) -> Result<Vec<usize>> {
    Ok((2..b.shape(a)?.len()).collect())
}

/// `sum_k w_k A_k(p)`, weights per channel (`N x K x 1..`) or per position (`N x K x S..`).
pub(crate) fn weighted_sum(b: &mut Build, w: Wire, a: Wire) -> Result<Wire> {
    let product = b.mul(w, a)?;
    Ok(b.sum(product, &[1], false)?)
}

/// A map on the grid of a layer.
pub(crate) fn on_layer(layer: &Layer, wire: Wire) -> WrittenMap {
    WrittenMap { grid: Grid::Layer { name: layer.name.clone() }, wire }
}
