//! Segmentation (PS3.3, A.51): binary regions, several segments, one bit per pixel.

use dicom_dictionary_std::{tags, uids};
use pellucid_image::Geometry;

use crate::code::{Code, terms};
use crate::colour;
use crate::data::Set;
use crate::error::value_error;
use crate::groups::{self, BY_ORDER, BY_POSITION, Dimension, single};
use crate::object::{self, Kind};
use crate::regions::Region;
use crate::source::Group;
use crate::{DicomResult, InstanceRef, RegionRef, Result, Run, SourceStudy};

const KIND: Kind = Kind { class: uids::SEGMENTATION_STORAGE, modality: "SEG", series: 1, role: "segmentation" };
const BY_SEGMENT: Dimension = Dimension {
    attribute: tags::REFERENCED_SEGMENT_NUMBER,
    group: tags::SEGMENT_IDENTIFICATION_SEQUENCE,
    label: "Segment Number",
};

/// Which voxels belong to a segment, `D x H x W`.
#[derive(Clone, Copy, Debug)]
pub enum Mask<'a> {
    /// Those that are true.
    Bits(&'a [bool]),
    /// Those with this label.
    Label(&'a [u32], u32),
}

impl Mask<'_> {
    fn len(&self) -> usize {
        match self {
            Mask::Bits(bits) => bits.len(),
            Mask::Label(labels, _) => labels.len(),
        }
    }

    fn bits(&self, range: std::ops::Range<usize>) -> Vec<bool> {
        match self {
            Mask::Bits(bits) => bits.get(range).unwrap_or(&[]).to_vec(),
            Mask::Label(labels, label) => labels.get(range).unwrap_or(&[]).iter().map(|l| l == label).collect(),
        }
    }
}

/// A region.
#[derive(Clone, Debug)]
pub struct Segment<'a> {
    /// Name, up to 64 characters.
    pub label: String,
    /// How the region was found: the rule in words.
    pub description: String,
    /// What kind of thing it is, by default (309825002, SCT, "Spatial and Relational Concept").
    pub category: Code,
    /// What it is: an anatomical structure or finding of SNOMED CT or RadLex, or by default a private code for a region of relevance.
    pub property: Code,
    /// Colour to show it in; `None` takes one from a palette for colour-blind readers.
    pub colour: Option<[u8; 3]>,
    /// Its voxels.
    pub mask: Mask<'a>,
}

impl<'a> Segment<'a> {
    /// A segment of a region of relevance.
    pub fn of_region(label: impl Into<String>, region: &'a Region) -> Segment<'a> {
        Segment {
            label: label.into(),
            description: region.rule.clone(),
            category: Code::new("309825002", "SCT", "Spatial and Relational Concept"),
            property: Code::private("relevance", "Region of relevance to a model"),
            colour: None,
            mask: Mask::Bits(&region.mask),
        }
    }
}

/// Segments on the grid of the source.
#[derive(Clone, Debug)]
pub struct Segmentation<'a> {
    /// What the segments show, up to 64 characters.
    pub title: String,
    /// `[D, H, W]` of every mask.
    pub grid: [usize; 3],
    /// Where the masks lie, when known: compared with the source.
    pub geometry: Option<Geometry>,
    /// The segments; they are numbered from 1 and may overlap.
    pub segments: Vec<Segment<'a>>,
    /// Number of this segmentation among the run's, from 1.
    pub number: u32,
}

/// A frame in the making: segment number from 1, slice from 0.
struct Frame {
    segment: u16,
    slice: usize,
}

