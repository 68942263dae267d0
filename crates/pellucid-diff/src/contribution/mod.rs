//! Contributions to a difference: how much of `t(x) - t(x')` each element of the input put in, `x'` a baseline.
//!
//! The currency is the multiplier `m`: contribution per unit of difference, so `C = m (x - x')`. Multipliers of several consumers add up and
//! chain like gradients, but a node's multipliers are made of its values at the input **and** at the baseline. So the part of the graph that
//! depends on the input is written a second time, on the baseline ([`Twin`]), and the sweep reads both. Where the two values of a node are
//! the same, its multipliers are the gradient.
//!
//! Every rule hands on exactly what its node was sent: contributions add up to the difference of the target, whatever the operators between
//! (DeepLIFT, Shrikumar et al. 2017; its mean over baselines is DeepSHAP, Lundberg and Lee 2017). The exceptions are steps and conditions
//! whose outcome differs between input and baseline (comparisons, `Where`): what they put in is nobody's. [`balance`] says where.

mod balance;
mod composite;
mod context;
mod difference;
mod extremum;
mod linear;
mod nonlinear;
mod operands;
mod product;
mod reveal;
mod softmax;
mod table;
mod twin;

pub use balance::{NodeBalance, balance};
pub use context::{DeepLift, Nonlinearity};
pub use difference::{Difference, pull_back_difference};
pub use table::operators;
pub use twin::Twin;
