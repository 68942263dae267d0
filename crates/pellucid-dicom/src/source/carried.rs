//! Attributes that results take over from the source.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

/// What an attribute tells, which decides whether it is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Who the patient is. Replaced unless identity is kept.
    Patient,
    /// When, why and by whom the study was made. Emptied unless identity is kept.
    Study,
    /// What was already done to hide the patient. Taken over with the identity.
    Hidden,
    /// What was imaged: always taken over.
    Body,
    /// In which zone the times of the source are told.
    Clock,
    /// Directions of rows and columns in words, for objects with the pixels of the source.
    Orientation,
}

/// The attributes, by group.
const ATTRIBUTES: &[(Group, Tag)] = &[
    (Group::Patient, tags::PATIENT_NAME),
    (Group::Patient, tags::PATIENT_ID),
    (Group::Patient, tags::ISSUER_OF_PATIENT_ID),
    (Group::Patient, tags::PATIENT_BIRTH_DATE),
    (Group::Patient, tags::PATIENT_SEX),
    (Group::Patient, tags::PATIENT_AGE),
    (Group::Patient, tags::PATIENT_SIZE),
    (Group::Patient, tags::PATIENT_WEIGHT),
    (Group::Study, tags::STUDY_DATE),
    (Group::Study, tags::STUDY_TIME),
    (Group::Study, tags::STUDY_ID),
    (Group::Study, tags::STUDY_DESCRIPTION),
    (Group::Study, tags::ACCESSION_NUMBER),
    (Group::Study, tags::REFERRING_PHYSICIAN_NAME),
    (Group::Hidden, tags::PATIENT_IDENTITY_REMOVED),
    (Group::Hidden, tags::DEIDENTIFICATION_METHOD),
    (Group::Hidden, tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED),
    (Group::Body, tags::BODY_PART_EXAMINED),
    (Group::Orientation, tags::PATIENT_ORIENTATION),
    (Group::Clock, tags::TIMEZONE_OFFSET_FROM_UTC),
];

/// The values of attributes that the source has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Carried(Vec<(Group, Tag, Vec<String>)>);

impl Carried {
    pub fn read(object: &InMemDicomObject) -> Carried {
        let found = |&(group, tag): &(Group, Tag)| Some((group, tag, texts(object, tag)?));
        let mut list: Vec<_> = ATTRIBUTES.iter().filter_map(found).collect();
        // The side is stated for the series or for each image; results have it in the series.
        let side = [tags::LATERALITY, tags::IMAGE_LATERALITY].iter().find_map(|tag| text(object, *tag));
        list.push((Group::Body, tags::LATERALITY, side.into_iter().collect()));
        Carried(list)
    }

    /// The attributes of a group that the source has.
    pub fn of(&self, group: Group) -> impl Iterator<Item = (Tag, &[String])> {
        self.0.iter().filter(move |(g, ..)| *g == group).map(|(_, tag, values)| (*tag, values.as_slice()))
    }

    /// The first value of an attribute.
    pub fn get(&self, tag: Tag) -> Option<&str> {
        self.0.iter().find(|(_, t, _)| *t == tag)?.2.first().map(String::as_str)
    }
}

/// The values of an attribute without padding, `None` when it is missing or a sequence.
pub(crate) fn texts(object: &InMemDicomObject, tag: Tag) -> Option<Vec<String>> {
    let values = object.get(tag)?.to_multi_str().ok()?;
    Some(values.iter().map(|v| v.trim_matches([' ', '\0']).to_string()).collect())
}

/// The only value of an attribute, `None` when it is missing or empty.
pub(crate) fn text(object: &InMemDicomObject, tag: Tag) -> Option<String> {
    texts(object, tag)?.into_iter().next().filter(|t| !t.is_empty())
}

/// The numbers of an attribute with the digits they were written with, `None` unless there are exactly `N`, all finite.
pub(crate) fn decimals<const N: usize>(object: &InMemDicomObject, tag: Tag) -> Option<[String; N]> {
    let values: [String; N] = texts(object, tag)?.try_into().ok()?;
    values.iter().all(|v| v.parse::<f64>().is_ok_and(f64::is_finite)).then_some(values)
}
