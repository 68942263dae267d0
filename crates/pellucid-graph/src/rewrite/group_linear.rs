//! A product with a constant matrix, and the constant bias behind it, is one linear layer: `Gemm` on two axes, `Linear` on more.

use super::channel::per_channel;
use super::edit::{Edit, Feed, With};
use super::view::{View, input, output};
use crate::{Attrs, Tensor};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["MatMul"]).filter_map(|i| linear(view, i)).collect()
}

fn linear(view: &View, i: usize) -> Option<Edit> {
    let node = view.node(i);
    let (x, w) = (input(node, 0)?, input(node, 1)?);
    let weight = view.value(w).filter(|t| t.rank() == 2 && t.dtype().is_float())?;
    let rank = view.shape(x)?.len();
    if rank < 2 || view.value(x).is_some() {
        return None;
    }
    let op = if rank == 2 { "Gemm" } else { "Linear" };
    let (mut inputs, mut at, mut nodes) = (vec![Feed::Old(x), Feed::Old(w)], i, vec![]);
    if let Some((add, bias)) = bias_behind(view, i, rank, weight) {
        inputs.push(bias);
        (at, nodes) = (add, vec![i]);
    }
    let with = With::Node { op, attrs: Attrs::new(), inputs };
    Some(Edit { at, nodes, with, what: "a product with a constant matrix is one linear layer".into() })
}

/// The node that adds a constant per column, and the constant.
fn bias_behind(view: &View, i: usize, rank: usize, weight: &Tensor) -> Option<(usize, Feed)> {
    let made = output(view.node(i))?;
    let add = view.only_reader(made, &["Add"])?;
    let wire = view.other(add, made)?;
    let (value, columns) = (view.value(wire)?, weight.shape()[1]);
    if value.shape() == [columns] {
        return Some((add, Feed::Old(wire)));
    }
    let values = per_channel(value, rank, rank - 1, columns)?;
    Some((add, Feed::New(view.graph.name_of(wire).to_string(), Tensor::from_f64(value.dtype(), vec![columns], values))))
}
