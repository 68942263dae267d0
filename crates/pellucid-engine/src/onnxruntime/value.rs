//! Tensors between Pellucid and ONNX Runtime.

use std::sync::Arc;

use half::{bf16, f16};
use ort::session::SessionInputValue;
use ort::value::{DynValue, PrimitiveTensorElementType, Tensor as OrtTensor, TensorElementType, TensorRef};
use pellucid_graph::{DType, Data, Tensor};

/// An input: the library reads the values where they are.
pub fn input(tensor: &Tensor) -> ort::Result<SessionInputValue<'_>> {
    let shape = tensor.shape();
    macro_rules! view {
        ($values:expr) => {
            TensorRef::from_array_view((shape, $values.as_slice()))?.into()
        };
    }
    Ok(match tensor.data() {
        Data::F32(v) => view!(v),
        Data::F64(v) => view!(v),
        Data::F16(v) => view!(v),
        Data::BF16(v) => view!(v),
        Data::I8(v) => view!(v),
        Data::I16(v) => view!(v),
        Data::I32(v) => view!(v),
        Data::I64(v) => view!(v),
        Data::U8(v) => view!(v),
        Data::U16(v) => view!(v),
        Data::U32(v) => view!(v),
        Data::U64(v) => view!(v),
        Data::Bool(v) => view!(v),
        Data::Str(v) => {
            let texts: Result<Vec<String>, _> = v.iter().map(|b| String::from_utf8(b.clone())).collect();
            let texts = texts.map_err(|_| ort::Error::new("a text that isn't UTF-8"))?;
            OrtTensor::from_string_array((shape, texts.as_slice()))?.into()
        }
    })
}

/// A copy of an output, in the element type that the graph states.
pub fn output(value: &DynValue, want: Option<DType>) -> ort::Result<Tensor> {
    let kind = value.dtype().tensor_type().ok_or_else(|| ort::Error::new("an output that isn't a tensor"))?;
    let tensor = match kind {
        TensorElementType::Float32 => copy::<f32>(value, Data::F32),
        TensorElementType::Float64 => copy::<f64>(value, Data::F64),
        TensorElementType::Float16 => copy::<f16>(value, Data::F16),
        TensorElementType::Bfloat16 => copy::<bf16>(value, Data::BF16),
        TensorElementType::Int8 => copy::<i8>(value, Data::I8),
        TensorElementType::Int16 => copy::<i16>(value, Data::I16),
        TensorElementType::Int32 => copy::<i32>(value, Data::I32),
        TensorElementType::Int64 => copy::<i64>(value, Data::I64),
        TensorElementType::Uint8 => copy::<u8>(value, Data::U8),
        TensorElementType::Uint16 => copy::<u16>(value, Data::U16),
        TensorElementType::Uint32 => copy::<u32>(value, Data::U32),
        TensorElementType::Uint64 => copy::<u64>(value, Data::U64),
        TensorElementType::Bool => copy::<bool>(value, Data::Bool),
        TensorElementType::String => {
            let (shape, texts) = value.try_extract_strings()?;
            let texts = texts.into_iter().map(String::into_bytes).collect();
            tensor(shape, Data::Str(Arc::new(texts)))
        }
        other => Err(ort::Error::new(format!("an output of type {other}"))),
    }?;
    Ok(match want {
        Some(dtype) if dtype != tensor.dtype() => tensor.cast(dtype),
        _ => tensor,
    })
}

fn copy<T: PrimitiveTensorElementType + Copy>(
    value: &DynValue,
    data: impl FnOnce(Arc<Vec<T>>) -> Data,
) -> ort::Result<Tensor> {
    let (shape, values) = value.try_extract_tensor::<T>()?;
    tensor(shape, data(Arc::new(values.to_vec())))
}

fn tensor(shape: &[i64], data: Data) -> ort::Result<Tensor> {
    let shape = shape.iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect();
    Tensor::new(shape, data).map_err(|e| ort::Error::new(e.to_string()))
}
