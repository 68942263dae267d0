//! What the four kinds of object have in common: patient, study, series, equipment; identifiers and dates at the end.

use std::path::Path;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileDicomObject, FileMetaTableBuilder, InMemDicomObject};
use sha2::{Digest, Sha256};

use crate::code::{PRIVATE_SCHEME, terms};
use crate::data::Set;
use crate::error::value_error;
use crate::run::pairs;
use crate::source::Group;
use crate::{DicomError, Identity, Result, Run, SourceStudy, UidRoot};

/// Every text is written in UTF-8.
const UTF8: &str = "ISO_IR 192";
/// What every series says of itself.
pub(crate) const CAUTION: &str = "RESEARCH, not for diagnosis";

/// A kind of result object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub class: &'static str,
    pub modality: &'static str,
    /// Counted from the run's first series number.
    pub series: u32,
    /// Part of the identifiers.
    pub role: &'static str,
}

/// Reference to an object: what another object needs to point at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRef {
    /// SOP Class UID.
    pub class: String,
    /// SOP Instance UID.
    pub instance: String,
    /// Series Instance UID.
    pub series: String,
    /// Study Instance UID.
    pub study: String,
}

/// A finished result object.
#[derive(Clone, Debug)]
pub struct DicomResult {
    file: FileDicomObject<InMemDicomObject>,
    reference: InstanceRef,
}

impl DicomResult {
    /// Its reference.
    pub fn reference(&self) -> &InstanceRef {
        &self.reference
    }

    /// The data set.
    pub fn object(&self) -> &InMemDicomObject {
        &self.file
    }

    /// The file's bytes: preamble, header, data set in explicit little-endian.
    ///
    /// # Errors
    /// When the object can't be encoded.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![];
        let encoded = self.file.write_all(&mut bytes);
        encoded.map_err(|e| DicomError::Invalid(format!("the object can't be encoded: {e}")))?;
        Ok(bytes)
    }

    /// Writes the file; it appears whole or not at all.
    ///
    /// # Errors
    /// When the folder isn't there or can't be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let other = std::io::Error::other::<String>;
        pellucid_image::write_atomically(path, |w| self.file.write_all(w).map_err(|e| other(e.to_string())))?;
        Ok(())
    }
}

/// The attributes that every result object starts with.
pub(crate) fn begin(study: &SourceStudy, run: &Run, kind: Kind, title: &str, number: u32) -> Result<Set> {
    if run.key.trim().is_empty() {
        return Err(value_error(
            "the key of the run",
            run.key.as_str(),
            "it needs a digest or name: identifiers are made from it",
        ));
    }
    let mut set = Set::default();
    set.text(tags::SPECIFIC_CHARACTER_SET, UTF8)
        .text(tags::SOP_CLASS_UID, kind.class)
        .text(tags::MODALITY, kind.modality)
        .text(tags::STUDY_INSTANCE_UID, &study.study)
        .text(tags::SERIES_INSTANCE_UID, &series_uid(study, run, kind))
        .integer(tags::SERIES_NUMBER, u64::from(run.first_series_number) + u64::from(kind.series))
        .integer(tags::INSTANCE_NUMBER, u64::from(number))
        .text(tags::CONTENT_QUALIFICATION, "RESEARCH")
        .shortened(tags::SERIES_DESCRIPTION, &format!("{CAUTION}: {title}"));
    patient_and_study(&mut set, study, run);
    body(&mut set, study, kind);
    equipment(&mut set, run);
    let mut scheme = Set::default();
    scheme
        .text(tags::CODING_SCHEME_DESIGNATOR, PRIVATE_SCHEME)
        .text(tags::CODING_SCHEME_NAME, "Concepts of Pellucid that no public scheme has");
    set.item(tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, scheme);
    Ok(set)
}

/// The series of one kind of result of one run on one source series.
fn series_uid(study: &SourceStudy, run: &Run, kind: Kind) -> String {
    run.uid_root.make(&["series", &run.key, kind.role, &study.study, &study.series])
}

fn patient_and_study(set: &mut Set, study: &SourceStudy, run: &Run) {
    for tag in [
        tags::PATIENT_NAME,
        tags::PATIENT_ID,
        tags::PATIENT_BIRTH_DATE,
        tags::PATIENT_SEX,
        tags::STUDY_DATE,
        tags::STUDY_TIME,
        tags::STUDY_ID,
        tags::ACCESSION_NUMBER,
        tags::REFERRING_PHYSICIAN_NAME,
    ] {
        // All of type 2: present, and empty where unknown or hidden.
        set.text(tag, "");
    }
    match run.identity {
        Identity::Keep => {
            for group in [Group::Patient, Group::Study, Group::Hidden] {
                for (tag, values) in study.carried.of(group) {
                    set.carried(tag, values);
                }
            }
        }
        Identity::Replace => {
            let pseudonym = pseudonym(&study.study);
            set.text(tags::PATIENT_NAME, &format!("PSEUDONYM^{pseudonym}"))
                .text(tags::PATIENT_ID, &pseudonym)
                .text(tags::PATIENT_IDENTITY_REMOVED, "YES")
                .text(tags::DEIDENTIFICATION_METHOD, "Patient and study replaced; UIDs of the source kept");
        }
    }
}

