//! `(x - mean) / sqrt(variance + epsilon)` over the last axes, with scale and shift where they are constant, is `LayerNormalization`.

use super::edit::{Edit, Feed, With};
use super::normal::{Quotient, affine_behind, ones, quotient};
use super::view::{View, input};
use crate::{Attrs, Wire};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Div", "Mul"]).filter_map(|i| layer_norm(view, i)).collect()
}

fn layer_norm(view: &View, i: usize) -> Option<Edit> {
    let Quotient { numerator, squared, epsilon, first_axis, mut nodes } = quotient(view, i)?;
    let (x, shape) = (centred(view, numerator, first_axis, &mut nodes)?, view.shape(numerator)?);
    if squared != numerator && centred(view, squared, first_axis, &mut nodes) != Some(x) {
        return None;
    }
    let normal = &shape[first_axis..];
    let behind = affine_behind(view, i, normal, true);
    nodes.extend(&behind.nodes);
    let scale = behind.scale.or_else(|| ones(view, x, &view.node(i).name, normal))?;
    let attrs = Attrs::new().with("axis", first_axis as i64).with("epsilon", epsilon as f32);
    let inputs = [Some(Feed::Old(x)), Some(scale), behind.shift].into_iter().flatten().collect();
    let with = With::Node { op: "LayerNormalization", attrs, inputs };
    Some(Edit {
        at: behind.at,
        nodes,
        with,
        what: "centring, variance and quotient are one layer normalisation".into(),
    })
}

/// `x`, when `wire` is `x` less its mean over the axes from `first` on.
fn centred(view: &View, wire: Wire, first: usize, nodes: &mut Vec<usize>) -> Option<Wire> {
    let sub = view.made_by(wire, &["Sub"])?;
    let (x, mean) = view.pair(sub)?;
    let reduce = view.made_by(mean, &["ReduceMean"]).filter(|r| input(view.node(*r), 0) == Some(x))?;
    let all_after = view.kept_axes(reduce)?.into_iter().eq(first..view.shape(x)?.len());
    nodes.extend([sub, reduce]);
    all_after.then_some(x)
}
