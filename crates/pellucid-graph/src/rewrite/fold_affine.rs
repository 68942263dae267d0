//! A constant factor or summand per channel right behind a linear node is part of its weights.
//!
//! One number for all channels isn't: it is a scale that the model was given on purpose, and rules for a product with a constant handle it.

use super::channel::{LINEAR, channels, folded, per_channel};
use super::edit::Edit;
use super::view::View;

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Mul", "Div", "Add", "Sub"]).filter_map(|i| fold(view, i)).collect()
}

fn fold(view: &View, i: usize) -> Option<Edit> {
    let (a, b) = view.pair(i)?;
    let (data, number, data_first) = match (view.value(a), view.value(b)) {
        (None, Some(t)) => (a, t, true),
        (Some(t), None) => (b, t, false),
        _ => return None,
    };
    let linear = view.made_by(data, LINEAR)?;
    let (axis, count) = channels(view, linear)?;
    if number.len() != count {
        return None;
    }
    let values = per_channel(number, view.shape(data)?.len(), axis, count)?;
    let (one, none) = (vec![1.0; count], vec![0.0; count]);
    let (scale, shift) = match (view.node(i).op.as_str(), data_first) {
        ("Mul", _) => (values, none),
        ("Div", true) => (values.iter().map(|v| 1.0 / v).collect(), none),
        ("Add", _) => (one, values),
        ("Sub", true) => (one, values.iter().map(|v| -v).collect()),
        ("Sub", false) => (vec![-1.0; count], values),
        _ => return None,
    };
    if scale.iter().chain(&shift).any(|v| !v.is_finite()) {
        return None;
    }
    let with = folded(view, linear, &scale, &shift)?;
    let what = format!("a constant per channel is part of `{}`", view.node(linear).name);
    Some(Edit { at: i, nodes: vec![linear], with, what })
}
