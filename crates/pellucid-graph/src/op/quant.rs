//! Quantisation, and products and convolutions of quantised tensors.

use super::broadcast::{Spread, shape as broadcast_shape};
use super::conv::{Conv, check_bias, convolve};
use super::reduce::{highest, lowest};
use super::values::{int_tensor, numeric, optional, real_tensor, reals};
use super::{Call, matmul};
use crate::{DType, Fact, Result, Tensor};

/// For each element, the index of its scale: one for all, one for each place along `axis`, or one for each block of places.
fn scale_index(call: &Call) -> Result<Vec<usize>> {
    let (x, s) = (call.shape(0)?, call.shape(1)?);
    let misfit = || call.error(format!("scales of shape {s:?} for {x:?}"));
    if call.has(2) && call.shape(2)? != s {
        return Err(call.error(format!("zero points of shape {:?} with scales of {s:?}", call.shape(2)?)));
    }
    if s.iter().product::<usize>() == 1 && s.len() <= 1 {
        return Ok(vec![0; x.iter().product()]);
    }
    let axis = call.axis(call.int("axis", 1), x.len())?;
    let block = call.size(call.int("block_size", 0))?;
    if block > 0 {
        let fits = s.len() == x.len()
            && (0..x.len()).all(|a| if a == axis { s[a] == x[a].div_ceil(block) } else { s[a] == x[a] });
        if !fits {
            return Err(misfit());
        }
        let own = super::broadcast::strides(&s);
        let place = |a: usize, i: usize| if a == axis { i / block } else { i } * own[a];
        let axes: Vec<Vec<usize>> = (0..x.len()).map(|a| (0..x[a]).map(|i| place(a, i)).collect()).collect();
        return Ok(super::broadcast::grid(&axes));
    }
    if s != [x[axis]] {
        return Err(misfit());
    }
    let inner: usize = x[axis + 1..].iter().product();
    Ok((0..x.iter().product()).map(|i: usize| i / inner % x[axis]).collect())
}

/// The integer type that a quantisation gives.
fn quantised_type(call: &Call) -> Result<DType> {
    let dtype = if call.has(2) { call.dtype(2)? } else { call.type_attr("output_dtype", DType::U8)? };
    if dtype.is_float() || dtype == DType::Str || dtype == DType::Bool {
        return Err(call.error(format!("quantisation to {dtype}")));
    }
    Ok(dtype)
}

/// `QuantizeLinear`.
pub(super) fn infer_quantize(call: &Call) -> Result<Vec<Fact>> {
    call.fact(1)?;
    Ok(vec![Fact { dtype: quantised_type(call)?, dims: call.fact(0)?.dims.clone() }])
}

/// Rounded half to even, moved by the zero point, saturated.
fn saturated(dtype: DType, v: f64, zero: f64) -> i64 {
    (v.round_ties_even() + zero).clamp(lowest(dtype) as f64, highest(dtype) as f64) as i64
}

/// `QuantizeLinear`.
pub(super) fn quantize(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let dtype = quantised_type(call)?;
    let (x, scale, at) = (reals(call, inputs, 0)?, reals(call, inputs, 1)?, scale_index(call)?);
    let zero = optional(call, inputs, 2)?.unwrap_or_else(|| vec![0.0; scale.len()]);
    // ties are decided in f32 by engines; the quotient is rounded there first
    let narrow = call.dtype(0)? != DType::F64;
    let quotient = |x: f64, s: f64| if narrow { f64::from((x / s) as f32) } else { x / s };
    let y = x.iter().zip(&at).map(|(x, &k)| saturated(dtype, quotient(*x, scale[k]), zero[k])).collect();
    Ok(vec![int_tensor(dtype, &call.shape(0)?, y)?])
}

/// `DequantizeLinear`: the type of the scale.
pub(super) fn infer_dequantize(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![Fact { dtype: call.dtype(1)?, dims: call.fact(0)?.dims.clone() }])
}

