//! Readers, one file per format. Each takes bytes and gives an [`Image`](crate::Image) or an error, whatever the bytes.

pub(crate) mod bytes;
pub(crate) mod dicom;
pub(crate) mod inflate;
pub(crate) mod jpeg;
pub(crate) mod nifti;
pub(crate) mod nifti_header;
pub(crate) mod npy;
pub(crate) mod planes;
pub(crate) mod png;
pub(crate) mod tiff;
