//! Results of explanations as DICOM objects, and their way to an archive.
//!
//! A [`SourceStudy`] is read from the files that were explained. On its grid of `D x H x W` stand the results of one [`Run`]:
//!
//! | result | object | holds |
//! |---|---|---|
//! | [`ParametricMap`] | Parametric Map | a signed map in 32-bit floats, bit for bit, one frame per slice |
//! | [`Segmentation`] | Segmentation, binary | regions by a stated rule ([`regions`]), superpixels, concepts |
//! | [`SecondaryCapture`] | Secondary Capture | the picture with colour bar and caution, for viewers that show nothing else |
//! | [`Report`] | Comprehensive 3D SR, TID 1500 | findings, method, scores, volumes, references to all the above |
//!
//! Each refers to the images it explains and lies in their frame of reference, on their planes, with the digits of their files. Each says of
//! itself that it is research and not for diagnosis. Identifiers are digests: the same run and content give the same ones.
//!
//! **Identity.** By default ([`Identity::Replace`]) results don't tell the patient, and an archive files them under a pseudonym, apart from the
//! study. To have them join the study, ask for [`Identity::Keep`]. Either way the identifiers of study and images are those of the source.
//!
//! ```no_run
//! use pellucid_dicom::{Algorithm, Code, Identity, ParametricMap, Run, SourceStudy};
//!
//! # fn main() -> pellucid_dicom::Result<()> {
//! let study = SourceStudy::read_folder("series".as_ref())?;
//! let values = vec![0.0; study.grid().iter().product()];
//! let mut run = Run::new("sha256:0f1e2d", Algorithm::new("integrated-gradients", "1"));
//! run.identity = Identity::Keep;
//! let map = ParametricMap {
//!     title: "integrated gradients for `nodule`".into(),
//!     values: &values,
//!     grid: study.grid(),
//!     geometry: study.geometry(),
//!     quantity: Code::saliency(),
//!     unit: Code::no_units(),
//!     number: 1,
//! };
//! map.write(&study, &run)?.save("map.dcm".as_ref())?;
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `web` (on by default) `web::DicomWeb` fetches studies and stores results over DICOMweb.

mod code;
mod colour;
mod data;
mod error;
mod groups;
mod guard;
mod moment;
mod object;
mod parametric_map;
pub mod regions;
mod report;
mod run;
mod secondary_capture;
mod segmentation;
mod source;
mod uid;
#[cfg(feature = "web")]
pub mod web;

pub use code::{Code, PRIVATE_SCHEME};
pub use error::{DicomError, Result};
pub use moment::Moment;
pub use object::{DicomResult, InstanceRef};
pub use parametric_map::ParametricMap;
pub use report::{Group, RegionRef, Report, Score};
pub use run::{Algorithm, Device, Identity, Run};
pub use secondary_capture::SecondaryCapture;
pub use segmentation::{Mask, Segment, Segmentation};
pub use source::{SourceFrame, SourceStudy};
pub use uid::{UidRoot, is_uid};
