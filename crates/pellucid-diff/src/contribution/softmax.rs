//! Softmax, its logarithm and the logarithm of a sum of exponentials, in closed form.
//!
//! A softmax is a product, `y_i = e_i / S` with `e_i = exp(x_i)` and `S` their sum. Its parts grow with `K = S / S'` though they cancel, so
//! beyond a bound on `K` the softmax is read as `exp(x_i - log S)`, whose parts stay small. Both add up to the same difference.

use pellucid_graph::Wire;

use super::context::Context;
use crate::gradient::{Flows, norm, reduce};
use crate::{Pull, Result};

/// Largest `|log S - log S'|` at which a softmax is a product: parts grow to three thousand times their sum, which single precision bears.
const LARGEST_CHANGE: f64 = 8.0;

/// A sum of exponentials over axes, at the input and at the baseline.
struct Exponentials {
    /// `log S - log S'`, summed axes kept as 1.
    change: Wire,
    /// What each `x_i` puts into `log S - log S'`, per unit of its difference.
    shares: Wire,
}

impl Exponentials {
    fn of(c: &Context, p: &mut Pull, x: Wire, axes: &[usize]) -> Result<Exponentials> {
        let there = c.twin.reference(x);
        let change = [log_sum(p, x, axes)?, log_sum(p, there, axes)?];
        let change = p.b.sub(change[0], change[1])?;
        // One shift for both, which the shares don't depend on.
        let top = p.b.max(x, there)?;
        let top = p.b.max_over(top, axes, true)?;
        let (e, sum) = shifted(p, x, top, axes)?;
        let (e_there, sum_there) = shifted(p, there, top, axes)?;
        let (d, de) = (c.difference(p, x)?, p.b.sub(e, e_there)?);
        let slope = c.per_unit(p, de, d, e)?;
        let otherwise = p.b.reciprocal(sum)?;
        let ds = p.b.sub(sum, sum_there)?;
        let rate = c.per_unit(p, change, ds, otherwise)?;
        Ok(Exponentials { change, shares: p.b.mul(slope, rate)? })
    }
}

/// `exp(x - top)` and its sum.
fn shifted(p: &mut Pull, x: Wire, top: Wire, axes: &[usize]) -> Result<(Wire, Wire)> {
    let d = p.b.sub(x, top)?;
    let e = p.b.exp(d)?;
    let sum = p.b.sum(e, axes, true)?;
    Ok((e, sum))
}

fn log_sum(p: &mut Pull, x: Wire, axes: &[usize]) -> Result<Wire> {
    let top = p.b.max_over(x, axes, true)?;
    let (_, sum) = shifted(p, x, top, axes)?;
    let l = p.b.log(sum)?;
    Ok(p.b.add(l, top)?)
}

pub(super) fn softmax(c: &Context, p: &mut Pull) -> Result<Flows> {
    let (x, y) = (p.x(0)?, p.y()?);
    let axis = norm::softmax_axis(p, y)?;
    let exponentials = Exponentials::of(c, p, x, &[axis])?;
    let product = as_product(c, p, &exponentials, axis)?;
    let logarithmic = as_exponential(c, p, &exponentials, axis)?;
    let size = p.b.abs(exponentials.change)?;
    let far = p.b.above(size, LARGEST_CHANGE)?;
    let dx = p.b.select(far, logarithmic, product)?;
    Ok(p.only(dx))
}

/// `C_i = 1/2 [(m_i - A)(K y_i - y_i') + (m_i - A')(y_i - y_i'/K)]` with `A = sum m_j y_j`, `A' = sum m_j y_j'`: the mean of `1/S` and of
/// `e_i`, the rescale rule at `exp` and at the reciprocal. Where `x_i` doesn't differ, `e_i` stands for the slope of `exp`.
fn as_product(c: &Context, p: &mut Pull, exponentials: &Exponentials, axis: usize) -> Result<Wire> {
    let (x, y, m) = (p.x(0)?, p.y()?, p.g()?);
    let y_there = c.twin.reference(y);
    let k = p.b.exp(exponentials.change)?;
    let mut below = Vec::new();
    for y in [y, y_there] {
        let my = p.b.mul(m, y)?;
        let mean = p.b.sum(my, &[axis], true)?;
        below.push(p.b.sub(m, mean)?);
    }
    let ky = p.b.mul(k, y)?;
    let y_there_k = p.b.div(y_there, k)?;
    let sum = |p: &mut Pull, first: Wire, second: Wire| -> Result<Wire> {
        let a = p.b.mul(below[0], first)?;
        let b = p.b.mul(below[1], second)?;
        let sum = p.b.add(a, b)?;
        Ok(p.b.scale(sum, 0.5)?)
    };
    let (first, second) = (p.b.sub(ky, y_there)?, p.b.sub(y, y_there_k)?);
    let flow = sum(p, first, second)?;
    let otherwise = sum(p, ky, y)?;
    let d = c.difference(p, x)?;
    c.per_unit(p, flow, d, otherwise)
}

/// Rescale at `exp`, whose argument is `x_i` less the logarithm of the sum.
fn as_exponential(c: &Context, p: &mut Pull, exponentials: &Exponentials, axis: usize) -> Result<Wire> {
    let (x, y, m) = (p.x(0)?, p.y()?, p.g()?);
    let y_there = c.twin.reference(y);
    let d = c.difference(p, x)?;
    let d = p.b.sub(d, exponentials.change)?;
    let dy = p.b.sub(y, y_there)?;
    let slope = c.per_unit(p, dy, d, y)?;
    let flow = p.b.mul(m, slope)?;
    minus_share(p, flow, exponentials, axis)
}

/// `y_i = x_i - log S`.
pub(super) fn log_softmax(c: &Context, p: &mut Pull) -> Result<Flows> {
    let (x, m) = (p.x(0)?, p.g()?);
    let axis = norm::softmax_axis(p, x)?;
    let exponentials = Exponentials::of(c, p, x, &[axis])?;
    let dx = minus_share(p, m, &exponentials, axis)?;
    Ok(p.only(dx))
}

/// `flow_i - (sum flow) shares_i`.
fn minus_share(p: &mut Pull, flow: Wire, exponentials: &Exponentials, axis: usize) -> Result<Wire> {
    let total = p.b.sum(flow, &[axis], true)?;
    let share = p.b.mul(total, exponentials.shares)?;
    Ok(p.b.sub(flow, share)?)
}

/// `y = log S` over the axes of the node.
pub(super) fn log_sum_exp(c: &Context, p: &mut Pull) -> Result<Flows> {
    let (x, m) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let axes = reduce::axes_of(p, xs.len())?;
    if axes.is_empty() {
        return Ok(p.only(m));
    }
    let exponentials = Exponentials::of(c, p, x, &axes)?;
    let kept = p.shape(exponentials.change)?;
    let m = p.b.reshape(m, &kept)?;
    let dx = p.b.mul(m, exponentials.shares)?;
    Ok(p.only(dx))
}
