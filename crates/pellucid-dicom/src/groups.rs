//! Functional groups of multi-frame objects (PS3.3, C.7.6.16) and references to the source (C.12.2).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::code::Term;
use crate::data::Set;
use crate::source::SourceFrame;
use crate::{Run, SourceStudy};

/// A set with one sequence of one item.
pub(crate) fn single(tag: Tag, fill: impl FnOnce(&mut Set)) -> (Tag, Set) {
    let mut item = Set::default();
    fill(&mut item);
    (tag, item)
}

/// Pixel size and slice thickness, `None` when the source has no planes.
pub(crate) fn pixel_measures(study: &SourceStudy) -> Option<(Tag, Set)> {
    let m = &study.measures;
    let spacing = m.spacing.as_ref()?;
    Some(single(tags::PIXEL_MEASURES_SEQUENCE, |item| {
        item.carried(tags::PIXEL_SPACING, spacing);
        if let Some(thickness) = &m.thickness {
            item.carried(tags::SLICE_THICKNESS, std::slice::from_ref(thickness));
        } else if let Some(step) = m.step {
            item.decimal(tags::SLICE_THICKNESS, step);
        }
        if let Some(step) = m.step.filter(|_| study.frames().len() > 1) {
            item.decimal(tags::SPACING_BETWEEN_SLICES, step);
        }
    }))
}

/// Orientation of all frames, `None` when the source has no planes.
pub(crate) fn plane_orientation(study: &SourceStudy) -> Option<(Tag, Set)> {
    let orientation = study.measures.orientation.as_ref()?;
    Some(single(tags::PLANE_ORIENTATION_SEQUENCE, |item| {
        item.carried(tags::IMAGE_ORIENTATION_PATIENT, orientation);
    }))
}

/// Position of one frame, `None` when the source has no planes.
pub(crate) fn plane_position(frame: &SourceFrame) -> Option<(Tag, Set)> {
    let position = frame.position.as_ref()?;
    Some(single(tags::PLANE_POSITION_SEQUENCE, |item| {
        item.carried(tags::IMAGE_POSITION_PATIENT, position);
    }))
}

/// What one frame was derived from and how.
pub(crate) fn derivation(frame: &SourceFrame, how: Term, purpose: Term) -> (Tag, Set) {
    single(tags::DERIVATION_IMAGE_SEQUENCE, |item| {
        let mut source = reference(frame);
        source.code(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, purpose).text(tags::SPATIAL_LOCATIONS_PRESERVED, "YES");
        item.code(tags::DERIVATION_CODE_SEQUENCE, how).item(tags::SOURCE_IMAGE_SEQUENCE, source);
    })
}

/// Reference to one source frame (PS3.3, table 10-3).
pub(crate) fn reference(frame: &SourceFrame) -> Set {
    let mut set = Set::default();
    set.text(tags::REFERENCED_SOP_CLASS_UID, &frame.class).text(tags::REFERENCED_SOP_INSTANCE_UID, &frame.instance);
    if let Some(number) = frame.frame {
        set.integer(tags::REFERENCED_FRAME_NUMBER, u64::from(number));
    }
    set
}

/// The source instances, each once, as class and instance, in the order of the grid.
pub(crate) fn instances(study: &SourceStudy) -> Vec<(&str, &str)> {
    let mut list: Vec<(&str, &str)> = vec![];
    for frame in study.frames() {
        // Frames of one instance follow each other.
        if list.last().is_none_or(|(_, last)| *last != frame.instance) {
            list.push((&frame.class, &frame.instance));
        }
    }
    list
}

/// Common Instance Reference: every source instance, by series.
pub(crate) fn common_references(set: &mut Set, study: &SourceStudy) {
    let items = instances(study)
        .into_iter()
        .map(|(class, instance)| {
            let mut item = Set::default();
            item.text(tags::REFERENCED_SOP_CLASS_UID, class).text(tags::REFERENCED_SOP_INSTANCE_UID, instance);
            item
        })
        .collect();
    let mut series = Set::default();
    series.text(tags::SERIES_INSTANCE_UID, &study.series).sequence(tags::REFERENCED_INSTANCE_SEQUENCE, items);
    set.item(tags::REFERENCED_SERIES_SEQUENCE, series);
}

/// Frame of Reference: that of the source. A source with planes but without one gets an identifier of its own.
pub(crate) fn frame_of_reference(set: &mut Set, study: &SourceStudy, run: &Run) {
    let uid = match study.frame_of_reference() {
        Some(uid) => uid.to_string(),
        None => run.uid_root.make(&["frame of reference", study.study_uid(), study.series_uid()]),
    };
    set.text(tags::FRAME_OF_REFERENCE_UID, &uid).text(tags::POSITION_REFERENCE_INDICATOR, "");
}

/// A dimension that frames are sorted by: the attribute, and the functional group it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dimension {
    pub attribute: Tag,
    pub group: Tag,
    pub label: &'static str,
}

/// Slices by position.
pub(crate) const BY_POSITION: Dimension = Dimension {
    attribute: tags::IMAGE_POSITION_PATIENT,
    group: tags::PLANE_POSITION_SEQUENCE,
    label: "Image Position Patient",
};

/// Frames without position by their place in the source.
pub(crate) const BY_ORDER: Dimension = Dimension {
    attribute: tags::TEMPORAL_POSITION_INDEX,
    group: tags::FRAME_CONTENT_SEQUENCE,
    label: "Order in the source",
};

/// Multi-frame Dimension (PS3.3, C.7.6.17).
pub(crate) fn dimensions(set: &mut Set, study: &SourceStudy, run: &Run, list: &[Dimension]) {
    let uid = run.uid_root.make(&["dimensions", &run.key, study.series_uid(), &list.len().to_string()]);
    let mut organization = Set::default();
    organization.text(tags::DIMENSION_ORGANIZATION_UID, &uid);
    let items = list
        .iter()
        .map(|d| {
            let mut item = Set::default();
            item.text(tags::DIMENSION_ORGANIZATION_UID, &uid)
                .pointer(tags::DIMENSION_INDEX_POINTER, d.attribute)
                .pointer(tags::FUNCTIONAL_GROUP_POINTER, d.group)
                .text(tags::DIMENSION_DESCRIPTION_LABEL, d.label);
            item
        })
        .collect();
    set.item(tags::DIMENSION_ORGANIZATION_SEQUENCE, organization).sequence(tags::DIMENSION_INDEX_SEQUENCE, items);
}

/// An item of the functional groups sequences.
pub(crate) fn together(groups: impl IntoIterator<Item = Option<(Tag, Set)>>) -> Set {
    let mut set = Set::default();
    for (tag, item) in groups.into_iter().flatten() {
        set.item(tag, item);
    }
    set
}
