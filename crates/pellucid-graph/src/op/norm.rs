//! Normalisations: by running statistics, by those of groups of elements, by vector norms.

use super::broadcast::{Spread, shape as broadcast_shape};
use super::reduce::{cells, reduced_shape};
use super::values::{numeric, optional, real_tensor, reals};
use super::{Call, unary};
use crate::{DType, Fact, Result, Tensor};

/// Input shape with at least batch and channel axes, and the number of elements per channel and sample.
fn channels(call: &Call) -> Result<(Vec<usize>, usize)> {
    let x = call.shape(0)?;
    if x.len() < 2 {
        return Err(call.error(format!("input of shape {x:?}, expected N x C x ..")));
    }
    let plane = x[2..].iter().product();
    Ok((x, plane))
}

/// Refuses a parameter that isn't one value per channel.
fn per_channel(call: &Call, inputs: impl IntoIterator<Item = usize>, n: usize) -> Result<()> {
    for i in inputs {
        if call.shape(i)? != [n] {
            return Err(call.error(format!("input {i} has shape {:?}, expected [{n}]", call.shape(i)?)));
        }
    }
    Ok(())
}

fn epsilon(call: &Call) -> f64 {
    f64::from(call.float("epsilon", 1e-5))
}

/// Mean and variance of each group; `cells` names the group of each element.
fn moments(x: &[f64], cells: &[usize], groups: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut mean, mut var, mut count) = (vec![0.0; groups], vec![0.0; groups], vec![0.0; groups]);
    for (x, &c) in x.iter().zip(cells) {
        mean[c] += x;
        count[c] += 1.0;
    }
    mean.iter_mut().zip(&count).for_each(|(m, n)| *m /= n);
    x.iter().zip(cells).for_each(|(x, &c)| var[c] += (x - mean[c]).powi(2));
    var.iter_mut().zip(&count).for_each(|(v, n)| *v /= n);
    (mean, var)
}

/// The input's fact, and with `training_mode` the updated running statistics.
pub(super) fn infer_batch(call: &Call) -> Result<Vec<Fact>> {
    let (x, _) = channels(call)?;
    per_channel(call, 1..5, x[1])?;
    let mut facts = unary::same(call)?;
    if call.outputs > 1 {
        facts.extend([call.fact(3)?.clone(), call.fact(4)?.clone()]);
    }
    Ok(facts)
}

/// `BatchNormalization`.
pub(super) fn batch(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (shape, plane) = channels(call)?;
    let get = |i| reals(call, inputs, i);
    let (x, scale, bias, running_mean, running_var) = (get(0)?, get(1)?, get(2)?, get(3)?, get(4)?);
    let c = shape[1];
    let of: Vec<usize> = (0..x.len()).map(|i| i / plane % c).collect();
    let training = call.int("training_mode", 0) != 0;
    let (mean, var) = if training { moments(&x, &of, c) } else { (running_mean.clone(), running_var.clone()) };
    let eps = epsilon(call);
    let y = x.iter().zip(&of).map(|(x, &k)| scale[k] * (x - mean[k]) / (var[k] + eps).sqrt() + bias[k]).collect();
    let mut out = vec![real_tensor(call, call.dtype(0)?, &shape, y)?];
    if call.outputs > 1 {
        let m = f64::from(call.float("momentum", 0.9));
        let mixed = |old: &[f64], new: &[f64]| -> Vec<f64> {
            if training { old.iter().zip(new).map(|(o, n)| o * m + n * (1.0 - m)).collect() } else { old.to_vec() }
        };
        out.push(real_tensor(call, call.dtype(3)?, &[c], mixed(&running_mean, &mean))?);
        out.push(real_tensor(call, call.dtype(4)?, &[c], mixed(&running_var, &var))?);
    }
    Ok(out)
}

/// Groups of channels of a sample: 1 channel each for `InstanceNormalization`.
fn groups(call: &Call, c: usize) -> Result<usize> {
    if call.op == "InstanceNormalization" {
        return Ok(c);
    }
    let groups = call.size(call.int("num_groups", 0))?;
    if groups > 0 && c.is_multiple_of(groups) {
        Ok(groups)
    } else {
        Err(call.error(format!("{c} channels don't divide into {groups} groups (`num_groups`)")))
    }
}

/// `InstanceNormalization` and `GroupNormalization`, scale and bias per channel.
pub(super) fn infer_group(call: &Call) -> Result<Vec<Fact>> {
    let (x, _) = channels(call)?;
    groups(call, x[1])?;
    per_channel(call, 1..3, x[1])?;
    unary::same(call)
}

/// `InstanceNormalization` and `GroupNormalization`.
pub(super) fn group(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (shape, plane) = channels(call)?;
    let c = shape[1];
    let groups = groups(call, c)?;
    let size = c / groups.max(1) * plane;
    let (x, scale, bias) = (reals(call, inputs, 0)?, reals(call, inputs, 1)?, reals(call, inputs, 2)?);
    let of: Vec<usize> = (0..x.len()).map(|i| i / size).collect();
    let (mean, var) = moments(&x, &of, shape[0] * groups);
    let eps = epsilon(call);
    let one = |i: usize| {
        let (g, k) = (of[i], i / plane % c);
        scale[k] * (x[i] - mean[g]) / (var[g] + eps).sqrt() + bias[k]
    };
    let y = (0..x.len()).map(one).collect();
    Ok(vec![real_tensor(call, call.dtype(0)?, &shape, y)?])
}

