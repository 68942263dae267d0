//! One source file: what it is, and where each of its frames lies.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, OpenFileOptions};

use super::SourceFrame;
use super::carried::{Carried, decimals, text};
use super::stack::Plane;
use crate::error::source_error;
use crate::guard;
use crate::uid::is_uid;
use crate::{DicomError, Result};

/// Most frames of one file: the largest whole slides have fewer.
const MAX_FRAMES: u32 = 1 << 20;

/// What the patient's identifier is called in errors.
pub const PATIENT_ID: &str = "Patient ID";

/// A file's facts.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub carried: Carried,
    pub study: String,
    pub series: String,
    pub frame_of_reference: Option<String>,
    pub rows: u16,
    pub columns: u16,
    pub planes: Vec<Plane>,
    class: String,
    instance: String,
    frames: Option<u32>,
}

impl SourceFile {
    /// Reads the header of a file.
    pub fn parse(bytes: &[u8]) -> Result<SourceFile> {
        let header = guard::header(bytes)?;
        let object = guard::foreign(|| {
            let file = OpenFileOptions::new().from_reader(header.as_slice());
            file.map_err(|e| DicomError::Damaged(chain(&e)))
        })?;
        SourceFile::of(&object)
    }

    fn of(object: &InMemDicomObject) -> Result<SourceFile> {
        let uid = |tag: Tag, name: &str| match text(object, tag) {
            Some(value) if is_uid(&value) => Ok(value),
            Some(value) => Err(DicomError::Damaged(format!("{name} `{value}` is no identifier"))),
            None => {
                let hint = "it was taken out, so no result can refer to the image; `dcmodify -gst -gse -gin` of dcmtk makes new ones";
                Err(source_error(format!("there is no {name}"), hint))
            }
        };
        let class = uid(tags::SOP_CLASS_UID, "SOP Class UID")?;
        let size = |tag| object.get(tag).and_then(|e| e.to_int::<u16>().ok()).filter(|n| *n > 0);
        let (Some(rows), Some(columns)) = (size(tags::ROWS), size(tags::COLUMNS)) else {
            let reason = format!("it has no Rows and Columns (SOP class `{class}`), so it is no image");
            return Err(source_error(reason, "name the files of an image series"));
        };
        let frames = object.get(tags::NUMBER_OF_FRAMES).and_then(|e| e.to_int::<u32>().ok());
        if let Some(n) = frames.filter(|n| !(1..=MAX_FRAMES).contains(n)) {
            return Err(DicomError::Damaged(format!("it claims {n} frames")));
        }
        let own = object.get(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).and_then(|e| e.items()).unwrap_or(&[]);
        let count = frames.unwrap_or(1) as usize;
        if !own.is_empty() && own.len() != count {
            return Err(DicomError::Damaged(format!("it has {count} frames, but functional groups of {}", own.len())));
        }
        if text(object, tags::DIMENSION_ORGANIZATION_TYPE).is_some_and(|t| t.starts_with("TILED")) {
            return Err(source_error(
                "a slide of tiles forms no stack of slices",
                "write results of slides as GeoJSON or images",
            ));
        }
        Ok(SourceFile {
            carried: Carried::read(object),
            study: uid(tags::STUDY_INSTANCE_UID, "Study Instance UID")?,
            series: uid(tags::SERIES_INSTANCE_UID, "Series Instance UID")?,
            frame_of_reference: text(object, tags::FRAME_OF_REFERENCE_UID).filter(|t| is_uid(t)),
            rows,
            columns,
            planes: planes(object, own, count),
            instance: uid(tags::SOP_INSTANCE_UID, "SOP Instance UID")?,
            class,
            frames,
        })
    }

    /// The attributes that every file of a series has alike.
    pub fn common(&self) -> Vec<(&'static str, String)> {
        let patient = |tag| self.carried.get(tag).unwrap_or_default().to_string();
        vec![
            ("Study Instance UID", self.study.clone()),
            ("Series Instance UID", self.series.clone()),
            (PATIENT_ID, patient(tags::PATIENT_ID)),
            ("SOP Class UID", self.class.clone()),
            ("Frame of Reference UID", self.frame_of_reference.clone().unwrap_or_default()),
            ("size in pixels", format!("{} x {}", self.rows, self.columns)),
        ]
    }

    /// The references of its frames.
    pub fn frames(&self) -> Vec<SourceFrame> {
        let frame = |(i, plane): (usize, &Plane)| SourceFrame {
            class: self.class.clone(),
            instance: self.instance.clone(),
            frame: self.frames.map(|_| i as u32 + 1),
            position: plane.position.clone(),
        };
        self.planes.iter().enumerate().map(frame).collect()
    }
}

/// Where each frame lies, by its own functional groups, those shared by all, or the attributes of a single image.
fn planes(object: &InMemDicomObject, own: &[InMemDicomObject], count: usize) -> Vec<Plane> {
    let shared = object.get(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).and_then(|e| e.items()).and_then(|i| i.first());
    let group = |frame: Option<&InMemDicomObject>, tag: Tag| -> Option<InMemDicomObject> {
        frame.into_iter().chain(shared).find_map(|g| g.get(tag)?.items()?.first().cloned())
    };
    let plane = |i: usize| {
        let frame = own.get(i);
        let measures = group(frame, tags::PIXEL_MEASURES_SEQUENCE);
        let orientation = group(frame, tags::PLANE_ORIENTATION_SEQUENCE);
        let position = group(frame, tags::PLANE_POSITION_SEQUENCE);
        let measures = measures.as_ref().unwrap_or(object);
        let position = match &position {
            Some(item) => decimals(item, tags::IMAGE_POSITION_PATIENT),
            // One position at the top of a file can't be that of many frames.
            None if count == 1 => decimals(object, tags::IMAGE_POSITION_PATIENT),
            None => None,
        };
        Plane {
            position,
            orientation: decimals(orientation.as_ref().unwrap_or(object), tags::IMAGE_ORIENTATION_PATIENT),
            spacing: decimals(measures, tags::PIXEL_SPACING),
            thickness: decimals(measures, tags::SLICE_THICKNESS).map(|[t]: [String; 1]| t),
            between: decimals(measures, tags::SPACING_BETWEEN_SLICES).map(|[t]: [String; 1]| t),
        }
    };
    (0..count).map(plane).collect()
}

/// An error with its causes, in one line.
pub(crate) fn chain(e: &dyn std::error::Error) -> String {
    let causes: Vec<String> =
        std::iter::successors(Some(e), |e| e.source()).map(|e| e.to_string().replace('\n', " ")).collect();
    causes.join(": ")
}
