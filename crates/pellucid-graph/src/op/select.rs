//! Elements chosen by a condition or a rule: `OneHot`, `Trilu`, `ReverseSequence`, `Compress`, `NonZero`.

use super::broadcast::{grid, strides};
use super::gather::within;
use super::values::{int_tensor, join, numeric, pick, reals, tensor};
use super::{Call, unary};
use crate::{DType, Dim, Fact, Result, Tensor};

/// The new axis and its size.
fn depth(call: &Call) -> Result<(usize, usize)> {
    let depth = call.constant(1).ok_or_else(|| call.error("input 1 must be constant once the input shape is fixed"))?;
    // the depth may be given as a float
    let depth = depth.to_f64().first().copied().ok_or_else(|| call.error("the depth is empty"))? as i64;
    Ok((call.axis(call.int("axis", -1), call.fact(0)?.rank() + 1)?, call.size(depth)?))
}

/// A new axis of size `depth`, of the type of the values.
pub(super) fn infer_one_hot(call: &Call) -> Result<Vec<Fact>> {
    let (axis, depth) = depth(call)?;
    let mut shape = call.shape(0)?;
    shape.insert(axis, depth);
    Ok(vec![Fact::new(call.dtype(2)?, &shape)])
}

/// `values[1]` at the index along the new axis, `values[0]` elsewhere; an index outside is nowhere.
pub(super) fn one_hot(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (axis, depth) = depth(call)?;
    let values = tensor(call, inputs, 2)?;
    if values.len() != 2 {
        return Err(call.error(format!("{} values, expected off and on", values.len())));
    }
    let mut shape = numeric(call, inputs, 0)?.shape().to_vec();
    let inner: usize = shape[axis..].iter().product();
    shape.insert(axis, depth);
    let mut at = vec![0; shape.iter().product()];
    for (i, index) in reals(call, inputs, 0)?.into_iter().enumerate() {
        if let Ok(k) = within(call, index as i64, depth) {
            at[(i / inner * depth + k) * inner + i % inner] = 1;
        }
    }
    Ok(vec![pick(values, &shape, &at)?])
}

/// The last two axes are a matrix.
pub(super) fn infer_trilu(call: &Call) -> Result<Vec<Fact>> {
    if call.fact(0)?.rank() < 2 {
        return Err(call.error(format!("input 0 is {}, expected at least two axes", call.fact(0)?)));
    }
    unary::same(call)
}

/// The upper (or lower) triangle from diagonal `k` on, zero elsewhere.
pub(super) fn trilu(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = numeric(call, inputs, 0)?;
    let k = call.ints(1)?.and_then(|k| k.first().copied()).unwrap_or(0);
    let upper = call.int("upper", 1) != 0;
    let (rows, cols) = match x.shape() {
        [.., r, c] => (*r, *c),
        _ => return Err(call.error("fewer than two axes")),
    };
    let keep = |i: usize| {
        let (r, c) = ((i / cols % rows) as i64, (i % cols) as i64);
        if upper { c - r >= k } else { c - r <= k }
    };
    let zero = Tensor::full(x.dtype(), &[], 0.0);
    let at: Vec<usize> = (0..x.len()).map(|i| if keep(i) { i } else { x.len() }).collect();
    Ok(vec![pick(&join(call, &[x, &zero])?, x.shape(), &at)?])
}

/// The first `sequence_lens[b]` steps of batch `b` in reverse order.
pub(super) fn reverse_sequence(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = tensor(call, inputs, 0)?;
    let lens = numeric(call, inputs, 1)?.to_i64();
    let batch = call.axis(call.int("batch_axis", 1), x.rank())?;
    let time = call.axis(call.int("time_axis", 0), x.rank())?;
    let (n, steps) = (x.shape()[batch], x.shape()[time]);
    if batch == time || lens.len() != n || lens.iter().any(|&l| l < 0 || l > steps as i64) {
        return Err(
            call.error(format!("lengths {lens:?} for batch axis {batch} and time axis {time} of {:?}", x.shape()))
        );
    }
    let own = strides(x.shape());
    let reversed = |i: usize| {
        let (t, len) = (i / own[time] % steps, lens[i / own[batch] % n] as usize);
        if t < len { i - t * own[time] + (len - 1 - t) * own[time] } else { i }
    };
    let at: Vec<usize> = (0..x.len()).map(reversed).collect();
    Ok(vec![pick(x, x.shape(), &at)?])
}

/// The kept positions of a constant condition.
fn kept(call: &Call) -> Option<Vec<usize>> {
    let cond = call.constant(1)?.to_i64();
    Some((0..cond.len()).filter(|&i| cond[i] != 0).collect())
}

/// The slices along an axis (or, without, the elements) where the condition holds.
pub(super) fn infer_compress(call: &Call) -> Result<Vec<Fact>> {
    let x = call.fact(0)?;
    let count = kept(call).map_or(Dim::Unknown, |k| Dim::Known(k.len()));
    let dims = match call.attrs.int("axis") {
        None => vec![count],
        Some(axis) => {
            let axis = call.axis(axis, x.rank())?;
            [&x.dims[..axis], &[count], &x.dims[axis + 1..]].concat()
        }
    };
    Ok(vec![Fact { dtype: x.dtype, dims }])
}

/// `Compress`.
pub(super) fn compress(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = tensor(call, inputs, 0)?;
    let kept = kept(call).ok_or_else(|| call.error("input 1 isn't constant"))?;
    let (shape, axis) = match call.attrs.int("axis") {
        None => (vec![x.len()], 0),
        Some(axis) => (x.shape().to_vec(), call.axis(axis, x.rank())?),
    };
    if kept.last().is_some_and(|&k| k >= shape[axis]) {
        return Err(call.error(format!("the condition is longer than axis {axis} of {shape:?}")));
    }
    let (outer, inner): (usize, usize) = (shape[..axis].iter().product(), shape[axis + 1..].iter().product());
    let size = shape[axis];
    let rows = kept.iter().map(|k| k * inner).collect();
    let at = grid(&[(0..outer).map(|i| i * size * inner).collect(), rows, (0..inner).collect()]);
    let mut out = shape;
    out[axis] = kept.len();
    Ok(vec![pick(x, &out, &at)?])
}

/// One row per axis, one column per element that isn't zero.
pub(super) fn infer_non_zero(call: &Call) -> Result<Vec<Fact>> {
    let rank = call.fact(0)?.rank();
    let count = match call.constant(0) {
        Some(t) => Dim::Known(t.to_f64().iter().filter(|v| **v != 0.0).count()),
        None => Dim::Unknown,
    };
    Ok(vec![Fact { dtype: DType::I64, dims: vec![Dim::Known(rank), count] }])
}

/// `NonZero`.
pub(super) fn non_zero(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = numeric(call, inputs, 0)?;
    let hits: Vec<usize> = x.to_f64().iter().enumerate().filter(|(_, v)| **v != 0.0).map(|(i, _)| i).collect();
    let own = strides(x.shape());
    let mut out = Vec::with_capacity(hits.len() * x.rank());
    for a in 0..x.rank() {
        out.extend(hits.iter().map(|i| (i / own[a] % x.shape()[a]) as i64));
    }
    Ok(vec![int_tensor(DType::I64, &[x.rank(), hits.len()], out)?])
}
