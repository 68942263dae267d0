//! Elementwise functions of one input, as a table of formulas.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, SQRT_2};

use super::Call;
use super::erf::{erf, erfc};
use super::values::{Nums, bool_tensor, int_tensor, num_tensor, numeric, nums, real_tensor, reals, signed};
use crate::{DType, Fact, Result, Tensor};

/// One function: its float attributes with their defaults, the formula `f(x, attributes)`, and the exact form on integers where it has one.
struct Unary {
    name: &'static str,
    params: &'static [(&'static str, f32)],
    real: fn(f64, &[f64; 2]) -> f64,
    int: Option<fn(i128) -> i128>,
}

const fn f(name: &'static str, real: fn(f64, &[f64; 2]) -> f64) -> Unary {
    Unary { name, params: &[], real, int: None }
}

const fn with(name: &'static str, params: &'static [(&'static str, f32)], real: fn(f64, &[f64; 2]) -> f64) -> Unary {
    Unary { name, params, real, int: None }
}

const fn both(name: &'static str, real: fn(f64, &[f64; 2]) -> f64, int: fn(i128) -> i128) -> Unary {
    Unary { name, params: &[], real, int: Some(int) }
}

const SELU: &[(&str, f32)] = &[("alpha", 1.673_263_2), ("gamma", 1.050_701)];

const TABLE: &[Unary] = &[
    both("Relu", |x, _| if x < 0.0 { 0.0 } else { x }, |x| x.max(0)),
    both("Abs", |x, _| x.abs(), |x| x.abs()),
    both("Neg", |x, _| -x, |x| -x),
    both(
        "Sign",
        |x, _| {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                x
            }
        },
        |x| x.signum(),
    ),
    f("Sigmoid", |x, _| sigmoid(x)),
    f("Silu", |x, _| x * sigmoid(x)),
    f("Tanh", |x, _| x.tanh()),
    f("Erf", |x, _| erf(x)),
    f("Exp", |x, _| x.exp()),
    f("Log", |x, _| x.ln()),
    f("Sqrt", |x, _| x.sqrt()),
    f("Reciprocal", |x, _| x.recip()),
    f("Floor", |x, _| x.floor()),
    f("Ceil", |x, _| x.ceil()),
    f("Round", |x, _| x.round_ties_even()),
    f("Sin", |x, _| x.sin()),
    f("Cos", |x, _| x.cos()),
    f("Tan", |x, _| x.tan()),
    f("Asin", |x, _| x.asin()),
    f("Acos", |x, _| x.acos()),
    f("Atan", |x, _| x.atan()),
    f("Sinh", |x, _| x.sinh()),
    f("Cosh", |x, _| x.cosh()),
    f("Asinh", |x, _| x.asinh()),
    f("Acosh", |x, _| x.acosh()),
    f("Atanh", |x, _| x.atanh()),
    f("Softplus", |x, _| softplus(x)),
    f("Softsign", |x, _| x / (1.0 + x.abs())),
    f("Mish", |x, _| x * softplus(x).tanh()),
    f("HardSwish", |x, _| x * (x / 6.0 + 0.5).clamp(0.0, 1.0)),
    with("LeakyRelu", &[("alpha", 0.01)], |x, p| if x < 0.0 { p[0] * x } else { x }),
    with("Elu", &[("alpha", 1.0)], |x, p| if x < 0.0 { p[0] * x.exp_m1() } else { x }),
    with("Celu", &[("alpha", 1.0)], |x, p| if x < 0.0 { p[0] * (x / p[0]).exp_m1() } else { x }),
    with("Selu", SELU, |x, p| p[1] * if x <= 0.0 { p[0] * x.exp_m1() } else { x }),
    with("ThresholdedRelu", &[("alpha", 1.0)], |x, p| if x > p[0] { x } else { 0.0 }),
    with("HardSigmoid", &[("alpha", 0.2), ("beta", 0.5)], |x, p| (p[0] * x + p[1]).clamp(0.0, 1.0)),
    with("Shrink", &[("lambd", 0.5), ("bias", 0.0)], shrink),
];

fn shrink(x: f64, p: &[f64; 2]) -> f64 {
    if x < -p[0] {
        x + p[1]
    } else if x > p[0] {
        x - p[1]
    } else {
        0.0
    }
}

/// `1 / (1 + exp(-x))`.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(1 + exp(x))`.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The output has the input's type and shape.
pub(super) fn same(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![call.fact(0)?.clone()])
}

/// [`same`], bools.
pub(super) fn same_bool(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![Fact { dtype: DType::Bool, dims: call.fact(0)?.dims.clone() }])
}

/// Bools for `Not`, integers for `BitwiseNot`.
pub(super) fn infer_not(call: &Call) -> Result<Vec<Fact>> {
    let dtype = call.dtype(0)?;
    let logical = call.op == "Not";
    if dtype.is_float() || dtype == DType::Str || (dtype == DType::Bool) != logical {
        return Err(call.error(format!("input 0 has element type {dtype}, which the operator doesn't take")));
    }
    same(call)
}

