//! ONNX in and out.
//!
//! Reading brings every model into one dialect, the standard operators as opset 21 means them (`normalise`): attributes that became
//! inputs are inputs, local functions are inlined, fused operators of runtimes are taken apart. Writing lowers Pellucid's grouped
//! operators and gives a plain ONNX file of opset 21.
//!
//! Nothing in a file is trusted: every length, path and name is checked, and what is declared of inner wires is not used.

mod body;
mod emit;
mod export;
mod external;
mod function;
mod import;
mod kinds;
mod lower;
mod normalise;
mod read;
mod scan;
mod sort;
mod stream;
mod value;

#[allow(missing_docs, clippy::all, clippy::pedantic)]
#[rustfmt::skip]
pub mod proto;

pub use export::{ExportOptions, save, to_bytes};
pub use read::{Model, ModelInfo, from_bytes, open};

use crate::{Fact, Graph, Result};

/// The body of `If`, `Loop` or `Scan` of a graph in the dialect, as a graph. Its inputs are what it reads from outside, in the given order.
///
/// # Errors
/// When the body isn't valid.
pub(crate) fn body(body: &proto::GraphProto, outside: &[(String, Fact)]) -> Result<Graph> {
    let mut body = body.clone();
    body.input.splice(0..0, outside.iter().map(|(name, fact)| emit::value_info(name, Some(fact))));
    let size = prost::Message::encoded_len(&body);
    let source = import::Source { functions: &[], opset: crate::OPSET, ir_version: 10, size: size as u64 };
    Ok(import::build(body, &source, &mut external::Loader::new(None))?.graph)
}

/// Operators that have a lowering to standard ones.
pub fn lowered() -> impl Iterator<Item = &'static str> {
    lower::TABLE.iter().map(|row| row.0)
}
