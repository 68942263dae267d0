//! Running graphs: tract built in, ONNX Runtime when found.
//!
//! [`open`] chooses an engine and gives a [`Session`]. [`Session::run`] runs a graph once, [`Session::map`] runs many samples through a
//! [`GraphFamily`]. Plans are cached by a digest of the graph, memory stays under a budget, and long work can be cancelled and watched.

mod batch_test;
mod cache;
mod cancel;
mod counters;
mod digest;
mod doctor;
mod engine;
mod error;
mod family;
mod guard;
mod inputs;
mod map;
mod memory;
mod onnxruntime;
mod open;
mod options;
mod outputs;
mod progress;
mod reference;
mod session;
mod tract;

pub use batch_test::{Verdict, batch_self_test, relative_difference};
pub use cancel::Cancel;
pub use counters::{Count, Counts};
pub use digest::{Digest, Digester};
pub use doctor::{Finding, Status, doctor};
pub use engine::{Engine, Plan};
pub use error::{EngineError, Result};
pub use family::{Fixed, GraphFamily};
pub use map::{Make, Sink, stack, unstack};
pub use memory::{Need, free as free_memory};
pub use onnxruntime::OnnxRuntime;
pub use open::open;
pub use options::{CHOICES, Choice, Device, EngineOptions, parse_size, show_size};
pub use progress::{Progress, Silent, Task};
pub use reference::Reference;
pub use session::{Limits, Session};
pub use tract::Tract;
