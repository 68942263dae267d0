//! Structured report (Comprehensive 3D SR, PS3.3 A.35.13) after TID 1500 "Measurement Report" (PS3.16): findings, the method (TID 4019), scores,
//! volumes of regions, and references to source, segments and maps.

mod evidence;
mod group;
mod item;

use dicom_dictionary_std::{tags, uids};

pub use group::{Group, RegionRef, Score};
use item::{Item, Relation};

use crate::code::{Code, terms};
use crate::error::value_error;
use crate::groups;
use crate::object::{self, CAUTION, Kind};
use crate::{DicomResult, Result, Run, SourceStudy};

const KIND: Kind =
    Kind { class: uids::COMPREHENSIVE3_DSR_STORAGE, modality: "SR", series: 3, role: "structured report" };

/// A report of measurements.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the report is about, up to 64 characters.
    pub title: String,
    /// The procedure that made the images; `None` says (363679005, SCT, "Imaging procedure").
    pub procedure: Option<Code>,
    /// Groups of measurements: one for each region, and one or more for the whole.
    pub groups: Vec<Group>,
    /// Number of this report among the run's, from 1.
    pub number: u32,
}

impl Report {
    /// The report as a DICOM object: complete, preliminary, unverified.
    ///
    /// # Errors
    /// When there is no group, a group has neither score nor region nor map nor finding, a score isn't finite, or a text doesn't fit.
    pub fn write(&self, study: &SourceStudy, run: &Run) -> Result<DicomResult> {
        if self.groups.is_empty() {
            return Err(value_error(
                "the report",
                "no groups",
                "it needs one with a finding, a score, a region or a map",
            ));
        }
        let mut set = object::begin(study, run, KIND, &self.title, self.number)?;
        set.sequence(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![])
            .sequence(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![])
            .text(tags::COMPLETION_FLAG, "COMPLETE")
            .text(tags::PRELIMINARY_FLAG, "PRELIMINARY")
            .text(tags::VERIFICATION_FLAG, "UNVERIFIED");
        evidence::write(&mut set, study, &self.groups);
        self.tree(study, run)?.root(&mut set);
        object::finish(set, study, run, KIND)
    }

    /// The root of TID 1500.
    fn tree(&self, study: &SourceStudy, run: &Run) -> Result<Item> {
        let mut root = Item::container(terms::IMAGING_REPORT, Some("1500"));
        let procedure = self.procedure.clone().unwrap_or_else(|| terms::IMAGING_PROCEDURE.into());
        root.add(Relation::HasConceptModifier, Item::code(terms::LANGUAGE, terms::ENGLISH));
        observer(&mut root, run);
        root.add(Relation::HasConceptModifier, Item::code(terms::PROCEDURE_REPORTED, procedure));
        root.add(Relation::Contains, library(study));
        let mut measurements = Item::container(terms::IMAGING_MEASUREMENTS, None);
        for (i, group) in self.groups.iter().enumerate() {
            measurements.add(Relation::Contains, group.item(i, study, run)?);
        }
        root.add(Relation::Contains, measurements);
        Ok(root)
    }
}

/// The device that observed (TID 1001, 1002, 1004).
fn observer(root: &mut Item, run: &Run) {
    let device = &run.device;
    let uid = run.uid_root.make(&["device", &device.manufacturer, &device.model, &device.serial]);
    let context = Relation::HasObservationContext;
    root.add(context, Item::code(terms::OBSERVER_TYPE, terms::DEVICE))
        .add(context, Item::uid(terms::DEVICE_UID, &uid))
        .add(context, Item::text(terms::DEVICE_NAME, &device.software.join(", ")))
        .add(context, Item::text(terms::DEVICE_MANUFACTURER, &device.manufacturer))
        .add(context, Item::text(terms::DEVICE_MODEL, &device.model))
        .add(context, Item::text(terms::DEVICE_SERIAL, &device.serial));
}

/// The images that were explained (TID 1600).
fn library(study: &SourceStudy) -> Item {
    let mut group = Item::container(terms::IMAGE_LIBRARY_GROUP, None);
    for (class, instance) in groups::instances(study) {
        group.add(Relation::Contains, Item::image(None, class, instance, &[]));
    }
    let mut library = Item::container(terms::IMAGE_LIBRARY, Some("1600"));
    library.add(Relation::Contains, group);
    library
}

/// The method (TID 4019).
fn algorithm(item: &mut Item, run: &Run) {
    let (a, modifier) = (&run.algorithm, Relation::HasConceptModifier);
    item.add(modifier, Item::text(terms::ALGORITHM_NAME, &a.name))
        .add(modifier, Item::text(terms::ALGORITHM_VERSION, &a.version));
    for (name, value) in &a.parameters {
        item.add(modifier, Item::text(terms::ALGORITHM_PARAMETERS, &format!("{name} = {value}")));
    }
    item.add(modifier, Item::code(terms::ALGORITHM_FAMILY, a.family.clone()));
}

/// The words that go with every group.
fn comment(run: &Run, own: Option<&str>) -> String {
    let own = own.map(|t| format!("{t}\n")).unwrap_or_default();
    format!("{own}{CAUTION}.\n{}", object::account(run))
}
