//! Operators along one axis that order or accumulate: `ArgMax`, `ArgMin`, `TopK`, `CumSum`.

use std::cmp::Ordering;

use super::layout::required;
use super::reduce::reduced_shape;
use super::values::{Nums, int_tensor, num_tensor, numeric, nums, pick, signed};
use super::{Call, unary};
use crate::{DType, Fact, Result, Tensor};

/// The elements of a tensor as lines along one axis: `(outer, size, inner)`.
fn lines(shape: &[usize], axis: usize) -> (usize, usize, usize) {
    (shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product())
}

/// Order of the elements of a tensor, NaN above all numbers.
fn order(call: &Call, inputs: &[Option<Tensor>]) -> Result<Box<dyn Fn(usize, usize) -> Ordering>> {
    let dtype = numeric(call, inputs, 0)?.dtype();
    Ok(match nums(call, inputs, 0)? {
        Nums::Real(v) => {
            Box::new(move |i, j| v[i].partial_cmp(&v[j]).unwrap_or_else(|| v[i].is_nan().cmp(&v[j].is_nan())))
        }
        Nums::Int(v) => Box::new(move |i, j| signed(dtype, v[i]).cmp(&signed(dtype, v[j]))),
    })
}

/// The axis becomes 1, or goes.
pub(super) fn infer_arg(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    let axis = call.axis(call.int("axis", 0), x.len())?;
    if x[axis] == 0 {
        return Err(call.error(format!("axis {axis} of {x:?} is empty")));
    }
    Ok(vec![Fact::new(DType::I64, &reduced_shape(&x, &[axis], call.int("keepdims", 1) != 0))])
}

/// `ArgMax` and `ArgMin`: of equals the first, or the last with `select_last_index`.
pub(super) fn arg(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = numeric(call, inputs, 0)?;
    let axis = call.axis(call.int("axis", 0), x.rank())?;
    let (order, (outer, size, inner)) = (order(call, inputs)?, lines(x.shape(), axis));
    let wanted = if call.op == "ArgMax" { Ordering::Greater } else { Ordering::Less };
    let last = call.int("select_last_index", 0) != 0;
    let mut out = Vec::with_capacity(outer * inner);
    for start in (0..outer).flat_map(|o| (0..inner).map(move |i| o * size * inner + i)) {
        let better = |k: &usize, best: &usize| {
            let o = order(start + k * inner, start + best * inner);
            o == wanted || (last && o == Ordering::Equal)
        };
        let best = (1..size).fold(0, |best, k| if better(&k, &best) { k } else { best });
        out.push(best as i64);
    }
    let shape = reduced_shape(x.shape(), &[axis], call.int("keepdims", 1) != 0);
    Ok(vec![int_tensor(DType::I64, &shape, out)?])
}

/// The axis and the number of elements taken along it.
fn top(call: &Call) -> Result<(usize, usize)> {
    let x = call.shape(0)?;
    let axis = call.axis(call.int("axis", -1), x.len())?;
    match required(call, 1)?[..] {
        [k] if k >= 0 && k <= x[axis] as i64 => Ok((axis, k as usize)),
        ref k => Err(call.error(format!("k is {k:?} on axis {axis} of {x:?}"))),
    }
}

/// Values and indices, `k` along the axis.
pub(super) fn infer_top(call: &Call) -> Result<Vec<Fact>> {
    let (axis, k) = top(call)?;
    let mut shape = call.shape(0)?;
    shape[axis] = k;
    Ok(vec![Fact::new(call.dtype(0)?, &shape), Fact::new(DType::I64, &shape)])
}

/// `TopK`, sorted whether asked for or not; of equals the lower index first.
pub(super) fn top_k(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = numeric(call, inputs, 0)?;
    let (axis, k) = top(call)?;
    let (order, (outer, size, inner)) = (order(call, inputs)?, lines(x.shape(), axis));
    let largest = call.int("largest", 1) != 0;
    let mut at = vec![0; outer * k * inner];
    let mut indices = vec![0i64; at.len()];
    for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
        let place = |j: usize| (o * size + j) * inner + i;
        let mut line: Vec<usize> = (0..size).collect();
        line.sort_by(|&a, &b| {
            let up = order(place(a), place(b));
            if largest { up.reverse() } else { up }
        });
        for (rank, &j) in line[..k].iter().enumerate() {
            let to = (o * k + rank) * inner + i;
            (at[to], indices[to]) = (place(j), j as i64);
        }
    }
    let mut shape = x.shape().to_vec();
    shape[axis] = k;
    Ok(vec![pick(x, &shape, &at)?, int_tensor(DType::I64, &shape, indices)?])
}

/// `CumSum`: the input's fact; the axis may depend on data.
pub(super) fn infer_cumsum(call: &Call) -> Result<Vec<Fact>> {
    unary::same(call)
}

/// Running sums along an axis, without the element itself when `exclusive`, from the end when `reverse`.
pub(super) fn cumsum(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = numeric(call, inputs, 0)?;
    let axis = match required(call, 1)?[..] {
        [axis] => call.axis(axis, x.rank())?,
        ref other => return Err(call.error(format!("axis {other:?}, expected one"))),
    };
    let (outer, size, inner) = lines(x.shape(), axis);
    let (exclusive, reverse) = (call.int("exclusive", 0) != 0, call.int("reverse", 0) != 0);
    let walk = |mut visit: Box<dyn FnMut(usize, bool) + '_>| {
        for start in (0..outer).flat_map(|o| (0..inner).map(move |i| o * size * inner + i)) {
            for k in 0..size {
                let k = if reverse { size - 1 - k } else { k };
                visit(start + k * inner, k == if reverse { size - 1 } else { 0 });
            }
        }
    };
    let y = match nums(call, inputs, 0)? {
        Nums::Real(v) => Nums::Real(running(&v, exclusive, walk, |a, b| a + b)),
        Nums::Int(v) => Nums::Int(running(&v, exclusive, walk, i64::wrapping_add)),
    };
    Ok(vec![num_tensor(call, x.dtype(), x.shape(), y)?])
}

/// Sums along the lines that `walk` visits: it calls back with a place and whether a line starts there.
fn running<T: Copy + Default>(
    x: &[T],
    exclusive: bool,
    walk: impl FnOnce(Box<dyn FnMut(usize, bool) + '_>),
    add: impl Fn(T, T) -> T,
) -> Vec<T> {
    let mut y = vec![T::default(); x.len()];
    let mut sum = T::default();
    walk(Box::new(|i, first| {
        if first {
            sum = T::default();
        }
        let next = add(sum, x[i]);
        y[i] = if exclusive { sum } else { next };
        sum = next;
    }));
    y
}
