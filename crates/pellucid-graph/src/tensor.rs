//! Dense tensors on the host, row-major, cheap to clone.

use std::sync::Arc;

use half::{bf16, f16};

use crate::{DType, GraphError, Result};

/// Dense row-major values with a shape. Cloning shares the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

/// The values of a tensor, one variant per element type.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Data {
    F32(Arc<Vec<f32>>),
    F64(Arc<Vec<f64>>),
    F16(Arc<Vec<f16>>),
    BF16(Arc<Vec<bf16>>),
    I8(Arc<Vec<i8>>),
    I16(Arc<Vec<i16>>),
    I32(Arc<Vec<i32>>),
    I64(Arc<Vec<i64>>),
    U8(Arc<Vec<u8>>),
    U16(Arc<Vec<u16>>),
    U32(Arc<Vec<u32>>),
    U64(Arc<Vec<u64>>),
    Bool(Arc<Vec<bool>>),
    Str(Arc<Vec<Vec<u8>>>),
}

/// Runs `$body` with `$v` bound to the values of a numeric tensor, `$other` for strings.
macro_rules! each {
    ($data:expr, $v:ident => $body:expr, $other:expr) => {
        match $data {
            Data::F32($v) => $body,
            Data::F64($v) => $body,
            Data::I8($v) => $body,
            Data::I16($v) => $body,
            Data::I32($v) => $body,
            Data::I64($v) => $body,
            Data::U8($v) => $body,
            Data::U16($v) => $body,
            Data::U32($v) => $body,
            Data::U64($v) => $body,
            _ => $other,
        }
    };
}

