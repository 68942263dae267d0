//! Tensors between Pellucid and tract. tract has no `bf16`: such values are computed in `f32` and rounded back at the outputs.

use std::sync::Arc;

use half::{bf16, f16};
use pellucid_graph::{DType, Data, Tensor};
use tract_onnx::prelude::{Datum, DatumType, Tensor as TractTensor, TractResult, tract_ndarray::ArrayD};
use tract_onnx::tract_core::internal::{bail, format_err};

/// The element type that tract computes a type in.
pub fn datum_type(dtype: DType) -> DatumType {
    match dtype {
        DType::F32 | DType::BF16 => DatumType::F32,
        DType::F64 => DatumType::F64,
        DType::F16 => DatumType::F16,
        DType::I8 => DatumType::I8,
        DType::I16 => DatumType::I16,
        DType::I32 => DatumType::I32,
        DType::I64 => DatumType::I64,
        DType::U8 => DatumType::U8,
        DType::U16 => DatumType::U16,
        DType::U32 => DatumType::U32,
        DType::U64 => DatumType::U64,
        DType::Bool => DatumType::Bool,
        DType::Str => DatumType::String,
    }
}

/// A copy for tract.
pub fn to_tract(tensor: &Tensor) -> TractResult<TractTensor> {
    let shape = tensor.shape();
    match tensor.data() {
        Data::F32(v) => TractTensor::from_shape(shape, v),
        Data::F64(v) => TractTensor::from_shape(shape, v),
        Data::F16(v) => TractTensor::from_shape(shape, v),
        Data::BF16(_) => TractTensor::from_shape(shape, &tensor.to_f32()),
        Data::I8(v) => TractTensor::from_shape(shape, v),
        Data::I16(v) => TractTensor::from_shape(shape, v),
        Data::I32(v) => TractTensor::from_shape(shape, v),
        Data::I64(v) => TractTensor::from_shape(shape, v),
        Data::U8(v) => TractTensor::from_shape(shape, v),
        Data::U16(v) => TractTensor::from_shape(shape, v),
        Data::U32(v) => TractTensor::from_shape(shape, v),
        Data::U64(v) => TractTensor::from_shape(shape, v),
        Data::Bool(v) => TractTensor::from_shape(shape, v),
        Data::Str(v) => {
            let texts: Result<Vec<String>, _> = v.iter().cloned().map(String::from_utf8).collect();
            let texts = texts.map_err(|_| format_err!("a text that isn't UTF-8"))?;
            Ok(ArrayD::from_shape_vec(shape, texts)?.into())
        }
    }
}

/// A copy of a tract tensor, in the element type that the graph states (tract's own where the graph states none).
pub fn from_tract(tensor: &TractTensor, want: Option<DType>) -> TractResult<Tensor> {
    let shape = tensor.shape().to_vec();
    let data = match tensor.datum_type().unquantized() {
        DatumType::F32 => Data::F32(values(tensor)?),
        DatumType::F64 => Data::F64(values(tensor)?),
        DatumType::F16 => Data::F16(values::<f16>(tensor)?),
        DatumType::I8 => Data::I8(values(tensor)?),
        DatumType::I16 => Data::I16(values(tensor)?),
        DatumType::I32 => Data::I32(values(tensor)?),
        DatumType::I64 => Data::I64(values(tensor)?),
        DatumType::U8 => Data::U8(values(tensor)?),
        DatumType::U16 => Data::U16(values(tensor)?),
        DatumType::U32 => Data::U32(values(tensor)?),
        DatumType::U64 => Data::U64(values(tensor)?),
        DatumType::Bool => Data::Bool(values(tensor)?),
        DatumType::TDim => Data::I64(values(&*tensor.cast_to::<i64>()?)?),
        DatumType::String => Data::Str(Arc::new(
            tensor.try_as_plain_ram()?.as_slice::<String>()?.iter().map(|s| s.clone().into_bytes()).collect(),
        )),
        other => bail!("a tensor of type {other:?}"),
    };
    let tensor = Tensor::new(shape, data)?;
    Ok(match want {
        Some(DType::BF16) => round_to_bf16(tensor)?,
        Some(dtype) if dtype != tensor.dtype() => tensor.cast(dtype),
        _ => tensor,
    })
}

fn values<T: Datum + Copy>(tensor: &TractTensor) -> TractResult<Arc<Vec<T>>> {
    Ok(Arc::new(tensor.try_as_plain_ram()?.as_slice::<T>()?.to_vec()))
}

fn round_to_bf16(tensor: Tensor) -> TractResult<Tensor> {
    let rounded = tensor.to_f32().into_iter().map(bf16::from_f32).collect();
    Ok(Tensor::new(tensor.shape().to_vec(), Data::BF16(Arc::new(rounded)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_comes_back() {
        for dtype in [
            DType::F32,
            DType::F64,
            DType::F16,
            DType::BF16,
            DType::I8,
            DType::I16,
            DType::I32,
            DType::I64,
            DType::U8,
            DType::U16,
            DType::U32,
            DType::U64,
            DType::Bool,
        ] {
            let tensor = Tensor::from_f64(dtype, vec![2, 2], vec![0.0, 1.0, 1.0, 0.0]);
            assert_eq!(from_tract(&to_tract(&tensor).unwrap(), Some(dtype)).unwrap(), tensor, "{dtype}");
        }
        let text = Tensor::new(vec![1], Data::Str(Arc::new(vec![b"lesion".to_vec()]))).unwrap();
        assert_eq!(from_tract(&to_tract(&text).unwrap(), None).unwrap(), text);
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        let text = Tensor::new(vec![1], Data::Str(Arc::new(vec![vec![0xff]]))).unwrap();
        assert!(to_tract(&text).is_err());
    }
}
