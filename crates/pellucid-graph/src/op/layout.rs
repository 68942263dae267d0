//! Operators that give the same elements another shape or order.

use super::Call;
use super::broadcast::{self, grid, offsets, strides};
use super::unary::same;
use super::values::{bool_tensor, pick, tensor};
use crate::{DType, Fact, Result, Tensor, volume};

fn one(call: &Call, shape: &[usize]) -> Result<Vec<Fact>> {
    Ok(vec![Fact::new(call.dtype(0)?, shape)])
}

/// The output shape of an operator of this file whose inference gave a fixed one.
fn out_shape(call: &Call) -> Result<Vec<usize>> {
    let facts = super::infer(call)?;
    facts.first().and_then(Fact::shape).ok_or_else(|| call.error("the output shape isn't fixed"))
}

/// The integers of a required constant input.
pub(super) fn required(call: &Call, i: usize) -> Result<Vec<i64>> {
    call.ints(i)?.ok_or_else(|| call.error(format!("input {i} is missing")))
}

/// The same elements under the inferred shape.
pub(super) fn reshaped(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    Ok(vec![tensor(call, inputs, 0)?.reshape(&out_shape(call)?)?])
}

/// `0` copies a size (unless `allowzero`), one `-1` takes what is left.
pub(super) fn infer_reshape(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    let wanted = required(call, 1)?;
    let copy = call.int("allowzero", 0) == 0;
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (i, &n) in wanted.iter().enumerate() {
        shape.push(match n {
            -1 if open.is_none() => {
                open = Some(i);
                1
            }
            -1 => return Err(call.error(format!("two sizes of {wanted:?} are -1"))),
            0 if copy => {
                *x.get(i).ok_or_else(|| call.error(format!("size {i} is copied from a rank of {}", x.len())))?
            }
            n => call.size(n)?,
        });
    }
    let (have, fixed) = (volume(&x).unwrap_or(usize::MAX), volume(&shape).unwrap_or(usize::MAX));
    let misfit = || call.error(format!("shape {wanted:?} doesn't hold the {have} elements of {x:?}"));
    match open {
        Some(_) if fixed == 0 || have % fixed != 0 => Err(misfit()),
        None if fixed != have => Err(misfit()),
        Some(i) => {
            shape[i] = have / fixed;
            one(call, &shape)
        }
        None => one(call, &shape),
    }
}

/// Two axes: the product of those before `axis` and of the rest.
pub(super) fn infer_flatten(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    let axis = call.int("axis", 1);
    // the axis may also stand after the last
    let axis = if axis == x.len() as i64 { x.len() } else { call.axis(axis, x.len())? };
    one(call, &[x[..axis].iter().product(), x[axis..].iter().product()])
}

/// Without axes all axes of size 1 go.
pub(super) fn infer_squeeze(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    let axes = match call.ints(1)? {
        Some(axes) => call.axes(&axes, x.len())?,
        None => (0..x.len()).filter(|&a| x[a] == 1).collect(),
    };
    if let Some(&a) = axes.iter().find(|&&a| x[a] != 1) {
        return Err(call.error(format!("axis {a} of {x:?} has size {}, not 1", x[a])));
    }
    let shape: Vec<usize> = (0..x.len()).filter(|a| !axes.contains(a)).map(|a| x[a]).collect();
    one(call, &shape)
}

/// Axes count in the output.
pub(super) fn infer_unsqueeze(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    let axes = required(call, 1)?;
    let rank = x.len() + axes.len();
    let axes = call.axes(&axes, rank)?;
    let mut rest = x.into_iter();
    let shape: Vec<usize> = (0..rank).map(|a| if axes.contains(&a) { 1 } else { rest.next().unwrap_or(1) }).collect();
    one(call, &shape)
}

/// Output axis `i` is input axis `perm[i]`; reversed by default.
fn perm(call: &Call, rank: usize) -> Result<Vec<usize>> {
    let Some(perm) = call.attrs.ints("perm") else { return Ok((0..rank).rev().collect()) };
    let mut seen = vec![false; rank];
    let fits = perm.len() == rank
        && perm.iter().all(|&p| {
            usize::try_from(p).ok().and_then(|p| seen.get_mut(p)).is_some_and(|s| !std::mem::replace(s, true))
        });
    if fits {
        Ok(perm.iter().map(|&p| p as usize).collect())
    } else {
        Err(call.error(format!("`perm` {perm:?} isn't a permutation of {rank} axes")))
    }
}

/// `Transpose`.
pub(super) fn infer_transpose(call: &Call) -> Result<Vec<Fact>> {
    let x = call.fact(0)?;
    let dims = perm(call, x.rank())?.into_iter().map(|p| x.dims[p].clone()).collect();
    Ok(vec![Fact { dtype: x.dtype, dims }])
}

/// `Transpose`.
pub(super) fn transpose(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = tensor(call, inputs, 0)?;
    Ok(vec![permuted(x, &perm(call, x.rank())?)?])
}

/// The tensor with output axis `i` taken from axis `perm[i]`.
pub(super) fn permuted(x: &Tensor, perm: &[usize]) -> Result<Tensor> {
    let own = strides(x.shape());
    let shape: Vec<usize> = perm.iter().map(|&p| x.shape()[p]).collect();
    let steps: Vec<usize> = perm.iter().map(|&p| own[p]).collect();
    pick(x, &shape, &offsets(&shape, &steps))
}

