//! Parametric Map (PS3.3, A.75): a signed map in 32-bit floats, one frame per slice.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use pellucid_image::Geometry;

use crate::code::{Code, terms};
use crate::data::Set;
use crate::error::{source_error, value_error};
use crate::groups::{self, BY_POSITION, single};
use crate::object::{self, Kind};
use crate::{DicomResult, Result, Run, SourceStudy};

const KIND: Kind = Kind { class: uids::PARAMETRIC_MAP_STORAGE, modality: "OT", series: 0, role: "parametric map" };

/// Quantities that the standard has codes for (PS3.16, CID 218).
impl Code {
    /// (130404, DCM, "Saliency").
    pub fn saliency() -> Code {
        Code::new("130404", "DCM", "Saliency")
    }

    /// (130402, DCM, "Class activation").
    pub fn class_activation() -> Code {
        Code::new("130402", "DCM", "Class activation")
    }

    /// (130403, DCM, "Gradient-weighted class activation").
    pub fn gradient_weighted_class_activation() -> Code {
        Code::new("130403", "DCM", "Gradient-weighted class activation")
    }
}

/// A map on the grid of the source.
#[derive(Clone, Debug)]
pub struct ParametricMap<'a> {
    /// What the map shows, up to 64 characters: the method and its target.
    pub title: String,
    /// Values `D x H x W`, row-major, raw and signed.
    pub values: &'a [f32],
    /// `[D, H, W]`.
    pub grid: [usize; 3],
    /// Where the values lie, when known: compared with the source.
    pub geometry: Option<Geometry>,
    /// What the values measure, for instance [`Code::saliency`] or [`Code::private`].
    pub quantity: Code,
    /// The unit of the values, often [`Code::no_units`].
    pub unit: Code,
    /// Number of this map among the run's maps, from 1.
    pub number: u32,
}

