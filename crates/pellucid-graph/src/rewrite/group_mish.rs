//! `x * tanh(softplus(x))` is one activation, `Mish`.

use super::edit::{Edit, Feed, With};
use super::formula::product;
use super::view::{View, input};
use crate::Attrs;

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Mul"]).filter_map(|i| mish(view, i)).collect()
}

fn mish(view: &View, root: usize) -> Option<Edit> {
    let product = product(view, root)?;
    if !view.near(*product.factors.first()?, product.coefficient, 1.0) {
        return None;
    }
    product.pairs().into_iter().find_map(|(x, gate)| {
        let tanh = view.made_by(gate, &["Tanh"])?;
        let softplus = view.made_by(input(view.node(tanh), 0)?, &["Softplus"])?;
        if input(view.node(softplus), 0) != Some(x) {
            return None;
        }
        let with = With::Node { op: "Mish", attrs: Attrs::new(), inputs: vec![Feed::Old(x)] };
        let nodes = product.nodes.iter().copied().chain([tanh, softplus]).collect();
        Some(Edit { at: root, nodes, with, what: "`x * tanh(softplus(x))` is one activation".into() })
    })
}
