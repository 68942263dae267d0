//! Gathers and scatters: each is the adjoint of the other.

use pellucid_graph::{Attrs, Build, DType, Tensor, Wire};

use super::Flows;
use crate::{Pull, Result};

/// `updates` added onto `data` at `indices` along an axis.
pub(super) fn scatter_add(
    b: &mut Build,
    data: Wire,
    indices: Wire,
    updates: Wire,
    axis: usize,
) -> pellucid_graph::Result<Wire> {
    let attrs = Attrs::new().with("axis", axis as i64).with("reduction", "add");
    b.op("ScatterElements", &[data, indices, updates], attrs)
}

/// Elements taken along an axis go back to where they came from; those taken twice are added.
pub(super) fn gather(p: &mut Pull) -> Result<Flows> {
    let (x, indices, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let xs = p.shape(x)?;
    let axis = p.axis(p.int("axis", 0), xs.len())?;
    let taken = p.shape(indices)?;
    let n: usize = taken.iter().product();
    let flat: Vec<usize> = [&xs[..axis], &[n], &xs[axis + 1..]].concat();
    let d = p.b.reshape(g, &flat)?;
    if let Some(start) = run_of(p, xs[axis]) {
        let mut pads = vec![(0, 0); xs.len()];
        pads[axis] = (start, xs[axis] - start - n);
        let dx = p.b.pad_zeros(d, &pads)?;
        return Ok(p.only(dx));
    }
    let indices = counted_from_front(p, indices, xs[axis])?;
    let mut thin = vec![1; xs.len()];
    thin[axis] = n;
    let i = p.b.reshape(indices, &thin)?;
    let i = p.b.expand(i, &flat)?;
    let dtype = p.dtype(x)?;
    let zeros = p.b.zeros(dtype, &xs)?;
    let dx = scatter_add(&mut p.b, zeros, i, d, axis)?;
    Ok(p.only(dx))
}

/// The first of constant indices that run upwards one by one.
fn run_of(p: &Pull, n: usize) -> Option<usize> {
    let values = p.constant(1)?.to_i64();
    let from_front: Vec<i64> = values.iter().map(|&v| if v < 0 { v + n as i64 } else { v }).collect();
    let start = *from_front.first()?;
    let runs = from_front.iter().enumerate().all(|(i, &v)| v == start + i as i64);
    (runs && start >= 0 && start as usize + values.len() <= n).then_some(start as usize)
}

/// Indices below zero count from the end; engines differ in whether a scatter takes them, so they are made positive.
fn counted_from_front(p: &mut Pull, indices: Wire, n: usize) -> Result<Wire> {
    let i = p.b.cast(indices, DType::I64)?;
    let zero = p.b.constant(Tensor::from_i64(DType::I64, vec![], vec![0]));
    let size = p.b.constant(Tensor::from_i64(DType::I64, vec![], vec![n as i64]));
    let below = p.b.less(i, zero)?;
    let moved = p.b.add(i, size)?;
    Ok(p.b.select(below, moved, i)?)
}

pub(super) fn gather_elements(p: &mut Pull) -> Result<Flows> {
    let (x, indices, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let xs = p.shape(x)?;
    let axis = p.axis(p.int("axis", 0), xs.len())?;
    let i = counted_from_front(p, indices, xs[axis])?;
    let dtype = p.dtype(x)?;
    let zeros = p.b.zeros(dtype, &xs)?;
    let dx = scatter_add(&mut p.b, zeros, i, g, axis)?;
    Ok(p.only(dx))
}

pub(super) fn gather_nd(p: &mut Pull) -> Result<Flows> {
    let (x, indices, g) = (p.x(0)?, p.x(1)?, p.g()?);
    if p.int("batch_dims", 0) != 0 {
        return Err(p.refuse("`batch_dims` has no gradient rule"));
    }
    let (dtype, xs) = (p.dtype(x)?, p.shape(x)?);
    let zeros = p.b.zeros(dtype, &xs)?;
    let dx = p.b.op("ScatterND", &[zeros, indices, g], Attrs::new().with("reduction", "add"))?;
    Ok(p.only(dx))
}

/// `y = data` with `updates` written (or added) at indices: what was overwritten gets nothing.
pub(super) fn scatter_elements(p: &mut Pull) -> Result<Flows> {
    let (indices, updates, g) = (p.x(1)?, p.x(2)?, p.g()?);
    let axis = p.int("axis", 0);
    let added = added(p)?;
    let ddata = match (p.wants(0), added) {
        (false, _) => None,
        (true, true) => Some(g),
        (true, false) => {
            let zeros = zeros_like(p, updates)?;
            Some(p.b.op("ScatterElements", &[g, indices, zeros], Attrs::new().with("axis", axis))?)
        }
    };
    let dupdates =
        if p.wants(2) { Some(p.b.op("GatherElements", &[g, indices], Attrs::new().with("axis", axis))?) } else { None };
    Ok(vec![ddata, None, dupdates])
}

pub(super) fn scatter_nd(p: &mut Pull) -> Result<Flows> {
    let (indices, updates, g) = (p.x(1)?, p.x(2)?, p.g()?);
    let added = added(p)?;
    let ddata = match (p.wants(0), added) {
        (false, _) => None,
        (true, true) => Some(g),
        (true, false) => {
            let zeros = zeros_like(p, updates)?;
            Some(p.b.op("ScatterND", &[g, indices, zeros], Attrs::new())?)
        }
    };
    let dupdates = if p.wants(2) { Some(p.b.op("GatherND", &[g, indices], Attrs::new())?) } else { None };
    Ok(vec![ddata, None, dupdates])
}

/// Whether a scatter adds (true) or overwrites (false).
fn added(p: &Pull) -> Result<bool> {
    match p.attrs().str("reduction").unwrap_or("none") {
        "none" => Ok(false),
        "add" => Ok(true),
        other => Err(p.refuse(format!("the reduction `{other}` has no gradient rule"))),
    }
}

fn zeros_like(p: &mut Pull, w: Wire) -> Result<Wire> {
    let (dtype, shape) = (p.dtype(w)?, p.shape(w)?);
    Ok(p.b.zeros(dtype, &shape)?)
}
