//! ONNX graphs as values: import, export, shapes, rewrites.
//!
//! A [`Graph`] is read from ONNX ([`onnx`]), fixed to input shapes and simplified ([`rewrite`]), grown by the other crates (targets,
//! backward passes, heads), and written as ONNX again for any engine. Operators are described once, in [`op::OPS`].

mod attr;
mod build;
pub mod cut;
mod dtype;
mod error;
mod fact;
mod graph;
pub mod interpret;
pub mod onnx;
pub mod op;
mod print;
pub mod query;
pub mod rewrite;
mod tensor;
mod verify;

pub use attr::{Attr, Attrs};
pub use build::{AxisMap, Build};
pub use dtype::DType;
pub use error::{GraphError, Result};
pub use fact::{Dim, Fact};
pub use graph::{Graph, NameMap, Node, OPSET, Wire, WireInfo, nearest};
pub use tensor::{Data, Tensor, volume};
