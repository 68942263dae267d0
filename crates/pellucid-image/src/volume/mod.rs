//! Volumes on other grids: reoriented, resampled to a voxel size or onto the grid of another image, with the way back.
//!
//! Whatever is done to a volume is recorded in a [`Transform`]: data that can be stored with a result, and that puts maps made on the new
//! grid back onto the source.

mod antialias;
mod interpolate;
mod lattice;
mod reorient;
mod resample;
mod separable;
mod transform;

pub use interpolate::Interpolation;
pub use lattice::Lattice;
pub(crate) use reorient::permuted;
pub use reorient::reorient;
pub use resample::{Border, Resampling, resample_onto, resample_to_spacing};
pub use transform::{Operation, Transform};
