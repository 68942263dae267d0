//! Pooling.

use pellucid_graph::{AxisMap, DType, Fact, Wire};

use super::Flows;
use crate::window::Window;
use crate::{Pull, Result};

/// The flow goes to the first maximum of each window: its position is what the pool itself reports as indices.
pub(super) fn max_pool(p: &mut Pull) -> Result<Flows> {
    let (x, y, g) = (p.x(0)?, p.y()?, p.g()?);
    if p.int("storage_order", 0) != 0 {
        return Err(p.refuse("column-major indices aren't supported"));
    }
    let (xs, ys) = (p.shape(x)?, p.shape(y)?);
    let indices = p.b.graph.extend_output(y, 1, Fact::new(DType::I64, &ys))?;
    let dx = scatter_flat(p, indices, g, &xs)?;
    Ok(p.only(dx))
}

/// `g` added onto zeros of a shape at flat positions.
fn scatter_flat(p: &mut Pull, indices: Wire, g: Wire, shape: &[usize]) -> Result<Wire> {
    let total: usize = shape.iter().product();
    let n = p.b.volume(g)?;
    let flat = p.b.reshape(indices, &[n])?;
    let g = p.b.reshape(g, &[n])?;
    let dtype = p.dtype(g)?;
    let zeros = p.b.zeros(dtype, &[total])?;
    let d = super::index::scatter_add(&mut p.b, zeros, flat, g, 0)?;
    Ok(p.b.reshape(d, shape)?)
}

/// An average pool is one averaging matrix per axis (the window's count is a product over axes), so its adjoint is their transposes.
pub(super) fn average_pool(p: &mut Pull) -> Result<Flows> {
    let (x, y, g) = (p.x(0)?, p.y()?, p.g()?);
    let (xs, ys) = (p.shape(x)?, p.shape(y)?);
    let window = Window::of(p, None, &xs[2..], &ys[2..])?;
    let include = p.int("count_include_pad", 0) != 0;
    let dx = if plain_blocks(&window, &xs, &ys) {
        repeat_blocks(p, g, &window, &xs)?
    } else {
        let maps: Vec<AxisMap> =
            (0..window.kernel.len()).map(|a| averaging(&window, a, xs[a + 2], ys[a + 2], include).adjoint()).collect();
        p.b.along_axes(g, &maps)?
    };
    Ok(p.only(dx))
}

/// Windows that tile the input without padding.
fn plain_blocks(window: &Window, xs: &[usize], ys: &[usize]) -> bool {
    window.begin.iter().chain(&window.end).all(|&v| v == 0)
        && window.kernel == window.strides
        && window.dilations.iter().all(|&d| d == 1)
        && (0..window.kernel.len()).all(|a| ys[a + 2] * window.kernel[a] <= xs[a + 2])
}

/// Each element repeated over its block and divided by the block's size.
fn repeat_blocks(p: &mut Pull, g: Wire, window: &Window, xs: &[usize]) -> Result<Wire> {
    let gs = p.shape(g)?;
    let volume: usize = window.kernel.iter().product();
    let g = p.b.scale(g, 1.0 / volume as f64)?;
    let (mut thin, mut wide, mut flat) = (gs[..2].to_vec(), gs[..2].to_vec(), gs[..2].to_vec());
    for (&n, &k) in gs[2..].iter().zip(&window.kernel) {
        thin.extend([n, 1]);
        wide.extend([n, k]);
        flat.push(n * k);
    }
    let d = p.b.reshape(g, &thin)?;
    let d = p.b.expand(d, &wide)?;
    let d = p.b.reshape(d, &flat)?;
    let pads: Vec<(usize, usize)> = flat.iter().zip(xs).map(|(&have, &want)| (0, want - have)).collect();
    Ok(p.b.pad_zeros(d, &pads)?)
}

