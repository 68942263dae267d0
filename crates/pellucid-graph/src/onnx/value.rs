//! Tensors between the file and memory: raw and typed data, sparse tensors.

use std::sync::Arc;

use half::{bf16, f16};

use super::external::Loader;
use super::proto::{SparseTensorProto, TensorProto, tensor_proto::DataLocation};
use crate::{DType, Data, GraphError, Result, Tensor, volume};

/// More axes than any operator can use.
pub(super) const AXES: usize = 64;

fn wrong(what: &str, reason: impl std::fmt::Display) -> GraphError {
    GraphError::Invalid(format!("tensor `{what}`: {reason}"))
}

/// The sizes of a file's shape.
fn sizes(what: &str, dims: &[i64]) -> Result<Vec<usize>> {
    if dims.len() > AXES {
        return Err(wrong(what, format!("it has {} axes, more than {AXES}", dims.len())));
    }
    dims.iter().map(|&d| usize::try_from(d).map_err(|_| wrong(what, format!("its shape has the size `{d}`")))).collect()
}

/// Reads a tensor of the file. `what` names it in messages.
pub(super) fn from_proto(proto: &TensorProto, what: &str, loader: &mut Loader) -> Result<Tensor> {
    let shape = sizes(what, &proto.dims)?;
    let count = volume(&shape).ok_or_else(|| wrong(what, format!("its shape {shape:?} has too many elements")))?;
    let dtype = DType::from_onnx_code(proto.data_type).ok_or_else(|| {
        let name = super::proto::tensor_proto::DataType::try_from(proto.data_type).map_or("?", |t| t.as_str_name());
        wrong(what, format!("its element type `{}` ({name}) isn't supported", proto.data_type))
    })?;
    if proto.segment.is_some() {
        return Err(wrong(what, "it is stored in segments, which no tool writes any more"));
    }
    let data = if proto.data_location == DataLocation::External as i32 {
        let bytes = count.checked_mul(dtype.size()).filter(|_| dtype != DType::Str);
        let bytes = bytes.ok_or_else(|| wrong(what, "such a tensor can't be stored outside the model file"))?;
        raw(dtype, &loader.read(proto, what, bytes)?, count)
    } else if !proto.raw_data.is_empty() && dtype != DType::Str {
        raw(dtype, &proto.raw_data, count)
    } else {
        typed(dtype, proto, count)
    };
    let data = data.map_err(|found| {
        wrong(what, format!("its shape {shape:?} needs {count} values of type {dtype}, but {found}"))
    })?;
    Tensor::new(shape, data)
}

/// Little-endian bytes as values; the error says what was found.
fn raw(dtype: DType, bytes: &[u8], count: usize) -> Result<Data, String> {
    if count.checked_mul(dtype.size()) != Some(bytes.len()) {
        return Err(format!("there are {} bytes", bytes.len()));
    }
    fn read<const N: usize, T>(bytes: &[u8], f: impl Fn([u8; N]) -> T) -> Arc<Vec<T>> {
        Arc::new(bytes.as_chunks::<N>().0.iter().map(|c| f(*c)).collect())
    }
    Ok(match dtype {
        DType::F32 => Data::F32(read(bytes, f32::from_le_bytes)),
        DType::F64 => Data::F64(read(bytes, f64::from_le_bytes)),
        DType::F16 => Data::F16(read(bytes, f16::from_le_bytes)),
        DType::BF16 => Data::BF16(read(bytes, bf16::from_le_bytes)),
        DType::I8 => Data::I8(read(bytes, i8::from_le_bytes)),
        DType::I16 => Data::I16(read(bytes, i16::from_le_bytes)),
        DType::I32 => Data::I32(read(bytes, i32::from_le_bytes)),
        DType::I64 => Data::I64(read(bytes, i64::from_le_bytes)),
        DType::U8 => Data::U8(Arc::new(bytes.to_vec())),
        DType::U16 => Data::U16(read(bytes, u16::from_le_bytes)),
        DType::U32 => Data::U32(read(bytes, u32::from_le_bytes)),
        DType::U64 => Data::U64(read(bytes, u64::from_le_bytes)),
        DType::Bool => Data::Bool(read(bytes, |[b]: [u8; 1]| b != 0)),
        DType::Str => return Err("strings have no raw form".into()),
    })
}

