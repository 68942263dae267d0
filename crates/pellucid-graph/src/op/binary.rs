//! Elementwise operators of two inputs, broadcasting: arithmetic, comparison, logic, bits.

use super::Call;
use super::broadcast::{self, Spread};
use super::values::{Nums, bool_tensor, num_tensor, numeric, nums, signed, tensor};
use crate::tensor::Data;
use crate::{DType, Fact, Result, Tensor};

/// Arithmetic of one type: on reals, and exact on integers (`None`: undefined, such as a division by zero).
struct Arithmetic {
    name: &'static str,
    real: fn(f64, f64) -> f64,
    int: fn(i128, i128) -> Option<i128>,
}

const ARITHMETIC: &[Arithmetic] = &[
    Arithmetic { name: "Add", real: |a, b| a + b, int: |a, b| Some(a + b) },
    Arithmetic { name: "Sub", real: |a, b| a - b, int: |a, b| Some(a - b) },
    Arithmetic { name: "Mul", real: |a, b| a * b, int: i128::checked_mul },
    Arithmetic { name: "Div", real: |a, b| a / b, int: i128::checked_div },
    Arithmetic { name: "Max", real: max, int: |a, b| Some(a.max(b)) },
    Arithmetic { name: "Min", real: min, int: |a, b| Some(a.min(b)) },
    Arithmetic {
        name: "PRelu",
        real: |x, s| if x < 0.0 { s * x } else { x },
        int: |x, s| if x < 0 { x.checked_mul(s) } else { Some(x) },
    },
    Arithmetic { name: "BitwiseAnd", real: |_, _| f64::NAN, int: |a, b| Some(a & b) },
    Arithmetic { name: "BitwiseOr", real: |_, _| f64::NAN, int: |a, b| Some(a | b) },
    Arithmetic { name: "BitwiseXor", real: |_, _| f64::NAN, int: |a, b| Some(a ^ b) },
];

/// Comparisons and logic: on reals, and exact on integers and bools.
struct Test {
    name: &'static str,
    real: fn(f64, f64) -> bool,
    int: fn(i128, i128) -> bool,
}

const TESTS: &[Test] = &[
    Test { name: "Equal", real: |a, b| a == b, int: |a, b| a == b },
    Test { name: "Less", real: |a, b| a < b, int: |a, b| a < b },
    Test { name: "LessOrEqual", real: |a, b| a <= b, int: |a, b| a <= b },
    Test { name: "Greater", real: |a, b| a > b, int: |a, b| a > b },
    Test { name: "GreaterOrEqual", real: |a, b| a >= b, int: |a, b| a >= b },
    Test { name: "And", real: |_, _| false, int: |a, b| a != 0 && b != 0 },
    Test { name: "Or", real: |_, _| false, int: |a, b| a != 0 || b != 0 },
    Test { name: "Xor", real: |_, _| false, int: |a, b| (a != 0) != (b != 0) },
];

/// The larger, NaN when one is.
pub(super) fn max(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

/// The smaller, NaN when one is.
pub(super) fn min(a: f64, b: f64) -> f64 {
    if a.is_nan() || a < b { a } else { b }
}

/// The shape that inputs `a` and `b` broadcast to.
pub(super) fn common_shape(call: &Call, a: usize, b: usize) -> Result<Vec<usize>> {
    let (sa, sb) = (call.shape(a)?, call.shape(b)?);
    broadcast::shape(&sa, &sb)
        .ok_or_else(|| call.error(format!("inputs {a} and {b} of shapes {sa:?} and {sb:?} don't broadcast")))
}

/// Refuses inputs of different element types.
pub(super) fn same_type(call: &Call, a: usize, b: usize) -> Result<DType> {
    let (ta, tb) = (call.dtype(a)?, call.dtype(b)?);
    if ta == tb { Ok(ta) } else { Err(call.error(format!("inputs {a} and {b} have element types {ta} and {tb}"))) }
}

/// Type of the inputs, shape of the broadcast.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    let dtype = same_type(call, 0, 1)?;
    let fits = match call.op {
        "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "BitShift" => !dtype.is_float() && dtype != DType::Bool,
        _ => dtype != DType::Bool,
    };
    if !fits || dtype == DType::Str {
        return Err(call.error(format!("inputs have element type {dtype}, which the operator doesn't take")));
    }
    Ok(vec![Fact::new(dtype, &common_shape(call, 0, 1)?)])
}

