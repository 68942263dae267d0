//! `GridSample` and `AffineGrid`, with two or three spatial axes.

use super::Call;
use super::layout::required;
use super::values::{real_tensor, reals};
use crate::{Fact, Result, Tensor};

const MODES: &[&str] = &["linear", "nearest", "cubic", "bilinear", "bicubic"];
const PADDINGS: &[&str] = &["zeros", "border", "reflection"];

/// Cubic coefficient, as PyTorch has it.
const A: f64 = -0.75;

/// How coordinates become weighted neighbours along an axis.
struct Sampler<'a> {
    mode: &'a str,
    padding: &'a str,
    aligned: bool,
}

impl<'a> Sampler<'a> {
    fn of(call: &'a Call) -> Result<Sampler<'a>> {
        let (mode, padding) = (call.str("mode", "linear"), call.str("padding_mode", "zeros"));
        if !MODES.contains(&mode) || !PADDINGS.contains(&padding) {
            return Err(
                call.error(format!("mode `{mode}` with padding `{padding}`, expected {MODES:?} and {PADDINGS:?}"))
            );
        }
        let mode = mode.strip_prefix("bi").unwrap_or(mode);
        Ok(Sampler { mode, padding, aligned: call.int("align_corners", 0) != 0 })
    }

    /// The pixel coordinate of a grid coordinate in `-1..1`.
    fn pixel(&self, g: f64, n: f64) -> f64 {
        if self.aligned { (g + 1.0) / 2.0 * (n - 1.0) } else { ((g + 1.0) * n - 1.0) / 2.0 }
    }

    /// The pixel that stands at position `i`, `None` for a zero.
    fn inside(&self, i: f64, n: f64) -> Option<usize> {
        let i = match self.padding {
            "border" => i.clamp(0.0, n - 1.0),
            "reflection" => self.reflect(i, n),
            _ => i,
        };
        (0.0..n).contains(&i).then_some(i as usize)
    }

    /// Mirrored at the centres of the border pixels, or at their outer edges.
    fn reflect(&self, i: f64, n: f64) -> f64 {
        let (low, high) = if self.aligned { (0.0, n - 1.0) } else { (-0.5, n - 0.5) };
        let span = high - low;
        if span <= 0.0 {
            return 0.0;
        }
        let t = (i - low).rem_euclid(2.0 * span);
        (low + t.min(2.0 * span - t)).clamp(0.0, n - 1.0)
    }

    /// Neighbours and weights of a pixel coordinate.
    fn taps(&self, x: f64, n: usize) -> Vec<(usize, f64)> {
        let n = n as f64;
        if !x.is_finite() || n < 1.0 {
            return vec![];
        }
        let low = x.floor();
        let t = x - low;
        let all: Vec<(f64, f64)> = match self.mode {
            "nearest" => vec![(x.round_ties_even(), 1.0)],
            "linear" => vec![(low, 1.0 - t), (low + 1.0, t)],
            _ => (-1..3).map(|k| (low + f64::from(k), cubic(f64::from(k) - t))).collect(),
        };
        all.into_iter().filter_map(|(i, w)| self.inside(i, n).map(|i| (i, w))).collect()
    }
}

/// Weight of the cubic convolution kernel at a distance.
fn cubic(d: f64) -> f64 {
    let d = d.abs();
    if d <= 1.0 {
        ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0
    } else if d < 2.0 {
        ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A
    } else {
        0.0
    }
}

/// Batch and channels of the image, spatial axes of the grid.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    Sampler::of(call)?;
    let (x, grid) = (call.shape(0)?, call.shape(1)?);
    let rank = x.len().saturating_sub(2);
    let fits = (1..=3).contains(&rank) && grid.len() == x.len() && grid[0] == x[0] && grid[grid.len() - 1] == rank;
    if !fits {
        return Err(call.error(format!("image {x:?} and grid {grid:?}, expected N x C x .. and N x .. x coordinates")));
    }
    Ok(vec![Fact::new(call.dtype(0)?, &[&x[..2], &grid[1..=rank]].concat())])
}

