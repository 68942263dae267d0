//! The rules for linear nodes `z_j = sum_i x_i w_ij + b_j`.

use pellucid_graph::{Tensor, Wire};

use super::operator::Operator;
use super::proportional;
use super::quotient::{STABILISER, quotient};
use super::split::{below, split};
use crate::{Pull, Result, Rule};

/// How a linear node hands relevance to its data. Stabilised denominators are written `/`.
#[derive(Clone, Debug, PartialEq)]
pub enum Lrp {
    /// `R_i = x_i sum_j w_ij R_j / z_j` with this epsilon; 0 stands for a tiny one.
    Epsilon(f64),
    /// Positive contributions only.
    ZPlus,
    /// Positive contributions times `alpha` less negative ones times `beta`; `alpha - beta = 1` keeps the sum.
    AlphaBeta {
        /// Weight of positive contributions.
        alpha: f64,
        /// Weight of negative contributions.
        beta: f64,
    },
    /// Contributions of the sign of `z_j` count `1 + gamma` times.
    Gamma(f64),
    /// Weights `w + gamma w+`, the bias as it is: the first form, for data that isn't negative.
    GammaOriginal(f64),
    /// By squared weights, whatever the data.
    WSquared,
    /// Alike to every input of the window.
    Flat,
    /// For data that lies in a box: one bound, or one per channel (of a matrix product: per element of the last axis).
    Box {
        /// Lower bounds.
        low: Vec<f64>,
        /// Upper bounds.
        high: Vec<f64>,
    },
}

impl Lrp {
    /// The epsilon of nodes where both operands vary, which all variants treat alike.
    pub(super) fn epsilon(&self) -> f64 {
        match self {
            Lrp::Epsilon(e) => *e,
            _ => STABILISER,
        }
    }
}

impl Rule for Lrp {
    fn id(&self) -> &'static str {
        match self {
            Lrp::Epsilon(_) => "lrp-epsilon",
            Lrp::ZPlus => "lrp-z-plus",
            Lrp::AlphaBeta { .. } => "lrp-alpha-beta",
            Lrp::Gamma(_) => "lrp-gamma",
            Lrp::GammaOriginal(_) => "lrp-gamma-original",
            Lrp::WSquared => "lrp-w-squared",
            Lrp::Flat => "lrp-flat",
            Lrp::Box { .. } => "lrp-box",
        }
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        let Some(op) = Operator::of(p)? else { return proportional::share(p, self.epsilon()) };
        let mut out = vec![None; p.node.inputs.len()];
        if !p.wants(op.data) {
            return Ok(out);
        }
        out[op.data] = Some(match self {
            Lrp::Epsilon(e) => epsilon(p, &op, *e)?,
            Lrp::ZPlus => alpha_beta(p, &op, 1.0, 0.0)?,
            Lrp::AlphaBeta { alpha, beta } => alpha_beta(p, &op, *alpha, *beta)?,
            Lrp::Gamma(gamma) => generalised_gamma(p, &op, *gamma)?,
            Lrp::GammaOriginal(gamma) => original_gamma(p, &op, *gamma)?,
            Lrp::WSquared => w_squared(p, &op)?,
            Lrp::Flat => flat(p, &op)?,
            Lrp::Box { low, high } => within_box(p, &op, low, high)?,
        });
        Ok(out)
    }
}

fn epsilon(p: &mut Pull, op: &Operator, epsilon: f64) -> Result<Wire> {
    let (y, r) = (p.y()?, p.g()?);
    let s = quotient(p, r, y, epsilon)?;
    let d = op.back(p, s, op.w)?;
    Ok(p.b.mul(op.x, d)?)
}

fn alpha_beta(p: &mut Pull, op: &Operator, alpha: f64, beta: f64) -> Result<Wire> {
    let r = p.g()?;
    let (up, down) = split(p, op)?;
    let z = up.total(p, op)?;
    let s = quotient(p, r, z, STABILISER)?;
    let gain = up.send(p, op, s)?;
    let gain = p.b.scale(gain, alpha)?;
    if beta == 0.0 {
        return Ok(gain);
    }
    let z = down.total(p, op)?;
    let s = quotient(p, r, z, STABILISER)?;
    let loss = down.send(p, op, s)?;
    let loss = p.b.scale(loss, beta)?;
    Ok(p.b.sub(gain, loss)?)
}