/// The input's fact, which must be of floats.
pub(super) fn same_float(call: &Call) -> Result<Vec<Fact>> {
    match call.dtype(0)? {
        dtype if dtype.is_float() => same(call),
        dtype => Err(call.error(format!("input 0 has element type {dtype}, expected float"))),
    }
}

/// Functions of the table that real numbers only have.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let x = call.fact(0)?;
    let row = find(call)?;
    if x.dtype.is_float() || (row.int.is_some() && x.dtype != DType::Bool && x.dtype != DType::Str) {
        same(call)
    } else {
        Err(call.error(format!("input 0 has element type {}, which the operator doesn't take", x.dtype)))
    }
}

fn find(call: &Call) -> Result<&'static Unary> {
    TABLE.iter().find(|u| u.name == call.op).ok_or_else(|| call.error("no formula"))
}

/// Any function of the table.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let row = find(call)?;
    let x = numeric(call, inputs, 0)?;
    let mut p = [0.0; 2];
    for (p, (name, default)) in p.iter_mut().zip(row.params) {
        *p = f64::from(call.float(name, *default));
    }
    let y = match (nums(call, inputs, 0)?, row.int) {
        (Nums::Int(v), Some(int)) => Nums::Int(v.into_iter().map(|v| int(signed(x.dtype(), v)) as i64).collect()),
        (Nums::Int(v), None) => Nums::Real(v.into_iter().map(|v| (row.real)(v as f64, &p)).collect()),
        (Nums::Real(v), _) => Nums::Real(v.into_iter().map(|v| (row.real)(v, &p)).collect()),
    };
    Ok(vec![num_tensor(call, x.dtype(), x.shape(), y)?])
}

/// `x Phi(x)`, exact or by the tanh formula.
pub(super) fn gelu(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let f: fn(f64) -> f64 = match call.str("approximate", "none") {
        "none" => |x| 0.5 * x * erfc(-x * FRAC_1_SQRT_2),
        "tanh" => |x| 0.5 * x * (1.0 + (FRAC_2_SQRT_PI / SQRT_2 * (x + 0.044715 * x * x * x)).tanh()),
        other => return Err(call.error(format!("`approximate` is `{other}`, expected `none` or `tanh`"))),
    };
    let x = numeric(call, inputs, 0)?;
    let y = x.to_f64().into_iter().map(f).collect();
    Ok(vec![real_tensor(call, x.dtype(), x.shape(), y)?])
}

/// `min(max(x, low), high)` with optional scalar bounds.
pub(super) fn clip(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = numeric(call, inputs, 0)?;
    let bound = |i: usize| -> Result<Option<Nums>> {
        match inputs.get(i).and_then(Option::as_ref) {
            None => Ok(None),
            Some(t) if t.len() == 1 && t.dtype() == x.dtype() => nums(call, inputs, i).map(Some),
            Some(t) => {
                Err(call.error(format!("bound {i} is {}{:?}, expected one {}", t.dtype(), t.shape(), x.dtype())))
            }
        }
    };
    let (low, high) = (bound(1)?, bound(2)?);
    let y = match nums(call, inputs, 0)? {
        Nums::Real(v) => {
            let at = |b: &Option<Nums>, none: f64| match b {
                Some(Nums::Real(b)) => b[0],
                _ => none,
            };
            let (low, high) = (at(&low, f64::NEG_INFINITY), at(&high, f64::INFINITY));
            // comparisons keep NaN, which `max` and `min` would drop
            let low_of = |x: f64| if x < low { low } else { x };
            Nums::Real(v.into_iter().map(low_of).map(|x| if x > high { high } else { x }).collect())
        }
        Nums::Int(v) => {
            let at = |b: &Option<Nums>, none: i128| match b {
                Some(Nums::Int(b)) => signed(x.dtype(), b[0]),
                _ => none,
            };
            let (low, high) = (at(&low, i128::MIN), at(&high, i128::MAX));
            Nums::Int(v.into_iter().map(|v| signed(x.dtype(), v).max(low).min(high) as i64).collect())
        }
    };
    Ok(vec![num_tensor(call, x.dtype(), x.shape(), y)?])
}

/// `IsNaN` and `IsInf`.
pub(super) fn classify(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = reals(call, inputs, 0)?;
    let (up, down) = (call.int("detect_positive", 1) != 0, call.int("detect_negative", 1) != 0);
    let nan = call.op == "IsNaN";
    let test = |x: f64| if nan { x.is_nan() } else { (up && x == f64::INFINITY) || (down && x == f64::NEG_INFINITY) };
    Ok(vec![bool_tensor(numeric(call, inputs, 0)?.shape(), x.into_iter().map(test).collect())?])
}

/// `Not` on bools and `BitwiseNot` on integers.
pub(super) fn not(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = numeric(call, inputs, 0)?;
    match (nums(call, inputs, 0)?, call.op) {
        (Nums::Int(v), "Not") => Ok(vec![bool_tensor(x.shape(), v.into_iter().map(|v| v == 0).collect())?]),
        (Nums::Int(v), _) => Ok(vec![int_tensor(x.dtype(), x.shape(), v.into_iter().map(|v| !v).collect())?]),
        (Nums::Real(_), _) => Err(call.error("a float input")),
    }
}
