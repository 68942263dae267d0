//! Operators that move elements without changing them: the adjoint moves them back.

use pellucid_graph::{Attrs, AxisMap, Wire};

use super::Flows;
use crate::{Pull, Result};

/// Same elements, another shape.
pub(super) fn reshaped(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let dx = p.b.reshape(g, &xs)?;
    Ok(p.only(dx))
}

pub(super) fn transpose(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let rank = p.shape(x)?.len();
    let perm = match p.attrs().ints("perm") {
        Some(perm) => perm.iter().map(|&a| p.axis(a, rank)).collect::<Result<Vec<_>>>()?,
        None => (0..rank).rev().collect(),
    };
    let mut back = vec![0; rank];
    perm.iter().enumerate().for_each(|(i, &a)| back[a] = i);
    let dx = p.b.transpose(g, &back)?;
    Ok(p.only(dx))
}

/// Copies are summed.
pub(super) fn expand(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let dx = p.b.sum_to(g, &xs)?;
    Ok(p.only(dx))
}

pub(super) fn tile(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let (xs, gs) = (p.shape(x)?, p.shape(g)?);
    let split: Vec<usize> = xs.iter().zip(&gs).flat_map(|(&n, &m)| [m.checked_div(n).unwrap_or(0), n]).collect();
    let copies: Vec<usize> = (0..xs.len()).map(|a| 2 * a).collect();
    let d = p.b.reshape(g, &split)?;
    let dx = p.b.sum(d, &copies, false)?;
    Ok(p.only(dx))
}

/// `N x C b^2 x H x W` to `N x C x H b x W b`, in the order that `mode` says.
pub(super) fn depth_to_space(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let b = p.int("blocksize", 1).max(1) as usize;
    let c = xs[1] / (b * b);
    let d = p.b.reshape(g, &[xs[0], c, xs[2], b, xs[3], b])?;
    let crd = p.attrs().str("mode").unwrap_or("DCR") == "CRD";
    let d = p.b.transpose(d, if crd { &[0, 1, 3, 5, 2, 4] } else { &[0, 3, 5, 1, 2, 4] })?;
    let dx = p.b.reshape(d, &xs)?;
    Ok(p.only(dx))
}

/// `N x C x H b x W b` to `N x b^2 C x H x W`, blocks before channels.
pub(super) fn space_to_depth(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let b = p.int("blocksize", 1).max(1) as usize;
    let d = p.b.reshape(g, &[xs[0], b, b, xs[1], xs[2] / b, xs[3] / b])?;
    let d = p.b.transpose(d, &[0, 3, 4, 1, 5, 2])?;
    let dx = p.b.reshape(d, &xs)?;
    Ok(p.only(dx))
}

pub(super) fn concat(p: &mut Pull) -> Result<Flows> {
    let (y, g) = (p.y()?, p.g()?);
    let axis = p.axis(p.int("axis", 0), p.shape(y)?.len())?;
    let mut start = 0;
    let mut out = Vec::new();
    for i in 0..p.node.inputs.len() {
        let n = p.shape(p.x(i)?)?[axis];
        out.push(if p.wants(i) { Some(p.b.slice(g, axis, start, start + n)?) } else { None });
        start += n;
    }
    Ok(out)
}

/// The flows into the parts, joined; a part that nothing flows into gives zeros.
pub(super) fn split(p: &mut Pull) -> Result<Flows> {
    let x = p.x(0)?;
    let axis = p.axis(p.int("axis", 0), p.shape(x)?.len())?;
    let mut parts = Vec::new();
    for i in 0..p.node.outputs.len() {
        let flow = match (p.cotangents[i], p.node.outputs[i]) {
            (Some(g), _) => g,
            (None, Some(y)) => {
                let (dtype, shape) = (p.dtype(y)?, p.shape(y)?);
                p.b.zeros(dtype, &shape)?
            }
            (None, None) => return Err(p.refuse("a part of the split is left out")),
        };
        parts.push(flow);
    }
    let dx = p.b.concat(&parts, axis)?;
    Ok(p.only(dx))
}

