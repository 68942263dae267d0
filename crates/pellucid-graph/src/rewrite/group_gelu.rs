//! `x / 2 * (1 + erf(x / sqrt 2))` and its tanh form are one activation, `Gelu`.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::edit::{Edit, Feed, With};
use super::formula::{is_polynomial, polynomial, product};
use super::view::{View, input};
use crate::{Attrs, Wire};

/// The coefficient of the cube in the tanh form.
const CUBE: f64 = 0.044_715;

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Mul", "Div"]).filter_map(|i| gelu(view, i)).collect()
}

fn gelu(view: &View, root: usize) -> Option<Edit> {
    let product = product(view, root)?;
    if !view.near(*product.factors.first()?, product.coefficient, 0.5) {
        return None;
    }
    product.pairs().into_iter().find_map(|(x, gate)| {
        let mut nodes = product.nodes.clone();
        let (form, argument) = one_plus(view, gate, &mut nodes)?;
        let found = polynomial(view, argument, x, &mut nodes)?;
        let (wanted, approximate) = match form {
            "Erf" => ([0.0, FRAC_1_SQRT_2, 0.0, 0.0], "none"),
            _ => ([0.0, (2.0 / PI).sqrt(), 0.0, (2.0 / PI).sqrt() * CUBE], "tanh"),
        };
        if !is_polynomial(view, x, &found, wanted) {
            return None;
        }
        let attrs = Attrs::new().with("approximate", approximate);
        let with = With::Node { op: "Gelu", attrs, inputs: vec![Feed::Old(x)] };
        Some(Edit {
            at: root,
            nodes,
            with,
            what: format!("the {} form of GELU is one activation", form.to_lowercase()),
        })
    })
}

/// `1 + f(u)` for `f` the error function or tanh.
fn one_plus(view: &View, wire: Wire, nodes: &mut Vec<usize>) -> Option<(&'static str, Wire)> {
    let add = view.made_by(wire, &["Add"])?;
    let (a, b) = view.pair(add)?;
    let bent = if view.scalar(a) == Some(1.0) {
        b
    } else if view.scalar(b) == Some(1.0) {
        a
    } else {
        return None;
    };
    let i = view.made_by(bent, &["Erf", "Tanh"])?;
    nodes.extend([add, i]);
    Some((if view.node(i).op == "Erf" { "Erf" } else { "Tanh" }, input(view.node(i), 0)?))
}
