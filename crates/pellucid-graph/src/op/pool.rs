//! Pools over windows and over whole feature maps.

use super::broadcast::strides;
use super::values::{Nums, int_tensor, num_tensor, nums, real_tensor, reals, tensor};
use super::window::{Window, steps};
use super::{Call, binary};
use crate::{DType, Fact, Result, Tensor};

/// Number of planes (batch times channels), their spatial sizes, and the window over them.
fn window(call: &Call) -> Result<(usize, Window)> {
    let x = call.shape(0)?;
    if x.len() < 3 {
        return Err(call.error(format!("input of shape {x:?}, expected N x C x spatial axes")));
    }
    if call.attrs.ints("kernel_shape").is_none() {
        return Err(call.error("attribute `kernel_shape` is missing"));
    }
    let kernel = steps(call, "kernel_shape", x.len() - 2)?;
    let window = Window::over(call, &kernel, &x[2..], call.int("ceil_mode", 0) != 0)?;
    Ok((x[0] * x[1], window))
}

/// Pools over windows; a max pool may also give the indices of what it took.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let (_, w) = window(call)?;
    let shape = [&call.shape(0)?[..2], &w.small].concat();
    let mut facts = vec![Fact::new(call.dtype(0)?, &shape)];
    if call.outputs > 1 {
        facts.push(Fact::new(DType::I64, &shape));
    }
    Ok(facts)
}

/// Spatial axes shrink to 1.
pub(super) fn infer_global(call: &Call) -> Result<Vec<Fact>> {
    let x = call.shape(0)?;
    if x.len() < 2 {
        return Err(call.error(format!("input of shape {x:?}, expected N x C x spatial axes")));
    }
    let shape: Vec<usize> = x.iter().enumerate().map(|(a, &n)| if a < 2 { n } else { 1 }).collect();
    Ok(vec![Fact::new(call.dtype(0)?, &shape)])
}

/// For each output position, the offsets in a plane that its window holds, in row-major order.
fn members(w: &Window) -> Vec<Vec<usize>> {
    let runs = w.runs();
    let step = w.strides.last().copied().unwrap_or(1);
    let mut out = vec![vec![]; w.small.iter().product()];
    for (s, l, len) in runs.into_iter().flatten() {
        for i in 0..len {
            out[s + i].push(l + i * step);
        }
    }
    out
}

/// For each output position, the number of taps that lie in the input or its padding.
fn padded_counts(w: &Window) -> Vec<usize> {
    let axes: Vec<Vec<usize>> = (0..w.kernel.len())
        .map(|a| {
            let limit = w.large[a] as i64 + w.end[a];
            let inside = |s: usize, k: usize| ((s * w.strides[a] + k * w.dilations[a]) as i64 - w.begin[a]) < limit;
            (0..w.small[a]).map(|s| (0..w.kernel[a]).filter(|&k| inside(s, k)).count()).collect()
        })
        .collect();
    axes.iter().fold(vec![1], |done, axis| done.iter().flat_map(|n| axis.iter().map(move |m| n * m)).collect())
}

/// `f` of every plane and window: `f(plane, offsets, position)`.
fn each(x: &[f64], planes: usize, members: &[Vec<usize>], f: impl Fn(&[f64], &[usize], usize) -> f64) -> Vec<f64> {
    let size = x.len().checked_div(planes).unwrap_or(0);
    (0..planes)
        .flat_map(|p| {
            let plane = &x[p * size..(p + 1) * size];
            members.iter().enumerate().map(|(i, m)| f(plane, m, i)).collect::<Vec<f64>>()
        })
        .collect()
}

fn output_shape(call: &Call, w: &Window) -> Result<Vec<usize>> {
    Ok([&call.shape(0)?[..2], &w.small].concat())
}

/// Mean of each window; padding counts as zeros with `count_include_pad`, else not at all.
pub(super) fn average(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (planes, w) = window(call)?;
    let members = members(&w);
    let counts = match call.int("count_include_pad", 0) {
        0 => members.iter().map(Vec::len).collect(),
        _ => padded_counts(&w),
    };
    let mean = |x: &[f64], at: &[usize], i: usize| at.iter().map(|&j| x[j]).sum::<f64>() / counts[i] as f64;
    let y = each(&reals(call, inputs, 0)?, planes, &members, mean);
    Ok(vec![real_tensor(call, call.dtype(0)?, &output_shape(call, &w)?, y)?])
}

/// p-norm of each window.
pub(super) fn lp(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (planes, w) = window(call)?;
    let p = call.int("p", 2) as f64;
    let y = each(&reals(call, inputs, 0)?, planes, &members(&w), |x, at, _| norm(at.iter().map(|&j| x[j]), p));
    Ok(vec![real_tensor(call, call.dtype(0)?, &output_shape(call, &w)?, y)?])
}

fn norm(x: impl Iterator<Item = f64>, p: f64) -> f64 {
    x.map(|x| x.abs().powf(p)).sum::<f64>().powf(1.0 / p)
}