/// Values from the typed fields. Types narrower than 32 bits share `int32_data`; half floats are their bits there.
fn typed(dtype: DType, proto: &TensorProto, count: usize) -> Result<Data, String> {
    fn fill<S: Clone, T>(values: &[S], count: usize, f: impl Fn(S) -> T) -> Result<Arc<Vec<T>>, String> {
        if values.len() != count {
            return Err(format!("there are {} values", values.len()));
        }
        Ok(Arc::new(values.iter().cloned().map(f).collect()))
    }
    let narrow = &proto.int32_data;
    Ok(match dtype {
        DType::F32 => Data::F32(fill(&proto.float_data, count, |v| v)?),
        DType::F64 => Data::F64(fill(&proto.double_data, count, |v| v)?),
        DType::F16 => Data::F16(fill(narrow, count, |v| f16::from_bits(v as u16))?),
        DType::BF16 => Data::BF16(fill(narrow, count, |v| bf16::from_bits(v as u16))?),
        DType::I8 => Data::I8(fill(narrow, count, |v| v as i8)?),
        DType::I16 => Data::I16(fill(narrow, count, |v| v as i16)?),
        DType::I32 => Data::I32(fill(narrow, count, |v| v)?),
        DType::I64 => Data::I64(fill(&proto.int64_data, count, |v| v)?),
        DType::U8 => Data::U8(fill(narrow, count, |v| v as u8)?),
        DType::U16 => Data::U16(fill(narrow, count, |v| v as u16)?),
        DType::U32 => Data::U32(fill(&proto.uint64_data, count, |v| v as u32)?),
        DType::U64 => Data::U64(fill(&proto.uint64_data, count, |v| v)?),
        DType::Bool => Data::Bool(fill(narrow, count, |v| v != 0)?),
        DType::Str => Data::Str(fill(&proto.string_data, count, |v| v)?),
    })
}

/// Reads a sparse tensor of the file as a dense one.
pub(super) fn from_sparse(proto: &SparseTensorProto, what: &str, loader: &mut Loader) -> Result<Tensor> {
    let missing = || wrong(what, "it is sparse, but has no values or no indices");
    let values = from_proto(proto.values.as_ref().ok_or_else(missing)?, what, loader)?;
    let indices = from_proto(proto.indices.as_ref().ok_or_else(missing)?, what, loader)?;
    let shape = sizes(what, &proto.dims)?;
    let count = volume(&shape).ok_or_else(|| wrong(what, format!("its shape {shape:?} has too many elements")))?;
    if values.dtype() == DType::Str || indices.dtype() != DType::I64 {
        return Err(wrong(what, "a sparse tensor needs numbers as values and i64 indices"));
    }
    loader.spend_dense(what, count.saturating_mul(values.dtype().size()))?;
    let places = places(&indices, &shape, count, values.len()).map_err(|reason| wrong(what, reason))?;
    let data = scatter(values.data(), &places, count);
    Tensor::new(shape, data)
}

/// Where each value lies in the dense tensor, from linear indices (rank 1) or one row of indices per value (rank 2).
fn places(indices: &Tensor, shape: &[usize], count: usize, values: usize) -> Result<Vec<usize>, String> {
    let width = match indices.shape() {
        [n] if *n == values => None,
        [n, rank] if *n == values && *rank == shape.len() && *rank > 0 => Some(*rank),
        other => return Err(format!("its indices have shape {other:?} for {values} values")),
    };
    let place = |row: &[i64]| -> Option<usize> {
        if width.is_none() {
            return usize::try_from(*row.first()?).ok().filter(|&p| p < count);
        }
        row.iter().zip(shape).try_fold(0usize, |at, (&i, &size)| {
            let i = usize::try_from(i).ok().filter(|&i| i < size)?;
            Some(at * size + i)
        })
    };
    let outside = |row: &[i64]| format!("index {row:?} lies outside its shape {shape:?}");
    let rows = indices.to_i64();
    rows.chunks(width.unwrap_or(1)).map(|row| place(row).ok_or_else(|| outside(row))).collect()
}

