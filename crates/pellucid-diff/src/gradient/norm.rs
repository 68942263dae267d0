//! Normalisations and softmax.

use pellucid_graph::{AxisMap, Tensor, Wire};

use super::Flows;
use crate::{Pull, Result};

/// `s (g - sum s g)`.
pub(super) fn softmax(p: &mut Pull) -> Result<Flows> {
    let (y, g) = (p.y()?, p.g()?);
    let axis = softmax_axis(p, y)?;
    let yg = p.b.mul(y, g)?;
    let total = p.b.sum(yg, &[axis], true)?;
    let d = p.b.sub(g, total)?;
    let dx = p.b.mul(y, d)?;
    Ok(p.only(dx))
}

/// `g - s sum g`.
pub(super) fn log_softmax(p: &mut Pull) -> Result<Flows> {
    let (y, g) = (p.y()?, p.g()?);
    let axis = softmax_axis(p, y)?;
    let s = p.b.exp(y)?;
    let total = p.b.sum(g, &[axis], true)?;
    let d = p.b.mul(s, total)?;
    let dx = p.b.sub(g, d)?;
    Ok(p.only(dx))
}

pub(crate) fn softmax_axis(p: &Pull, y: Wire) -> Result<usize> {
    p.axis(p.int("axis", -1), p.shape(y)?.len())
}

/// A per-channel vector as `1 x C x 1 ..`, to broadcast against `x`.
pub(crate) fn per_channel(p: &mut Pull, v: Wire, rank: usize) -> Result<Wire> {
    let c = p.b.volume(v)?;
    let mut shape = vec![1; rank];
    shape[1] = c;
    Ok(p.b.reshape(v, &shape)?)
}

/// All axes but the channels.
fn but_channels(rank: usize) -> Vec<usize> {
    (0..rank).filter(|&a| a != 1).collect()
}

/// `y = (x - mean) scale / sqrt(var + eps) + bias` with running statistics: an affine map.
pub(super) fn batch(p: &mut Pull) -> Result<Flows> {
    let (x, scale, mean, var, g) = (p.x(0)?, p.x(1)?, p.x(3)?, p.x(4)?, p.g()?);
    let rank = p.shape(x)?.len();
    let v = p.b.shift(var, p.float("epsilon", 1e-5))?;
    let std = p.b.sqrt(v)?;
    let factor = p.b.div(scale, std)?;
    let mut out = vec![None; p.node.inputs.len()];
    if p.wants(0) {
        let f = per_channel(p, factor, rank)?;
        out[0] = Some(p.b.mul(g, f)?);
    }
    if p.wants(1) {
        let m = per_channel(p, mean, rank)?;
        let s = per_channel(p, std, rank)?;
        let d = p.b.sub(x, m)?;
        let d = p.b.div(d, s)?;
        let d = p.b.mul(g, d)?;
        out[1] = Some(p.b.sum(d, &but_channels(rank), false)?);
    }
    if p.wants(2) {
        out[2] = Some(p.b.sum(g, &but_channels(rank), false)?);
    }
    if p.wants(3) || p.wants(4) {
        return Err(p.refuse("running statistics aren't trained"));
    }
    Ok(out)
}

/// The normalised input and `1 / sqrt(var + eps)` over `axes`, with or without centring.
pub(crate) fn normalised(p: &mut Pull, x: Wire, axes: &[usize], eps: f64, centre: bool) -> Result<(Wire, Wire)> {
    let d = if centre {
        let m = p.b.mean(x, axes, true)?;
        p.b.sub(x, m)?
    } else {
        x
    };
    let v = p.b.mul(d, d)?;
    let v = p.b.mean(v, axes, true)?;
    let v = p.b.shift(v, eps)?;
    let v = p.b.sqrt(v)?;
    let r = p.b.reciprocal(v)?;
    Ok((p.b.mul(d, r)?, r))
}

/// What flows through the statistics: `r (h - mean h - xhat mean(h xhat))`, without the first mean where nothing was centred.
fn through_statistics(p: &mut Pull, xhat: Wire, r: Wire, h: Wire, axes: &[usize], centre: bool) -> Result<Wire> {
    let hx = p.b.mul(h, xhat)?;
    let m = p.b.mean(hx, axes, true)?;
    let m = p.b.mul(xhat, m)?;
    let mut d = p.b.sub(h, m)?;
    if centre {
        let mean = p.b.mean(h, axes, true)?;
        d = p.b.sub(d, mean)?;
    }
    Ok(p.b.mul(d, r)?)
}

