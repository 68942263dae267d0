//! Methods that change the input and watch the output.

pub mod occlusion;
pub(crate) mod random_masks;
pub mod rise;
pub(crate) mod running;
pub mod sidu;
pub(crate) mod site;
