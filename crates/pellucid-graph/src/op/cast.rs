//! Conversion between element types.

use std::sync::Arc;

use super::Call;
use super::values::{int_tensor, tensor};
use crate::tensor::Data;
use crate::{DType, Fact, Result, Tensor};

fn target(call: &Call) -> Result<DType> {
    let named = match call.op {
        "CastLike" => call.dtype(1)?,
        _ if call.attrs.int("to").is_none() => return Err(call.error("attribute `to` is missing")),
        _ => call.type_attr("to", DType::F32)?,
    };
    Ok(call.result_type(named))
}

/// `Cast` and `CastLike`.
pub(super) fn infer(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![Fact { dtype: target(call)?, dims: call.fact(0)?.dims.clone() }])
}

/// Floats round to the nearest, integers wrap, floats truncate and saturate to integers, bool is `x != 0`.
pub(super) fn eval(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let x = tensor(call, inputs, 0)?;
    let to = target(call)?;
    Ok(vec![match (x.data(), to) {
        _ if x.dtype() == to => x.clone(),
        (Data::Str(words), _) => parse(call, x.shape(), words, to)?,
        (_, DType::Str) => print(call, x)?,
        _ if x.dtype().is_float() || to.is_float() => x.cast(to),
        _ => int_tensor(to, x.shape(), x.to_i64())?,
    }])
}

fn parse(call: &Call, shape: &[usize], words: &[Vec<u8>], to: DType) -> Result<Tensor> {
    let bad = |w: &[u8]| call.error(format!("`{}` isn't a number of type {to}", String::from_utf8_lossy(w)));
    let text = |w: &'_ [u8]| String::from_utf8_lossy(w).trim().to_string();
    if to.is_float() {
        let v: Result<Vec<f64>> = words.iter().map(|w| text(w).parse().map_err(|_| bad(w))).collect();
        return Ok(Tensor::from_f64(to, shape.to_vec(), v?));
    }
    let v: Result<Vec<i64>> = words.iter().map(|w| text(w).parse().map_err(|_| bad(w))).collect();
    int_tensor(to, shape, v?)
}

fn print(call: &Call, x: &Tensor) -> Result<Tensor> {
    if x.dtype().is_float() {
        return Err(call.error("how floats print as strings isn't fixed; the operator runs on engines only"));
    }
    let words = x.to_i64().into_iter().map(|v| v.to_string().into_bytes()).collect();
    Tensor::new(x.shape().to_vec(), Data::Str(Arc::new(words)))
}