fn scatter(values: &Data, places: &[usize], count: usize) -> Data {
    fn spread<T: Copy + Default>(values: &[T], places: &[usize], count: usize) -> Arc<Vec<T>> {
        let mut out = vec![T::default(); count];
        for (v, &p) in values.iter().zip(places) {
            out[p] = *v;
        }
        Arc::new(out)
    }
    match values {
        Data::F32(v) => Data::F32(spread(v, places, count)),
        Data::F64(v) => Data::F64(spread(v, places, count)),
        Data::F16(v) => Data::F16(spread(v, places, count)),
        Data::BF16(v) => Data::BF16(spread(v, places, count)),
        Data::I8(v) => Data::I8(spread(v, places, count)),
        Data::I16(v) => Data::I16(spread(v, places, count)),
        Data::I32(v) => Data::I32(spread(v, places, count)),
        Data::I64(v) => Data::I64(spread(v, places, count)),
        Data::U8(v) => Data::U8(spread(v, places, count)),
        Data::U16(v) => Data::U16(spread(v, places, count)),
        Data::U32(v) => Data::U32(spread(v, places, count)),
        Data::U64(v) => Data::U64(spread(v, places, count)),
        Data::Bool(v) => Data::Bool(spread(v, places, count)),
        Data::Str(v) => Data::Str(v.clone()),
    }
}

/// Writes the values of a numeric tensor as little-endian bytes; strings write nothing.
pub(super) fn write_raw(tensor: &Tensor, out: &mut impl std::io::Write) -> std::io::Result<()> {
    fn put<const N: usize, T: Copy>(
        values: &[T],
        out: &mut impl std::io::Write,
        f: impl Fn(T) -> [u8; N],
    ) -> std::io::Result<()> {
        let mut block = Vec::with_capacity(4096 * N);
        for part in values.chunks(4096) {
            block.clear();
            part.iter().for_each(|v| block.extend_from_slice(&f(*v)));
            out.write_all(&block)?;
        }
        Ok(())
    }
    match tensor.data() {
        Data::F32(v) => put(v, out, f32::to_le_bytes),
        Data::F64(v) => put(v, out, f64::to_le_bytes),
        Data::F16(v) => put(v, out, f16::to_le_bytes),
        Data::BF16(v) => put(v, out, bf16::to_le_bytes),
        Data::I8(v) => put(v, out, i8::to_le_bytes),
        Data::I16(v) => put(v, out, i16::to_le_bytes),
        Data::I32(v) => put(v, out, i32::to_le_bytes),
        Data::I64(v) => put(v, out, i64::to_le_bytes),
        Data::U8(v) => out.write_all(v),
        Data::U16(v) => put(v, out, u16::to_le_bytes),
        Data::U32(v) => put(v, out, u32::to_le_bytes),
        Data::U64(v) => put(v, out, u64::to_le_bytes),
        Data::Bool(v) => put(v, out, |b| [u8::from(b)]),
        Data::Str(_) => Ok(()),
    }
}

/// Everything of a tensor's message but its raw values.
pub(super) fn header(name: &str, tensor: &Tensor) -> TensorProto {
    let string_data = match tensor.data() {
        Data::Str(v) => v.to_vec(),
        _ => vec![],
    };
    TensorProto {
        name: name.to_string(),
        dims: tensor.shape().iter().map(|&n| n as i64).collect(),
        data_type: tensor.dtype().onnx_code(),
        string_data,
        ..TensorProto::default()
    }
}

/// A small tensor as a message (attributes, constants inside bodies).
pub(super) fn to_proto(name: &str, tensor: &Tensor) -> TensorProto {
    let mut bytes = Vec::with_capacity(tensor.len() * tensor.dtype().size());
    // Writing into a vector can't fail.
    let _ = write_raw(tensor, &mut bytes);
    TensorProto { raw_data: bytes.into(), ..header(name, tensor) }
}