impl Segmentation<'_> {
    /// The segments as a DICOM object. Slices without a voxel of a segment get no frame for it.
    ///
    /// # Errors
    /// When a mask isn't on the grid of the source or has no voxel, or there are no segments or more than 65535.
    pub fn write(&self, study: &SourceStudy, run: &Run) -> Result<DicomResult> {
        self.check(study)?;
        let (frames, pixels) = self.frames();
        let mut set = object::begin(study, run, KIND, &self.title, self.number)?;
        let (rows, columns) = study.size();
        if study.has_planes() {
            groups::frame_of_reference(&mut set, study, run);
        } else {
            set.text(tags::PATIENT_ORIENTATION, "");
            for (tag, values) in study.carried.of(Group::Orientation) {
                set.carried(tag, values);
            }
        }
        set.texts(tags::IMAGE_TYPE, &["DERIVED", "PRIMARY"])
            .text(tags::CONTENT_LABEL, "EXPLANATION")
            .shortened(tags::CONTENT_DESCRIPTION, &self.title)
            .text(tags::CONTENT_CREATOR_NAME, "")
            .text(tags::LOSSY_IMAGE_COMPRESSION, "00")
            .text(tags::BURNED_IN_ANNOTATION, "NO")
            .text(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
            .text(tags::SEGMENTATION_TYPE, "BINARY")
            .text(tags::SEGMENTS_OVERLAP, if self.overlap() { "YES" } else { "NO" })
            .short(tags::SAMPLES_PER_PIXEL, 1)
            .short(tags::ROWS, rows)
            .short(tags::COLUMNS, columns)
            .short(tags::BITS_ALLOCATED, 1)
            .short(tags::BITS_STORED, 1)
            .short(tags::HIGH_BIT, 0)
            .short(tags::PIXEL_REPRESENTATION, 0)
            .integer(tags::NUMBER_OF_FRAMES, frames.len() as u64)
            .sequence(tags::SEGMENT_SEQUENCE, self.segment_items(study, run))
            .item(
                tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
                groups::together([groups::pixel_measures(study), groups::plane_orientation(study)]),
            )
            .sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, per_frame(study, &frames));
        let second = if study.has_planes() { BY_POSITION } else { BY_ORDER };
        groups::dimensions(&mut set, study, run, &[BY_SEGMENT, second]);
        groups::common_references(&mut set, study);
        set.bytes(tags::PIXEL_DATA, pixels);
        object::finish(set, study, run, KIND)
    }

    /// What a report needs to speak of the segments: `written` is the reference of the object that [`Segmentation::write`] made.
    pub fn region_refs(&self, study: &SourceStudy, run: &Run, written: &InstanceRef) -> Vec<RegionRef> {
        let one = |(i, segment): (usize, &Segment)| {
            let voxels = segment.mask.bits(0..segment.mask.len()).iter().filter(|b| **b).count() as f64;
            RegionRef {
                segmentation: written.clone(),
                segment: i as u16 + 1,
                tracking_uid: self.tracking_uid(study, run, i),
                volume_mm3: study.voxel_volume_mm3().map(|v| v * voxels),
                // The area of a region is one of a single image.
                area_mm2: study.pixel_area_mm2().filter(|_| study.frames().len() == 1).map(|a| a * voxels),
            }
        };
        self.segments.iter().enumerate().map(one).collect()
    }

    /// Follows a segment (from 0) through objects: the same in segmentation and report.
    fn tracking_uid(&self, study: &SourceStudy, run: &Run, segment: usize) -> String {
        let parts = ["tracking", &run.key, study.series_uid(), &self.number.to_string(), &segment.to_string()];
        run.uid_root.make(&parts)
    }

    fn check(&self, study: &SourceStudy) -> Result<()> {
        let n = self.segments.len();
        if n == 0 || n > usize::from(u16::MAX) {
            return Err(value_error("the segmentation", format!("{n} segments"), "it may have 1 to 65535"));
        }
        let voxels = self.grid.iter().product::<usize>();
        for segment in &self.segments {
            let what = format!("the segment `{}`", segment.label);
            study.check_grid(&what, self.grid, self.geometry.as_ref())?;
            let found = segment.mask.len();
            if found != voxels {
                return Err(value_error(what, format!("{found} voxels"), format!("{voxels} are due")));
            }
            if !segment.mask.bits(0..voxels).contains(&true) {
                return Err(value_error(what, "empty", "it needs a voxel: leave it out or lower its threshold"));
            }
        }
        Ok(())
    }

    fn overlap(&self) -> bool {
        let voxels = self.grid.iter().product::<usize>();
        let mut seen = vec![false; voxels];
        self.segments.iter().any(|s| {
            let bits = s.mask.bits(0..voxels);
            seen.iter_mut().zip(bits).any(|(seen, bit)| std::mem::replace(seen, *seen || bit) && bit)
        })
    }

    /// The frames that have a voxel, by segment and slice, and their pixels: bit after bit, least significant first, without gaps between frames
    /// (PS3.5, 8.1.1).
    fn frames(&self) -> (Vec<Frame>, Vec<u8>) {
        let [d, h, w] = self.grid;
        let (mut frames, mut pixels, mut filled) = (vec![], vec![], 0usize);
        for (index, segment) in self.segments.iter().enumerate() {
            for slice in 0..d {
                let bits = segment.mask.bits(slice * h * w..(slice + 1) * h * w);
                if !bits.contains(&true) {
                    continue;
                }
                frames.push(Frame { segment: index as u16 + 1, slice });
                pixels.resize((filled + h * w).div_ceil(8), 0);
                for (i, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
                    let at = filled + i;
                    pixels[at / 8] |= 1 << (at % 8);
                }
                filled += h * w;
            }
        }
        (frames, pixels)
    }

    fn segment_items(&self, study: &SourceStudy, run: &Run) -> Vec<Set> {
        let item = |(i, segment): (usize, &Segment)| {
            let colour = segment.colour.unwrap_or(colour::PALETTE[i % colour::PALETTE.len()]);
            let mut algorithm = Set::default();
            algorithm
                .code(tags::ALGORITHM_FAMILY_CODE_SEQUENCE, run.algorithm.family.clone())
                .text(tags::ALGORITHM_NAME, &run.algorithm.name)
                .text(tags::ALGORITHM_VERSION, &run.algorithm.version)
                .shortened(tags::ALGORITHM_PARAMETERS, &run.algorithm.parameter_text());
            let mut set = Set::default();
            set.short(tags::SEGMENT_NUMBER, i as u16 + 1)
                .text(tags::SEGMENT_LABEL, &segment.label)
                .shortened(tags::SEGMENT_DESCRIPTION, &segment.description)
                .text(tags::SEGMENT_ALGORITHM_TYPE, "AUTOMATIC")
                .text(tags::SEGMENT_ALGORITHM_NAME, &run.algorithm.name)
                .item(tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE, algorithm)
                .code(tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, segment.category.clone())
                .code(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, segment.property.clone())
                .text(tags::TRACKING_ID, &segment.label)
                .text(tags::TRACKING_UID, &self.tracking_uid(study, run, i))
                .shorts(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE, &colour::lab(colour));
            set
        };
        self.segments.iter().enumerate().map(item).collect()
    }
}

fn per_frame(study: &SourceStudy, frames: &[Frame]) -> Vec<Set> {
    let planes = study.has_planes();
    let item = |frame: &Frame| {
        let source = study.frames().get(frame.slice)?;
        let order = frame.slice as u32 + 1;
        Some(groups::together([
            Some(single(tags::FRAME_CONTENT_SEQUENCE, |item| {
                item.longs(tags::DIMENSION_INDEX_VALUES, &[u32::from(frame.segment), order]);
                if !planes {
                    item.longs(tags::TEMPORAL_POSITION_INDEX, &[order]);
                }
            })),
            groups::plane_position(source),
            Some(groups::derivation(source, terms::SEGMENTATION, terms::SOURCE_IMAGE_FOR_SEGMENTATION)),
            Some(single(tags::SEGMENT_IDENTIFICATION_SEQUENCE, |item| {
                item.short(tags::REFERENCED_SEGMENT_NUMBER, frame.segment);
            })),
        ]))
    };
    frames.iter().filter_map(item).collect()
}
