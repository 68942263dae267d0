//! Elements read at indices: `Gather`, `GatherElements`, `GatherND`.

use super::Call;
use super::broadcast::{grid, strides};
use super::values::{numeric, pick, tensor};
use crate::{DType, Fact, Result, Tensor};

/// Refuses indices that aren't integers.
pub(super) fn integer_input(call: &Call, i: usize) -> Result<()> {
    match call.dtype(i)? {
        DType::I32 | DType::I64 => Ok(()),
        other => Err(call.error(format!("input {i} has element type {other}, expected i32 or i64"))),
    }
}

/// An index counted from the front.
pub(super) fn within(call: &Call, index: i64, size: usize) -> Result<usize> {
    let n = size as i64;
    if (-n..n).contains(&index) {
        Ok(if index < 0 { index + n } else { index } as usize)
    } else {
        Err(call.error(format!("index {index} on an axis of size {size}")))
    }
}

/// The axis of the indices is replaced by their axes.
pub(super) fn infer_gather(call: &Call) -> Result<Vec<Fact>> {
    let (x, indices) = (call.fact(0)?, call.fact(1)?);
    integer_input(call, 1)?;
    let axis = call.axis(call.int("axis", 0), x.rank())?;
    let dims = [&x.dims[..axis], &indices.dims, &x.dims[axis + 1..]].concat();
    Ok(vec![Fact { dtype: x.dtype, dims }])
}

/// `Gather`.
pub(super) fn gather(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, indices) = (tensor(call, inputs, 0)?, numeric(call, inputs, 1)?);
    let axis = call.axis(call.int("axis", 0), x.rank())?;
    let inner: usize = x.shape()[axis + 1..].iter().product();
    let outer: usize = x.shape()[..axis].iter().product();
    let size = x.shape()[axis];
    let rows: Result<Vec<usize>> = indices.to_i64().into_iter().map(|i| Ok(within(call, i, size)? * inner)).collect();
    let shape = [&x.shape()[..axis], indices.shape(), &x.shape()[axis + 1..]].concat();
    let at = grid(&[(0..outer).map(|i| i * size * inner).collect(), rows?, (0..inner).collect()]);
    Ok(vec![pick(x, &shape, &at)?])
}

/// The output has the shape of the indices.
pub(super) fn infer_elements(call: &Call) -> Result<Vec<Fact>> {
    let (x, indices) = (call.shape(0)?, call.shape(1)?);
    integer_input(call, 1)?;
    let axis = call.axis(call.int("axis", 0), x.len())?;
    let fits = indices.len() == x.len() && (0..x.len()).all(|a| a == axis || indices[a] <= x[a]);
    if fits {
        Ok(vec![Fact::new(call.dtype(0)?, &indices)])
    } else {
        Err(call.error(format!("indices of shape {indices:?} into {x:?} along axis {axis}")))
    }
}

/// For each element of `indices`, the place in a tensor of shape `x` that it names along `axis`.
pub(super) fn element_places(call: &Call, x: &[usize], indices: &Tensor, axis: usize) -> Result<Vec<usize>> {
    let own = strides(x);
    let axes: Vec<Vec<usize>> = (0..x.len())
        .map(|a| (0..indices.shape()[a]).map(|i| if a == axis { 0 } else { i * own[a] }).collect())
        .collect();
    let base = grid(&axes);
    base.iter().zip(indices.to_i64()).map(|(b, i)| Ok(b + within(call, i, x[axis])? * own[axis])).collect()
}

/// `GatherElements`.
pub(super) fn elements(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, indices) = (tensor(call, inputs, 0)?, numeric(call, inputs, 1)?);
    let axis = call.axis(call.int("axis", 0), x.rank())?;
    let at = element_places(call, x.shape(), indices, axis)?;
    Ok(vec![pick(x, indices.shape(), &at)?])
}

/// Number of shared leading axes and length of an index tuple.
pub(super) fn tuple(call: &Call, x: &[usize], indices: &[usize]) -> Result<(usize, usize)> {
    let batch = call.size(call.int("batch_dims", 0))?;
    let misfit = || call.error(format!("indices of shape {indices:?} into {x:?} with {batch} batch axes"));
    let k = *indices.last().ok_or_else(misfit)?;
    let fits = batch < indices.len() && batch <= x.len() && k <= x.len() - batch && x[..batch] == indices[..batch];
    if fits { Ok((batch, k)) } else { Err(misfit()) }
}

/// Index tuples on the last axis are replaced by what they name.
pub(super) fn infer_nd(call: &Call) -> Result<Vec<Fact>> {
    let (x, indices) = (call.shape(0)?, call.shape(1)?);
    integer_input(call, 1)?;
    let (batch, k) = tuple(call, &x, &indices)?;
    Ok(vec![Fact::new(call.dtype(0)?, &[&indices[..indices.len() - 1], &x[batch + k..]].concat())])
}

/// For each index tuple, the offset of what it names in a tensor of shape `x`.
pub(super) fn tuple_places(call: &Call, x: &[usize], indices: &Tensor, batch: usize, k: usize) -> Result<Vec<usize>> {
    let own = strides(x);
    let values = indices.to_i64();
    let tuples: usize = indices.shape()[..indices.rank() - 1].iter().product();
    let batches: usize = x[..batch].iter().product();
    let each = tuples / batches.max(1);
    let block: usize = x[batch..].iter().product();
    (0..tuples)
        .map(|t| {
            let tuple = values[t * k..(t + 1) * k].iter().enumerate();
            let start = t / each.max(1) * block;
            tuple
                .map(|(j, &i)| Ok(within(call, i, x[batch + j])? * own[batch + j]))
                .try_fold(start, |s, o: Result<usize>| Ok(s + o?))
        })
        .collect()
}

/// `GatherND`.
pub(super) fn nd(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, indices) = (tensor(call, inputs, 0)?, numeric(call, inputs, 1)?);
    let (batch, k) = tuple(call, x.shape(), indices.shape())?;
    let starts = tuple_places(call, x.shape(), indices, batch, k)?;
    let inner = &x.shape()[batch + k..];
    let at = grid(&[starts, (0..inner.iter().product()).collect()]);
    Ok(vec![pick(x, &[&indices.shape()[..indices.rank() - 1], inner].concat(), &at)?])
}
