//! `Softmax`, `LogSoftmax` and `Hardmax` along one axis.

use super::reduce::cells;
use super::values::{numeric, real_tensor, reals};
use super::{Call, binary, unary};
use crate::{Fact, Result, Tensor};

/// The input's fact.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let x = call.fact(0)?;
    call.axis(call.int("axis", -1), x.rank())?;
    if !x.dtype.is_float() {
        return Err(call.error(format!("input 0 has element type {}, expected float", x.dtype)));
    }
    unary::same(call)
}

/// All three; `Hardmax` is 1 at the first maximum.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let t = numeric(call, inputs, 0)?;
    let axis = call.axis(call.int("axis", -1), t.rank())?;
    let (x, cells) = (reals(call, inputs, 0)?, cells(t.shape(), &[axis]));
    let lines = cells.iter().max().map_or(0, |m| m + 1);
    let mut top = vec![f64::NEG_INFINITY; lines];
    x.iter().zip(&cells).for_each(|(x, &c)| top[c] = binary::max(top[c], *x));
    if call.op == "Hardmax" {
        let mut done = vec![false; lines];
        let hit = |(x, &c): (&f64, &usize)| f64::from(u8::from(*x == top[c] && !std::mem::replace(&mut done[c], true)));
        let y = x.iter().zip(&cells).map(hit).collect();
        return Ok(vec![real_tensor(call, t.dtype(), t.shape(), y)?]);
    }
    let mut sums = vec![0.0; lines];
    x.iter().zip(&cells).for_each(|(x, &c)| sums[c] += (x - top[c]).exp());
    let log = call.op == "LogSoftmax";
    let one = |(x, &c): (&f64, &usize)| if log { x - top[c] - sums[c].ln() } else { (x - top[c]).exp() / sums[c] };
    let y = x.iter().zip(&cells).map(one).collect();
    Ok(vec![real_tensor(call, t.dtype(), t.shape(), y)?])
}
