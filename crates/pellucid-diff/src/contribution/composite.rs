//! Operators that are several in one: written out in sums, products and elementwise functions, and read backwards through these.

use std::sync::Arc;

use pellucid_graph::{Attrs, Wire};

use super::context::{Context, DeepLift, Nonlinearity};
use super::table;
use super::twin::Twin;
use crate::gradient::{Flows, norm, pool, reduce};
use crate::{Pull, Result, pull_back};

/// Writes the node's outputs from other inputs.
pub(super) type Written = fn(&mut Pull, &[Option<Wire>]) -> Result<Vec<Wire>>;

/// Multipliers of the node's inputs through the operators that it is written out in.
pub(super) fn through(c: &Context, p: &mut Pull, write: Written) -> Result<Flows> {
    let (inputs, pairs) = aliases(c, p)?;
    let from = p.b.graph.nodes().len();
    let outputs = write(p, &inputs)?;
    let mut twin = Twin::of(&pairs);
    let to = p.b.graph.nodes().len();
    twin.extend(p.b.graph, from..to)?;
    let seeds: Vec<(Wire, Wire)> =
        outputs.into_iter().zip(&p.cotangents).filter_map(|(y, m)| Some((y, (*m)?))).collect();
    let (at, sources): (Vec<usize>, Vec<Wire>) =
        inputs.iter().enumerate().filter(|(i, _)| p.wants(*i)).filter_map(|(i, w)| Some((i, (*w)?))).unzip();
    let settings = DeepLift { nonlinearity: Nonlinearity::Rescale, ..c.settings };
    let inner = Context { twin, settings, sources: sources.clone() };
    let pulled = pull_back(p.b.graph, &seeds, &sources, &table::rules(&Arc::new(inner)))?;
    let mut flows = vec![None; p.node.inputs.len()];
    for (i, flow) in at.into_iter().zip(pulled.wrt) {
        flows[i] = flow;
    }
    Ok(flows)
}

/// The node's inputs, those that differ under names of their own, with their baselines: one input may be computed from another.
fn aliases(c: &Context, p: &mut Pull) -> Result<(Flows, Vec<(Wire, Wire)>)> {
    let mut inputs = p.node.inputs.clone();
    let mut pairs = Vec::new();
    for input in &mut inputs {
        let Some(wire) = *input else { continue };
        if c.twin.differs(wire) {
            let name = format!("{}~written", p.b.graph.name_of(wire));
            let alias = p.b.graph.push_lazy(&name, "Identity", &[wire], Attrs::new())?;
            pairs.push((alias, c.twin.reference(wire)));
            *input = Some(alias);
        }
    }
    Ok((inputs, pairs))
}

fn at(p: &Pull, inputs: &[Option<Wire>], i: usize) -> Result<Wire> {
    inputs.get(i).copied().flatten().ok_or_else(|| p.refuse(format!("input {i} is missing")))
}

/// Statistics over the spatial axes of groups of channels.
pub(super) fn grouped(p: &mut Pull, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
    let (x, scale, bias) = (at(p, inputs, 0)?, at(p, inputs, 1)?, at(p, inputs, 2)?);
    let xs = p.shape(x)?;
    let [n, channels, ..] = xs[..] else { return Err(p.refuse(format!("input of shape {xs:?}"))) };
    let groups = match p.node.op.as_str() {
        "InstanceNormalization" => channels,
        _ => p.int("num_groups", 1).max(1) as usize,
    };
    let flat = [n, groups, xs[1..].iter().product::<usize>() / groups.max(1)];
    let x3 = p.b.reshape(x, &flat)?;
    let (xhat, _) = norm::normalised(p, x3, &[2], p.float("epsilon", 1e-5), true)?;
    let xhat = p.b.reshape(xhat, &xs)?;
    let (scale, bias) = (norm::per_channel(p, scale, xs.len())?, norm::per_channel(p, bias, xs.len())?);
    let y = p.b.mul(xhat, scale)?;
    Ok(vec![p.b.add(y, bias)?])
}

pub(super) fn over_last_axes(p: &mut Pull, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
    let (x, scale) = (at(p, inputs, 0)?, at(p, inputs, 1)?);
    let rank = p.shape(x)?.len();
    let axes: Vec<usize> = (p.axis(p.int("axis", -1), rank)?..rank).collect();
    let centre = p.node.op == "LayerNormalization";
    let (xhat, _) = norm::normalised(p, x, &axes, p.float("epsilon", 1e-5), centre)?;
    let y = p.b.mul(xhat, scale)?;
    Ok(vec![match inputs.get(2).copied().flatten() {
        Some(bias) => p.b.add(y, bias)?,
        None => y,
    }])
}