/// `DequantizeLinear`.
pub(super) fn dequantize(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, scale, at) = (reals(call, inputs, 0)?, reals(call, inputs, 1)?, scale_index(call)?);
    let zero = optional(call, inputs, 2)?.unwrap_or_else(|| vec![0.0; scale.len()]);
    let y = x.iter().zip(&at).map(|(x, &k)| (x - zero[k]) * scale[k]).collect();
    Ok(vec![real_tensor(call, call.dtype(1)?, &call.shape(0)?, y)?])
}

/// The quantised tensor, its scale and its zero point.
pub(super) fn infer_dynamic(call: &Call) -> Result<Vec<Fact>> {
    let x = call.fact(0)?;
    Ok(vec![Fact { dtype: DType::U8, dims: x.dims.clone() }, Fact::new(x.dtype, &[]), Fact::new(DType::U8, &[])])
}

/// `DynamicQuantizeLinear`: the range of the values, widened to hold zero, over 255 steps.
pub(super) fn dynamic(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let (x, dtype) = (reals(call, inputs, 0)?, call.dtype(0)?);
    let narrow = |v: f64| if dtype == DType::F64 { v } else { f64::from(v as f32) };
    let (low, high) = (x.iter().copied().fold(0.0, f64::min), x.iter().copied().fold(0.0, f64::max));
    let scale = if high == low { 1.0 } else { narrow(narrow(high - low) / 255.0) };
    let zero = (0.0 - low / scale).clamp(0.0, 255.0).round_ties_even();
    let y = x.iter().map(|x| saturated(DType::U8, narrow(x / scale), zero)).collect();
    Ok(vec![
        int_tensor(DType::U8, &call.shape(0)?, y)?,
        real_tensor(call, dtype, &[], vec![scale])?,
        int_tensor(DType::U8, &[], vec![zero as i64])?,
    ])
}

/// Values of input `i` less its zero point, input `z`: one for all, or one for each place along `axis`.
fn centred(call: &Call, inputs: &[Option<Tensor>], i: usize, z: usize, axis: usize) -> Result<Vec<f64>> {
    let (mut x, shape) = (reals(call, inputs, i)?, call.shape(i)?);
    if let Some(zero) = optional(call, inputs, z)? {
        let at = parameter_index(call, &shape, &call.shape(z)?, axis)?;
        x.iter_mut().enumerate().for_each(|(i, x)| *x -= zero[at.at(i)]);
    }
    Ok(x)
}

/// Where each element of a tensor finds a parameter of shape `p`: one, or one for each place along `axis`, or any that broadcasts.
fn parameter_index(call: &Call, shape: &[usize], p: &[usize], axis: usize) -> Result<Spread> {
    let mut along = vec![1; shape.len()];
    let as_axis = p.len() == 1 && shape.get(axis) == Some(&p[0]);
    if as_axis {
        along[axis] = p[0];
    }
    let p = if as_axis { &along } else { p };
    match broadcast_shape(p, shape) {
        Some(s) if s == shape => Ok(Spread::new(p, shape)),
        _ => Err(call.error(format!("a parameter of shape {p:?} for {shape:?}"))),
    }
}

/// Sums of products, in `i32`.
pub(super) fn infer_conv_integer(call: &Call) -> Result<Vec<Fact>> {
    let conv = Conv::of(call, 0, 1)?;
    Ok(vec![Fact::new(DType::I32, &conv.shape(&conv.window.small))])
}

/// `ConvInteger`; sums of 8-bit products are exact in `f64`.
pub(super) fn conv_integer(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let conv = Conv::of(call, 0, 1)?;
    let y = convolve(&conv, &centred(call, inputs, 0, 2, 1)?, &centred(call, inputs, 1, 3, 0)?, None);
    let y = y.into_iter().map(|v| v as i64).collect();
    Ok(vec![int_tensor(DType::I32, &conv.shape(&conv.window.small), y)?])
}