/// Broadcasting both ways with a shape.
pub(super) fn infer_expand(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    let wanted = required(call, 1)?.into_iter().map(|n| call.size(n)).collect::<Result<Vec<_>>>()?;
    let shape = broadcast::shape(&x, &wanted)
        .ok_or_else(|| call.error(format!("shape {x:?} doesn't broadcast with {wanted:?}")))?;
    one(call, &shape)
}

/// `Expand`.
pub(super) fn expand(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, shape) = (tensor(call, inputs, 0)?, out_shape(call)?);
    Ok(vec![pick(x, &shape, &broadcast::indices(x.shape(), &shape))?])
}

/// Each axis repeated.
pub(super) fn infer_tile(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    let repeats = required(call, 1)?.into_iter().map(|n| call.size(n)).collect::<Result<Vec<_>>>()?;
    if repeats.len() != x.len() {
        return Err(call.error(format!("{} repeats for {} axes", repeats.len(), x.len())));
    }
    let shape: Vec<usize> = x.iter().zip(&repeats).map(|(n, r)| n.saturating_mul(*r)).collect();
    one(call, &shape)
}

/// `Tile`.
pub(super) fn tile(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, shape) = (tensor(call, inputs, 0)?, out_shape(call)?);
    let own = strides(x.shape());
    let axes: Vec<Vec<usize>> =
        (0..x.rank()).map(|a| (0..shape[a]).map(|i| i % x.shape()[a] * own[a]).collect()).collect();
    Ok(vec![pick(x, &shape, &grid(&axes))?])
}

/// The input itself.
pub(super) fn identity(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    Ok(vec![tensor(call, inputs, 0)?.clone()])
}

/// The input and the mask of what was kept.
pub(super) fn infer_dropout(call: &Call) -> Result<Vec<Fact>> {
    let mut facts = same(call)?;
    if call.outputs > 1 {
        facts.push(Fact { dtype: DType::Bool, dims: facts[0].dims.clone() });
    }
    Ok(facts)
}

/// Whether a dropout acts: in training mode with a ratio that isn't zero.
fn drops(call: &Call) -> bool {
    let training = call.has(2) && call.constant(2).is_none_or(|t| t.to_i64().first() != Some(&0));
    training && !call.constant(1).is_some_and(|t| t.to_f64().first() == Some(&0.0))
}

/// At inference nothing is dropped.
pub(super) fn dropout(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    if drops(call) {
        return Err(call.error("dropout in training mode is random and isn't evaluated"));
    }
    let x = tensor(call, inputs, 0)?;
    let mut out = vec![x.clone()];
    if call.outputs > 1 {
        out.push(bool_tensor(x.shape(), vec![true; x.len()])?);
    }
    Ok(out)
}

/// Batch, channels, height, width and block size.
fn blocks(call: &Call) -> Result<[usize; 5]> {
    let x = call.shape(0)?;
    let b = call.size(call.int("blocksize", 0))?;
    match x[..] {
        [n, c, h, w] if (1..1 << 20).contains(&b) => Ok([n, c, h, w, b]),
        _ => Err(call.error(format!("an input of shape {x:?} with block size {b}, expected four axes and at least 1"))),
    }
}

/// Channels become blocks of pixels.
pub(super) fn infer_depth_to_space(call: &Call) -> Result<Vec<Fact>> {
    let [n, c, h, w, b] = blocks(call)?;
    if c % (b * b) != 0 {
        return Err(call.error(format!("{c} channels don't divide into blocks of {b} x {b}")));
    }
    one(call, &[n, c / (b * b), h * b, w * b])
}

/// `DepthToSpace`.
pub(super) fn depth_to_space(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let shape = out_shape(call)?;
    let [n, c, h, w, b] = blocks(call)?;
    let rest = c / (b * b);
    let (split, perm) = match call.str("mode", "DCR") {
        "DCR" => ([n, b, b, rest, h, w], [0, 3, 4, 1, 5, 2]),
        "CRD" => ([n, rest, b, b, h, w], [0, 1, 4, 2, 5, 3]),
        other => return Err(call.error(format!("`mode` is `{other}`, expected `DCR` or `CRD`"))),
    };
    Ok(vec![permuted(&tensor(call, inputs, 0)?.reshape(&split)?, &perm)?.reshape(&shape)?])
}

/// Blocks of pixels become channels.
pub(super) fn infer_space_to_depth(call: &Call) -> Result<Vec<Fact>> {
    let [n, c, h, w, b] = blocks(call)?;
    if h % b != 0 || w % b != 0 {
        return Err(call.error(format!("{h} x {w} pixels don't divide into blocks of {b} x {b}")));
    }
    one(call, &[n, c.saturating_mul(b * b), h / b, w / b])
}

/// `SpaceToDepth`.
pub(super) fn space_to_depth(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let shape = out_shape(call)?;
    let [n, c, h, w, b] = blocks(call)?;
    let x = tensor(call, inputs, 0)?.reshape(&[n, c, h / b, b, w / b, b])?;
    Ok(vec![permuted(&x, &[0, 3, 5, 1, 2, 4])?.reshape(&shape)?])
}
