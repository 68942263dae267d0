//! Reductions over axes.

use super::broadcast::{offsets, strides};
use super::values::{Nums, num_tensor, numeric, nums, reals, signed};
use super::{Call, binary};
use crate::{DType, Fact, Result, Tensor};

/// The reduced axes. Over no axes, squares and logarithms are still taken.
fn axes(call: &Call) -> Result<Vec<usize>> {
    let rank = call.fact(0)?.rank();
    let given = call.ints(1)?.filter(|a| !a.is_empty());
    match given {
        Some(axes) => call.axes(&axes, rank),
        None if call.int("noop_with_empty_axes", 0) != 0 => Ok(vec![]),
        None => Ok((0..rank).collect()),
    }
}

/// The shape with the given axes of size 1, or gone.
pub(super) fn reduced_shape(shape: &[usize], axes: &[usize], keep: bool) -> Vec<usize> {
    let kept = |(a, &n): (usize, &usize)| if !axes.contains(&a) { Some(n) } else { keep.then_some(1) };
    shape.iter().enumerate().filter_map(kept).collect()
}

/// For each element, the index of the cell that it is reduced into.
pub(super) fn cells(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    let reduced = reduced_shape(shape, axes, true);
    let own = strides(&reduced);
    let steps: Vec<usize> = (0..shape.len()).map(|a| if axes.contains(&a) { 0 } else { own[a] }).collect();
    offsets(shape, &steps)
}

/// Reduced axes become 1, or go.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let x = call.fact(0)?;
    let on_bools = matches!(call.op, "ReduceMax" | "ReduceMin");
    if x.dtype == DType::Str || (x.dtype == DType::Bool && !on_bools) {
        return Err(call.error(format!("input 0 has element type {}, expected numbers", x.dtype)));
    }
    let axes = axes(call)?;
    Ok(vec![Fact::new(x.dtype, &reduced_shape(&call.shape(0)?, &axes, call.int("keepdims", 1) != 0))])
}

/// Any reduction; of integers exact where the result is an integer by nature.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = numeric(call, inputs, 0)?;
    let axes = axes(call)?;
    let shape = reduced_shape(x.shape(), &axes, call.int("keepdims", 1) != 0);
    let n: usize = shape.iter().product();
    let cells = cells(x.shape(), &axes);
    // elements per cell
    let size = axes.iter().map(|&a| x.shape()[a]).product::<usize>();
    let y = match nums(call, inputs, 0)? {
        Nums::Real(v) => Nums::Real(of_reals(call, &v, &cells, n, size)?),
        Nums::Int(v) => match of_integers(call.op, x.dtype(), &v, &cells, n, size) {
            Some(y) => Nums::Int(y?),
            None => Nums::Real(of_reals(call, &reals(call, inputs, 0)?, &cells, n, size)?),
        },
    };
    Ok(vec![num_tensor(call, x.dtype(), &shape, y)?])
}

fn fold(x: &[f64], cells: &[usize], n: usize, start: f64, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut y = vec![start; n];
    x.iter().zip(cells).for_each(|(x, &c)| y[c] = f(y[c], *x));
    y
}

fn of_reals(call: &Call, x: &[f64], cells: &[usize], n: usize, size: usize) -> Result<Vec<f64>> {
    let sum = |f: fn(f64) -> f64| fold(x, cells, n, 0.0, move |s, x| s + f(x));
    let then = |y: Vec<f64>, f: &dyn Fn(f64) -> f64| y.into_iter().map(f).collect();
    Ok(match call.op {
        "ReduceSum" => sum(|x| x),
        "ReduceMean" => then(sum(|x| x), &|s| s / size as f64),
        "ReduceProd" => fold(x, cells, n, 1.0, |p, x| p * x),
        "ReduceMax" => fold(x, cells, n, f64::NEG_INFINITY, binary::max),
        "ReduceMin" => fold(x, cells, n, f64::INFINITY, binary::min),
        "ReduceL1" => sum(f64::abs),
        "ReduceL2" => then(sum(|x| x * x), &f64::sqrt),
        "ReduceSumSquare" => sum(|x| x * x),
        "ReduceLogSum" => then(sum(|x| x), &f64::ln),
        "ReduceLogSumExp" => {
            let top: Vec<f64> = fold(x, cells, n, f64::NEG_INFINITY, binary::max);
            // an infinite maximum would give inf - inf
            let top: Vec<f64> = top.into_iter().map(|t| if t.is_infinite() { 0.0 } else { t }).collect();
            let mut sums = vec![0.0; n];
            x.iter().zip(cells).for_each(|(x, &c)| sums[c] += (x - top[c]).exp());
            sums.into_iter().zip(top).map(|(s, t)| t + s.ln()).collect()
        }
        other => return Err(call.error(format!("`{other}` isn't a reduction"))),
    })
}

/// Exact integer reductions; `None` for those whose result is real.
fn of_integers(op: &str, dtype: DType, x: &[i64], cells: &[usize], n: usize, size: usize) -> Option<Result<Vec<i64>>> {
    let fold = |start: i64, f: fn(i128, i128) -> i128| {
        let mut y = vec![start; n];
        let at = |v| signed(dtype, v);
        x.iter().zip(cells).for_each(|(x, &c)| y[c] = f(at(y[c]), at(*x)) as i64);
        Ok(y)
    };
    Some(match op {
        "ReduceSum" => fold(0, |s, x| s + x),
        "ReduceMean" => fold(0, |s, x| s + x).map(|y| y.into_iter().map(|s| s / (size.max(1) as i64)).collect()),
        "ReduceProd" => fold(1, i128::wrapping_mul),
        "ReduceL1" => fold(0, |s, x| s + x.abs()),
        "ReduceSumSquare" => fold(0, |s, x| s + x.wrapping_mul(x)),
        "ReduceMax" => fold(lowest(dtype), |m, x| m.max(x)),
        "ReduceMin" => fold(highest(dtype), |m, x| m.min(x)),
        _ => return None,
    })
}

/// The smallest value of an integer type or bool.
pub(super) fn lowest(dtype: DType) -> i64 {
    match dtype {
        DType::I8 => i64::from(i8::MIN),
        DType::I16 => i64::from(i16::MIN),
        DType::I32 => i64::from(i32::MIN),
        DType::I64 => i64::MIN,
        _ => 0,
    }
}

/// The largest value of an integer type or bool.
pub(super) fn highest(dtype: DType) -> i64 {
    match dtype {
        DType::Bool => 1,
        DType::I8 => i64::from(i8::MAX),
        DType::U8 => i64::from(u8::MAX),
        DType::I16 => i64::from(i16::MAX),
        DType::U16 => i64::from(u16::MAX),
        DType::I32 => i64::from(i32::MAX),
        DType::U32 => i64::from(u32::MAX),
        // wrapped, as all `u64` are
        DType::U64 => -1,
        _ => i64::MAX,
    }
}
