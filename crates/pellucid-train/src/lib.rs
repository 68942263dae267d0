//! Training as a graph: losses, weight gradients, optimisers.
//!
//! A loss is a graph on top of a model ([`Loss`]), its gradient with respect to the weights is that graph read backwards, and one [`Step`] of
//! training is one run of `[loss, gradients]` on any engine. [`Trainable`] makes the weights inputs while they change, so that a plan is
//! prepared once, and constants again afterwards: what was trained is a model like any other.
//!
//! ```text
//! model ─ Trainable ─► weights are inputs ─ Loss ─► scalar ─ pull_back ─► [loss, gradients] ─ Session, Optimiser ─► model
//! ```

mod error;
mod evaluate;
mod fit;
mod init;
mod layers;
mod losses;
mod optimiser;
mod random;
mod schedule;
mod source;
mod step;
mod trainable;

pub use error::{Result, TrainError};
pub use evaluate::{Score, evaluate, predict};
pub use fit::{Epoch, FitOptions, History, Stop, fit};
pub use init::{glorot_uniform, he_normal};
pub use layers::Layers;
pub use losses::{
    Loss, binary_cross_entropy, cross_entropy, mean_squared_error, soft_cross_entropy, soft_dice, weight_gradients,
};
pub use optimiser::{Optimiser, State};
pub use random::Stream;
pub use schedule::Schedule;
pub use source::{Example, Source};
pub use step::Step;
pub use trainable::{Trainable, weights_of};
