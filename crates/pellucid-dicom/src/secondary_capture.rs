//! Secondary Capture (PS3.3, A.8.1): a finished picture, for viewers that show nothing else.

use dicom_dictionary_std::{tags, uids};

use crate::code::terms;
use crate::data::Set;
use crate::error::value_error;
use crate::groups;
use crate::object::{self, Kind};
use crate::{DicomResult, Result, Run, SourceStudy};

const KIND: Kind =
    Kind { class: uids::SECONDARY_CAPTURE_IMAGE_STORAGE, modality: "OT", series: 2, role: "secondary capture" };

/// A picture: the overlay with its colour bar and the words "not for diagnosis", drawn elsewhere.
#[derive(Clone, Debug)]
pub struct SecondaryCapture<'a> {
    /// What the picture shows, up to 64 characters.
    pub title: String,
    /// Pixels `H x W x 3`: red, green, blue.
    pub rgb: &'a [u8],
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Index of the slice that the picture shows; `None` when it shows the whole series.
    pub slice: Option<usize>,
    /// Number of this picture in its series, from 1: viewers sort by it.
    pub number: u32,
}

impl SecondaryCapture<'_> {
    /// The picture as a DICOM object. It says that text is burnt in, and has no position in the patient: nothing may be measured on it.
    ///
    /// # Errors
    /// When the number of pixels isn't `H x W`, an axis is empty or above 65535, or there is no such slice.
    pub fn write(&self, study: &SourceStudy, run: &Run) -> Result<DicomResult> {
        let what = format!("the picture `{}`", self.title);
        let size = (u16::try_from(self.height), u16::try_from(self.width));
        let (Ok(rows @ 1..), Ok(columns @ 1..)) = size else {
            let found = format!("{} x {}", self.height, self.width);
            return Err(value_error(what, found, "it may have 1 to 65535 rows and columns"));
        };
        let due = 3 * self.height * self.width;
        if self.rgb.len() != due {
            return Err(value_error(what, format!("{} bytes", self.rgb.len()), format!("{due} are due for H x W x 3")));
        }
        let mut set = object::begin(study, run, KIND, &self.title, self.number)?;
        set.texts(tags::IMAGE_TYPE, &["DERIVED", "SECONDARY"])
            .text(tags::CONVERSION_TYPE, "WSD")
            .text(tags::SECONDARY_CAPTURE_DEVICE_MANUFACTURER, &run.device.manufacturer)
            .text(tags::SECONDARY_CAPTURE_DEVICE_MANUFACTURER_MODEL_NAME, &run.device.model)
            .texts(tags::SECONDARY_CAPTURE_DEVICE_SOFTWARE_VERSIONS, &run.device.software)
            .text(tags::BURNED_IN_ANNOTATION, "YES")
            .text(tags::PATIENT_ORIENTATION, "")
            .text(tags::LOSSY_IMAGE_COMPRESSION, "00")
            .shortened(tags::DERIVATION_DESCRIPTION, &object::account(run))
            .shortened(tags::IMAGE_COMMENTS, &format!("{}: {}", object::CAUTION, self.title))
            .sequence(tags::SOURCE_IMAGE_SEQUENCE, self.sources(study)?)
            .text(tags::PHOTOMETRIC_INTERPRETATION, "RGB")
            .short(tags::SAMPLES_PER_PIXEL, 3)
            .short(tags::PLANAR_CONFIGURATION, 0)
            .short(tags::ROWS, rows)
            .short(tags::COLUMNS, columns)
            .short(tags::BITS_ALLOCATED, 8)
            .short(tags::BITS_STORED, 8)
            .short(tags::HIGH_BIT, 7)
            .short(tags::PIXEL_REPRESENTATION, 0)
            .bytes(tags::PIXEL_DATA, self.rgb.to_vec());
        groups::common_references(&mut set, study);
        object::finish(set, study, run, KIND)
    }

    /// The slice the picture shows, or every slice.
    fn sources(&self, study: &SourceStudy) -> Result<Vec<Set>> {
        let frames = match self.slice {
            None => study.frames(),
            Some(i) => study.frames().get(i..=i).ok_or_else(|| {
                let n = study.frames().len();
                value_error(
                    format!("the slice of the picture `{}`", self.title),
                    i.to_string(),
                    format!("the source has {n}"),
                )
            })?,
        };
        let item = |frame| {
            let mut set = groups::reference(frame);
            set.code(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, terms::SOURCE_IMAGE);
            set
        };
        Ok(frames.iter().map(item).collect())
    }
}