/// Statistics over the spatial axes of each sample and channel.
pub(super) fn instance(p: &mut Pull) -> Result<Flows> {
    let (x, scale, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let rank = p.shape(x)?.len();
    let axes: Vec<usize> = (2..rank).collect();
    let (xhat, r) = normalised(p, x, &axes, p.float("epsilon", 1e-5), true)?;
    let s = per_channel(p, scale, rank)?;
    let h = p.b.mul(g, s)?;
    let dx = through_statistics(p, xhat, r, h, &axes, true)?;
    affine_flows(p, dx, xhat, g)
}

/// The flows to input, scale and bias of a normalisation with one scale per channel.
fn affine_flows(p: &mut Pull, dx: Wire, xhat: Wire, g: Wire) -> Result<Flows> {
    let rank = p.shape(g)?.len();
    let dscale = if p.wants(1) {
        let d = p.b.mul(g, xhat)?;
        Some(p.b.sum(d, &but_channels(rank), false)?)
    } else {
        None
    };
    let dbias = if p.wants(2) { Some(p.b.sum(g, &but_channels(rank), false)?) } else { None };
    Ok(vec![Some(dx), dscale, dbias])
}

/// Statistics over groups of channels: an instance normalisation of the regrouped input.
pub(super) fn group(p: &mut Pull) -> Result<Flows> {
    let (x, scale, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let xs = p.shape(x)?;
    let groups = p.int("num_groups", 1).max(1) as usize;
    let flat = [xs[0], groups, xs[1..].iter().product::<usize>() / groups];
    let x3 = p.b.reshape(x, &flat)?;
    let (xhat3, r) = normalised(p, x3, &[2], p.float("epsilon", 1e-5), true)?;
    let s = per_channel(p, scale, xs.len())?;
    let h = p.b.mul(g, s)?;
    let h = p.b.reshape(h, &flat)?;
    let dx = through_statistics(p, xhat3, r, h, &[2], true)?;
    let dx = p.b.reshape(dx, &xs)?;
    let xhat = p.b.reshape(xhat3, &xs)?;
    affine_flows(p, dx, xhat, g)
}

/// Statistics over the last axes; scale and bias have their shape.
pub(super) fn layer(p: &mut Pull) -> Result<Flows> {
    over_last_axes(p, true, 1e-5)
}

/// Like layer normalisation without centring and bias.
pub(super) fn rms(p: &mut Pull) -> Result<Flows> {
    over_last_axes(p, false, 1e-5)
}

fn over_last_axes(p: &mut Pull, centre: bool, default_eps: f32) -> Result<Flows> {
    let (x, scale, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let rank = p.shape(x)?.len();
    let axes: Vec<usize> = (p.axis(p.int("axis", -1), rank)?..rank).collect();
    let (xhat, r) = normalised(p, x, &axes, p.float("epsilon", default_eps), centre)?;
    let mut out = vec![None; p.node.inputs.len()];
    if p.wants(0) {
        let h = p.b.mul(g, scale)?;
        out[0] = Some(through_statistics(p, xhat, r, h, &axes, centre)?);
    }
    if p.wants(1) {
        let d = p.b.mul(g, xhat)?;
        let shape = p.shape(scale)?;
        out[1] = Some(p.b.sum_to(d, &shape)?);
    }
    if let (true, Some(bias)) = (p.wants(2), p.input(2)) {
        let shape = p.shape(bias)?;
        out[2] = Some(p.b.sum_to(g, &shape)?);
    }
    Ok(out)
}

/// `(x - mean) / (std + 1e-9)` over the axes of the attribute.
pub(super) fn mean_variance(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let rank = p.shape(x)?.len();
    let axes = variance_axes(p, rank)?;
    let (xhat, r) = normalised(p, x, &axes, 1e-18, true)?;
    let dx = through_statistics(p, xhat, r, g, &axes, true)?;
    Ok(p.only(dx))
}

/// What flows to the input of a normalisation whose mean and deviation are held constant: `r scale g`, of the input's shape.
///
/// # Errors
/// When the node isn't a normalisation by statistics of its own input.
pub(crate) fn held(p: &mut Pull) -> Result<Wire> {
    let (x, g) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let rank = xs.len();
    match p.node.op.as_str() {
        "InstanceNormalization" => held_grouped(p, x, g, xs[1]),
        "GroupNormalization" => held_grouped(p, x, g, p.int("num_groups", 1).max(1) as usize),
        "LayerNormalization" | "RMSNormalization" => {
            let axes: Vec<usize> = (p.axis(p.int("axis", -1), rank)?..rank).collect();
            let centre = p.node.op == "LayerNormalization";
            let (_, r) = normalised(p, x, &axes, p.float("epsilon", 1e-5), centre)?;
            let scale = p.x(1)?;
            let h = p.b.mul(g, scale)?;
            Ok(p.b.mul(h, r)?)
        }
        "MeanVarianceNormalization" => {
            let axes = variance_axes(p, rank)?;
            let (_, r) = normalised(p, x, &axes, 1e-18, true)?;
            Ok(p.b.mul(g, r)?)
        }
        _ => Err(p.refuse("its statistics can't be held constant")),
    }
}

/// What flows to the input of a normalisation whose deviation is held constant while the mean is not: [`held`], centred where the node
/// centres.
///
/// # Errors
/// As [`held`].
pub(crate) fn deviation_held(p: &mut Pull) -> Result<Wire> {
    let dx = held(p)?;
    let xs = p.shape(dx)?;
    let rank = xs.len();
    let (flat, axes) = match p.node.op.as_str() {
        "RMSNormalization" => return Ok(dx),
        "LayerNormalization" => (xs.clone(), (p.axis(p.int("axis", -1), rank)?..rank).collect()),
        "MeanVarianceNormalization" => (xs.clone(), variance_axes(p, rank)?),
        op => {
            let groups = if op == "GroupNormalization" { p.int("num_groups", 1).max(1) as usize } else { xs[1] };
            (vec![xs[0], groups, xs[1..].iter().product::<usize>() / groups], vec![2])
        }
    };
    let d = p.b.reshape(dx, &flat)?;
    let mean = p.b.mean(d, &axes, true)?;
    let d = p.b.sub(d, mean)?;
    Ok(p.b.reshape(d, &xs)?)
}

/// The axes of `MeanVarianceNormalization`.
pub(crate) fn variance_axes(p: &Pull, rank: usize) -> Result<Vec<usize>> {
    let given = p.attrs().ints("axes").map_or_else(|| vec![0, 2, 3], <[i64]>::to_vec);
    given.iter().map(|&a| p.axis(a, rank)).collect()
}

fn held_grouped(p: &mut Pull, x: Wire, g: Wire, groups: usize) -> Result<Wire> {
    let xs = p.shape(x)?;
    let flat = [xs[0], groups, xs[1..].iter().product::<usize>() / groups];
    let x3 = p.b.reshape(x, &flat)?;
    let (_, r) = normalised(p, x3, &[2], p.float("epsilon", 1e-5), true)?;
    let scale = p.x(1)?;
    let s = per_channel(p, scale, xs.len())?;
    let h = p.b.mul(g, s)?;
    let h = p.b.reshape(h, &flat)?;
    let dx = p.b.mul(h, r)?;
    Ok(p.b.reshape(dx, &xs)?)
}

/// `y = x / ||x||_p` along an axis.
pub(super) fn lp(p: &mut Pull) -> Result<Flows> {
    let (x, y, g) = (p.x(0)?, p.y()?, p.g()?);
    let axis = p.axis(p.int("axis", -1), p.shape(x)?.len())?;
    let gy = p.b.mul(g, y)?;
    let total = p.b.sum(gy, &[axis], true)?;
    let (direction, norm) = if p.int("p", 2) == 1 {
        let a = p.b.abs(x)?;
        (p.b.sign(x)?, p.b.sum(a, &[axis], true)?)
    } else {
        let x2 = p.b.mul(x, x)?;
        let n = p.b.sum(x2, &[axis], true)?;
        (y, p.b.sqrt(n)?)
    };
    let t = p.b.mul(direction, total)?;
    let d = p.b.sub(g, t)?;
    let dx = p.b.div(d, norm)?;
    Ok(p.only(dx))
}

/// `y = x d^-beta`, `d = bias + alpha / size * (windowed sum of squares over channels)`.
pub(super) fn local_response(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let channels = p.shape(x)?[1];
    let size = p.int("size", 1).max(1) as usize;
    let (alpha, beta, bias) = (p.float("alpha", 1e-4), p.float("beta", 0.75), p.float("bias", 1.0));
    let band = neighbours(channels, size);
    let x2 = p.b.mul(x, x)?;
    let sums = p.b.along_axes(x2, std::slice::from_ref(&band))?;
    let d = p.b.scale(sums, alpha / size as f64)?;
    let d = p.b.shift(d, bias)?;
    let direct = raised(p, d, -beta)?;
    let direct = p.b.mul(g, direct)?;
    let inner = raised(p, d, -beta - 1.0)?;
    let inner = p.b.mul(inner, x)?;
    let inner = p.b.mul(inner, g)?;
    let inner = p.b.along_axes(inner, &[band.adjoint()])?;
    let inner = p.b.mul(inner, x)?;
    let inner = p.b.scale(inner, -2.0 * alpha * beta / size as f64)?;
    let dx = p.b.add(direct, inner)?;
    Ok(p.only(dx))
}

/// Sums over a window of channels, as a map along the channel axis.
pub(crate) fn neighbours(channels: usize, size: usize) -> AxisMap {
    let (before, after) = ((size - 1) / 2, size - 1 - (size - 1) / 2);
    let mut matrix = vec![0.0; channels * channels];
    for c in 0..channels {
        for j in c.saturating_sub(before)..=(c + after).min(channels - 1) {
            matrix[c * channels + j] = 1.0;
        }
    }
    AxisMap { axis: 1, n_out: channels, n_in: channels, matrix }
}

pub(crate) fn raised(p: &mut Pull, x: Wire, exponent: f64) -> Result<Wire> {
    let dtype = p.dtype(x)?;
    let e = p.b.constant(Tensor::full(dtype, &[], exponent));
    Ok(p.b.pow(x, e)?)
}
