//! Operators of several data inputs, with broadcasting.

use pellucid_graph::Wire;

use super::Flows;
use crate::{Pull, Result};

/// What flows to one input of a broadcasting operator: summed down to its shape, when it is wanted.
fn to_input(p: &mut Pull, i: usize, flow: impl FnOnce(&mut Pull) -> Result<Wire>) -> Result<Option<Wire>> {
    if !p.wants(i) {
        return Ok(None);
    }
    let flow = flow(p)?;
    let shape = p.shape(p.x(i)?)?;
    Ok(Some(p.b.sum_to(flow, &shape)?))
}

pub(super) fn binary(p: &mut Pull) -> Result<Flows> {
    let (a, b, y, g) = (p.x(0)?, p.x(1)?, p.y()?, p.g()?);
    let (da, db) = match p.node.op.as_str() {
        "Add" => (to_input(p, 0, |_| Ok(g))?, to_input(p, 1, |_| Ok(g))?),
        "Sub" => (to_input(p, 0, |_| Ok(g))?, to_input(p, 1, |p| Ok(p.b.neg(g)?))?),
        "Mul" => (to_input(p, 0, |p| Ok(p.b.mul(g, b)?))?, to_input(p, 1, |p| Ok(p.b.mul(g, a)?))?),
        "Div" => (
            to_input(p, 0, |p| Ok(p.b.div(g, b)?))?,
            to_input(p, 1, |p| {
                let q = p.b.div(y, b)?;
                let q = p.b.mul(g, q)?;
                Ok(p.b.neg(q)?)
            })?,
        ),
        "Pow" => (to_input(p, 0, |p| power_base(p, a, b, g))?, to_input(p, 1, |p| power_exponent(p, a, y, g))?),
        _ => {
            // Mod with fmod=1: a - trunc(a / b) b. Its slope in b depends on a step, which no gradient sees.
            if p.wants(1) {
                return Err(p.refuse("the divisor of a remainder has no useful gradient"));
            }
            (to_input(p, 0, |_| Ok(g))?, None)
        }
    };
    Ok(vec![da, db])
}

/// `b a^(b-1) g`.
fn power_base(p: &mut Pull, a: Wire, b: Wire, g: Wire) -> Result<Wire> {
    let dtype = p.dtype(a)?;
    let e = p.b.cast(b, dtype)?;
    let lower = p.b.shift(e, -1.0)?;
    let d = p.b.pow(a, lower)?;
    let d = p.b.mul(d, e)?;
    Ok(p.b.mul(g, d)?)
}

/// `a^b log(a) g`, zero where `a <= 0`.
fn power_exponent(p: &mut Pull, a: Wire, y: Wire, g: Wire) -> Result<Wire> {
    let on = p.b.above(a, 0.0)?;
    let one = p.b.scalar(1.0, a)?;
    let safe = p.b.select(on, a, one)?;
    let l = p.b.log(safe)?;
    let d = p.b.mul(y, l)?;
    let d = p.b.mul(g, d)?;
    Ok(p.b.keep_where(on, d)?)
}

/// `Sum`, `Mean`, `Max`, `Min` of any number of inputs; the winner of a tie is the first.
pub(super) fn many(p: &mut Pull) -> Result<Flows> {
    let (y, g) = (p.y()?, p.g()?);
    let n = p.node.inputs.len();
    let mut out = Vec::with_capacity(n);
    let mut free: Option<Wire> = None;
    for i in 0..n {
        let x = p.x(i)?;
        let flow = match p.node.op.as_str() {
            "Sum" => g,
            "Mean" => p.b.scale(g, 1.0 / n as f64)?,
            _ => {
                let mut wins = p.b.equal(x, y)?;
                if let Some(f) = free {
                    wins = p.b.and(wins, f)?;
                }
                let lost = p.b.not(wins)?;
                free = Some(match free {
                    Some(f) => p.b.and(f, lost)?,
                    None => lost,
                });
                p.b.keep_where(wins, g)?
            }
        };
        out.push(to_input(p, i, |_| Ok(flow))?);
    }
    Ok(out)
}

pub(super) fn select(p: &mut Pull) -> Result<Flows> {
    let (cond, g) = (p.x(0)?, p.g()?);
    let da = to_input(p, 1, |p| Ok(p.b.keep_where(cond, g)?))?;
    let db = to_input(p, 2, |p| {
        let zero = p.b.scalar(0.0, g)?;
        Ok(p.b.select(cond, zero, g)?)
    })?;
    Ok(vec![None, da, db])
}
