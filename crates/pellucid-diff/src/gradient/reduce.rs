//! Reductions over axes.

use pellucid_graph::{Attrs, Tensor, Wire};

use super::Flows;
use crate::{Pull, Result};

/// Operators of this file that share [`adjoint`].
pub(super) const OPS: &[&str] = &[
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceProd",
];

/// The axes of a reduction, counted from the front, sorted.
pub(crate) fn axes_of(p: &Pull, rank: usize) -> Result<Vec<usize>> {
    let given = p.ints(1)?.unwrap_or_default();
    if given.is_empty() {
        let none = p.int("noop_with_empty_axes", 0) != 0;
        return Ok(if none { vec![] } else { (0..rank).collect() });
    }
    let mut axes = given.iter().map(|&a| p.axis(a, rank)).collect::<Result<Vec<_>>>()?;
    axes.sort_unstable();
    Ok(axes)
}

/// The shape with the reduced axes kept as 1.
fn kept(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    shape.iter().enumerate().map(|(a, &n)| if axes.contains(&a) { 1 } else { n }).collect()
}

pub(super) fn adjoint(p: &mut Pull) -> Result<Flows> {
    let (x, y, g) = (p.x(0)?, p.y()?, p.g()?);
    let xs = p.shape(x)?;
    let axes = axes_of(p, xs.len())?;
    if axes.is_empty() {
        return Ok(p.only(g));
    }
    let keep = kept(&xs, &axes);
    let g = p.b.reshape(g, &keep)?;
    let y = p.b.reshape(y, &keep)?;
    let dx = match p.node.op.as_str() {
        "ReduceSum" => p.b.expand(g, &xs)?,
        "ReduceMean" => {
            let n: usize = axes.iter().map(|&a| xs[a]).product();
            let g = p.b.scale(g, 1.0 / n as f64)?;
            p.b.expand(g, &xs)?
        }
        "ReduceMax" => to_winner(p, x, g, &axes, true)?,
        "ReduceMin" => to_winner(p, x, g, &axes, false)?,
        "ReduceL1" => {
            let s = p.b.sign(x)?;
            p.b.mul(s, g)?
        }
        "ReduceL2" => {
            // x / y g, zero where the norm is zero
            let on = p.b.above(y, 0.0)?;
            let one = p.b.scalar(1.0, y)?;
            let safe = p.b.select(on, y, one)?;
            let r = p.b.div(g, safe)?;
            let r = p.b.keep_where(on, r)?;
            p.b.mul(x, r)?
        }
        "ReduceSumSquare" => {
            let g = p.b.scale(g, 2.0)?;
            p.b.mul(x, g)?
        }
        "ReduceLogSum" => {
            // y = log(sum x): g exp(-y)
            let n = p.b.neg(y)?;
            let r = p.b.exp(n)?;
            let r = p.b.mul(g, r)?;
            p.b.expand(r, &xs)?
        }
        "ReduceLogSumExp" => {
            let d = p.b.sub(x, y)?;
            let s = p.b.exp(d)?;
            p.b.mul(s, g)?
        }
        _ => product(p, x, g, &axes)?,
    };
    Ok(p.only(dx))
}

/// `g` (reduced axes kept as 1, or dropped) at the first maximum (minimum) over `axes`, zero elsewhere.
pub(super) fn to_winner(p: &mut Pull, x: Wire, g: Wire, axes: &[usize], largest: bool) -> Result<Wire> {
    let xs = p.shape(x)?;
    let rest: Vec<usize> = (0..xs.len()).filter(|a| !axes.contains(a)).collect();
    let perm: Vec<usize> = rest.iter().chain(axes).copied().collect();
    let rows: usize = rest.iter().map(|&a| xs[a]).product();
    let n: usize = axes.iter().map(|&a| xs[a]).product();
    let t = p.b.transpose(x, &perm)?;
    let t = p.b.reshape(t, &[rows, n])?;
    let op = if largest { "ArgMax" } else { "ArgMin" };
    let best = p.b.op(op, &[t], Attrs::new().with("axis", 1).with("keepdims", 1))?;
    let places: Vec<i64> = (0..n as i64).collect();
    let places = p.b.constant(Tensor::vec_i64(&places).reshape(&[1, n])?);
    let wins = p.b.equal(places, best)?;
    let g = p.b.reshape(g, &[rows, 1])?;
    let d = p.b.keep_where(wins, g)?;
    let permuted: Vec<usize> = perm.iter().map(|&a| xs[a]).collect();
    let d = p.b.reshape(d, &permuted)?;
    let mut back = vec![0; perm.len()];
    perm.iter().enumerate().for_each(|(i, &a)| back[a] = i);
    Ok(p.b.transpose(d, &back)?)
}

/// The product of all other elements, from products before and after each element, so that zeros do no harm.
fn product(p: &mut Pull, x: Wire, g: Wire, axes: &[usize]) -> Result<Wire> {
    let xs = p.shape(x)?;
    let [axis] = axes else {
        return Err(p.refuse("a product over several axes has no gradient rule"));
    };
    let n = xs[*axis];
    let parts: Vec<Wire> = (0..n).map(|i| p.b.slice(x, *axis, i, i + 1)).collect::<Result<_, _>>()?;
    let mut flows = Vec::with_capacity(n);
    for i in 0..n {
        let mut d = g;
        for (j, part) in parts.iter().enumerate() {
            if j != i {
                d = p.b.mul(d, *part)?;
            }
        }
        flows.push(d);
    }
    Ok(p.b.concat(&flows, *axis)?)
}

/// The flow into the values goes back to where they came from.
pub(super) fn top_k(p: &mut Pull) -> Result<Flows> {
    let (x, y, g) = (p.x(0)?, p.y()?, p.g()?);
    let xs = p.shape(x)?;
    let axis = p.axis(p.int("axis", -1), xs.len())?;
    let ys = p.shape(y)?;
    let indices = p.b.graph.extend_output(y, 1, pellucid_graph::Fact::new(pellucid_graph::DType::I64, &ys))?;
    let dtype = p.dtype(x)?;
    let zeros = p.b.zeros(dtype, &xs)?;
    let dx = super::index::scatter_add(&mut p.b, zeros, indices, g, axis)?;
    Ok(p.only(dx))
}

/// The cumulative sum from the other end.
pub(super) fn cum_sum(p: &mut Pull) -> Result<Flows> {
    let (axis, g) = (p.x(1)?, p.g()?);
    let attrs = Attrs::new().with("exclusive", p.int("exclusive", 0)).with("reverse", 1 - p.int("reverse", 0));
    let dx = p.b.op("CumSum", &[g, axis], attrs)?;
    Ok(p.only(dx))
}
