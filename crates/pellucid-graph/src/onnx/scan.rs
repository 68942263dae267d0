//! How much memory the messages of a file would take, counted before they are decoded.
//!
//! An empty message takes two bytes of a file and hundreds of bytes in memory, so a small hostile file could fill the memory. Walking
//! over the wire format costs little: tensor data is stepped over.

use std::io::{self, BufRead, Seek};
use std::mem::size_of;

use super::proto as p;

/// Memory that every file may use, and how many times its size it may use beyond that.
const FLOOR: u64 = 256 << 20;
const FACTOR: u64 = 16;
/// Deeper messages aren't walked into: the decoder refuses them.
const DEPTH: usize = 128;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    ValueInfo,
    Type,
    Container,
    Tensorial,
    Shape,
    Dim,
    Function,
    Training,
    Entry,
    Annotation,
    Device,
    Sharding,
    Leaf,
}

use Kind::*;

/// `(message, field, message of the field)`.
const FIELDS: &[(Kind, u64, Kind)] = &[
    (Model, 7, Graph),
    (Model, 8, Entry),
    (Model, 14, Entry),
    (Model, 20, Training),
    (Model, 25, Function),
    (Model, 26, Entry),
    (Training, 1, Graph),
    (Training, 2, Graph),
    (Training, 3, Entry),
    (Training, 4, Entry),
    (Graph, 1, Node),
    (Graph, 5, Tensor),
    (Graph, 11, ValueInfo),
    (Graph, 12, ValueInfo),
    (Graph, 13, ValueInfo),
    (Graph, 14, Annotation),
    (Graph, 15, Sparse),
    (Graph, 16, Entry),
    (Node, 5, Attribute),
    (Node, 9, Entry),
    (Node, 10, Device),
    (Device, 2, Sharding),
    (Sharding, 3, Leaf),
    (Sharding, 4, Leaf),
    (Attribute, 5, Tensor),
    (Attribute, 6, Graph),
    (Attribute, 10, Tensor),
    (Attribute, 11, Graph),
    (Attribute, 14, Type),
    (Attribute, 15, Type),
    (Attribute, 22, Sparse),
    (Attribute, 23, Sparse),
    (Sparse, 1, Tensor),
    (Sparse, 2, Tensor),
    (Tensor, 13, Entry),
    (Tensor, 16, Entry),
    (ValueInfo, 2, Type),
    (ValueInfo, 4, Entry),
    (Type, 1, Tensorial),
    (Type, 4, Container),
    (Type, 5, Container),
    (Type, 8, Tensorial),
    (Type, 9, Container),
    (Container, 1, Type),
    (Container, 2, Type),
    (Tensorial, 2, Shape),
    (Shape, 1, Dim),
    (Function, 7, Node),
    (Function, 9, Entry),
    (Function, 11, Attribute),
    (Function, 12, ValueInfo),
    (Function, 14, Entry),
    (Annotation, 2, Entry),
];

/// Memory of a message without what is in it.
fn memory(kind: Kind) -> u64 {
    let size = match kind {
        Model => size_of::<p::ModelProto>(),
        Graph => size_of::<p::GraphProto>(),
        Node => size_of::<p::NodeProto>(),
        Attribute => size_of::<p::AttributeProto>(),
        Tensor => size_of::<p::TensorProto>(),
        Sparse => size_of::<p::SparseTensorProto>(),
        ValueInfo => size_of::<p::ValueInfoProto>(),
        Type | Container | Tensorial | Shape => size_of::<p::TypeProto>(),
        Function => size_of::<p::FunctionProto>(),
        Training => size_of::<p::TrainingInfoProto>(),
        Dim | Entry | Annotation | Device | Sharding | Leaf => 96,
    };
    size as u64
}

/// Whether the messages of a file of `size` bytes stay within the memory that such a file may take. Bytes that aren't valid end the walk:
/// the decoder refuses them.
pub(super) fn fits(file: &mut (impl BufRead + Seek), size: u64) -> io::Result<bool> {
    let mut walk = Walk { file, left: FLOOR + FACTOR.saturating_mul(size) };
    match walk.message(Model, size, 0) {
        Err(Stop::TooMuch) => Ok(false),
        Err(Stop::Read(error)) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(true),
    }
}

/// Why a walk ends.
enum Stop {
    /// Too much memory is needed.
    TooMuch,
    /// The bytes aren't valid.
    Malformed,
    /// They can't be read.
    Read(io::Error),
}

struct Walk<'a, R> {
    file: &'a mut R,
    /// Memory that may still be used.
    left: u64,
}

impl<R: BufRead + Seek> Walk<'_, R> {
    /// Walks over a message of `size` bytes.
    fn message(&mut self, kind: Kind, mut size: u64, depth: usize) -> Result<(), Stop> {
        while size > 0 {
            let key = self.varint(&mut size)?;
            let inner = FIELDS.iter().find(|f| f.0 == kind && f.1 == key >> 3).map(|f| f.2);
            let cost = match key & 7 {
                2 => inner.map_or(size_of::<String>() as u64, memory),
                _ => 8,
            };
            self.left = self.left.checked_sub(cost).ok_or(Stop::TooMuch)?;
            let length = match key & 7 {
                0 => self.varint(&mut size).map(|_| 0)?,
                1 => 8,
                2 => self.varint(&mut size)?,
                5 => 4,
                _ => return Err(Stop::Malformed),
            };
            size = size.checked_sub(length).ok_or(Stop::Malformed)?;
            match inner {
                Some(inner) if key & 7 == 2 && depth < DEPTH => self.message(inner, length, depth + 1)?,
                _ => self.skip(length)?,
            }
        }
        Ok(())
    }

    fn skip(&mut self, length: u64) -> Result<(), Stop> {
        let length = i64::try_from(length).map_err(|_| Stop::Malformed)?;
        self.file.seek_relative(length).map_err(Stop::Read)
    }

    fn varint(&mut self, size: &mut u64) -> Result<u64, Stop> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            *size = size.checked_sub(1).ok_or(Stop::Malformed)?;
            let mut byte = [0];
            self.file.read_exact(&mut byte).map_err(Stop::Read)?;
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                return Ok(value);
            }
        }
        Err(Stop::Malformed)
    }
}