/// What was imaged. The side goes with pictures: a segmentation has it in its segments and a report has neither.
fn body(set: &mut Set, study: &SourceStudy, kind: Kind) {
    if kind.modality == "SR" {
        return;
    }
    let part = study.carried.get(tags::BODY_PART_EXAMINED).filter(|t| !t.is_empty());
    let side = study.carried.get(tags::LATERALITY).filter(|t| !t.is_empty());
    if let Some(part) = part {
        set.carried(tags::BODY_PART_EXAMINED, &[part.into()]);
    }
    // Of type 2C: absent for an unpaired part, which only a stated part can be, and empty when nothing is known.
    if kind.modality != "SEG" && (side.is_some() || part.is_none()) {
        set.carried(tags::LATERALITY, &[side.unwrap_or_default().into()]);
    }
}

/// Stands for the patient of a study: made from the Study Instance UID, which the object carries anyway, and from nothing else.
fn pseudonym(study: &str) -> String {
    let digest = Sha256::digest(format!("pseudonym\0{study}"));
    let hex: String = digest.iter().take(6).map(|b| format!("{b:02X}")).collect();
    format!("PSEUDO-{hex}")
}

/// General, Enhanced General and Contributing Equipment (PS3.3, C.7.5 and C.12.1).
fn equipment(set: &mut Set, run: &Run) {
    let device = &run.device;
    let fill = |set: &mut Set| {
        set.text(tags::MANUFACTURER, &device.manufacturer)
            .text(tags::MANUFACTURER_MODEL_NAME, &device.model)
            .text(tags::DEVICE_SERIAL_NUMBER, &device.serial)
            .texts(tags::SOFTWARE_VERSIONS, &device.software);
    };
    fill(set);
    let mut contributing = Set::default();
    contributing.code(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, terms::PROCESSING_EQUIPMENT);
    fill(&mut contributing);
    contributing.shortened(tags::CONTRIBUTION_DESCRIPTION, &account(run));
    set.item(tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, contributing);
}

/// How the result came about, in words.
pub(crate) fn account(run: &Run) -> String {
    let a = &run.algorithm;
    let mut text = format!("{CAUTION}. method {} {}", a.name, a.version);
    for (name, list) in [("parameters", &a.parameters), ("provenance", &run.provenance)] {
        if !list.is_empty() {
            text += &format!("; {name}: {}", pairs(list));
        }
    }
    format!("{text}; run {}", run.key)
}

/// The object with its identifier, made from all that it holds, and then its dates: another moment alone gives no other identifier.
pub(crate) fn finish(set: Set, study: &SourceStudy, run: &Run, kind: Kind) -> Result<DicomResult> {
    let failed = |e: &dyn std::error::Error| DicomError::Invalid(format!("the object can't be encoded: {e}"));
    let object = set.finish()?;
    let version: String = concat!("PELLUCID_", env!("CARGO_PKG_VERSION")).chars().take(16).collect();
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(kind.class)
        .media_storage_sop_instance_uid("2.25.0")
        .implementation_class_uid(UidRoot::default().make(&["pellucid-dicom"]))
        .implementation_version_name(version)
        .build()
        .map_err(|e| failed(&e))?;
    let mut file = object.with_exact_meta(meta);
    let mut digest = Sha256::new();
    file.write_dataset(&mut digest).map_err(|e| failed(&e))?;
    let instance = run.uid_root.make(&[b"instance", run.key.as_bytes(), &digest.finalize()[..]]);
    let mut put = |tag, vr, text: &str| file.put(DataElement::new(tag, vr, PrimitiveValue::from(text)));
    put(tags::SOP_INSTANCE_UID, VR::UI, &instance);
    let at = &run.created;
    for tag in [tags::INSTANCE_CREATION_DATE, tags::CONTENT_DATE, tags::SERIES_DATE] {
        put(tag, VR::DA, at.date());
    }
    for tag in [tags::INSTANCE_CREATION_TIME, tags::CONTENT_TIME, tags::SERIES_TIME] {
        put(tag, VR::TM, at.time());
    }
    // It would hold for the study's time as well, which is told in the zone of the source.
    let zone = study.carried.get(tags::TIMEZONE_OFFSET_FROM_UTC);
    if run.identity == Identity::Replace || zone == Some(at.offset()) {
        put(tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH, at.offset());
    }
    file.update_meta(|meta| meta.media_storage_sop_instance_uid = instance.clone());
    let (class, series) = (kind.class.to_string(), series_uid(study, run, kind));
    Ok(DicomResult { file, reference: InstanceRef { class, instance, series, study: study.study.clone() } })
}