impl ParametricMap<'_> {
    /// The map as a DICOM object: float pixels bit for bit, real world values equal to them.
    ///
    /// # Errors
    /// When the map isn't on the grid of the source, holds NaN or infinities, or the source has no planes (a projection or moving image: the
    /// object demands a position in the patient for every frame).
    pub fn write(&self, study: &SourceStudy, run: &Run) -> Result<DicomResult> {
        self.check(study)?;
        let (low, high) = range(self.values);
        let mut set = object::begin(study, run, KIND, &self.title, self.number)?;
        let (rows, columns) = study.size();
        groups::frame_of_reference(&mut set, study, run);
        set.texts(tags::IMAGE_TYPE, FRAME_TYPE)
            .text(tags::CONTENT_LABEL, "EXPLANATION")
            .shortened(tags::CONTENT_DESCRIPTION, &self.title)
            .text(tags::CONTENT_CREATOR_NAME, "")
            .text(tags::LOSSY_IMAGE_COMPRESSION, "00")
            .text(tags::BURNED_IN_ANNOTATION, "NO")
            .text(tags::RECOGNIZABLE_VISUAL_FEATURES, "NO")
            .text(tags::PIXEL_PRESENTATION, "MONOCHROME")
            .text(tags::PRESENTATION_LUT_SHAPE, "IDENTITY")
            .text(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
            .short(tags::SAMPLES_PER_PIXEL, 1)
            .short(tags::ROWS, rows)
            .short(tags::COLUMNS, columns)
            .short(tags::BITS_ALLOCATED, 32)
            .integer(tags::NUMBER_OF_FRAMES, study.frames().len() as u64)
            .sequence(tags::ACQUISITION_CONTEXT_SEQUENCE, vec![])
            .item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, self.shared(study, low, high))
            .sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, per_frame(study));
        if study.geometry().is_some() {
            set.text(tags::DIMENSION_ORGANIZATION_TYPE, "3D");
        }
        groups::dimensions(&mut set, study, run, &[BY_POSITION]);
        groups::common_references(&mut set, study);
        set.floats(tags::FLOAT_PIXEL_DATA, self.values.to_vec());
        object::finish(set, study, run, KIND)
    }

    fn check(&self, study: &SourceStudy) -> Result<()> {
        let what = format!("the map `{}`", self.title);
        study.check_grid(&what, self.grid, self.geometry.as_ref())?;
        let [d, h, w] = self.grid;
        if self.values.len() != d * h * w {
            return Err(value_error(what, format!("{} values", self.values.len()), format!("{d} x {h} x {w} are due")));
        }
        let bad = self.values.iter().filter(|v| !v.is_finite()).count();
        if bad > 0 {
            return Err(value_error(what, format!("NaN or infinite at {bad} voxels"), "every value must be finite"));
        }
        if !study.has_planes() {
            let why = study.irregular().unwrap_or("the images have no positions");
            return Err(source_error(
                format!("a parametric map needs a position in the patient for every frame, but {why}"),
                "write a segmentation of regions and a secondary capture of the overlay instead",
            ));
        }
        Ok(())
    }

    fn shared(&self, study: &SourceStudy, low: f32, high: f32) -> Set {
        groups::together([
            groups::pixel_measures(study),
            groups::plane_orientation(study),
            Some(single(tags::PARAMETRIC_MAP_FRAME_TYPE_SEQUENCE, |item| {
                item.texts(tags::FRAME_TYPE, FRAME_TYPE);
            })),
            Some(single(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, |item| {
                item.text(tags::RESCALE_INTERCEPT, "0").text(tags::RESCALE_SLOPE, "1").text(tags::RESCALE_TYPE, "US");
            })),
            Some(window(low, high)),
            Some(self.real_world_values(low, high)),
        ])
    }

    /// Stored values are the values (PS3.3, C.7.6.16.2.11).
    fn real_world_values(&self, low: f32, high: f32) -> (Tag, Set) {
        let quantity = single(tags::QUANTITY_DEFINITION_SEQUENCE, |item| {
            item.text(tags::VALUE_TYPE, "CODE")
                .code(tags::CONCEPT_NAME_CODE_SEQUENCE, terms::QUANTITY)
                .code(tags::CONCEPT_CODE_SEQUENCE, self.quantity.clone());
        });
        single(tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE, |item| {
            item.double(tags::DOUBLE_FLOAT_REAL_WORLD_VALUE_FIRST_VALUE_MAPPED, f64::from(low))
                .double(tags::DOUBLE_FLOAT_REAL_WORLD_VALUE_LAST_VALUE_MAPPED, f64::from(high))
                .double(tags::REAL_WORLD_VALUE_INTERCEPT, 0.0)
                .double(tags::REAL_WORLD_VALUE_SLOPE, 1.0)
                .shortened(tags::LUT_EXPLANATION, &self.title)
                .shortened(tags::LUT_LABEL, &self.quantity.value)
                .code(tags::MEASUREMENT_UNITS_CODE_SEQUENCE, self.unit.clone())
                .item(quantity.0, quantity.1);
        })
    }
}

const FRAME_TYPE: &[&str] = &["DERIVED", "PRIMARY", "VOLUME", "NONE"];

fn range(values: &[f32]) -> (f32, f32) {
    values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

/// The window that shows all values: symmetric about zero when both signs occur, so that zero is mid-grey.
fn window(low: f32, high: f32) -> (Tag, Set) {
    let (low, high) = (f64::from(low), f64::from(high));
    let most = low.abs().max(high.abs());
    let (center, width) = match (low < 0.0, high > 0.0) {
        (true, true) => (0.0, 2.0 * most),
        (false, true) => (high / 2.0, high),
        (true, false) => (low / 2.0, -low),
        (false, false) => (0.5, 1.0),
    };
    single(tags::FRAME_VOILUT_SEQUENCE, |item| {
        item.decimal(tags::WINDOW_CENTER, center)
            .decimal(tags::WINDOW_WIDTH, width)
            .text(tags::VOILUT_FUNCTION, "LINEAR_EXACT");
    })
}

fn per_frame(study: &SourceStudy) -> Vec<Set> {
    let frame = |(i, frame)| {
        groups::together([
            Some(single(tags::FRAME_CONTENT_SEQUENCE, |item| {
                item.longs(tags::DIMENSION_INDEX_VALUES, &[i as u32 + 1]);
            })),
            groups::plane_position(frame),
            Some(groups::derivation(frame, terms::UNSPECIFIED_CALCULATION, terms::SOURCE_IMAGE)),
        ])
    };
    study.frames().iter().enumerate().map(frame).collect()
}