/// The first normalised axis; the type of the statistics; refuses scale and bias that don't broadcast to the input.
fn trailing(call: &Call) -> Result<(usize, DType)> {
    let x = call.shape(0)?;
    let axis = call.axis(call.int("axis", -1), x.len())?;
    for i in (1..3).filter(|&i| call.has(i)) {
        let s = call.shape(i)?;
        if broadcast_shape(&x, &s).as_ref() != Some(&x) {
            return Err(call.error(format!("input {i} of shape {s:?} doesn't broadcast to {x:?}")));
        }
    }
    let dtype = call.dtype(0)?;
    Ok((axis, if dtype == DType::F64 { dtype } else { DType::F32 }))
}

/// The input's fact; `LayerNormalization` may give mean and inverse deviation too, with normalised axes of size 1.
pub(super) fn infer_trailing(call: &Call) -> Result<Vec<Fact>> {
    let (axis, dtype) = trailing(call)?;
    let x = call.shape(0)?;
    let axes: Vec<usize> = (axis..x.len()).collect();
    let stats = Fact::new(dtype, &reduced_shape(&x, &axes, true));
    let mut facts = unary::same(call)?;
    facts.resize(call.outputs.clamp(1, 3), stats);
    Ok(facts)
}

/// `LayerNormalization` and `RMSNormalization` over all axes from `axis` on.
pub(super) fn trailing_axes(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (axis, dtype) = trailing(call)?;
    let shape = call.shape(0)?;
    let inner: usize = shape[axis..].iter().product();
    let x = reals(call, inputs, 0)?;
    let of: Vec<usize> = (0..x.len()).map(|i| i / inner).collect();
    let groups = shape[..axis].iter().product();
    let (mut mean, mut var) = moments(&x, &of, groups);
    if call.op == "RMSNormalization" {
        var.iter_mut().zip(&mut mean).for_each(|(v, m)| *v += std::mem::take(m).powi(2));
    }
    let inv: Vec<f64> = var.iter().map(|v| 1.0 / (v + epsilon(call)).sqrt()).collect();
    let factor = |i: usize, none: f64| -> Result<_> {
        let values = optional(call, inputs, i)?.unwrap_or_else(|| vec![none]);
        let spread = if call.has(i) { Spread::new(&call.shape(i)?, &shape) } else { Spread::Scalar };
        Ok(move |k: usize| values[spread.at(k)])
    };
    let (scale, bias) = (factor(1, 1.0)?, factor(2, 0.0)?);
    let y = (0..x.len()).map(|i| (x[i] - mean[of[i]]) * inv[of[i]] * scale(i) + bias(i)).collect();
    let stats: Vec<usize> = reduced_shape(&shape, &(axis..shape.len()).collect::<Vec<_>>(), true);
    let mut out = vec![real_tensor(call, call.dtype(0)?, &shape, y)?];
    for values in [mean, inv].into_iter().take(call.outputs.saturating_sub(1)) {
        out.push(real_tensor(call, dtype, &stats, values)?);
    }
    Ok(out)
}

/// Each vector along an axis divided by its norm; a zero vector stays zero.
pub(super) fn lp(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let t = numeric(call, inputs, 0)?;
    let axis = call.axis(call.int("axis", -1), t.rank())?;
    let (x, cells) = (t.to_f64(), cells(t.shape(), &[axis]));
    let squared = match call.int("p", 2) {
        1 => false,
        2 => true,
        p => return Err(call.error(format!("`p` is {p}, expected 1 or 2"))),
    };
    let mut norms = vec![0.0; cells.iter().max().map_or(0, |m| m + 1)];
    x.iter().zip(&cells).for_each(|(x, &c)| norms[c] += if squared { x * x } else { x.abs() });
    if squared {
        norms.iter_mut().for_each(|n| *n = n.sqrt());
    }
    let y = x.iter().zip(&cells).map(|(x, &c)| if norms[c] == 0.0 { 0.0 } else { x / norms[c] }).collect();
    Ok(vec![real_tensor(call, t.dtype(), t.shape(), y)?])
}

/// `x / (bias + alpha / size * sum of squares of nearby channels) ^ beta`.
pub(super) fn local_response(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (shape, plane) = channels(call)?;
    let size = call.size(call.int("size", 0))?;
    if size == 0 {
        return Err(call.error("attribute `size` is missing or 0"));
    }
    let (alpha, beta) = (f64::from(call.float("alpha", 1e-4)), f64::from(call.float("beta", 0.75)));
    let bias = f64::from(call.float("bias", 1.0));
    let (x, c) = (reals(call, inputs, 0)?, shape[1]);
    let (before, after) = ((size - 1) / 2, size / 2);
    let one = |i: usize| {
        let k = i / plane % c;
        let nearby = k.saturating_sub(before)..k.saturating_add(after).min(c - 1) + 1;
        let squares: f64 = nearby.map(|j| x[i - k * plane + j * plane].powi(2)).sum();
        x[i] / (bias + alpha / size as f64 * squares).powf(beta)
    };
    let y = (0..x.len()).map(one).collect();
    Ok(vec![real_tensor(call, call.dtype(0)?, &shape, y)?])
}

/// `(x - mean) / (deviation + 1e-9)` over axes.
pub(super) fn mean_variance(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let t = numeric(call, inputs, 0)?;
    let axes = call.axes(call.attrs.ints("axes").unwrap_or(&[0, 2, 3]), t.rank())?;
    let (x, cells) = (t.to_f64(), cells(t.shape(), &axes));
    let (mean, var) = moments(&x, &cells, cells.iter().max().map_or(0, |m| m + 1));
    let y = x.iter().zip(&cells).map(|(x, &c)| (x - mean[c]) / (var[c].sqrt() + 1e-9)).collect();
    Ok(vec![real_tensor(call, t.dtype(), t.shape(), y)?])
}
