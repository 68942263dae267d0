//! Images with geometry and units: PNG, JPEG, TIFF, NumPy, DICOM, NIfTI in; PNG, NumPy, NIfTI out; preparation for a model, model cards, phantoms.
//!
//! [`open`] reads a file of any known format into an [`Image`]: values as measured, never clipped, with what they mean and where they lie.

pub mod affine;
pub mod card;
pub mod dicom {
    //! Folders and series of DICOM files: which there are, and one of them as a volume.

    pub use crate::read::dicom::{
        Frames, Progress, SeriesOptions, SeriesSummary, Values, Watch, open_series, series, series_files,
    };
}
mod display;
mod error;
mod geometry;
mod guard;
mod image;
pub mod normalise;
mod open;
mod orientation;
pub mod phantom;
pub mod preprocess;
pub mod random;
mod read;
pub mod resize;
pub mod segment;
pub mod volume;
pub mod windows;
mod write;

pub use affine::Affine;
pub use display::DisplayWindow;
pub use error::{ImageError, Result};
pub use geometry::{Geometry, Known};
pub use image::{Channels, Format, Image, Source, Units};
pub use open::{OpenOptions, from_bytes, open, open_with, sniff};
pub use orientation::{LPS_RAS, Orientation};
pub use read::npy::{Array, read_array};
pub use read::zarr::is_one as is_zarr;
pub use write::atomic::write_atomically;
pub use write::metaimage::write_metaimage;
pub use write::nifti::write_nifti;
pub use write::npy::{encode_npy, write_npy};
pub use write::nrrd::write_nrrd;
pub use write::png::{encode_png, write_png};
pub use write::tiff::write_ome_tiff;
pub use write::zarr::{ZarrOptions, ZarrVersion, write_ome_zarr};