pub(super) fn mean_variance(p: &mut Pull, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
    let x = at(p, inputs, 0)?;
    let axes = norm::variance_axes(p, p.shape(x)?.len())?;
    Ok(vec![norm::normalised(p, x, &axes, 1e-18, true)?.0])
}

/// `x / ||x||_p` along an axis.
pub(super) fn by_norm(p: &mut Pull, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
    let x = at(p, inputs, 0)?;
    let axis = p.axis(p.int("axis", -1), p.shape(x)?.len())?;
    let powers = if p.int("p", 2) == 1 { p.b.abs(x)? } else { p.b.mul(x, x)? };
    let mut total = p.b.sum(powers, &[axis], true)?;
    if p.int("p", 2) != 1 {
        total = p.b.sqrt(total)?;
    }
    Ok(vec![p.b.div(x, total)?])
}

/// `x (bias + alpha / size sum x^2)^-beta`, the sum over neighbouring channels.
pub(super) fn local_response(p: &mut Pull, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
    let x = at(p, inputs, 0)?;
    let xs = p.shape(x)?;
    let channels = *xs.get(1).ok_or_else(|| p.refuse(format!("input of shape {xs:?}")))?;
    let size = p.int("size", 1).max(1) as usize;
    let (alpha, beta, bias) = (p.float("alpha", 1e-4), p.float("beta", 0.75), p.float("bias", 1.0));
    let square = p.b.mul(x, x)?;
    let sums = p.b.along_axes(square, &[norm::neighbours(channels, size)])?;
    let d = p.b.scale(sums, alpha / size as f64)?;
    let d = p.b.shift(d, bias)?;
    let d = norm::raised(p, d, -beta)?;
    Ok(vec![p.b.mul(x, d)?])
}

/// `(sum |x|^p)^(1/p)` over windows, or over all positions.
pub(super) fn lp_pool(p: &mut Pull, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
    let (x, order) = (at(p, inputs, 0)?, p.int("p", 2) as f64);
    let powers = absolute_power(p, x, order)?;
    let sums = if p.node.op == "LpPool" {
        let maps = pool::window_sums(p, x, p.y()?)?;
        p.b.along_axes(powers, &maps)?
    } else {
        let axes: Vec<usize> = (2..p.shape(x)?.len()).collect();
        p.b.sum(powers, &axes, true)?
    };
    Ok(vec![match order {
        1.0 => sums,
        2.0 => p.b.sqrt(sums)?,
        _ => norm::raised(p, sums, 1.0 / order)?,
    }])
}

fn absolute_power(p: &mut Pull, x: Wire, order: f64) -> Result<Wire> {
    if order == 2.0 {
        return Ok(p.b.mul(x, x)?);
    }
    let size = p.b.abs(x)?;
    if order == 1.0 { Ok(size) } else { norm::raised(p, size, order) }
}

pub(super) fn reduction(p: &mut Pull, inputs: &[Option<Wire>]) -> Result<Vec<Wire>> {
    let x = at(p, inputs, 0)?;
    let axes = reduce::axes_of(p, p.shape(x)?.len())?;
    if axes.is_empty() {
        return Ok(vec![x]);
    }
    let y = match p.node.op.as_str() {
        "ReduceL1" => {
            let size = p.b.abs(x)?;
            p.b.sum(size, &axes, true)?
        }
        "ReduceL2" | "ReduceSumSquare" => {
            let square = p.b.mul(x, x)?;
            let sum = p.b.sum(square, &axes, true)?;
            if p.node.op == "ReduceL2" { p.b.sqrt(sum)? } else { sum }
        }
        "ReduceLogSum" => {
            let sum = p.b.sum(x, &axes, true)?;
            p.b.log(sum)?
        }
        _ => product_over(p, x, &axes)?,
    };
    let shape = p.shape(p.y()?)?;
    Ok(vec![p.b.reshape(y, &shape)?])
}

/// The product over axes, one factor after the other.
fn product_over(p: &mut Pull, x: Wire, axes: &[usize]) -> Result<Wire> {
    let mut y = x;
    for &axis in axes {
        let n = p.shape(y)?[axis];
        if n == 0 {
            return Err(p.refuse("a product of no elements"));
        }
        let parts: Vec<Wire> = (0..n).map(|i| p.b.slice(y, axis, i, i + 1)).collect::<Result<_, _>>()?;
        y = parts[0];
        for part in &parts[1..] {
            y = p.b.mul(y, *part)?;
        }
    }
    Ok(y)
}
