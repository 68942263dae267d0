//! The classifier that classic CAM needs: pooled features and one linear layer.

use super::{LAYOUT, back_over, input, main_output, maker, reduction, shape, trailing_activation};
use crate::{Graph, Node, Tensor, Wire};

/// How features were pooled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooled {
    /// Mean over positions.
    Mean,
    /// Sum over positions.
    Sum,
    /// Maximum over positions.
    Max,
}

/// `logits = weight · pool(features) + bias`.
#[derive(Clone, Debug)]
pub struct Head {
    /// The feature map that is pooled.
    pub features: Wire,
    /// `classes x channels`.
    pub weight: Tensor,
    /// One value per class.
    pub bias: Tensor,
    /// How `features` are pooled over their positions.
    pub pooled: Pooled,
    /// The logits, before a trailing activation.
    pub logits: Wire,
}

/// Pooling followed by one linear layer, at the first output. Also found with the two the other way round: a 1 x 1 convolution whose map is
/// averaged. `None` when anything that isn't linear stands between.
pub fn classifier_head(graph: &Graph) -> Option<Head> {
    let output = main_output(graph)?;
    let logits = trailing_activation(graph, output).map_or(output, |(_, before)| before);
    let last = back_over(graph, logits, LAYOUT);
    pooled_then_linear(graph, last, logits).or_else(|| linear_then_pooled(graph, last, logits))
}

fn pooled_then_linear(graph: &Graph, last: Wire, logits: Wire) -> Option<Head> {
    let (x, weight, bias) = linear(graph, last)?;
    let pool = maker(graph, back_over(graph, x, LAYOUT))?;
    let (features, pooled) = (input(pool, 0)?, reduction(graph, pool)?);
    let (from, to) = (shape(graph, features)?, shape(graph, x)?);
    let channels = weight.shape()[1];
    // exactly one value per sample and channel must be left of the features
    let whole = to.iter().product::<usize>() == from[0] * channels && to[0] == from[0] && from.len() > 2;
    let kept = from.get(1) == Some(&channels) || from.last() == Some(&channels);
    (whole && kept).then_some(Head { features, weight, bias, pooled, logits })
}

fn linear_then_pooled(graph: &Graph, last: Wire, logits: Wire) -> Option<Head> {
    let pool = maker(graph, last)?;
    let map = input(pool, 0)?;
    let pooled = reduction(graph, pool).filter(|p| *p == Pooled::Mean)?;
    let (features, weight, bias) = linear(graph, map)?;
    let whole = shape(graph, last)?.iter().product::<usize>() == shape(graph, map)?[0] * weight.shape()[0];
    whole.then_some(Head { features, weight, bias, pooled, logits })
}

/// Input, weight (`out x in`) and bias of the linear layer that makes a wire.
fn linear(graph: &Graph, wire: Wire) -> Option<(Wire, Tensor, Tensor)> {
    let node = maker(graph, wire)?;
    let constant = |i: usize| graph.constant(input(node, i)?);
    match node.op.as_str() {
        "Gemm" => gemm(node, constant(1)?, constant(2)),
        "Linear" | "MatMul" => {
            Some((input(node, 0)?, turned(constant(1)?)?, bias(constant(2), constant(1)?.shape().last()?)?))
        }
        "Conv" => conv(node, constant(1)?, constant(2)),
        "Add" => {
            let (a, b) = (input(node, 0)?, input(node, 1)?);
            let (data, added) = if graph.constant(b).is_some() { (a, b) } else { (b, a) };
            let (x, weight, inner) = linear(graph, data)?;
            let sum = bias(graph.constant(added), &weight.shape()[0])?;
            let values = inner.to_f64().iter().zip(sum.to_f64()).map(|(a, b)| a + b).collect();
            Some((x, weight, Tensor::from_f64(sum.dtype(), sum.shape().to_vec(), values)))
        }
        _ => None,
    }
}

fn gemm(node: &Node, b: &Tensor, c: Option<&Tensor>) -> Option<(Wire, Tensor, Tensor)> {
    if node.attrs.int("transA").unwrap_or(0) != 0 || b.rank() != 2 {
        return None;
    }
    let attr = |name| f64::from(node.attrs.float(name).unwrap_or(1.0));
    let weight = if node.attrs.int("transB").unwrap_or(0) != 0 { b.clone() } else { turned(b)? };
    let bias = bias(c, &weight.shape()[0])?;
    Some((input(node, 0)?, times(&weight, attr("alpha")), times(&bias, attr("beta"))))
}

/// A convolution that looks at one position at a time.
fn conv(node: &Node, w: &Tensor, b: Option<&Tensor>) -> Option<(Wire, Tensor, Tensor)> {
    let (&[out, inner], kernel) = w
        .shape()
        .split_at_checked(2)
        .map(|(a, k)| (<&[usize; 2]>::try_from(a), k))
        .and_then(|(a, k)| Some((a.ok()?, k)))?;
    let plain = |name: &str, value: i64| node.attrs.ints(name).is_none_or(|v| v.iter().all(|n| *n == value));
    let pointwise = kernel.iter().all(|n| *n == 1) && plain("strides", 1) && plain("pads", 0);
    if !pointwise || node.attrs.int("group").unwrap_or(1) != 1 {
        return None;
    }
    Some((input(node, 0)?, w.reshape(&[out, inner]).ok()?, bias(b, &out)?))
}

fn times(t: &Tensor, factor: f64) -> Tensor {
    Tensor::from_f64(t.dtype(), t.shape().to_vec(), t.to_f64().iter().map(|v| v * factor).collect())
}

/// A matrix with its axes exchanged.
fn turned(t: &Tensor) -> Option<Tensor> {
    let &[rows, columns] = t.shape() else { return None };
    let v = t.to_f64();
    let values = (0..columns).flat_map(|j| (0..rows).map(move |i| (i, j))).map(|(i, j)| v[i * columns + j]).collect();
    Some(Tensor::from_f64(t.dtype(), vec![columns, rows], values))
}

/// One value per class; zeros for none.
fn bias(t: Option<&Tensor>, classes: &usize) -> Option<Tensor> {
    let Some(t) = t else { return Some(Tensor::full(crate::DType::F32, &[*classes], 0.0)) };
    match t.len() {
        n if n == *classes => t.reshape(&[n]).ok(),
        1 => Some(Tensor::full(t.dtype(), &[*classes], *t.to_f64().first()?)),
        _ => None,
    }
}
