//! Element types of tensors, with their ONNX codes.

use std::fmt;

/// Element type of a tensor. Float8, 4-bit and complex types are not represented: a model that uses them is refused at import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum DType {
    F32,
    F64,
    F16,
    BF16,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
    Str,
}

/// `(type, ONNX TensorProto.DataType code, short name)`, the one table of element types.
const TABLE: &[(DType, i32, &str)] = &[
    (DType::F32, 1, "f32"),
    (DType::U8, 2, "u8"),
    (DType::I8, 3, "i8"),
    (DType::U16, 4, "u16"),
    (DType::I16, 5, "i16"),
    (DType::I32, 6, "i32"),
    (DType::I64, 7, "i64"),
    (DType::Str, 8, "str"),
    (DType::Bool, 9, "bool"),
    (DType::F16, 10, "f16"),
    (DType::F64, 11, "f64"),
    (DType::U32, 12, "u32"),
    (DType::U64, 13, "u64"),
    (DType::BF16, 16, "bf16"),
];

impl DType {
    /// The ONNX `TensorProto.DataType` code.
    pub fn onnx_code(self) -> i32 {
        TABLE.iter().find(|row| row.0 == self).map_or(0, |row| row.1)
    }

    /// The type of an ONNX code, `None` for a type that Pellucid can't hold.
    pub fn from_onnx_code(code: i32) -> Option<DType> {
        TABLE.iter().find(|row| row.1 == code).map(|row| row.0)
    }

    /// Whether values of this type are real numbers (and so can carry a gradient).
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64 | DType::F16 | DType::BF16)
    }

    /// Bytes per element; 0 for strings.
    pub fn size(self) -> usize {
        match self {
            DType::F64 | DType::I64 | DType::U64 => 8,
            DType::F32 | DType::I32 | DType::U32 => 4,
            DType::F16 | DType::BF16 | DType::I16 | DType::U16 => 2,
            DType::I8 | DType::U8 | DType::Bool => 1,
            DType::Str => 0,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TABLE.iter().find(|row| row.0 == *self).map_or("?", |row| row.2))
    }
}
