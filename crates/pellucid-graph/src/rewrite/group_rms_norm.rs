//! `x / sqrt(mean(x^2) + epsilon)` over the last axes, with the scale where it is constant, is `RMSNormalization`.

use super::edit::{Edit, Feed, With};
use super::normal::{Quotient, affine_behind, ones, quotient};
use super::view::View;
use crate::Attrs;

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Div", "Mul"]).filter_map(|i| rms_norm(view, i)).collect()
}

fn rms_norm(view: &View, i: usize) -> Option<Edit> {
    let Quotient { numerator: x, squared, epsilon, first_axis, mut nodes } = quotient(view, i)?;
    if squared != x {
        return None;
    }
    let shape = view.shape(x)?;
    let normal = &shape[first_axis..];
    let behind = affine_behind(view, i, normal, false);
    nodes.extend(&behind.nodes);
    let scale = behind.scale.or_else(|| ones(view, x, &view.node(i).name, normal))?;
    let stash = i64::from(view.graph.dtype(x).ok()?.onnx_code());
    let attrs = Attrs::new().with("axis", first_axis as i64).with("epsilon", epsilon as f32).with("stash_type", stash);
    let with = With::Node { op: "RMSNormalization", attrs, inputs: vec![Feed::Old(x), scale] };
    Some(Edit { at: behind.at, nodes, with, what: "mean square and quotient are one RMS normalisation".into() })
}
