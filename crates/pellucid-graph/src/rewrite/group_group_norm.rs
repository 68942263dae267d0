//! Instance normalisation of the channels seen as groups, reshaped back and scaled per channel, is `GroupNormalization`.

use super::channel::per_channel;
use super::edit::{Edit, Feed, With};
use super::view::{View, input, output};
use crate::{Attrs, Tensor};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["InstanceNormalization"]).filter_map(|i| group_norm(view, i)).collect()
}

fn group_norm(view: &View, i: usize) -> Option<Edit> {
    let node = view.node(i);
    let split = view.made_by(input(node, 0)?, &["Reshape"])?;
    let x = input(view.node(split), 0)?;
    let back = view.only_reader(output(node)?, &["Reshape"])?;
    let (shape, grouped) = (view.shape(x)?, view.shape(input(node, 0)?)?);
    let (&[samples, channels, ..], &[same, groups, ..]) = (&shape[..], &grouped[..]) else { return None };
    let whole = groups > 0 && channels % groups == 0 && samples == same && shape.len() > 2 && grouped.len() > 2;
    if !whole || view.shape(output(view.node(back))?)? != shape {
        return None;
    }
    let per_group = |k: usize| view.value(input(node, k)?).and_then(|t| per_channel(t, 1, 0, groups));
    let spread = |v: Vec<f64>| -> Vec<f64> { (0..channels).map(|c| v[c / (channels / groups)]).collect() };
    let (mut scale, mut shift) = (spread(per_group(1)?), spread(per_group(2)?));
    let (mut at, mut nodes) = (back, vec![split, i]);
    for op in [&["Mul"], &["Add"]] {
        let Some((next, values)) = constant_behind(view, at, op, shape.len(), channels) else { continue };
        let multiply = op == &["Mul"];
        for c in 0..channels {
            if multiply {
                scale[c] *= values[c];
                shift[c] *= values[c];
            } else {
                shift[c] += values[c];
            }
        }
        nodes.push(at);
        at = next;
    }
    let dtype = view.graph.dtype(x).ok()?;
    let epsilon = node.attrs.float("epsilon").unwrap_or(1e-5);
    let feed = |part: &str, v| Feed::New(format!("{}/{part}", node.name), Tensor::from_f64(dtype, vec![channels], v));
    let inputs = vec![Feed::Old(x), feed("scale", scale), feed("bias", shift)];
    let attrs = Attrs::new().with("num_groups", groups as i64).with("epsilon", epsilon);
    let with = With::Node { op: "GroupNormalization", attrs, inputs };
    Some(Edit { at, nodes, with, what: format!("instance normalisation of {groups} groups is group normalisation") })
}

/// The only reader, when it combines with a constant per channel.
fn constant_behind(view: &View, i: usize, op: &[&str], rank: usize, channels: usize) -> Option<(usize, Vec<f64>)> {
    let made = output(view.node(i))?;
    let next = view.only_reader(made, op)?;
    let value = view.value(view.other(next, made)?)?;
    Some((next, per_channel(value, rank, 1, channels)?))
}