/// Type of the base, shape of the broadcast.
pub(super) fn infer_pow(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![Fact::new(call.dtype(0)?, &common_shape(call, 0, 1)?)])
}

/// The slope broadcasts to the input, not the other way round.
pub(super) fn infer_prelu(call: &Call) -> Result<Vec<Fact>> {
    let shape = call.shape(0)?;
    if common_shape(call, 0, 1)? != shape {
        return Err(call.error(format!("slope of shape {:?} doesn't broadcast to {shape:?}", call.shape(1)?)));
    }
    Ok(vec![Fact::new(same_type(call, 0, 1)?, &shape)])
}

/// Bools in the shape of the broadcast.
pub(super) fn infer_test(call: &Call) -> Result<Vec<Fact>> {
    let dtype = same_type(call, 0, 1)?;
    if matches!(call.op, "And" | "Or" | "Xor") && dtype != DType::Bool {
        return Err(call.error(format!("inputs have element type {dtype}, expected bool")));
    }
    Ok(vec![Fact::new(DType::Bool, &common_shape(call, 0, 1)?)])
}

/// Number of elements of the broadcast and where each reads its operands.
fn spreads(call: &Call) -> Result<(Vec<usize>, Spread, Spread)> {
    let shape = common_shape(call, 0, 1)?;
    let (a, b) = (Spread::new(&call.shape(0)?, &shape), Spread::new(&call.shape(1)?, &shape));
    Ok((shape, a, b))
}

/// Arithmetic and bits.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let row = ARITHMETIC.iter().find(|r| r.name == call.op).ok_or_else(|| call.error("no formula"))?;
    apply(call, inputs, row.real, row.int)
}

fn apply(
    call: &Call,
    inputs: &[Option<Tensor>],
    real: impl Fn(f64, f64) -> f64,
    int: impl Fn(i128, i128) -> Option<i128>,
) -> Result<Vec<Tensor>> {
    let dtype = call.dtype(0)?;
    let (shape, at_a, at_b) = spreads(call)?;
    let n = shape.iter().product();
    let y = match (nums(call, inputs, 0)?, nums(call, inputs, 1)?) {
        (Nums::Real(a), Nums::Real(b)) => Nums::Real((0..n).map(|i| real(a[at_a.at(i)], b[at_b.at(i)])).collect()),
        (Nums::Int(a), Nums::Int(b)) => {
            let one = |i| int(signed(dtype, a[at_a.at(i)]), signed(dtype, b[at_b.at(i)])).map(|v| v as i64);
            let v: Option<Vec<i64>> = (0..n).map(one).collect();
            Nums::Int(v.ok_or_else(|| call.error("undefined on these integers (a division by zero or an overflow)"))?)
        }
        _ => return Err(call.error("one input is float, the other isn't")),
    };
    Ok(vec![num_tensor(call, dtype, &shape, y)?])
}

/// Remainder: of truncated division with `fmod`, else with the sign of the divisor.
pub(super) fn modulo(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    if call.int("fmod", 0) != 0 {
        return apply(call, inputs, |a, b| a % b, i128::checked_rem);
    }
    let floored = |a: f64, b: f64| {
        let r = a % b;
        if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r }
    };
    let int = |a: i128, b: i128| a.checked_rem(b).map(|r| if r != 0 && (r < 0) != (b < 0) { r + b } else { r });
    apply(call, inputs, floored, int)
}

