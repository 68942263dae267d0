//! Resampling: a resize is one interpolation matrix per axis, a grid sample is a weighted gather.

use pellucid_graph::op;
use pellucid_graph::{Attrs, AxisMap, Build, DType, Tensor, Wire};

use super::Flows;
use crate::{Pull, Result};

pub(super) fn resize(p: &mut Pull) -> Result<Flows> {
    let g = p.g()?;
    let matrices = p.with_call(op::resize_matrices)?;
    let maps: Vec<AxisMap> = matrices
        .into_iter()
        .map(|(axis, n_out, n_in, matrix)| AxisMap { axis, n_out, n_in, matrix }.adjoint())
        .collect();
    let dx = p.b.along_axes(g, &maps)?;
    Ok(p.only(dx))
}

/// The flow to the sampled image (bilinear, trilinear or nearest; zeros or border padding). Coordinates get none, which is refused when
/// they are what is asked for.
pub(super) fn grid_sample(p: &mut Pull) -> Result<Flows> {
    let (x, grid, g) = (p.x(0)?, p.x(1)?, p.g()?);
    if p.wants(1) && !p.wants(0) {
        return Err(p.refuse("only the image of a grid sample has a gradient rule, not the coordinates"));
    }
    let mode = p.attrs().str("mode").unwrap_or("linear").to_string();
    let padding = p.attrs().str("padding_mode").unwrap_or("zeros").to_string();
    let nearest = mode == "nearest";
    if !(nearest || mode == "linear" || mode == "bilinear") || padding == "reflection" {
        return Err(p.refuse(format!("mode `{mode}` with padding `{padding}` has no gradient rule")));
    }
    let aligned = p.int("align_corners", 0) != 0;
    let (xs, gs) = (p.shape(x)?, p.shape(grid)?);
    let rank = xs.len() - 2;
    let sampler = Sampler { spatial: xs[2..].to_vec(), border: padding == "border", nearest, aligned };
    // coordinates are x, y, (z): the last spatial axis first
    let mut taps: Vec<Vec<(Wire, Wire)>> = Vec::new();
    for axis in 0..rank {
        let at = rank - 1 - axis;
        let c = p.b.slice(grid, gs.len() - 1, at, at + 1)?;
        let c = p.b.reshape(c, &[xs[0], gs[1..gs.len() - 1].iter().product()])?;
        taps.push(sampler.taps(&mut p.b, c, axis)?);
    }
    let points: usize = gs[1..gs.len() - 1].iter().product();
    let g3 = p.b.reshape(g, &[xs[0], xs[1], points])?;
    let volume: usize = xs[2..].iter().product();
    let dtype = p.dtype(x)?;
    let mut d = p.b.zeros(dtype, &[xs[0], xs[1], volume])?;
    for corner in corners(&taps) {
        let (index, weight) = sampler.combine(&mut p.b, &corner)?;
        let w = p.b.reshape(weight, &[xs[0], 1, points])?;
        let flow = p.b.mul(g3, w)?;
        let i = p.b.reshape(index, &[xs[0], 1, points])?;
        let i = p.b.expand(i, &[xs[0], xs[1], points])?;
        d = super::index::scatter_add(&mut p.b, d, i, flow, 2)?;
    }
    let dx = p.b.reshape(d, &xs)?;
    Ok(p.only(dx))
}

/// One choice of a tap per axis.
fn corners(taps: &[Vec<(Wire, Wire)>]) -> Vec<Vec<(Wire, Wire)>> {
    taps.iter().fold(vec![vec![]], |done, axis| {
        done.iter().flat_map(|c| axis.iter().map(move |t| [c.as_slice(), &[*t]].concat())).collect()
    })
}

struct Sampler {
    spatial: Vec<usize>,
    border: bool,
    nearest: bool,
    aligned: bool,
}

impl Sampler {
    /// The neighbours of each coordinate along an axis: (index as a float inside the image, weight, zero outside).
    fn taps(&self, b: &mut Build, c: Wire, axis: usize) -> pellucid_graph::Result<Vec<(Wire, Wire)>> {
        let n = self.spatial[axis] as f64;
        let mut u = b.shift(c, 1.0)?;
        if self.aligned {
            u = b.scale(u, (n - 1.0) / 2.0)?;
        } else {
            u = b.scale(u, n / 2.0)?;
            u = b.shift(u, -0.5)?;
        }
        if self.border {
            u = self.clamped(b, u, n)?;
        }
        if self.nearest {
            let i = b.op("Round", &[u], Attrs::new())?;
            let one = b.scalar(1.0, i)?;
            return Ok(vec![self.inside(b, i, one, n)?]);
        }
        let low = b.op("Floor", &[u], Attrs::new())?;
        let high = b.shift(low, 1.0)?;
        let w_high = b.sub(u, low)?;
        let one = b.scalar(1.0, u)?;
        let w_low = b.sub(one, w_high)?;
        Ok(vec![self.inside(b, low, w_low, n)?, self.inside(b, high, w_high, n)?])
    }

    fn clamped(&self, b: &mut Build, u: Wire, n: f64) -> pellucid_graph::Result<Wire> {
        let (zero, last) = (b.scalar(0.0, u)?, b.scalar(n - 1.0, u)?);
        let u = b.max(u, zero)?;
        b.min(u, last)
    }

    /// Outside the image the weight is zero and the index any valid one.
    fn inside(&self, b: &mut Build, i: Wire, w: Wire, n: f64) -> pellucid_graph::Result<(Wire, Wire)> {
        let clamped = self.clamped(b, i, n)?;
        let inside = b.equal(i, clamped)?;
        Ok((clamped, b.keep_where(inside, w)?))
    }

    /// Flat index and product of weights of one corner.
    fn combine(&self, b: &mut Build, corner: &[(Wire, Wire)]) -> pellucid_graph::Result<(Wire, Wire)> {
        let mut index: Option<Wire> = None;
        let mut weight: Option<Wire> = None;
        for (axis, (i, w)) in corner.iter().enumerate() {
            let i = b.cast(*i, DType::I64)?;
            index = Some(match index {
                None => i,
                Some(before) => {
                    let n = b.constant(Tensor::from_i64(DType::I64, vec![], vec![self.spatial[axis] as i64]));
                    let scaled = b.mul(before, n)?;
                    b.add(scaled, i)?
                }
            });
            weight = Some(match weight {
                None => *w,
                Some(before) => {
                    // an expanded scalar weight has no points of its own
                    b.mul(before, *w)?
                }
            });
        }
        match (index, weight) {
            (Some(i), Some(w)) => Ok((i, w)),
            _ => Err(pellucid_graph::GraphError::Invalid("a grid sample without spatial axes".into())),
        }
    }
}
