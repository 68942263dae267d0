//! x
#![allow(dead_code)]
pub mod code;
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
pub use code::Code;
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
