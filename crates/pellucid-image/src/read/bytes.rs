//! Numbers from bytes in either order.

/// Byte order of numbers in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

macro_rules! number {
    ($name:ident, $type:ty, $n:literal) => {
        /// The number at `at`, `None` past the end.
        pub fn $name(self, bytes: &[u8], at: usize) -> Option<$type> {
            let raw: [u8; $n] = bytes.get(at..at.checked_add($n)?)?.try_into().ok()?;
            Some(match self {
                Endian::Little => <$type>::from_le_bytes(raw),
                Endian::Big => <$type>::from_be_bytes(raw),
            })
        }
    };
}

impl Endian {
    number!(u16, u16, 2);
    number!(u32, u32, 4);
    number!(i16, i16, 2);
    number!(i32, i32, 4);
    number!(i64, i64, 8);
    number!(f32, f32, 4);
    number!(f64, f64, 8);
}

/// Element types of numbers stored in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Stored {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

impl Stored {
    /// Bytes per number.
    pub fn size(self) -> usize {
        match self {
            Stored::Bool | Stored::U8 | Stored::I8 => 1,
            Stored::U16 | Stored::I16 | Stored::F16 => 2,
            Stored::U32 | Stored::I32 | Stored::F32 => 4,
            Stored::U64 | Stored::I64 | Stored::F64 => 8,
        }
    }

    /// Whether `f32` may round values of this type.
    pub fn rounds(self) -> bool {
        matches!(self, Stored::U32 | Stored::I32 | Stored::U64 | Stored::I64 | Stored::F64)
    }

    /// All numbers of `bytes` as `f64` passed through `f` and rounded once to `f32`; trailing bytes are ignored.
    pub fn read(self, bytes: &[u8], endian: Endian, f: impl Fn(f64) -> f64) -> Vec<f32> {
        macro_rules! numbers {
            ($type:ty, $n:literal, $to:expr) => {
                bytes
                    .as_chunks::<$n>()
                    .0
                    .iter()
                    .map(|&raw| {
                        let value = match endian {
                            Endian::Little => <$type>::from_le_bytes(raw),
                            Endian::Big => <$type>::from_be_bytes(raw),
                        };
                        f($to(value)) as f32
                    })
                    .collect()
            };
        }
        match self {
            Stored::Bool => bytes.iter().map(|&v| f(f64::from(u8::from(v != 0))) as f32).collect(),
            Stored::U8 => bytes.iter().map(|&v| f(f64::from(v)) as f32).collect(),
            Stored::I8 => bytes.iter().map(|&v| f(f64::from(v as i8)) as f32).collect(),
            Stored::U16 => numbers!(u16, 2, f64::from),
            Stored::I16 => numbers!(i16, 2, f64::from),
            Stored::U32 => numbers!(u32, 4, f64::from),
            Stored::I32 => numbers!(i32, 4, f64::from),
            Stored::U64 => numbers!(u64, 8, |v| v as f64),
            Stored::I64 => numbers!(i64, 8, |v| v as f64),
            Stored::F16 => numbers!(half::f16, 2, half::f16::to_f64),
            Stored::F32 => numbers!(f32, 4, f64::from),
            Stored::F64 => numbers!(f64, 8, |v| v),
        }
    }
}
