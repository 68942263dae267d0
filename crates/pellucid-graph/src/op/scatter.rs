//! Elements written at indices: `ScatterElements`, `ScatterND`, each replacing or combining.

use super::broadcast::grid;
use super::gather::{element_places, integer_input, tuple, tuple_places};
use super::values::{Nums, join, num_tensor, numeric, nums, pick, signed, tensor};
use super::{Call, binary};
use crate::{DType, Fact, Result, Tensor};

/// The data's type and shape; updates have the shape of the indices.
pub(super) fn infer_elements(call: &Call) -> Result<Vec<Fact>> {
    let (x, indices, updates) = (call.shape(0)?, call.shape(1)?, call.shape(2)?);
    integer_input(call, 1)?;
    binary::same_type(call, 0, 2)?;
    let axis = call.axis(call.int("axis", 0), x.len())?;
    let inside = indices.len() == x.len() && (0..x.len()).all(|a| a == axis || indices[a] <= x[a]);
    if !inside || indices != updates {
        return Err(call.error(format!("updates {updates:?} at indices {indices:?} into {x:?} along axis {axis}")));
    }
    Ok(vec![call.fact(0)?.clone()])
}

/// The data's type and shape; updates have the shape of what the index tuples name.
pub(super) fn infer_nd(call: &Call) -> Result<Vec<Fact>> {
    let (x, indices, updates) = (call.shape(0)?, call.shape(1)?, call.shape(2)?);
    integer_input(call, 1)?;
    binary::same_type(call, 0, 2)?;
    let (_, k) = tuple(call, &x, &indices)?;
    let expected = [&indices[..indices.len() - 1], &x[k..]].concat();
    if updates != expected {
        return Err(call.error(format!("updates of shape {updates:?}, expected {expected:?}")));
    }
    Ok(vec![call.fact(0)?.clone()])
}

/// `ScatterElements`.
pub(super) fn elements(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, indices) = (tensor(call, inputs, 0)?, numeric(call, inputs, 1)?);
    let axis = call.axis(call.int("axis", 0), x.rank())?;
    write(call, inputs, &element_places(call, x.shape(), indices, axis)?)
}

/// `ScatterND`.
pub(super) fn nd(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, indices) = (tensor(call, inputs, 0)?, numeric(call, inputs, 1)?);
    let (_, k) = tuple(call, x.shape(), indices.shape())?;
    let starts = tuple_places(call, x.shape(), indices, 0, k)?;
    let inner: usize = x.shape()[k..].iter().product();
    write(call, inputs, &grid(&[starts, (0..inner).collect()]))
}

/// Writes update `i` at place `at[i]`, in order.
fn write(call: &Call, inputs: &[Option<Tensor>], at: &[usize]) -> Result<Vec<Tensor>> {
    let (x, updates) = (tensor(call, inputs, 0)?, tensor(call, inputs, 2)?);
    let reduction = call.str("reduction", "none");
    if reduction == "none" {
        let mut index: Vec<usize> = (0..x.len()).collect();
        for (i, &place) in at.iter().enumerate() {
            index[place] = x.len() + i;
        }
        return Ok(vec![pick(&join(call, &[x, updates])?, x.shape(), &index)?]);
    }
    let (real, int) = combination(call, reduction)?;
    let y = match (nums(call, inputs, 0)?, nums(call, inputs, 2)?) {
        (Nums::Real(mut y), Nums::Real(u)) => {
            at.iter().zip(u).for_each(|(&p, u)| y[p] = real(y[p], u));
            Nums::Real(y)
        }
        (Nums::Int(mut y), Nums::Int(u)) => {
            let at_type = |v| signed(x.dtype(), v);
            at.iter().zip(u).for_each(|(&p, u)| y[p] = int(at_type(y[p]), at_type(u)) as i64);
            Nums::Int(y)
        }
        _ => return Err(call.error("data and updates differ in type")),
    };
    let y = match y {
        // bools add as `or`
        Nums::Int(v) if x.dtype() == DType::Bool => Nums::Int(v.into_iter().map(|v| i64::from(v != 0)).collect()),
        other => other,
    };
    Ok(vec![num_tensor(call, x.dtype(), x.shape(), y)?])
}

type Combination = (fn(f64, f64) -> f64, fn(i128, i128) -> i128);

fn combination(call: &Call, reduction: &str) -> Result<Combination> {
    Ok(match reduction {
        "add" => (|a, b| a + b, |a, b| a + b),
        "mul" => (|a, b| a * b, i128::wrapping_mul),
        "max" => (binary::max, |a, b| a.max(b)),
        "min" => (binary::min, |a, b| a.min(b)),
        other => return Err(call.error(format!("`reduction` is `{other}`, expected none, add, mul, max or min"))),
    })
}
