//! Groups of measurements: of a region in a stack of slices (TID 1411) or in a single image (TID 1410), or of the whole (TID 1501).

use dicom_dictionary_std::tags;

use super::item::{Item, Relation};
use super::{algorithm, comment};
use crate::code::{Code, terms};
use crate::error::value_error;
use crate::{InstanceRef, Result, Run, SourceStudy};

/// A number that was found, with what it is and its unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// What was measured: a public code, or [`Code::private`] with the name of a metric.
    pub name: Code,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: Code,
}

impl Score {
    /// A score without unit under a private code.
    pub fn private(id: &str, meaning: &str, value: f64) -> Score {
        Score { name: Code::private(id, meaning), value, unit: Code::no_units() }
    }

    /// (122157, DCM, "Probability"), from 0 to 1.
    pub fn probability(value: f64) -> Score {
        Score { name: Code::new("122157", "DCM", "Probability"), value, unit: Code::no_units() }
    }
}

/// A segment of a segmentation that was written before: [`crate::Segmentation::region_refs`] gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionRef {
    /// The segmentation.
    pub segmentation: InstanceRef,
    /// Number of the segment, from 1.
    pub segment: u16,
    /// The segment's tracking identifier.
    pub tracking_uid: String,
    /// Volume in mm3, where the source has a volume; that of a single image is its area times the slice thickness.
    pub volume_mm3: Option<f64>,
    /// Area in mm2, for a single image whose pixel size in the patient is known.
    pub area_mm2: Option<f64>,
}

/// Measurements that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Name that follows the observation through time, unique in the report.
    pub tracking: String,
    /// What was found, for instance the class that the model predicts.
    pub finding: Option<Code>,
    /// Where it was found.
    pub site: Option<Code>,
    /// The region, if the measurements are of one.
    pub region: Option<RegionRef>,
    /// The map that the measurements were taken from.
    pub map: Option<InstanceRef>,
    /// The numbers.
    pub scores: Vec<Score>,
    /// A comment in words.
    pub comment: Option<String>,
}

impl Group {
    pub(super) fn item(&self, index: usize, study: &SourceStudy, run: &Run) -> Result<Item> {
        self.check()?;
        let template = match (&self.region, study.frames().len()) {
            (None, _) => "1501",
            (Some(_), 1) => "1410",
            (Some(_), _) => "1411",
        };
        let (mut item, contains) = (Item::container(terms::MEASUREMENT_GROUP, Some(template)), Relation::Contains);
        let tracking = match &self.region {
            Some(region) => region.tracking_uid.clone(),
            None => run.uid_root.make(&["group", &run.key, study.series_uid(), &index.to_string(), &self.tracking]),
        };
        let context = Relation::HasObservationContext;
        item.add(context, Item::text(terms::TRACKING_IDENTIFIER, &self.tracking))
            .add(context, Item::uid(terms::TRACKING_UID, &tracking));
        if let Some(finding) = &self.finding {
            item.add(contains, Item::code(terms::FINDING, finding.clone()));
        }
        algorithm(&mut item, run);
        if let Some(site) = &self.site {
            item.add(Relation::HasConceptModifier, Item::code(terms::FINDING_SITE, site.clone()));
        }
        if let Some(region) = &self.region {
            add_region(&mut item, region, study);
        }
        if let Some(map) = &self.map {
            item.add(contains, Item::result(terms::SOURCE_OF_MEASUREMENT, map));
        }
        for score in &self.scores {
            item.add(contains, Item::number(score.name.clone(), score.value, score.unit.clone()));
        }
        item.add(contains, Item::text(terms::COMMENT, &comment(run, self.comment.as_deref())));
        Ok(item)
    }

    fn check(&self) -> Result<()> {
        let what = || format!("the group `{}`", self.tracking);
        if self.tracking.trim().is_empty() {
            return Err(value_error("the name of a group", "empty", "it needs one that is unique in the report"));
        }
        if self.finding.is_none() && self.region.is_none() && self.map.is_none() && self.scores.is_empty() {
            return Err(value_error(what(), "empty", "it needs a finding, a score, a region or a map"));
        }
        if let Some(score) = self.scores.iter().find(|s| !s.value.is_finite()) {
            let text = format!("`{}` in {}", score.name.meaning, what());
            return Err(value_error(
                text,
                score.value.to_string(),
                "a report holds finite numbers: leave it out and say so in the comment",
            ));
        }
        Ok(())
    }
}

/// The segment, its source and its size.
fn add_region(item: &mut Item, region: &RegionRef, study: &SourceStudy) {
    let (contains, r) = (Relation::Contains, &region.segmentation);
    let (number, planar) = (u32::from(region.segment), study.frames().len() == 1);
    let (name, part) = if planar {
        // Each segment of a single image has one frame, in the order of the segments. A reference names frames or segments, not both.
        (terms::REFERENCED_SEGMENTATION_FRAME, (tags::REFERENCED_FRAME_NUMBER, number))
    } else {
        (terms::REFERENCED_SEGMENT, (tags::REFERENCED_SEGMENT_NUMBER, number))
    };
    item.add(contains, Item::image(Some(name), &r.class, &r.instance, &[part]));
    // The segmentation names the images of a stack one by one; here their series will do.
    match study.frames() {
        [only] => {
            // A single image may be one frame of many.
            let parts: Vec<_> = only.frame.iter().map(|n| (tags::REFERENCED_FRAME_NUMBER, *n)).collect();
            item.add(
                contains,
                Item::image(Some(terms::SOURCE_IMAGE_FOR_SEGMENTATION), &only.class, &only.instance, &parts),
            );
        }
        _ => {
            item.add(contains, Item::uid(terms::SOURCE_SERIES_FOR_SEGMENTATION, study.series_uid()));
        }
    }
    let sizes = [
        (terms::VOLUME, region.volume_mm3, Code::ucum("mm3", "cubic millimeter")),
        (terms::AREA, region.area_mm2, Code::ucum("mm2", "square millimeter")),
    ];
    for (name, value, unit) in sizes {
        if let Some(value) = value {
            item.add(contains, Item::number(name, value, unit));
        }
    }
}