impl Data {
    /// The element type.
    pub fn dtype(&self) -> DType {
        match self {
            Data::F32(_) => DType::F32,
            Data::F64(_) => DType::F64,
            Data::F16(_) => DType::F16,
            Data::BF16(_) => DType::BF16,
            Data::I8(_) => DType::I8,
            Data::I16(_) => DType::I16,
            Data::I32(_) => DType::I32,
            Data::I64(_) => DType::I64,
            Data::U8(_) => DType::U8,
            Data::U16(_) => DType::U16,
            Data::U32(_) => DType::U32,
            Data::U64(_) => DType::U64,
            Data::Bool(_) => DType::Bool,
            Data::Str(_) => DType::Str,
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Data::F16(v) => v.len(),
            Data::BF16(v) => v.len(),
            Data::Bool(v) => v.len(),
            Data::Str(v) => v.len(),
            other => each!(other, v => v.len(), 0),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Number of elements of a shape, `None` when it overflows.
pub fn volume(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}

impl Tensor {
    /// A tensor of the given values.
    ///
    /// # Errors
    /// When the number of values isn't the product of `shape`.
    pub fn new(shape: Vec<usize>, data: Data) -> Result<Tensor> {
        if volume(&shape) != Some(data.len()) {
            return Err(GraphError::TensorSize { shape, found: data.len() });
        }
        Ok(Tensor { shape, data })
    }

    /// An `f32` tensor.
    ///
    /// # Errors
    /// When the number of values isn't the product of `shape`.
    pub fn f32(shape: &[usize], values: Vec<f32>) -> Result<Tensor> {
        Tensor::new(shape.to_vec(), Data::F32(Arc::new(values)))
    }

    /// An `f64` tensor.
    ///
    /// # Errors
    /// When the number of values isn't the product of `shape`.
    pub fn f64(shape: &[usize], values: Vec<f64>) -> Result<Tensor> {
        Tensor::new(shape.to_vec(), Data::F64(Arc::new(values)))
    }

    /// An `i64` tensor.
    ///
    /// # Errors
    /// When the number of values isn't the product of `shape`.
    pub fn i64(shape: &[usize], values: Vec<i64>) -> Result<Tensor> {
        Tensor::new(shape.to_vec(), Data::I64(Arc::new(values)))
    }

    /// A one-dimensional `i64` tensor, the usual form of shapes and axes.
    pub fn vec_i64(values: &[i64]) -> Tensor {
        Tensor { shape: vec![values.len()], data: Data::I64(Arc::new(values.to_vec())) }
    }

    /// An `f32` scalar (rank 0).
    pub fn scalar(value: f32) -> Tensor {
        Tensor { shape: vec![], data: Data::F32(Arc::new(vec![value])) }
    }

    /// A tensor of one value everywhere, of a float or integer or bool type.
    pub fn full(dtype: DType, shape: &[usize], value: f64) -> Tensor {
        let n = volume(shape).unwrap_or(0);
        Tensor::from_f64(dtype, shape.to_vec(), vec![value; n])
    }

    /// A tensor of the given type from `f64` values, rounded to the type. Integers truncate, bool is `v != 0`.
    ///
    /// # Panics
    /// When the number of values isn't the product of `shape` (an internal mistake, never user data).
    pub fn from_f64(dtype: DType, shape: Vec<usize>, values: Vec<f64>) -> Tensor {
        assert_eq!(volume(&shape), Some(values.len()), "values don't fill the shape");
        fn map<T>(values: Vec<f64>, f: impl Fn(f64) -> T) -> Arc<Vec<T>> {
            Arc::new(values.into_iter().map(f).collect())
        }
        let data = match dtype {
            DType::F32 => Data::F32(map(values, |v| v as f32)),
            DType::F64 | DType::Str => Data::F64(Arc::new(values)),
            DType::F16 => Data::F16(map(values, f16::from_f64)),
            DType::BF16 => Data::BF16(map(values, bf16::from_f64)),
            DType::I8 => Data::I8(map(values, |v| v as i8)),
            DType::I16 => Data::I16(map(values, |v| v as i16)),
            DType::I32 => Data::I32(map(values, |v| v as i32)),
            DType::I64 => Data::I64(map(values, |v| v as i64)),
            DType::U8 => Data::U8(map(values, |v| v as u8)),
            DType::U16 => Data::U16(map(values, |v| v as u16)),
            DType::U32 => Data::U32(map(values, |v| v as u32)),
            DType::U64 => Data::U64(map(values, |v| v as u64)),
            DType::Bool => Data::Bool(map(values, |v| v != 0.0)),
        };
        Tensor { shape, data }
    }

    /// A tensor of an integer or bool type from `i64` values (exact, unlike [`Tensor::from_f64`] above 2^53).
    ///
    /// # Panics
    /// When the number of values isn't the product of `shape` (an internal mistake, never user data).
    pub fn from_i64(dtype: DType, shape: Vec<usize>, values: Vec<i64>) -> Tensor {
        assert_eq!(volume(&shape), Some(values.len()), "values don't fill the shape");
        match dtype {
            DType::I64 => Tensor { shape, data: Data::I64(Arc::new(values)) },
            DType::U64 => Tensor { shape, data: Data::U64(Arc::new(values.into_iter().map(|v| v as u64).collect())) },
            other => Tensor::from_f64(other, shape, values.into_iter().map(|v| v as f64).collect()),
        }
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// The values.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The values as `f64`; strings give an empty vector.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            Data::F64(v) => v.to_vec(),
            Data::F16(v) => v.iter().map(|x| x.to_f64()).collect(),
            Data::BF16(v) => v.iter().map(|x| x.to_f64()).collect(),
            Data::Bool(v) => v.iter().map(|&x| f64::from(u8::from(x))).collect(),
            #[allow(clippy::unnecessary_cast)] // one arm of the macro has the type already
            other => each!(other, v => v.iter().map(|&x| x as f64).collect(), vec![]),
        }
    }

    /// The values as `f32`; strings give an empty vector.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.data {
            Data::F32(v) => v.to_vec(),
            Data::F16(v) => v.iter().map(|x| x.to_f32()).collect(),
            Data::BF16(v) => v.iter().map(|x| x.to_f32()).collect(),
            Data::Bool(v) => v.iter().map(|&x| f32::from(u8::from(x))).collect(),
            #[allow(clippy::unnecessary_cast)] // one arm of the macro has the type already
            other => each!(other, v => v.iter().map(|&x| x as f32).collect(), vec![]),
        }
    }

    /// The values as `i64` (floats truncate); strings give an empty vector.
    pub fn to_i64(&self) -> Vec<i64> {
        match &self.data {
            Data::F16(v) => v.iter().map(|x| x.to_f64() as i64).collect(),
            Data::BF16(v) => v.iter().map(|x| x.to_f64() as i64).collect(),
            Data::Bool(v) => v.iter().map(|&x| i64::from(x)).collect(),
            #[allow(clippy::unnecessary_cast)] // one arm of the macro has the type already
            other => each!(other, v => v.iter().map(|&x| x as i64).collect(), vec![]),
        }
    }

