//! `x * clip(x / 6 + 1/2, 0, 1)` in its many forms is one activation, `HardSwish`.

use super::edit::{Edit, Feed, With};
use super::formula::{polynomial, product};
use super::view::{View, input};
use crate::{Attrs, Wire};

pub(super) fn find(view: &View) -> Vec<Edit> {
    view.all(&["Mul", "Div"]).filter_map(|i| hard_swish(view, i)).collect()
}

fn hard_swish(view: &View, root: usize) -> Option<Edit> {
    let product = product(view, root)?;
    product.pairs().into_iter().find_map(|(x, gate)| {
        let mut nodes = product.nodes.clone();
        // the gate is clip(a x + b, low, high); the product gives c x clip(a x + b, low, high)
        let found = gate_of(view, gate, x, &mut nodes)?.map(|v| v * product.coefficient);
        let wanted = [1.0 / 6.0, 0.5, 0.0, 1.0];
        if !found.iter().zip(wanted).all(|(f, w)| view.near(x, *f, w)) {
            return None;
        }
        let with = With::Node { op: "HardSwish", attrs: Attrs::new(), inputs: vec![Feed::Old(x)] };
        Some(Edit { at: root, nodes, with, what: "`x * hardsigmoid(x)` is one activation".into() })
    })
}

/// `[a, b, low, high]` of a gate `clip(a x + b, low, high)`.
fn gate_of(view: &View, gate: Wire, x: Wire, nodes: &mut Vec<usize>) -> Option<[f64; 4]> {
    let i = view.made_by(gate, &["HardSigmoid", "Clip"])?;
    let node = view.node(i);
    nodes.push(i);
    let inner = input(node, 0)?;
    if node.op == "HardSigmoid" {
        let attr = |name, default| f64::from(node.attrs.float(name).unwrap_or(default));
        return (inner == x).then(|| [attr("alpha", 0.2), attr("beta", 0.5), 0.0, 1.0]);
    }
    let [b, a, 0.0, 0.0] = polynomial(view, inner, x, nodes)? else { return None };
    Some([a, b, view.scalar(input(node, 1)?)?, view.scalar(input(node, 2)?)?])
}
