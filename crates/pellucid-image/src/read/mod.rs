//! Readers, one file per format. Each takes bytes and gives an [`Image`](crate::Image) or an error, whatever the bytes.

pub(crate) mod axes;
pub(crate) mod bytes;
pub(crate) mod companion;
pub(crate) mod dicom;
pub(crate) mod inflate;
pub(crate) mod jpeg;
mod length;
pub(crate) mod metaimage;
pub(crate) mod nifti;
pub(crate) mod nifti_header;
pub(crate) mod npy;
pub(crate) mod nrrd;
pub(crate) mod nrrd_header;
pub(crate) mod numbers;
mod ome_tiff;
mod ome_xml;
pub(crate) mod planes;
pub(crate) mod png;
pub(crate) mod tiff;
pub(crate) mod zarr;