/// `x` shifted by `y` bits; bits that leave the type are lost.
pub(super) fn shift(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let by = |y: i128| u32::try_from(y).ok().filter(|&y| y < 64);
    let int: fn(i128, Option<u32>) -> i128 = match call.str("direction", "") {
        "LEFT" => |x, y| y.map_or(0, |y| x << y),
        "RIGHT" => |x, y| x >> y.unwrap_or(127),
        other => return Err(call.error(format!("`direction` is `{other}`, expected `LEFT` or `RIGHT`"))),
    };
    apply(call, inputs, |_, _| f64::NAN, |x, y| Some(int(x, by(y))))
}

/// Base to the power of an exponent that may have another type; the result has the type of the base.
pub(super) fn pow(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let dtype = call.dtype(0)?;
    let (shape, at_a, at_b) = spreads(call)?;
    let n = shape.iter().product();
    let exponent_type = call.dtype(1)?;
    let y = match (nums(call, inputs, 0)?, nums(call, inputs, 1)?) {
        (Nums::Int(a), Nums::Int(b)) => {
            let one = |i: usize| int_pow(signed(dtype, a[at_a.at(i)]), signed(exponent_type, b[at_b.at(i)]));
            Nums::Int((0..n).map(one).collect())
        }
        (Nums::Int(a), Nums::Real(b)) => {
            Nums::Int((0..n).map(|i| (a[at_a.at(i)] as f64).powf(b[at_b.at(i)]) as i64).collect())
        }
        (Nums::Real(a), Nums::Int(b)) => Nums::Real((0..n).map(|i| a[at_a.at(i)].powf(b[at_b.at(i)] as f64)).collect()),
        (Nums::Real(a), Nums::Real(b)) => Nums::Real((0..n).map(|i| a[at_a.at(i)].powf(b[at_b.at(i)])).collect()),
    };
    Ok(vec![num_tensor(call, dtype, &shape, y)?])
}

/// Integer power modulo 2^64; a negative exponent rounds toward zero.
fn int_pow(base: i128, exponent: i128) -> i64 {
    match (base, u64::try_from(exponent)) {
        (_, Ok(mut e)) => {
            let (mut square, mut out) = (base as i64, 1i64);
            while e > 0 {
                if e & 1 == 1 {
                    out = out.wrapping_mul(square);
                }
                square = square.wrapping_mul(square);
                e >>= 1;
            }
            out
        }
        (1, Err(_)) => 1,
        (-1, Err(_)) => {
            if exponent % 2 == 0 {
                1
            } else {
                -1
            }
        }
        _ => 0,
    }
}

/// Comparisons and logic.
pub(super) fn test(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let row = TESTS.iter().find(|r| r.name == call.op).ok_or_else(|| call.error("no formula"))?;
    let (shape, at_a, at_b) = spreads(call)?;
    let n: usize = shape.iter().product();
    let (ta, tb) = (tensor(call, inputs, 0)?, tensor(call, inputs, 1)?);
    if let (Data::Str(a), Data::Str(b), "Equal") = (ta.data(), tb.data(), call.op) {
        return Ok(vec![bool_tensor(&shape, (0..n).map(|i| a[at_a.at(i)] == b[at_b.at(i)]).collect())?]);
    }
    let dtype = numeric(call, inputs, 0)?.dtype();
    let y = match (nums(call, inputs, 0)?, nums(call, inputs, 1)?) {
        (Nums::Real(a), Nums::Real(b)) => (0..n).map(|i| (row.real)(a[at_a.at(i)], b[at_b.at(i)])).collect(),
        (Nums::Int(a), Nums::Int(b)) => {
            let one = |i| (row.int)(signed(dtype, a[at_a.at(i)]), signed(dtype, b[at_b.at(i)]));
            (0..n).map(one).collect()
        }
        _ => return Err(call.error("one input is float, the other isn't")),
    };
    Ok(vec![bool_tensor(&shape, y)?])
}
