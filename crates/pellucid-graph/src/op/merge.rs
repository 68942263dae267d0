//! Elementwise operators of three or any number of inputs: `Where`, `Sum`, `Mean`, `Min`, `Max`.

use super::broadcast::{self, Spread};
use super::values::{Nums, join, num_tensor, numeric, nums, pick, reals, signed, tensor};
use super::{Call, binary};
use crate::{DType, Fact, Result, Tensor};

/// Type of the inputs, shape of their broadcast.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    if call.arity() == 0 {
        return Err(call.error("no inputs"));
    }
    let dtype = call.dtype(0)?;
    for i in 1..call.arity() {
        binary::same_type(call, 0, i)?;
    }
    Ok(vec![Fact::new(dtype, &shape_of(call, 0)?)])
}

/// The shape that inputs from `first` on broadcast to.
fn shape_of(call: &Call, first: usize) -> Result<Vec<usize>> {
    let shapes: Vec<Vec<usize>> = (first..call.arity()).map(|i| call.shape(i)).collect::<Result<_>>()?;
    broadcast::shape_of_all(shapes.iter().map(Vec::as_slice))
        .ok_or_else(|| call.error(format!("inputs of shapes {shapes:?} don't broadcast")))
}

/// `Sum`, `Mean`, `Min` and `Max`.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let dtype = call.dtype(0)?;
    let shape = shape_of(call, 0)?;
    let n: usize = shape.iter().product();
    let spreads: Vec<Spread> =
        (0..call.arity()).map(|i| Ok(Spread::new(&call.shape(i)?, &shape))).collect::<Result<_>>()?;
    if !numeric(call, inputs, 0)?.dtype().is_float() {
        return Ok(vec![num_tensor(call, dtype, &shape, Nums::Int(integers(call, inputs, &spreads, n)?))?]);
    }
    let step: fn(f64, f64) -> f64 = match call.op {
        "Max" => binary::max,
        "Min" => binary::min,
        _ => |a, b| a + b,
    };
    let first = reals(call, inputs, 0)?;
    let mut y: Vec<f64> = (0..n).map(|i| first[spreads[0].at(i)]).collect();
    for (k, spread) in spreads.iter().enumerate().skip(1) {
        let x = reals(call, inputs, k)?;
        for (i, y) in y.iter_mut().enumerate() {
            *y = step(*y, x[spread.at(i)]);
        }
    }
    if call.op == "Mean" {
        y.iter_mut().for_each(|y| *y /= spreads.len() as f64);
    }
    Ok(vec![num_tensor(call, dtype, &shape, Nums::Real(y))?])
}

/// `Min` and `Max` on integers.
fn integers(call: &Call, inputs: &[Option<Tensor>], spreads: &[Spread], n: usize) -> Result<Vec<i64>> {
    let dtype = call.dtype(0)?;
    let larger = match call.op {
        "Max" => true,
        "Min" => false,
        _ => return Err(call.error(format!("inputs have element type {dtype}, expected float"))),
    };
    let mut y: Vec<i64> = vec![];
    for (k, spread) in spreads.iter().enumerate() {
        let x = numeric(call, inputs, k)?.to_i64();
        if k == 0 {
            y = (0..n).map(|i| x[spread.at(i)]).collect();
        }
        for (i, y) in y.iter_mut().enumerate() {
            let v = x[spread.at(i)];
            if (signed(dtype, v) > signed(dtype, *y)) == larger {
                *y = v;
            }
        }
    }
    Ok(y)
}

/// A bool that chooses between two inputs of one type.
pub(super) fn infer_where(call: &Call) -> Result<Vec<Fact>> {
    if call.dtype(0)? != DType::Bool {
        return Err(call.error(format!("the condition has element type {}, expected bool", call.dtype(0)?)));
    }
    Ok(vec![Fact::new(binary::same_type(call, 1, 2)?, &shape_of(call, 0)?)])
}

/// `Where`.
pub(super) fn select(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let shape = shape_of(call, 0)?;
    let n = shape.iter().product();
    let Nums::Int(cond) = nums(call, inputs, 0)? else { return Err(call.error("the condition is float")) };
    let (x, y) = (tensor(call, inputs, 1)?, tensor(call, inputs, 2)?);
    let at = |t: &Tensor| Spread::new(t.shape(), &shape);
    let (at_c, at_x, at_y) = (at(numeric(call, inputs, 0)?), at(x), at(y));
    let index: Vec<usize> =
        (0..n).map(|i| if cond[at_c.at(i)] != 0 { at_x.at(i) } else { x.len() + at_y.at(i) }).collect();
    Ok(vec![pick(&join(call, &[x, y])?, &shape, &index)?])
}