/// Units with a positive sum favour positive contributions, units with a negative sum negative ones; a sum of zero sends nothing.
fn generalised_gamma(p: &mut Pull, op: &Operator, gamma: f64) -> Result<Wire> {
    let (y, r) = (p.y()?, p.g()?);
    let (up, down) = split(p, op)?;
    let zero = p.b.scalar(0.0, y)?;
    let (positive, negative) = (p.b.greater(y, zero)?, p.b.less(y, zero)?);
    let mut favoured = Vec::new();
    for (part, units) in [(&up, positive), (&down, negative)] {
        let r = p.b.keep_where(units, r)?;
        let z = part.total(p, op)?;
        let z = p.b.scale(z, gamma)?;
        let z = p.b.add(y, z)?;
        let s = quotient(p, r, z, STABILISER)?;
        favoured.push((s, part.send(p, op, s)?));
    }
    let s = p.b.add(favoured[0].0, favoured[1].0)?;
    let d = op.back(p, s, op.w)?;
    let plain = p.b.mul(op.x, d)?;
    let extra = p.b.add(favoured[0].1, favoured[1].1)?;
    let extra = p.b.scale(extra, gamma)?;
    Ok(p.b.add(plain, extra)?)
}

/// The epsilon rule on weights whose positive part counts `1 + gamma` times.
fn original_gamma(p: &mut Pull, op: &Operator, gamma: f64) -> Result<Wire> {
    let r = p.g()?;
    let up = p.b.relu(op.w)?;
    let up = p.b.scale(up, gamma)?;
    let w = p.b.add(op.w, up)?;
    let z = op.forward(p, op.x, w, op.bias)?;
    let s = quotient(p, r, z, STABILISER)?;
    let d = op.back(p, s, w)?;
    Ok(p.b.mul(op.x, d)?)
}

fn w_squared(p: &mut Pull, op: &Operator) -> Result<Wire> {
    let w = p.b.mul(op.w, op.w)?;
    let bias = match op.bias {
        Some(b) => Some(p.b.mul(b, b)?),
        None => None,
    };
    by_weights(p, op, w, bias)
}

fn flat(p: &mut Pull, op: &Operator) -> Result<Wire> {
    let (dtype, shape) = (p.dtype(op.w)?, p.shape(op.w)?);
    let w = p.b.constant(Tensor::full(dtype, &shape, 1.0));
    by_weights(p, op, w, None)
}

/// `sum_j v_ij R_j / (sum_i v_ij + c_j)`: the data is replaced by ones, so that padding takes no part.
fn by_weights(p: &mut Pull, op: &Operator, v: Wire, c: Option<Wire>) -> Result<Wire> {
    let r = p.g()?;
    let shape = p.shape(op.x)?;
    let one = p.b.scalar(1.0, op.x)?;
    let ones = p.b.expand(one, &shape)?;
    let z = op.forward(p, ones, v, c)?;
    let s = quotient(p, r, z, STABILISER)?;
    op.back(p, s, v)
}

/// Contributions counted from the corner of the box that lowers the sum most; the bias cancels.
fn within_box(p: &mut Pull, op: &Operator, low: &[f64], high: &[f64]) -> Result<Wire> {
    let r = p.g()?;
    let (low, high) = (bounds(p, op, low)?, bounds(p, op, high)?);
    let (w_up, w_down) = (p.b.relu(op.w)?, below(p, op.w)?);
    let terms = [(op.x, op.w), (low, w_up), (high, w_down)];
    let mut z = Vec::new();
    for (x, w) in terms {
        z.push(op.forward(p, x, w, None)?);
    }
    let corner = p.b.add(z[1], z[2])?;
    let z = p.b.sub(z[0], corner)?;
    let s = quotient(p, r, z, STABILISER)?;
    let mut sent = Vec::new();
    for (x, w) in terms {
        let d = op.back(p, s, w)?;
        sent.push(p.b.mul(x, d)?);
    }
    let corner = p.b.add(sent[1], sent[2])?;
    Ok(p.b.sub(sent[0], corner)?)
}

/// Bounds repeated to the data's shape.
fn bounds(p: &mut Pull, op: &Operator, values: &[f64]) -> Result<Wire> {
    let (dtype, shape) = (p.dtype(op.x)?, p.shape(op.x)?);
    let axis = if p.node.op.starts_with("Conv") { 1 } else { shape.len().saturating_sub(1) };
    let mut thin = vec![1; shape.len()];
    if values.len() != 1 {
        let have = shape.get(axis).copied().unwrap_or(1);
        if values.len() != have {
            return Err(p.refuse(format!("{} bounds were given for {have} channels", values.len())));
        }
        thin[axis] = have;
    }
    let b = p.b.constant(Tensor::from_f64(dtype, thin, values.to_vec()));
    Ok(p.b.expand(b, &shape)?)
}
