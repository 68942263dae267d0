//! Elementwise functions of one input: `g_x = f'(x) g_y`.

use pellucid_graph::Wire;

use super::Flows;
use crate::{Pull, Result};

/// Writes `f'` from input, output and the node's attributes.
type Derivative = fn(&mut Pull, Wire, Wire) -> Result<Wire>;

/// Smooth functions and their derivatives.
static SMOOTH: &[(&str, Derivative)] = &[
    ("Sigmoid", |p, _, y| {
        let y2 = p.b.mul(y, y)?;
        Ok(p.b.sub(y, y2)?)
    }),
    ("Tanh", |p, _, y| {
        let y2 = p.b.mul(y, y)?;
        one_minus(p, y2)
    }),
    ("Softplus", |p, x, _| Ok(p.b.sigmoid(x)?)),
    ("Softsign", |p, x, _| {
        let a = p.b.abs(x)?;
        let a = p.b.shift(a, 1.0)?;
        let a = p.b.mul(a, a)?;
        Ok(p.b.reciprocal(a)?)
    }),
    ("Erf", |p, x, _| gaussian(p, x, 1.0, std::f64::consts::FRAC_2_SQRT_PI)),
    ("Exp", |_, _, y| Ok(y)),
    ("Log", |p, x, _| Ok(p.b.reciprocal(x)?)),
    ("Sqrt", |p, _, y| {
        let r = p.b.reciprocal(y)?;
        Ok(p.b.scale(r, 0.5)?)
    }),
    ("Reciprocal", |p, _, y| {
        let y2 = p.b.mul(y, y)?;
        Ok(p.b.neg(y2)?)
    }),
    ("Abs", |p, x, _| Ok(p.b.sign(x)?)),
    ("Sin", |p, x, _| Ok(p.b.cos(x)?)),
    ("Cos", |p, x, _| {
        let s = p.b.sin(x)?;
        Ok(p.b.neg(s)?)
    }),
    ("Tan", |p, _, y| {
        let y2 = p.b.mul(y, y)?;
        Ok(p.b.shift(y2, 1.0)?)
    }),
    ("Sinh", |p, x, _| Ok(p.b.cosh(x)?)),
    ("Cosh", |p, x, _| Ok(p.b.sinh(x)?)),
    ("Asin", |p, x, _| inverse_root(p, x, -1.0, 1.0, 1.0)),
    ("Acos", |p, x, _| inverse_root(p, x, -1.0, 1.0, -1.0)),
    ("Asinh", |p, x, _| inverse_root(p, x, 1.0, 1.0, 1.0)),
    ("Acosh", |p, x, _| inverse_root(p, x, 1.0, -1.0, 1.0)),
    ("Atan", |p, x, _| {
        let d = affine_square(p, x, 1.0, 1.0)?;
        Ok(p.b.reciprocal(d)?)
    }),
    ("Atanh", |p, x, _| {
        let d = affine_square(p, x, -1.0, 1.0)?;
        Ok(p.b.reciprocal(d)?)
    }),
    ("Gelu", gelu),
    ("Silu", |p, x, _| {
        // s (1 + x (1 - s))
        let s = p.b.sigmoid(x)?;
        let t = one_minus(p, s)?;
        let t = p.b.mul(x, t)?;
        let t = p.b.shift(t, 1.0)?;
        Ok(p.b.mul(s, t)?)
    }),
    ("Mish", |p, x, _| {
        // t + x sigmoid(x) (1 - t^2), t = tanh(softplus(x))
        let sp = p.b.softplus(x)?;
        let t = p.b.tanh(sp)?;
        let t2 = p.b.mul(t, t)?;
        let u = one_minus(p, t2)?;
        let s = p.b.sigmoid(x)?;
        let xs = p.b.mul(x, s)?;
        let v = p.b.mul(xs, u)?;
        Ok(p.b.add(t, v)?)
    }),
];

/// Writes `g_x` from `g_y`, input and output.
type Masked = fn(&mut Pull, Wire, Wire, Wire) -> Result<Wire>;