    /// The values of an `f32` tensor without a copy, `None` for another type.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.data {
            Data::F32(v) => Some(v),
            _ => None,
        }
    }

    /// The same values converted to another type.
    pub fn cast(&self, dtype: DType) -> Tensor {
        if dtype == self.dtype() {
            return self.clone();
        }
        if dtype.is_float() || dtype == DType::Bool || self.dtype().is_float() {
            Tensor::from_f64(dtype, self.shape.clone(), self.to_f64())
        } else {
            Tensor::from_i64(dtype, self.shape.clone(), self.to_i64())
        }
    }

    /// The same values under another shape.
    ///
    /// # Errors
    /// When the number of elements differs.
    pub fn reshape(&self, shape: &[usize]) -> Result<Tensor> {
        Tensor::new(shape.to_vec(), self.data.clone())
    }

    /// One sample of a batched tensor: index `i` of axis 0, kept as an axis of size 1.
    ///
    /// # Errors
    /// When the tensor has no axis 0 or `i` is outside it.
    pub fn sample(&self, i: usize) -> Result<Tensor> {
        let n = *self.shape.first().unwrap_or(&0);
        if i >= n {
            return Err(GraphError::Invalid(format!("sample `{i}` of a batch of `{n}`")));
        }
        let size = self.len() / n;
        let mut shape = self.shape.clone();
        shape[0] = 1;
        let range = i * size..(i + 1) * size;
        let data = match &self.data {
            Data::F32(v) => Data::F32(Arc::new(v[range].to_vec())),
            Data::F64(v) => Data::F64(Arc::new(v[range].to_vec())),
            Data::F16(v) => Data::F16(Arc::new(v[range].to_vec())),
            Data::BF16(v) => Data::BF16(Arc::new(v[range].to_vec())),
            Data::I8(v) => Data::I8(Arc::new(v[range].to_vec())),
            Data::I16(v) => Data::I16(Arc::new(v[range].to_vec())),
            Data::I32(v) => Data::I32(Arc::new(v[range].to_vec())),
            Data::I64(v) => Data::I64(Arc::new(v[range].to_vec())),
            Data::U8(v) => Data::U8(Arc::new(v[range].to_vec())),
            Data::U16(v) => Data::U16(Arc::new(v[range].to_vec())),
            Data::U32(v) => Data::U32(Arc::new(v[range].to_vec())),
            Data::U64(v) => Data::U64(Arc::new(v[range].to_vec())),
            Data::Bool(v) => Data::Bool(Arc::new(v[range].to_vec())),
            Data::Str(v) => Data::Str(Arc::new(v[range].to_vec())),
        };
        Tensor::new(shape, data)
    }

    /// Tensors of equal type and equal shape but for axis 0, joined along axis 0.
    ///
    /// # Errors
    /// When there is none, or types or shapes differ.
    pub fn stack(parts: &[Tensor]) -> Result<Tensor> {
        let first = parts.first().ok_or_else(|| GraphError::Invalid("a batch of no tensors".into()))?;
        let same = |t: &Tensor| t.rank() > 0 && t.dtype() == first.dtype() && t.shape[1..] == first.shape[1..];
        if !parts.iter().all(same) {
            return Err(GraphError::Invalid("tensors of a batch differ in type or shape".into()));
        }
        let mut shape = first.shape.clone();
        shape[0] = parts.iter().map(|t| t.shape[0]).sum();
        fn join<T: Clone>(parts: &[Tensor], get: impl Fn(&Data) -> Option<&Vec<T>>) -> Arc<Vec<T>> {
            Arc::new(parts.iter().filter_map(|t| get(&t.data)).flatten().cloned().collect())
        }
        macro_rules! arm {
            ($variant:ident) => {
                Data::$variant(join(parts, |d| match d {
                    Data::$variant(v) => Some(v),
                    _ => None,
                }))
            };
        }
        let data = match first.dtype() {
            DType::F32 => arm!(F32),
            DType::F64 => arm!(F64),
            DType::F16 => arm!(F16),
            DType::BF16 => arm!(BF16),
            DType::I8 => arm!(I8),
            DType::I16 => arm!(I16),
            DType::I32 => arm!(I32),
            DType::I64 => arm!(I64),
            DType::U8 => arm!(U8),
            DType::U16 => arm!(U16),
            DType::U32 => arm!(U32),
            DType::U64 => arm!(U64),
            DType::Bool => arm!(Bool),
            DType::Str => arm!(Str),
        };
        Tensor::new(shape, data)
    }

    /// The index of the first element that is NaN or infinite.
    pub fn first_non_finite(&self) -> Option<usize> {
        match &self.data {
            Data::F32(v) => v.iter().position(|x| !x.is_finite()),
            Data::F64(v) => v.iter().position(|x| !x.is_finite()),
            Data::F16(v) => v.iter().position(|x| !x.is_finite()),
            Data::BF16(v) => v.iter().position(|x| !x.is_finite()),
            _ => None,
        }
    }
}
