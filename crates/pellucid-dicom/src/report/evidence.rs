//! The list of everything that a report refers to (PS3.3, C.17.2): by study and series.

use dicom_dictionary_std::tags;

use super::Group;
use crate::data::Set;
use crate::groups;
use crate::{InstanceRef, SourceStudy};

/// Current Requested Procedure Evidence: the source images, and the segmentations and maps of the same study.
pub(super) fn write(set: &mut Set, study: &SourceStudy, list: &[Group]) {
    // Series with their instances, in the order of first mention.
    let mut series: Vec<(&str, Vec<(&str, &str)>)> = vec![(study.series_uid(), groups::instances(study))];
    let results = list.iter().flat_map(|g| g.region.iter().map(|r| &r.segmentation).chain(&g.map));
    for InstanceRef { class, instance, series: uid, .. } in results {
        let at = series.iter().position(|(s, _)| s == uid).unwrap_or_else(|| {
            series.push((uid, vec![]));
            series.len() - 1
        });
        if let Some((_, instances)) = series.get_mut(at)
            && !instances.contains(&(class, instance))
        {
            instances.push((class, instance));
        }
    }
    let items = series.into_iter().map(|(uid, instances)| of_series(uid, &instances)).collect();
    let mut evidence = Set::default();
    evidence.text(tags::STUDY_INSTANCE_UID, study.study_uid()).sequence(tags::REFERENCED_SERIES_SEQUENCE, items);
    set.item(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, evidence);
}

fn of_series(uid: &str, instances: &[(&str, &str)]) -> Set {
    let items = instances
        .iter()
        .map(|(class, instance)| {
            let mut item = Set::default();
            item.text(tags::REFERENCED_SOP_CLASS_UID, class).text(tags::REFERENCED_SOP_INSTANCE_UID, instance);
            item
        })
        .collect();
    let mut set = Set::default();
    set.text(tags::SERIES_INSTANCE_UID, uid).sequence(tags::REFERENCED_SOP_SEQUENCE, items);
    set
}
