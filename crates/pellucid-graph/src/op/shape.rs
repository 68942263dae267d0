//! Operators whose result follows from shapes or from a few constants: `Shape`, `Size`, `Constant`, `ConstantOfShape`, `Range`, `EyeLike`.

use super::layout::required;
use super::values::{Nums, int_tensor, num_tensor, nums, real_tensor, tensor};
use super::{Call, unary, widen};
use crate::{Attr, DType, Dim, Fact, Result, Tensor};

/// Whether the result follows from what is known of the inputs without their values.
pub(super) fn from_facts(call: &Call) -> bool {
    let fact = call.facts.first().and_then(Option::as_ref);
    match call.op {
        "Shape" => dims(call).is_ok_and(|d| d.iter().all(|d| matches!(d, Dim::Known(_)))),
        "Size" | "EyeLike" => fact.is_some_and(|f| f.shape().is_some()),
        "CastLike" => call.constant(0).is_some() && call.has(1),
        _ => false,
    }
}

/// The sizes that `Shape` gives: of axes `start..end`, counted from the back when negative, clamped.
fn dims<'c>(call: &'c Call) -> Result<&'c [Dim]> {
    let dims = &call.fact(0)?.dims;
    let n = dims.len() as i64;
    let at = |v: i64| if v < 0 { v.saturating_add(n) } else { v }.clamp(0, n) as usize;
    let (start, end) = (at(call.int("start", 0)), at(call.int("end", n)));
    Ok(&dims[start..end.max(start)])
}

/// `Shape`.
pub(super) fn infer_shape(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![Fact::new(DType::I64, &[dims(call)?.len()])])
}

/// `Shape`: needs the fact only.
pub(super) fn shape(call: &Call, _: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let known = |d: &Dim| match d {
        Dim::Known(n) => Ok(*n as i64),
        _ => Err(call.error(format!("the shape of input 0 isn't fixed: {}", call.fact(0)?))),
    };
    let sizes: Vec<i64> = dims(call)?.iter().map(known).collect::<Result<_>>()?;
    Ok(vec![Tensor::vec_i64(&sizes)])
}

/// `Size`.
pub(super) fn infer_size(call: &Call) -> Result<Vec<Fact>> {
    call.fact(0)?;
    Ok(vec![Fact::new(DType::I64, &[])])
}

/// `Size`: needs the fact only.
pub(super) fn size(call: &Call, _: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let n: usize = call.shape(0)?.iter().product();
    Ok(vec![int_tensor(DType::I64, &[], vec![n as i64])?])
}

/// The value of a `Constant` node, whichever attribute holds it.
fn value(call: &Call) -> Result<Tensor> {
    let value = call.attrs.0.iter().find(|(name, _)| name.starts_with("value")).map(|(_, v)| v);
    Ok(match value {
        Some(Attr::Tensor(t)) => t.clone(),
        Some(Attr::Float(v)) => Tensor::scalar(*v),
        Some(Attr::Floats(v)) => Tensor::f32(&[v.len()], v.clone())?,
        Some(Attr::Int(v)) => int_tensor(DType::I64, &[], vec![*v])?,
        Some(Attr::Ints(v)) => Tensor::vec_i64(v),
        _ => return Err(call.error("the value is of a kind that can't be held")),
    })
}

/// `Constant`.
pub(super) fn infer_constant(call: &Call) -> Result<Vec<Fact>> {
    let value = value(call)?;
    Ok(vec![Fact::new(call.result_type(value.dtype()), value.shape())])
}

/// `Constant`.
pub(super) fn constant(call: &Call, _: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let value = value(call)?;
    Ok(vec![if call.wide { widen(&value) } else { value }])
}

/// What `ConstantOfShape` is filled with.
fn fill(call: &Call) -> Result<Tensor> {
    match call.attrs.get("value") {
        None => Ok(Tensor::scalar(0.0)),
        Some(Attr::Tensor(t)) if t.len() == 1 && t.dtype() != DType::Str => Ok(t.clone()),
        Some(_) => Err(call.error("attribute `value` isn't a tensor of one number")),
    }
}

