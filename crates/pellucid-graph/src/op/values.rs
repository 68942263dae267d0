//! Reading and making tensors in evaluators: numbers in the widest type of their kind, and elements of any type by index.

use std::sync::Arc;

use crate::tensor::Data;
use crate::{DType, Result, Tensor};

use super::Call;

/// The numbers of a tensor: real in `f64`, integers and bools exact.
pub(crate) enum Nums {
    /// Floats.
    Real(Vec<f64>),
    /// Integers and bools.
    Int(Vec<i64>),
}

/// A required input.
pub(crate) fn tensor<'t>(call: &Call, inputs: &'t [Option<Tensor>], i: usize) -> Result<&'t Tensor> {
    inputs.get(i).and_then(Option::as_ref).ok_or_else(|| call.error(format!("input {i} is missing or isn't constant")))
}

/// A required input that holds numbers.
pub(crate) fn numeric<'t>(call: &Call, inputs: &'t [Option<Tensor>], i: usize) -> Result<&'t Tensor> {
    let t = tensor(call, inputs, i)?;
    if t.dtype() == DType::Str { Err(call.error(format!("input {i} holds strings, not numbers"))) } else { Ok(t) }
}

/// The numbers of a required input.
pub(crate) fn nums(call: &Call, inputs: &[Option<Tensor>], i: usize) -> Result<Nums> {
    let t = numeric(call, inputs, i)?;
    Ok(if t.dtype().is_float() { Nums::Real(t.to_f64()) } else { Nums::Int(t.to_i64()) })
}

/// The numbers of a required input as `f64`.
pub(crate) fn reals(call: &Call, inputs: &[Option<Tensor>], i: usize) -> Result<Vec<f64>> {
    Ok(numeric(call, inputs, i)?.to_f64())
}

/// The numbers of an optional input as `f64`.
pub(crate) fn optional(call: &Call, inputs: &[Option<Tensor>], i: usize) -> Result<Option<Vec<f64>>> {
    if inputs.get(i).is_some_and(Option::is_some) { reals(call, inputs, i).map(Some) } else { Ok(None) }
}

/// A tensor of real values rounded to a type.
pub(crate) fn real_tensor(call: &Call, dtype: DType, shape: &[usize], values: Vec<f64>) -> Result<Tensor> {
    if crate::volume(shape) != Some(values.len()) {
        return Err(call.error(format!("{} values for shape {shape:?}", values.len())));
    }
    Ok(Tensor::from_f64(dtype, shape.to_vec(), values))
}

/// A tensor of integers that wrap round as they do in hardware.
pub(crate) fn int_tensor(dtype: DType, shape: &[usize], values: Vec<i64>) -> Result<Tensor> {
    fn map<T>(values: Vec<i64>, f: impl Fn(i64) -> T) -> Arc<Vec<T>> {
        Arc::new(values.into_iter().map(f).collect())
    }
    let data = match dtype {
        DType::I8 => Data::I8(map(values, |v| v as i8)),
        DType::I16 => Data::I16(map(values, |v| v as i16)),
        DType::I32 => Data::I32(map(values, |v| v as i32)),
        DType::I64 => Data::I64(Arc::new(values)),
        DType::U8 => Data::U8(map(values, |v| v as u8)),
        DType::U16 => Data::U16(map(values, |v| v as u16)),
        DType::U32 => Data::U32(map(values, |v| v as u32)),
        DType::U64 => Data::U64(map(values, |v| v as u64)),
        DType::Bool => Data::Bool(map(values, |v| v != 0)),
        DType::F32 => Data::F32(map(values, |v| v as f32)),
        DType::F64 | DType::Str => Data::F64(map(values, |v| v as f64)),
        DType::F16 => Data::F16(map(values, |v| half::f16::from_f64(v as f64))),
        DType::BF16 => Data::BF16(map(values, |v| half::bf16::from_f64(v as f64))),
    };
    Tensor::new(shape.to_vec(), data)
}

/// A tensor of bools.
pub(crate) fn bool_tensor(shape: &[usize], values: Vec<bool>) -> Result<Tensor> {
    Tensor::new(shape.to_vec(), Data::Bool(Arc::new(values)))
}

/// A tensor of numbers.
pub(crate) fn num_tensor(call: &Call, dtype: DType, shape: &[usize], values: Nums) -> Result<Tensor> {
    match values {
        Nums::Real(v) => real_tensor(call, dtype, shape, v),
        Nums::Int(v) => int_tensor(dtype, shape, v),
    }
}

/// An integer with the sign that its type gives it: `u64` values above `i64::MAX` were wrapped.
pub(crate) fn signed(dtype: DType, v: i64) -> i128 {
    if dtype == DType::U64 { i128::from(v as u64) } else { i128::from(v) }
}

/// `$body` with `$v` bound to the values of a tensor, in the variant that they came in.
macro_rules! same_kind {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            Data::F32($v) => Data::F32($body),
            Data::F64($v) => Data::F64($body),
            Data::F16($v) => Data::F16($body),
            Data::BF16($v) => Data::BF16($body),
            Data::I8($v) => Data::I8($body),
            Data::I16($v) => Data::I16($body),
            Data::I32($v) => Data::I32($body),
            Data::I64($v) => Data::I64($body),
            Data::U8($v) => Data::U8($body),
            Data::U16($v) => Data::U16($body),
            Data::U32($v) => Data::U32($body),
            Data::U64($v) => Data::U64($body),
            Data::Bool($v) => Data::Bool($body),
            Data::Str($v) => Data::Str($body),
        }
    };
}

/// The elements at `at`, in order, under a shape.
pub(crate) fn pick(t: &Tensor, shape: &[usize], at: &[usize]) -> Result<Tensor> {
    fn take<T: Clone>(v: &[T], at: &[usize]) -> Arc<Vec<T>> {
        Arc::new(at.iter().map(|&i| v[i].clone()).collect())
    }
    Tensor::new(shape.to_vec(), same_kind!(t.data(), v => take(v, at)))
}

/// All elements of several tensors of one type, one after the other.
pub(crate) fn join(call: &Call, parts: &[&Tensor]) -> Result<Tensor> {
    let first = parts.first().ok_or_else(|| call.error("no input"))?;
    if let Some(other) = parts.iter().find(|t| t.dtype() != first.dtype()) {
        return Err(call.error(format!("inputs of types {} and {}", first.dtype(), other.dtype())));
    }
    let flat: Vec<Tensor> = parts.iter().map(|t| t.reshape(&[t.len()])).collect::<Result<_>>()?;
    Tensor::stack(&flat)
}
