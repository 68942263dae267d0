//! Scales and shifts per channel, and folding them into the linear node before them.

use super::edit::{Feed, With};
use super::view::{View, input, output};
use crate::{DType, Node, Tensor, volume};

/// Operators that take a scale and a shift per output channel into their weights.
pub(super) const LINEAR: &[&str] = &["Conv", "ConvTranspose", "Gemm", "Linear"];

/// The values of a tensor that broadcasts against a wire of `rank` axes and varies along `axis` only, one per channel.
pub(super) fn per_channel(t: &Tensor, rank: usize, axis: usize, channels: usize) -> Option<Vec<f64>> {
    let lead = rank.checked_sub(t.rank())?;
    let fits = t.shape().iter().enumerate().all(|(i, &n)| n == 1 || (i + lead == axis && n == channels));
    if !fits || t.dtype() == DType::Str {
        return None;
    }
    let values = t.to_f64();
    if values.len() == channels { Some(values) } else { Some(vec![*values.first()?; channels]) }
}

/// A tensor broadcast to a shape.
pub(super) fn broadcast(t: &Tensor, shape: &[usize]) -> Option<Tensor> {
    let lead = shape.len().checked_sub(t.rank())?;
    if t.dtype() == DType::Str || t.shape().iter().enumerate().any(|(i, &n)| n != 1 && n != shape[i + lead]) {
        return None;
    }
    let values = t.to_f64();
    let mut out = Vec::with_capacity(volume(shape)?);
    for flat in 0..volume(shape)? {
        let (mut rest, mut at, mut stride) = (flat, 0, 1);
        for axis in (0..shape.len()).rev() {
            let index = rest % shape[axis];
            rest /= shape[axis];
            if axis >= lead {
                let n = t.shape()[axis - lead];
                at += if n == 1 { 0 } else { index * stride };
                stride *= n;
            }
        }
        out.push(*values.get(at)?);
    }
    Some(Tensor::from_f64(t.dtype(), shape.to_vec(), out))
}

/// The axis of a linear node's output on which its channels lie, and their number.
pub(super) fn channels(view: &View, linear: usize) -> Option<(usize, usize)> {
    let node = view.node(linear);
    let shape = view.shape(output(node)?)?;
    let axis = if node.op == "Linear" { shape.len().checked_sub(1)? } else { 1 };
    Some((axis, *shape.get(axis)?))
}

/// The linear node with its output multiplied by `scale` and then moved by `shift`, each per channel.
pub(super) fn folded(view: &View, linear: usize, scale: &[f64], shift: &[f64]) -> Option<With> {
    let node = view.node(linear);
    let weight = view.value(input(node, 1)?).filter(|t| t.dtype().is_float())?;
    let (dtype, count) = (weight.dtype(), scale.len());
    let (gain, mut attrs) = (f64::from(node.attrs.float("beta").unwrap_or(1.0)), node.attrs.clone());
    let old = bias(view, node, count)?;
    let beta = if node.op == "Gemm" { gain } else { 1.0 };
    let new: Vec<f64> = (0..count).map(|c| beta * old[c] * scale[c] + shift[c]).collect();
    if node.op == "Gemm" {
        attrs = attrs.with("beta", 1.0f32);
    }
    let name = |part: &str, i: usize| match input(node, i) {
        Some(w) => view.graph.name_of(w).to_string(),
        None => format!("{}/{part}", node.name),
    };
    let op = LINEAR.iter().copied().find(|op| *op == node.op)?;
    let inputs = vec![
        Feed::Old(input(node, 0)?),
        Feed::New(name("weight", 1), scaled(node, weight, scale)?),
        Feed::New(name("bias", 2), Tensor::from_f64(dtype, vec![count], new)),
    ];
    Some(With::Node { op, attrs, inputs })
}

/// The bias of a linear node, one value per channel.
fn bias(view: &View, node: &Node, count: usize) -> Option<Vec<f64>> {
    let Some(wire) = input(node, 2) else { return Some(vec![0.0; count]) };
    let rank = if node.op == "Gemm" { 2 } else { 1 };
    per_channel(view.value(wire)?, rank, rank - 1, count)
}

/// The weight with each output channel multiplied by its scale.
fn scaled(node: &Node, weight: &Tensor, scale: &[f64]) -> Option<Tensor> {
    let shape = weight.shape();
    let inner = |axis: usize| shape[axis + 1..].iter().product::<usize>().max(1);
    let group = usize::try_from(node.attrs.int("group").unwrap_or(1)).ok().filter(|g| *g > 0)?;
    let channel: Box<dyn Fn(usize) -> usize> = match node.op.as_str() {
        "Conv" => Box::new({
            let inner = inner(0);
            move |i| i / inner
        }),
        // C_in x C_out / group x kernel: the group of an input channel says which output channels its rows make
        "ConvTranspose" => Box::new({
            let (inner, per_group) = (inner(1), *shape.get(1)?);
            let inputs = (shape[0] / group).max(1);
            move |i| (i / (inner * per_group)) / inputs * per_group + i / inner % per_group
        }),
        "Gemm" if node.attrs.int("transB").unwrap_or(0) != 0 => Box::new({
            let inner = inner(0);
            move |i| i / inner
        }),
        _ => Box::new({
            let last = (*shape.last()?).max(1);
            move |i| i % last
        }),
    };
    let values = weight.to_f64();
    let values: Option<Vec<f64>> = values.iter().enumerate().map(|(i, v)| Some(v * scale.get(channel(i))?)).collect();
    Some(Tensor::from_f64(weight.dtype(), shape.to_vec(), values?))
}
