//! Reading formulas out of nodes: products and polynomials, in whatever order an exporter has written them.

use super::view::{View, input};
use crate::Wire;

/// A product: a number times wires.
pub(super) struct Product {
    /// All constant factors together.
    pub coefficient: f64,
    /// The other factors.
    pub factors: Vec<Wire>,
    /// The nodes below the root that belong to it.
    pub nodes: Vec<usize>,
}

/// Largest number of nodes that one formula may take.
const LIMIT: usize = 24;

/// The product that node `root` computes, through further products that are read nowhere else. Divisions by numbers count as factors.
pub(super) fn product(view: &View, root: usize) -> Option<Product> {
    let mut product = Product { coefficient: 1.0, factors: vec![], nodes: vec![] };
    let mut open = vec![root];
    while let Some(i) = open.pop() {
        let (a, b) = view.pair(i)?;
        let divides = view.node(i).op == "Div";
        if i != root {
            product.nodes.push(i);
        }
        for (wire, denominator) in [(a, false), (b, divides)] {
            match (view.scalar(wire), view.made_by(wire, &["Mul", "Div"]).filter(|_| view.inner(wire))) {
                (Some(c), _) => product.coefficient *= if denominator { 1.0 / c } else { c },
                (None, _) if denominator => return None,
                (None, Some(next)) if product.nodes.len() < LIMIT && by_number(view, next) => open.push(next),
                _ => product.factors.push(wire),
            }
        }
    }
    Some(product)
}

/// Whether a node is a product or a division by a number.
fn by_number(view: &View, i: usize) -> bool {
    view.node(i).op == "Mul" || view.pair(i).is_some_and(|(_, b)| view.scalar(b).is_some())
}

impl Product {
    /// The two factors, when there are two, in both orders.
    pub fn pairs(&self) -> Vec<(Wire, Wire)> {
        match self.factors[..] {
            [a, b] => vec![(a, b), (b, a)],
            _ => vec![],
        }
    }
}

/// Coefficients of a polynomial of degree 3 or less, from the constant one up.
pub(super) type Polynomial = [f64; 4];

/// The polynomial in `x` that makes `wire`; the nodes that compute it are added to `nodes`.
pub(super) fn polynomial(view: &View, wire: Wire, x: Wire, nodes: &mut Vec<usize>) -> Option<Polynomial> {
    if wire == x {
        return Some([0.0, 1.0, 0.0, 0.0]);
    }
    if let Some(c) = view.scalar(wire) {
        return Some([c, 0.0, 0.0, 0.0]);
    }
    let i = view.made_by(wire, &["Add", "Sub", "Mul", "Div", "Pow", "Neg"])?;
    if nodes.len() >= LIMIT {
        return None;
    }
    // a node that is met again counts again, which bounds the work on graphs that share a lot
    nodes.push(i);
    let node = view.node(i);
    let a = polynomial(view, input(node, 0)?, x, nodes)?;
    if node.op == "Neg" {
        return Some(a.map(|c| -c));
    }
    let b = polynomial(view, input(node, 1)?, x, nodes)?;
    let number = b[1..].iter().all(|c| *c == 0.0).then_some(b[0]);
    match node.op.as_str() {
        "Add" => Some(std::array::from_fn(|k| a[k] + b[k])),
        "Sub" => Some(std::array::from_fn(|k| a[k] - b[k])),
        "Mul" => times(&a, &b),
        "Div" => number.map(|c| a.map(|v| v / c)),
        _ if number == Some(2.0) => times(&a, &a),
        _ if number == Some(3.0) => times(&a, &times(&a, &a)?),
        _ => None,
    }
}

fn times(a: &Polynomial, b: &Polynomial) -> Option<Polynomial> {
    let mut out = [0.0; 4];
    for (i, p) in a.iter().enumerate() {
        for (j, q) in b.iter().enumerate() {
            if *p != 0.0 && *q != 0.0 {
                *out.get_mut(i + j)? += p * q;
            }
        }
    }
    Some(out)
}

/// Whether a polynomial has these coefficients, within the rounding of the type of `x`.
pub(super) fn is_polynomial(view: &View, x: Wire, found: &Polynomial, wanted: Polynomial) -> bool {
    found.iter().zip(wanted).all(|(f, w)| view.near(x, *f, w))
}
