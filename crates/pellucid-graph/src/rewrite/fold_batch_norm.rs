//! Batch normalisation right behind a linear node is part of its weights.
//!
//! `scale (w x + b - mean) / sqrt(var + epsilon) + shift` is `w' x + b'`. Where somebody else reads what the linear node makes, or the
//! normalisation stands elsewhere, it stays.

use super::channel::{LINEAR, channels, folded};
use super::edit::Edit;
use super::view::{View, input};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["BatchNormalization"]).filter_map(|i| fold(view, i)).collect()
}

fn fold(view: &View, i: usize) -> Option<Edit> {
    let node = view.node(i);
    if node.attrs.int("training_mode").unwrap_or(0) != 0 {
        return None;
    }
    let linear = view.made_by(input(node, 0)?, LINEAR)?;
    let (axis, count) = channels(view, linear)?;
    let [gain, shift, mean, variance] = [1, 2, 3, 4].map(|k| statistics(view, input(node, k), count));
    let (gain, shift, mean, variance) = (gain?, shift?, mean?, variance?);
    if axis != 1 {
        return None;
    }
    let epsilon = f64::from(node.attrs.float("epsilon").unwrap_or(1e-5));
    let scale: Vec<f64> = gain.iter().zip(&variance).map(|(g, v)| g / (v + epsilon).sqrt()).collect();
    let shift: Vec<f64> = (0..count).map(|c| shift[c] - mean[c] * scale[c]).collect();
    if scale.iter().chain(&shift).any(|v| !v.is_finite()) {
        return None;
    }
    let with = folded(view, linear, &scale, &shift)?;
    Some(Edit {
        at: i,
        nodes: vec![linear],
        with,
        what: format!("batch normalisation is part of `{}`", view.node(linear).name),
    })
}

fn statistics(view: &View, wire: Option<crate::Wire>, count: usize) -> Option<Vec<f64>> {
    view.value(wire?).filter(|t| t.shape() == [count]).map(|t| t.to_f64())
}
