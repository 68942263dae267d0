//! How much memory the messages of a file would take, counted before they are decoded.
//!
//! An empty message takes two bytes of a file and hundreds of bytes in memory, so a small hostile file could fill the memory. Walking
//! over the wire format costs little: tensor data is stepped over.

use std::mem::size_of;

use super::proto as p;

/// Memory that every file may use, and how many times its size it may use beyond that.
const FLOOR: u64 = 256 << 20;
const FACTOR: u64 = 16;

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

fn size(kind: Kind) -> u64 {
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

/// Whether the messages of a file stay within the memory that a file of its size may take. Bytes that aren't valid end the walk: the
/// decoder refuses them.
pub(super) fn fits(bytes: &[u8]) -> bool {
    let mut left = FLOOR + FACTOR.saturating_mul(bytes.len() as u64);
    walk(bytes, Model, 0, &mut left).is_ok()
}

/// Too much memory is needed.
struct TooMuch;

fn walk(mut bytes: &[u8], kind: Kind, depth: usize, left: &mut u64) -> Result<(), TooMuch> {
    if depth > 128 {
        return Ok(());
    }
    while let Some(key) = varint(&mut bytes) {
        let inner = FIELDS.iter().find(|f| f.0 == kind && f.1 == key >> 3).map(|f| f.2);
        let cost = match key & 7 {
            2 => inner.map_or(size_of::<String>() as u64, size),
            _ => 8,
        };
        *left = left.checked_sub(cost).ok_or(TooMuch)?;
        let skip = match key & 7 {
            0 => varint(&mut bytes).map(|_| 0),
            1 => Some(8),
            2 => varint(&mut bytes),
            5 => Some(4),
            _ => None,
        };
        let Some(part) = skip.and_then(|n| usize::try_from(n).ok()).and_then(|n| bytes.split_at_checked(n)) else {
            return Ok(());
        };
        bytes = part.1;
        if let (2, Some(inner)) = (key & 7, inner) {
            walk(part.0, inner, depth + 1, left)?;
        }
    }
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