/// `MatMulInteger`: sums of products, in `i32`.
pub(super) fn infer_matmul_integer(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![Fact::new(DType::I32, &matmul::product_shape(call, 0, 1)?)])
}

fn product(call: &Call, inputs: &[Option<Tensor>], [a, za, b, zb]: [usize; 4]) -> Result<Vec<i64>> {
    let ints = |v: Vec<f64>| -> Vec<i64> { v.into_iter().map(|v| v as i64).collect() };
    let rank = |i: usize| -> Result<usize> { Ok(numeric(call, inputs, i)?.rank()) };
    // per row on the left, per column on the right
    let left = ints(centred(call, inputs, a, za, rank(a)?.saturating_sub(2))?);
    let right = ints(centred(call, inputs, b, zb, rank(b)?.saturating_sub(1))?);
    matmul::int_product(call, a, b, &left, &right)
}

/// `MatMulInteger`.
pub(super) fn matmul_integer(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let y = product(call, inputs, [0, 2, 1, 3])?;
    Ok(vec![int_tensor(DType::I32, &matmul::product_shape(call, 0, 1)?, y)?])
}

/// `QLinearConv`: the type of the output's zero point.
pub(super) fn infer_qlinear_conv(call: &Call) -> Result<Vec<Fact>> {
    let conv = Conv::of(call, 0, 3)?;
    check_bias(call, 8, conv.c_out)?;
    Ok(vec![Fact::new(call.dtype(7)?, &conv.shape(&conv.window.small))])
}

/// `QLinearConv`: x, its scale and zero point, weights likewise (per output channel), output scale and zero point, bias.
pub(super) fn qlinear_conv(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let conv = Conv::of(call, 0, 3)?;
    let (x, w) = (centred(call, inputs, 0, 2, 1)?, centred(call, inputs, 3, 5, 0)?);
    let y = convolve(&conv, &x, &w, optional(call, inputs, 8)?);
    let shape = conv.shape(&conv.window.small);
    let at = parameter_index(call, &shape, &call.shape(4)?, 1)?;
    let scale = |i: usize| -> Result<f64> { first(call, &reals(call, inputs, i)?) };
    let (sx, sy, zero) = (scale(1)?, scale(6)?, scale(7)?);
    let (sw, dtype) = (reals(call, inputs, 4)?, call.dtype(7)?);
    let y = y.iter().enumerate().map(|(i, v)| saturated(dtype, v * sx * sw[at.at(i)] / sy, zero)).collect();
    Ok(vec![int_tensor(dtype, &shape, y)?])
}

fn first(call: &Call, v: &[f64]) -> Result<f64> {
    v.first().copied().ok_or_else(|| call.error("a scale or zero point is empty"))
}

/// `QLinearMatMul`: the type of the output's zero point.
pub(super) fn infer_qlinear_matmul(call: &Call) -> Result<Vec<Fact>> {
    Ok(vec![Fact::new(call.dtype(7)?, &matmul::product_shape(call, 0, 3)?)])
}

/// `QLinearMatMul`: a, its scale and zero point, b likewise, output scale and zero point.
pub(super) fn qlinear_matmul(call: &Call, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let y = product(call, inputs, [0, 2, 3, 5])?;
    let shape = matmul::product_shape(call, 0, 3)?;
    let spread = |i: usize, axis: usize| -> Result<_> {
        let (v, at) = (reals(call, inputs, i)?, parameter_index(call, &shape, &call.shape(i)?, axis)?);
        Ok(move |k: usize| v[at.at(k)])
    };
    let (row, col) = (shape.len().saturating_sub(2), shape.len().saturating_sub(1));
    let (sa, sb, sy, zero) = (spread(1, row)?, spread(4, col)?, spread(6, row)?, spread(7, row)?);
    let dtype = call.dtype(7)?;
    let one = |(i, v): (usize, &i64)| saturated(dtype, *v as f64 * sa(i) * sb(i) / sy(i), zero(i));
    Ok(vec![int_tensor(dtype, &shape, y.iter().enumerate().map(one).collect())?])
}
