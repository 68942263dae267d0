//! Relevance through transformers: AttnLRP and CP-LRP.
//!
//! AttnLRP (Achtibat et al. 2024) keeps the Jacobian of the softmax and halves relevance between the two operands of a product; CP-LRP (Ali
//! et al. 2022) holds attention constant, so that values take everything. Both hold the deviation of normalisations constant and treat
//! activations as scalings `f(x) / x`.
//!
//! With the epsilon rule at linear nodes both are gradients with a few nodes replaced: what flows are multipliers, and the relevance of a
//! wire is its value times its multiplier ([`Currency::Multiplier`]), nowhere divided by an activation. The gamma rule, which damps the noise
//! of plain propagation, has no such form; with it relevance itself flows ([`Currency::Relevance`]).

mod bilinear;
mod detached;
mod identity;
mod sets;
mod softmax;
mod stop;

pub use bilinear::Bilinear;
pub use detached::Detached;
pub use identity::Identity;
pub use sets::{Attention, Transformer};
pub use softmax::Softmax;
pub use stop::Stop;

/// What flows back through wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    /// Relevance per unit of the wire's value. A sweep starts from weights of the target (1 for a scalar), and the map is the source times
    /// what reaches it.
    Multiplier,
    /// Relevance. A sweep starts from the target's value, and the map is what reaches the source.
    Relevance,
}