/// `GridSample`: coordinates name the last spatial axis first.
pub(super) fn grid_sample(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let sampler = Sampler::of(call)?;
    let (xs, gs) = (call.shape(0)?, call.shape(1)?);
    let (x, grid) = (reals(call, inputs, 0)?, reals(call, inputs, 1)?);
    let rank = xs.len() - 2;
    let (points, plane): (usize, usize) = (gs[1..=rank].iter().product(), xs[2..].iter().product());
    let mut y = vec![0.0; xs[0] * xs[1] * points];
    for n in 0..xs[0] {
        for p in 0..points {
            let at = &grid[(n * points + p) * rank..][..rank];
            let taps = corners(at, &xs[2..], &sampler);
            for c in 0..xs[1] {
                let image = &x[(n * xs[1] + c) * plane..][..plane];
                y[(n * xs[1] + c) * points + p] = taps.iter().map(|(i, w)| w * image[*i]).sum();
            }
        }
    }
    Ok(vec![real_tensor(call, call.dtype(0)?, &[&xs[..2], &gs[1..=rank]].concat(), y)?])
}

/// All combinations of the neighbours along the axes: (offset in the plane, product of weights).
fn corners(at: &[f64], sizes: &[usize], sampler: &Sampler) -> Vec<(usize, f64)> {
    sizes.iter().enumerate().fold(vec![(0, 1.0)], |done, (a, &n)| {
        let taps = sampler.taps(sampler.pixel(at[sizes.len() - 1 - a], n as f64), n);
        done.iter().flat_map(|(o, w)| taps.iter().map(move |(i, v)| (o * n + i, w * v))).collect()
    })
}

/// Number of spatial axes and the sizes `N, C, ..` of `AffineGrid`.
fn affine(call: &Call) -> Result<(usize, Vec<usize>)> {
    let theta = call.shape(0)?;
    let size: Vec<usize> = required(call, 1)?.into_iter().map(|n| call.size(n)).collect::<Result<_>>()?;
    let rank = size.len().saturating_sub(2);
    if (2..=3).contains(&rank) && theta == [size[0], rank, rank + 1] {
        Ok((rank, size))
    } else {
        Err(call.error(format!("matrices {theta:?} for size {size:?}, expected N x 2 x 3 or N x 3 x 4")))
    }
}

/// A grid of coordinates for `GridSample`.
pub(super) fn infer_affine(call: &Call) -> Result<Vec<Fact>> {
    let (rank, size) = affine(call)?;
    Ok(vec![Fact::new(call.dtype(0)?, &[&[size[0]], &size[2..], &[rank]].concat())])
}

/// `AffineGrid`: each grid point mapped by the matrix of its sample.
pub(super) fn affine_grid(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (rank, size) = affine(call)?;
    let theta = reals(call, inputs, 0)?;
    let aligned = call.int("align_corners", 0) != 0;
    let coordinate = |i: usize, n: usize| match (aligned, n) {
        (true, 1) => 0.0,
        (true, n) => -1.0 + 2.0 * i as f64 / (n as f64 - 1.0),
        (false, n) => (2.0 * i as f64 + 1.0) / n as f64 - 1.0,
    };
    let own = super::broadcast::strides(&size[2..]);
    let points: usize = size[2..].iter().product();
    let mut y = Vec::with_capacity(size[0] * points * rank);
    for n in 0..size[0] {
        for p in 0..points {
            // the last spatial axis is the first coordinate
            let at: Vec<f64> = (0..rank).rev().map(|a| coordinate(p / own[a] % size[a + 2], size[a + 2])).collect();
            for r in 0..rank {
                let row = &theta[(n * rank + r) * (rank + 1)..][..rank + 1];
                y.push(row[rank] + at.iter().zip(row).map(|(x, m)| x * m).sum::<f64>());
            }
        }
    }
    Ok(vec![real_tensor(call, call.dtype(0)?, &[&[size[0]], &size[2..], &[rank]].concat(), y)?])
}
