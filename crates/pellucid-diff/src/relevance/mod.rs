//! Layer-wise relevance propagation: rule sets whose currency is relevance.
//!
//! What flows back through a wire is how much each of its elements contributed, and contributions of several consumers add up. Every rule
//! for a linear node is written with the node itself, on modified operands, and with its adjoint from the gradient table: so one formula
//! serves convolutions of any rank, stride, dilation and group, transposed convolutions and matrix products.
//!
//! A sweep starts from the score itself (seed `y_c`). A relevance of zero is never divided, so dead units stay silent whatever their sum.

mod attribution;
mod composite;
mod excitation;
mod linear;
mod norm;
mod operator;
mod pass;
mod product;
mod proportional;
mod quotient;
mod split;
pub mod transformer;
mod unsupported;

pub use attribution::transformer_attribution;
pub use composite::{Activation, BatchNorm, Composite};
pub use excitation::{Excitation, ExcitedSum, excitation_backprop};
pub use linear::Lrp;
pub use norm::Held;
pub use pass::Pass;
pub use product::Product;
pub use proportional::Proportional;
pub use unsupported::Unsupported;

pub(crate) use operator::{Operator, factors, varying};
pub(crate) use split::below;