/// Piecewise functions: writes `g_x` from `g_y` with conditions rather than products, so that nothing becomes NaN.
static PIECEWISE: &[(&str, Masked)] = &[
    ("Neg", |p, g, _, _| Ok(p.b.neg(g)?)),
    ("Relu", |p, g, _, y| {
        let on = p.b.above(y, 0.0)?;
        Ok(p.b.keep_where(on, g)?)
    }),
    ("LeakyRelu", |p, g, x, _| {
        let slope = p.float("alpha", 0.01);
        let on = p.b.above(x, 0.0)?;
        let low = p.b.scale(g, slope)?;
        Ok(p.b.select(on, g, low)?)
    }),
    ("Elu", |p, g, x, y| {
        // alpha exp(x) = y + alpha below 0
        let alpha = p.float("alpha", 1.0);
        exponential_below(p, g, x, y, alpha, 1.0, 1.0)
    }),
    ("Celu", |p, g, x, y| {
        let alpha = p.float("alpha", 1.0);
        exponential_below(p, g, x, y, 1.0, 1.0 / alpha, 1.0)
    }),
    ("Selu", |p, g, x, y| {
        let alpha = p.float("alpha", 1.673_263_2);
        let gamma = p.float("gamma", 1.050_701);
        exponential_below(p, g, x, y, alpha * gamma, 1.0, gamma)
    }),
    ("ThresholdedRelu", |p, g, x, _| {
        let alpha = p.float("alpha", 1.0);
        let on = p.b.above(x, alpha)?;
        Ok(p.b.keep_where(on, g)?)
    }),
    ("Shrink", |p, g, x, _| {
        let lambda = p.float("lambd", 0.5);
        let a = p.b.abs(x)?;
        let on = p.b.above(a, lambda)?;
        Ok(p.b.keep_where(on, g)?)
    }),
    ("HardSigmoid", |p, g, _, y| {
        let alpha = p.float("alpha", 0.2);
        let on = between(p, y, 0.0, 1.0)?;
        let g = p.b.scale(g, alpha)?;
        Ok(p.b.keep_where(on, g)?)
    }),
    ("HardSwish", |p, g, x, _| {
        // 0 below -3, 1 above 3, x / 3 + 1/2 between
        let mid = p.b.scale(x, 1.0 / 3.0)?;
        let mid = p.b.shift(mid, 0.5)?;
        let mid = p.b.mul(g, mid)?;
        let high = p.b.above(x, 3.0)?;
        let low = p.b.above(x, -3.0)?;
        let inner = p.b.keep_where(low, mid)?;
        Ok(p.b.select(high, g, inner)?)
    }),
    ("Clip", |p, g, x, _| {
        let mut g = g;
        if let Some(low) = p.input(1) {
            let on = p.b.greater(x, low)?;
            g = p.b.keep_where(on, g)?;
        }
        if let Some(high) = p.input(2) {
            let on = p.b.less(x, high)?;
            g = p.b.keep_where(on, g)?;
        }
        Ok(g)
    }),
];

/// Operators of this file that share [`adjoint`].
pub(crate) const OPS: &[&str] = &[
    "Sigmoid",
    "Tanh",
    "Softplus",
    "Softsign",
    "Erf",
    "Exp",
    "Log",
    "Sqrt",
    "Reciprocal",
    "Abs",
    "Sin",
    "Cos",
    "Tan",
    "Sinh",
    "Cosh",
    "Asin",
    "Acos",
    "Asinh",
    "Acosh",
    "Atan",
    "Atanh",
    "Gelu",
    "Silu",
    "Mish",
    "Neg",
    "Relu",
    "LeakyRelu",
    "Elu",
    "Celu",
    "Selu",
    "ThresholdedRelu",
    "Shrink",
    "HardSigmoid",
    "HardSwish",
    "Clip",
];

pub(super) fn adjoint(p: &mut Pull) -> Result<Flows> {
    let (x, y, g) = (p.x(0)?, p.y()?, p.g()?);
    let op = p.node.op.clone();
    let dx = if let Some((_, derivative)) = SMOOTH.iter().find(|row| row.0 == op) {
        let d = derivative(p, x, y)?;
        p.b.mul(g, d)?
    } else if let Some((_, write)) = PIECEWISE.iter().find(|row| row.0 == op) {
        write(p, g, x, y)?
    } else {
        return Err(p.refuse("it has no gradient rule"));
    };
    Ok(p.only(dx))
}

fn one_minus(p: &mut Pull, x: Wire) -> Result<Wire> {
    let one = p.b.scalar(1.0, x)?;
    Ok(p.b.sub(one, x)?)
}

/// `a x^2 + b`.
fn affine_square(p: &mut Pull, x: Wire, a: f64, b: f64) -> Result<Wire> {
    let x2 = p.b.mul(x, x)?;
    let x2 = p.b.scale(x2, a)?;
    Ok(p.b.shift(x2, b)?)
}