/// Largest of each window, the first of equals, with its index in the whole input when a second output is asked for.
pub(super) fn max(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (planes, w) = window(call)?;
    let (members, x) = (members(&w), tensor(call, inputs, 0)?);
    let (shape, size) = (output_shape(call, &w)?, w.large.iter().product::<usize>());
    let column_major = call.int("storage_order", 0) != 0;
    let values = nums(call, inputs, 0)?;
    let best: Vec<Option<usize>> = (0..planes)
        .flat_map(|p| members.iter().map(move |m| (p, m)))
        .map(|(p, m)| {
            let at = m.iter().map(|j| p * size + j);
            match &values {
                Nums::Real(v) => first_best(at, |i, best| v[i] > v[best] || v[i].is_nan() && !v[best].is_nan()),
                Nums::Int(v) => first_best(at, |i, best| v[i] > v[best]),
            }
        })
        .collect();
    let y = match &values {
        Nums::Real(v) => Nums::Real(best.iter().map(|b| b.map_or(f64::NEG_INFINITY, |i| v[i])).collect()),
        Nums::Int(v) => Nums::Int(best.iter().map(|b| b.map_or(0, |i| v[i])).collect()),
    };
    let mut out = vec![num_tensor(call, x.dtype(), &shape, y)?];
    if call.outputs > 1 {
        let index = |i: usize| if column_major { i / size * size + transposed(i % size, &w.large) } else { i };
        let indices = best.iter().map(|b| b.map_or(-1, |i| index(i) as i64)).collect();
        out.push(int_tensor(DType::I64, &shape, indices)?);
    }
    Ok(out)
}

fn first_best(at: impl Iterator<Item = usize>, better: impl Fn(usize, usize) -> bool) -> Option<usize> {
    at.reduce(|best, i| if better(i, best) { i } else { best })
}

/// The row-major offset `i` in a plane counted with the first axis fastest.
fn transposed(i: usize, sizes: &[usize]) -> usize {
    let own = strides(sizes);
    (0..sizes.len()).map(|a| i / own[a] % sizes[a] * sizes[..a].iter().product::<usize>()).sum()
}

/// `GlobalAveragePool`, `GlobalMaxPool` and `GlobalLpPool`.
pub(super) fn global(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let fact = infer_global(call)?.remove(0);
    let shape = fact.shape().ok_or_else(|| call.error("the output shape isn't fixed"))?;
    let x = reals(call, inputs, 0)?;
    let planes: usize = shape.iter().product();
    let p = call.int("p", 2) as f64;
    let one = |x: &[f64]| match call.op {
        "GlobalAveragePool" => x.iter().sum::<f64>() / x.len() as f64,
        "GlobalMaxPool" => x.iter().copied().fold(f64::NEG_INFINITY, binary::max),
        _ => norm(x.iter().copied(), p),
    };
    let size = x.len().checked_div(planes).unwrap_or(0);
    let y = (0..planes).map(|i| one(&x[i * size..(i + 1) * size])).collect();
    Ok(vec![real_tensor(call, fact.dtype, &shape, y)?])
}

/// Puts pooled values back at the indices that a max pool gave, zeros elsewhere.
pub(super) fn unpool(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let fact = infer_unpool(call)?.remove(0);
    let shape = fact.shape().ok_or_else(|| call.error("the output shape isn't fixed"))?;
    let (x, at) = (reals(call, inputs, 0)?, tensor(call, inputs, 1)?.to_i64());
    let mut y = vec![0.0; shape.iter().product()];
    for (v, i) in x.into_iter().zip(at) {
        let slot = usize::try_from(i).ok().and_then(|i| y.get_mut(i));
        *slot.ok_or_else(|| call.error(format!("index {i} outside of {shape:?}")))? = v;
    }
    Ok(vec![real_tensor(call, fact.dtype, &shape, y)?])
}

/// The smallest input that the pool would have had.
fn natural_shape(call: &Call) -> Result<Vec<usize>> {
    let x = call.shape(0)?;
    let rank = x.len().saturating_sub(2);
    let kernel = steps(call, "kernel_shape", rank)?;
    let w = Window::bare(call, &kernel, &vec![1; rank])?;
    let mut shape = x;
    for a in 0..rank {
        let n = (shape[a + 2] as i64 - 1) * w.strides[a] as i64 + kernel[a] as i64 - w.begin[a] - w.end[a];
        shape[a + 2] = call.size(n)?;
    }
    Ok(shape)
}

/// `MaxUnpool`.
pub(super) fn infer_unpool(call: &Call) -> Result<Vec<Fact>> {
    let natural = natural_shape(call)?;
    if call.shape(0)? != call.shape(1)? {
        return Err(call.error(format!("indices of shape {:?} for values of {:?}", call.shape(1)?, call.shape(0)?)));
    }
    let shape = match call.ints(2)? {
        None => natural,
        Some(s) => {
            let s: Vec<usize> = s.into_iter().map(|n| call.size(n)).collect::<Result<_>>()?;
            if s.len() != natural.len() || s.iter().zip(&natural).any(|(a, b)| a < b) {
                return Err(call.error(format!("output shape {s:?} is smaller than {natural:?}")));
            }
            s
        }
    };
    Ok(vec![Fact::new(call.dtype(0)?, &shape)])
}
