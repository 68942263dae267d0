//! Writers. Every file appears whole: it is written under a temporary name and renamed.

pub(crate) mod atomic;
pub(crate) mod float_file;
pub(crate) mod metaimage;
pub(crate) mod nifti;
pub(crate) mod npy;
pub(crate) mod nrrd;
pub(crate) mod png;
pub(crate) mod tiff;
pub(crate) mod zarr;
