//! `x * sigmoid(x)`, also as `x / (1 + exp(-x))`, is one activation, `Silu`. As two nodes half of its relevance would go to the gate.

use super::edit::{Edit, Feed, With};
use super::formula::product;
use super::view::{View, input};
use crate::{Attrs, Wire};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Mul", "Div"]).filter_map(|i| times_sigmoid(view, i).or_else(|| over_exp(view, i))).collect()
}

fn times_sigmoid(view: &View, root: usize) -> Option<Edit> {
    let product = product(view, root)?;
    if !view.near(*product.factors.first()?, product.coefficient, 1.0) {
        return None;
    }
    product.pairs().into_iter().find_map(|(x, gate)| {
        let sigmoid = view.made_by(gate, &["Sigmoid"]).filter(|i| input(view.node(*i), 0) == Some(x))?;
        Some(edit(root, x, product.nodes.iter().copied().chain([sigmoid]).collect()))
    })
}

fn over_exp(view: &View, root: usize) -> Option<Edit> {
    let (x, below) = view.pair(root).filter(|_| view.node(root).op == "Div")?;
    let add = view.made_by(below, &["Add"])?;
    let (a, b) = view.pair(add)?;
    let power = if view.scalar(a) == Some(1.0) {
        b
    } else if view.scalar(b) == Some(1.0) {
        a
    } else {
        return None;
    };
    let exp = view.made_by(power, &["Exp"])?;
    let neg = view.made_by(input(view.node(exp), 0)?, &["Neg"]).filter(|i| input(view.node(*i), 0) == Some(x))?;
    Some(edit(root, x, vec![add, exp, neg]))
}

fn edit(root: usize, x: Wire, nodes: Vec<usize>) -> Edit {
    let with = With::Node { op: "Silu", attrs: Attrs::new(), inputs: vec![Feed::Old(x)] };
    Edit { at: root, nodes, with, what: "`x * sigmoid(x)` is one activation".into() }
}