/// Zeros between and around what was taken; a negative step is a reversal first.
pub(super) fn slice(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let (Some(starts), Some(_)) = (p.ints(1)?, p.ints(2)?) else {
        return Err(p.refuse("start or end is missing"));
    };
    let axes = p.ints(3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = p.ints(4)?.unwrap_or_else(|| vec![1; starts.len()]);
    let mut d = g;
    for ((&start, &axis), &step) in starts.iter().zip(&axes).zip(&steps) {
        let axis = p.axis(axis, xs.len())?;
        d = unslice(p, d, axis, xs[axis], start, step)?;
    }
    Ok(p.only(d))
}

fn unslice(p: &mut Pull, d: Wire, axis: usize, n: usize, start: i64, step: i64) -> Result<Wire> {
    let mut shape = p.shape(d)?;
    let taken = shape[axis];
    let size = n as i64;
    if taken == 0 {
        let dtype = p.dtype(d)?;
        shape[axis] = n;
        return Ok(p.b.zeros(dtype, &shape)?);
    }
    let from = if start < 0 { start + size } else { start };
    let (mut d, first, step) = if step < 0 {
        let from = from.min(size - 1);
        let back = step.unsigned_abs() as usize;
        (p.b.reverse(d, axis)?, from as usize - (taken - 1) * back, back)
    } else {
        (d, from.max(0) as usize, step as usize)
    };
    if step > 1 {
        // one element, then step - 1 zeros
        let mut apart = shape.clone();
        apart.insert(axis + 1, 1);
        d = p.b.reshape(d, &apart)?;
        let mut pads = vec![(0, 0); apart.len()];
        pads[axis + 1] = (0, step - 1);
        d = p.b.pad_zeros(d, &pads)?;
        shape[axis] = taken * step;
        d = p.b.reshape(d, &shape)?;
        let reach = (taken - 1) * step + 1;
        d = p.b.slice(d, axis, 0, reach)?;
        shape[axis] = reach;
    }
    let mut pads = vec![(0, 0); shape.len()];
    pads[axis] = (first, n - first - shape[axis]);
    Ok(p.b.pad_zeros(d, &pads)?)
}

/// Constant padding is cropped; what reflect, edge and wrap repeated is folded back and added.
pub(super) fn pad(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let xs = p.shape(x)?;
    let rank = xs.len();
    let Some(amounts) = p.ints(1)? else { return Err(p.refuse("the amounts are missing")) };
    let axes = match p.ints(3)? {
        Some(axes) => axes.iter().map(|&a| p.axis(a, rank)).collect::<Result<Vec<_>>>()?,
        None => (0..rank).collect(),
    };
    let mode = p.attrs().str("mode").unwrap_or("constant").to_string();
    let mut maps = Vec::new();
    let mut d = g;
    for (i, &axis) in axes.iter().enumerate() {
        let (before, after) = (amounts[i], amounts[i + axes.len()]);
        if (before, after) == (0, 0) {
            continue;
        }
        let n_out = (xs[axis] as i64 + before + after).max(0) as usize;
        if mode == "constant" {
            let (skip, lost) = (before.max(0) as usize, (-before).max(0) as usize);
            let kept = n_out - skip - after.max(0) as usize;
            d = p.b.slice(d, axis, skip, skip + kept)?;
            let mut pads = vec![(0, 0); rank];
            pads[axis] = (lost, (-after).max(0) as usize);
            d = p.b.pad_zeros(d, &pads)?;
        } else {
            maps.push(repeated(&mode, axis, xs[axis], n_out, before).adjoint());
        }
    }
    let dx = p.b.along_axes(d, &maps)?;
    Ok(p.only(dx))
}

/// Which input element each output element of a pad along one axis repeats, as a 0/1 matrix.
fn repeated(mode: &str, axis: usize, n: usize, n_out: usize, before: i64) -> AxisMap {
    let mut matrix = vec![0.0; n_out * n];
    let size = n as i64;
    for o in 0..n_out {
        let at = o as i64 - before;
        let source = match mode {
            "edge" => at.clamp(0, size - 1),
            "wrap" => at.rem_euclid(size),
            _ if size == 1 => 0,
            _ => {
                let period = 2 * (size - 1);
                let r = at.rem_euclid(period);
                r.min(period - r)
            }
        };
        matrix[o * n + source as usize] = 1.0;
    }
    AxisMap { axis, n_out, n_in: n, matrix }
}

pub(super) fn trilu(p: &mut Pull) -> Result<Flows> {
    let g = p.g()?;
    let attrs = Attrs::new().with("upper", p.int("upper", 1));
    let inputs: Vec<Option<Wire>> = if p.input(1).is_some() { vec![Some(g), p.input(1)] } else { vec![Some(g)] };
    let dx = p.b.op_many("Trilu", &inputs, attrs, 1)?[0];
    Ok(p.only(dx))
}