/// `ConstantOfShape`.
pub(super) fn infer_filled(call: &Call) -> Result<Vec<Fact>> {
    let shape: Vec<usize> = required(call, 0)?.into_iter().map(|n| call.size(n)).collect::<Result<_>>()?;
    Ok(vec![Fact::new(call.result_type(fill(call)?.dtype()), &shape)])
}

/// `ConstantOfShape`.
pub(super) fn filled(call: &Call, _: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let shape: Vec<usize> = required(call, 0)?.into_iter().map(|n| call.size(n)).collect::<Result<_>>()?;
    let (value, n) = (fill(call)?, shape.iter().product());
    let dtype = call.result_type(value.dtype());
    if dtype.is_float() {
        return Ok(vec![real_tensor(call, dtype, &shape, vec![value.to_f64()[0]; n])?]);
    }
    Ok(vec![int_tensor(dtype, &shape, vec![value.to_i64()[0]; n])?])
}

/// Number of steps of a range.
fn steps(call: &Call, inputs: &[Option<Tensor>]) -> Result<usize> {
    let count = match (nums(call, inputs, 0)?, nums(call, inputs, 1)?, nums(call, inputs, 2)?) {
        (Nums::Real(a), Nums::Real(b), Nums::Real(d)) if [a.len(), b.len(), d.len()] == [1; 3] && d[0] != 0.0 => {
            ((b[0] - a[0]) / d[0]).ceil().max(0.0) as i128
        }
        (Nums::Int(a), Nums::Int(b), Nums::Int(d)) if [a.len(), b.len(), d.len()] == [1; 3] && d[0] != 0 => {
            let (a, b, d) = (i128::from(a[0]), i128::from(b[0]), i128::from(d[0]));
            let (span, step) = if d > 0 { (b - a, d) } else { (a - b, -d) };
            (span.max(0) + step - 1) / step
        }
        _ => return Err(call.error("start, limit and step must be scalars of one type, the step not 0")),
    };
    call.size(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The length is known once the three inputs are.
pub(super) fn infer_range(call: &Call) -> Result<Vec<Fact>> {
    let known = (0..3).all(|i| call.constant(i).is_some());
    let dim = if known { Dim::Known(steps(call, &call.constants)?) } else { Dim::Unknown };
    Ok(vec![Fact { dtype: call.dtype(0)?, dims: vec![dim] }])
}

/// `start, start + step, ...` before the limit.
pub(super) fn range(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let n = steps(call, inputs)?;
    let values = match (nums(call, inputs, 0)?, nums(call, inputs, 2)?) {
        (Nums::Real(a), Nums::Real(d)) => Nums::Real((0..n).map(|i| a[0] + i as f64 * d[0]).collect()),
        (Nums::Int(a), Nums::Int(d)) => {
            Nums::Int((0..n).map(|i| a[0].wrapping_add(d[0].wrapping_mul(i as i64))).collect())
        }
        _ => return Err(call.error("start and step have different types")),
    };
    Ok(vec![num_tensor(call, tensor(call, inputs, 0)?.dtype(), &[n], values)?])
}

/// A matrix of the input's shape, of its type unless `dtype` says otherwise.
pub(super) fn infer_eye(call: &Call) -> Result<Vec<Fact>> {
    let mut facts = unary::same(call)?;
    if facts[0].rank() != 2 {
        return Err(call.error(format!("input 0 is {}, expected two axes", facts[0])));
    }
    facts[0].dtype = call.result_type(call.type_attr("dtype", facts[0].dtype)?);
    Ok(facts)
}

/// Ones on diagonal `k`: needs the fact only.
pub(super) fn eye(call: &Call, _: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (fact, k) = (infer_eye(call)?.remove(0), call.int("k", 0));
    let shape = call.shape(0)?;
    let cell = |i: usize| i64::from((i % shape[1]) as i64 == ((i / shape[1]) as i64).saturating_add(k));
    Ok(vec![int_tensor(fact.dtype, &shape, (0..shape[0] * shape[1]).map(cell).collect())?])
}