/// `sign / sqrt(a x^2 + b)`.
fn inverse_root(p: &mut Pull, x: Wire, a: f64, b: f64, sign: f64) -> Result<Wire> {
    let d = affine_square(p, x, a, b)?;
    let d = p.b.sqrt(d)?;
    let d = p.b.reciprocal(d)?;
    Ok(p.b.scale(d, sign)?)
}

/// `factor exp(-a x^2)`.
fn gaussian(p: &mut Pull, x: Wire, a: f64, factor: f64) -> Result<Wire> {
    let x2 = p.b.mul(x, x)?;
    let x2 = p.b.scale(x2, -a)?;
    let e = p.b.exp(x2)?;
    Ok(p.b.scale(e, factor)?)
}

/// `g` above 0 (times `slope`), `g (rate y + offset)` below: `offset + rate y` is the derivative of a shifted exponential.
fn exponential_below(p: &mut Pull, g: Wire, x: Wire, y: Wire, offset: f64, rate: f64, slope: f64) -> Result<Wire> {
    let on = p.b.above(x, 0.0)?;
    let d = p.b.scale(y, rate)?;
    let d = p.b.shift(d, offset)?;
    let low = p.b.mul(g, d)?;
    let high = p.b.scale(g, slope)?;
    Ok(p.b.select(on, high, low)?)
}

fn between(p: &mut Pull, y: Wire, low: f64, high: f64) -> Result<Wire> {
    let above = p.b.above(y, low)?;
    let limit = p.b.scalar(high, y)?;
    let below = p.b.less(y, limit)?;
    Ok(p.b.and(above, below)?)
}

/// Gelu, exact: `Phi(x) + x phi(x)`; tanh form: the derivative of `x/2 (1 + tanh(c (x + a x^3)))`.
fn gelu(p: &mut Pull, x: Wire, _: Wire) -> Result<Wire> {
    if p.attrs().str("approximate").unwrap_or("none") == "none" {
        let z = p.b.scale(x, std::f64::consts::FRAC_1_SQRT_2)?;
        let cdf = p.b.erf(z)?;
        let cdf = p.b.scale(cdf, 0.5)?;
        let cdf = p.b.shift(cdf, 0.5)?;
        let pdf = gaussian(p, x, 0.5, 0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2)?;
        let xpdf = p.b.mul(x, pdf)?;
        return Ok(p.b.add(cdf, xpdf)?);
    }
    let c = (2.0 / std::f64::consts::PI).sqrt();
    let a = 0.044_715;
    let inner = affine_square(p, x, c * a, c)?;
    let u = p.b.mul(x, inner)?;
    let t = p.b.tanh(u)?;
    let du = affine_square(p, x, 3.0 * c * a, c)?;
    let t2 = p.b.mul(t, t)?;
    let sech2 = one_minus(p, t2)?;
    let v = p.b.mul(x, sech2)?;
    let v = p.b.mul(v, du)?;
    let v = p.b.add(v, t)?;
    let v = p.b.scale(v, 0.5)?;
    Ok(p.b.shift(v, 0.5)?)
}

/// `PRelu(x, slope)`: like a leaky rectifier, with a flow to the slope too.
pub(super) fn prelu(p: &mut Pull) -> Result<Flows> {
    let (x, slope, g) = (p.x(0)?, p.x(1)?, p.g()?);
    let on = p.b.above(x, 0.0)?;
    let low = p.b.mul(g, slope)?;
    let dx = p.b.select(on, g, low)?;
    let dslope = if p.wants(1) {
        let gx = p.b.mul(g, x)?;
        let zero = p.b.scalar(0.0, x)?;
        let gx = p.b.select(on, zero, gx)?;
        let shape = p.shape(slope)?;
        Some(p.b.sum_to(gx, &shape)?)
    } else {
        None
    };
    Ok(vec![Some(dx), dslope])
}

/// Operators that hand values on: the flow is converted to the input's element type.
pub(super) fn pass(p: &mut Pull) -> Result<Flows> {
    let (x, g) = (p.x(0)?, p.g()?);
    let dtype = p.dtype(x)?;
    let dx = p.b.cast(g, dtype)?;
    Ok(p.only(dx))
}

/// Steps: their derivative is zero almost everywhere.
pub(super) fn flat(p: &mut Pull) -> Result<Flows> {
    Ok(vec![None; p.node.inputs.len()])
}

/// Quantised wires aren't real numbers, so a gradient can't be carried through them as it is.
pub(super) fn quantised(p: &mut Pull) -> Result<Flows> {
    Err(p.refuse("quantisation is a step function; export the model before quantisation to explain it with gradients"))
}