/// The averaging matrix of one axis, `n_out x n_in`. With `include`, padding counts, but not what `ceil_mode` adds beyond it.
fn averaging(window: &Window, a: usize, n_in: usize, n_out: usize, include: bool) -> AxisMap {
    let mut matrix = vec![0.0; n_out * n_in];
    for o in 0..n_out {
        let start = (o * window.strides[a]) as i64 - window.begin[a];
        let taps: Vec<i64> = (0..window.kernel[a]).map(|k| start + (k * window.dilations[a]) as i64).collect();
        let inside = |t: &&i64| (0..n_in as i64).contains(*t);
        let limit = n_in as i64 + window.end[a];
        let count =
            if include { taps.iter().filter(|t| **t < limit).count() } else { taps.iter().filter(inside).count() };
        for t in taps.iter().filter(inside) {
            matrix[o * n_in + *t as usize] += 1.0 / count.max(1) as f64;
        }
    }
    AxisMap { axis: a + 2, n_out, n_in, matrix }
}

/// `y = (sum |x|^p)^(1/p)`: `g_x = sign(x) |x|^(p-1) sum_windows g y^(1-p)`.
pub(super) fn lp_pool(p: &mut Pull) -> Result<Flows> {
    let (x, y, g) = (p.x(0)?, p.y()?, p.g()?);
    let maps: Vec<AxisMap> = window_sums(p, x, y)?.iter().map(AxisMap::adjoint).collect();
    let per_window = lp_quotient(p, y, g)?;
    let spread = p.b.along_axes(per_window, &maps)?;
    let dx = lp_inner(p, x, spread)?;
    Ok(p.only(dx))
}

/// Sums over the windows of a pool from `x` to `y`, one map per spatial axis.
pub(crate) fn window_sums(p: &Pull, x: Wire, y: Wire) -> Result<Vec<AxisMap>> {
    let (xs, ys) = (p.shape(x)?, p.shape(y)?);
    let window = Window::of(p, None, &xs[2..], &ys[2..])?;
    let sums = (0..window.kernel.len()).map(|a| {
        let mut m = averaging(&window, a, xs[a + 2], ys[a + 2], false);
        m.matrix.iter_mut().for_each(|v| *v = f64::from(u8::from(*v != 0.0)));
        m
    });
    Ok(sums.collect())
}

/// `g y^(1-p)`, zero where `y` is zero.
fn lp_quotient(p: &mut Pull, y: Wire, g: Wire) -> Result<Wire> {
    let order = p.int("p", 2) as f64;
    let on = p.b.above(y, 0.0)?;
    let one = p.b.scalar(1.0, y)?;
    let safe = p.b.select(on, y, one)?;
    let exponent = p.b.scalar(1.0 - order, y)?;
    let d = p.b.pow(safe, exponent)?;
    let d = p.b.mul(g, d)?;
    Ok(p.b.keep_where(on, d)?)
}

/// `sign(x) |x|^(p-1) s`.
fn lp_inner(p: &mut Pull, x: Wire, s: Wire) -> Result<Wire> {
    let order = p.int("p", 2) as f64;
    if order == 2.0 {
        return Ok(p.b.mul(x, s)?);
    }
    let a = p.b.abs(x)?;
    let exponent = p.b.scalar(order - 1.0, x)?;
    let a = p.b.pow(a, exponent)?;
    let sign = p.b.sign(x)?;
    let a = p.b.mul(sign, a)?;
    Ok(p.b.mul(a, s)?)
}

/// `g / Z` at every position.
pub(super) fn global_average(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let z: usize = xs[2..].iter().product();
    let d = p.b.scale(g, 1.0 / z as f64)?;
    let dx = p.b.expand(d, &xs)?;
    Ok(p.only(dx))
}

/// The flow goes to the first maximum of each channel.
pub(super) fn global_max(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let axes: Vec<usize> = (2..p.shape(x)?.len()).collect();
    let dx = super::reduce::to_winner(p, x, g, &axes, true)?;
    Ok(p.only(dx))
}

pub(super) fn global_lp(p: &mut Pull) -> Result<Flows> {
    let (x, y, g) = (p.x(0)?, p.y()?, p.g()?);
    let s = lp_quotient(p, y, g)?;
    let dx = lp_inner(p, x, s)?;
    Ok(p.only(dx))
}
