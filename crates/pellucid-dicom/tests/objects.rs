//! Result objects read back element by element: values, geometry, references, identity, identifiers.

mod common;

use common::{GRID, PICTURE, multi_frame, picture, regions, results, run, slice, values, write_files, write_stack};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, OpenFileOptions};
use pellucid_dicom::{
    Code, DicomResult, Group, Identity, Mask, Moment, ParametricMap, Report, Score, SecondaryCapture, Segment,
    Segmentation, SourceStudy, UidRoot, is_uid,
};

fn study() -> (tempfile::TempDir, SourceStudy) {
    let folder = tempfile::tempdir().unwrap();
    let study = SourceStudy::read(&write_stack(folder.path())).unwrap();
    (folder, study)
}

/// The object as a file is read, not as it was made.
fn reread(result: &DicomResult) -> InMemDicomObject {
    OpenFileOptions::new().from_reader(result.bytes().unwrap().as_slice()).unwrap().into_inner()
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    object.element(tag).unwrap().to_str().unwrap().trim_end_matches(['\0', ' ']).to_string()
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object.element(tag).unwrap().items().unwrap()
}

fn one(object: &InMemDicomObject, tag: Tag) -> &InMemDicomObject {
    let list = items(object, tag);
    assert_eq!(list.len(), 1);
    &list[0]
}

#[test]
fn a_map_comes_back_bit_for_bit_on_the_planes_of_its_source() {
    let (_folder, study) = study();
    let map = reread(results(&study, &run(Identity::Replace)).map.as_ref().unwrap());
    let found = map.element(tags::FLOAT_PIXEL_DATA).unwrap().to_multi_float32().unwrap();
    let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&found), bits(&values(GRID)));
    let shared = one(&map, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    // With the very digits of the source.
    assert_eq!(text(one(shared, tags::PIXEL_MEASURES_SEQUENCE), tags::PIXEL_SPACING), "0.7\\0.65000");
    let frames = items(&map, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    assert_eq!(frames.len(), GRID[0]);
    for (z, frame) in frames.iter().enumerate() {
        let source = slice(z);
        let position = text(one(frame, tags::PLANE_POSITION_SEQUENCE), tags::IMAGE_POSITION_PATIENT);
        assert_eq!(position, text(&source, tags::IMAGE_POSITION_PATIENT));
        let reference = one(one(frame, tags::DERIVATION_IMAGE_SEQUENCE), tags::SOURCE_IMAGE_SEQUENCE);
        assert_eq!(text(reference, tags::REFERENCED_SOP_INSTANCE_UID), text(&source, tags::SOP_INSTANCE_UID));
        assert_eq!(text(reference, tags::REFERENCED_SOP_CLASS_UID), text(&source, tags::SOP_CLASS_UID));
    }
    assert_eq!(text(&map, tags::FRAME_OF_REFERENCE_UID), text(&slice(0), tags::FRAME_OF_REFERENCE_UID));
    assert_eq!(text(&map, tags::CONTENT_QUALIFICATION), "RESEARCH");
    let mapping = one(shared, tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE);
    let number = |tag| mapping.element(tag).unwrap().to_float64().unwrap();
    assert_eq!((number(tags::REAL_WORLD_VALUE_SLOPE), number(tags::REAL_WORLD_VALUE_INTERCEPT)), (1.0, 0.0));
    assert_eq!(number(tags::DOUBLE_FLOAT_REAL_WORLD_VALUE_LAST_VALUE_MAPPED), 1.0e6);
}

#[test]
fn references_into_a_multi_frame_source_name_the_frame() {
    let folder = tempfile::tempdir().unwrap();
    let study = SourceStudy::read(&write_files(folder.path(), [multi_frame()])).unwrap();
    let results = results(&study, &run(Identity::Replace));
    let map = reread(results.map.as_ref().unwrap());
    for (z, frame) in items(&map, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).iter().enumerate() {
        let reference = one(one(frame, tags::DERIVATION_IMAGE_SEQUENCE), tags::SOURCE_IMAGE_SEQUENCE);
        assert_eq!(text(reference, tags::REFERENCED_FRAME_NUMBER), (GRID[0] - z).to_string());
    }
    // The instance is listed once, not once per frame.
    let series = one(&map, tags::REFERENCED_SERIES_SEQUENCE);
    assert_eq!(items(series, tags::REFERENCED_INSTANCE_SEQUENCE).len(), 1);
}

#[test]
fn segments_are_packed_bit_after_bit_across_frames() {
    let (_folder, study) = study();
    let segments = reread(&results(&study, &run(Identity::Replace)).segments);
    let bytes = segments.element(tags::PIXEL_DATA).unwrap().to_bytes().unwrap().to_vec();
    let (area, regions) = (GRID[1] * GRID[2], regions(&values(GRID)));
    let mut found = [vec![false; GRID[0] * area], vec![false; GRID[0] * area]];
    let frames = items(&segments, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    // 156 pixels: frames don't start at whole bytes.
    assert_ne!(area % 8, 0);
    assert_eq!(bytes.len(), (frames.len() * area).div_ceil(8).next_multiple_of(2));
    for (n, frame) in frames.iter().enumerate() {
        let number = one(frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE).element(tags::REFERENCED_SEGMENT_NUMBER);
        let segment = number.unwrap().to_int::<usize>().unwrap() - 1;
        let index = one(frame, tags::FRAME_CONTENT_SEQUENCE).element(tags::DIMENSION_INDEX_VALUES).unwrap();
        let index = index.to_multi_int::<usize>().unwrap();
        assert_eq!(index[0], segment + 1);
        for i in 0..area {
            let bit = n * area + i;
            found[segment][(index[1] - 1) * area + i] = bytes[bit / 8] >> (bit % 8) & 1 == 1;
        }
    }
    assert_eq!(found[0], regions[0].mask);
    assert_eq!(found[1], regions[1].mask);
    let described = items(&segments, tags::SEGMENT_SEQUENCE);
    assert_eq!(text(&described[0], tags::SEGMENT_DESCRIPTION), regions[0].rule);
    assert_eq!(text(one(&described[1], tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE), tags::CODE_VALUE), "RID3875");
}

#[test]
fn labels_are_masks_and_overlap_is_told() {
    let (_folder, study) = study();
    let run = run(Identity::Replace);
    let regions = regions(&values(GRID));
    let labels: Vec<u32> = (0..regions[0].mask.len())
        .map(|i| if regions[0].mask[i] { 70_000 } else { u32::from(regions[1].mask[i]) })
        .collect();
    let write = |masks: [Mask; 2]| {
        let segment = |i: usize| Segment { mask: masks[i], ..Segment::of_region(format!("segment {i}"), &regions[i]) };
        let segments = vec![segment(0), segment(1)];
        Segmentation { title: "t".into(), grid: GRID, geometry: None, segments, number: 1 }.write(&study, &run).unwrap()
    };
    let bits = write([Mask::Bits(&regions[0].mask), Mask::Bits(&regions[1].mask)]);
    let labelled = write([Mask::Label(&labels, 70_000), Mask::Label(&labels, 1)]);
    assert_eq!(bits.bytes().unwrap(), labelled.bytes().unwrap());
    let same = write([Mask::Bits(&regions[0].mask), Mask::Bits(&regions[0].mask)]);
    assert_eq!(text(&reread(&bits), tags::SEGMENTS_OVERLAP), "NO");
    assert_eq!(text(&reread(&same), tags::SEGMENTS_OVERLAP), "YES");
}

#[test]
fn a_picture_says_that_text_is_burnt_in() {
    let (_folder, study) = study();
    let capture = reread(&results(&study, &run(Identity::Replace)).capture);
    let bytes = capture.element(tags::PIXEL_DATA).unwrap().to_bytes().unwrap().to_vec();
    let expected = picture();
    assert_eq!((&bytes[..expected.len()], bytes.len()), (&expected[..], expected.len() + 1));
    assert_eq!(text(&capture, tags::BURNED_IN_ANNOTATION), "YES");
    assert_eq!(text(&capture, tags::ROWS), PICTURE[0].to_string());
    let source = one(&capture, tags::SOURCE_IMAGE_SEQUENCE);
    assert_eq!(text(source, tags::REFERENCED_SOP_INSTANCE_UID), text(&slice(4), tags::SOP_INSTANCE_UID));
}

/// Everything a file says, as text.
fn everything(object: &InMemDicomObject) -> String {
    let mut all = String::new();
    for element in object.iter() {
        if let Some(items) = element.items() {
            items.iter().for_each(|item| all += &everything(item));
        } else if let Ok(values) = element.to_str() {
            all += &format!("{values}\n");
        }
    }
    all
}

#[test]
fn identity_is_replaced_unless_it_is_asked_for() {
    let (_folder, study) = study();
    let secrets =
        ["Größe", "MRN-4711", "19500102", "070Y", "20200304", "101112", "S-0815", "Ms Test", "ACC-1234", "House"];
    let (hidden, kept) = (results(&study, &run(Identity::Replace)), results(&study, &run(Identity::Keep)));
    for (name, result) in hidden.all() {
        let object = reread(result);
        let said = everything(&object);
        for secret in secrets {
            assert!(!said.contains(secret), "{name} tells {secret}");
        }
        assert_eq!(text(&object, tags::PATIENT_IDENTITY_REMOVED), "YES");
        assert!(text(&object, tags::PATIENT_ID).starts_with("PSEUDO-"));
        assert_eq!(text(&object, tags::STUDY_INSTANCE_UID), study.study_uid());
    }
    for (name, result) in kept.all() {
        let object = reread(result);
        let said = everything(&object);
        for secret in secrets {
            assert!(said.contains(secret), "{name} doesn't tell {secret}");
        }
        assert!(object.get(tags::PATIENT_IDENTITY_REMOVED).is_none());
    }
}

#[test]
fn the_same_run_gives_the_same_bytes_and_another_moment_the_same_identifiers() {
    let (_folder, study) = study();
    let first = run(Identity::Replace);
    let mut later = first.clone();
    later.created = Moment::new("20250101", "000000", "+0000").unwrap();
    let mut other = first.clone();
    other.key = "sha256:ffff".into();
    let mut rooted = first.clone();
    rooted.uid_root = UidRoot::own("1.2.826.0.1.3680043.9.1234").unwrap();
    let of = |run| results(&study, run);
    let (a, b, c, d, e) = (of(&first), of(&first), of(&later), of(&other), of(&rooted));
    for (i, (name, result)) in a.all().into_iter().enumerate() {
        assert_eq!(result.bytes().unwrap(), b.all()[i].1.bytes().unwrap(), "{name}");
        assert_eq!(result.reference(), c.all()[i].1.reference(), "{name}");
        assert_ne!(result.bytes().unwrap(), c.all()[i].1.bytes().unwrap(), "{name}");
        let (this, that, own) = (result.reference(), d.all()[i].1.reference(), e.all()[i].1.reference());
        assert!(this.instance != that.instance && this.series != that.series, "{name}");
        assert!(is_uid(&this.instance) && this.instance.starts_with("2.25."));
        assert!(is_uid(&own.instance) && own.instance.starts_with("1.2.826.0.1.3680043.9.1234."));
        assert_eq!(text(&reread(result), tags::SOP_INSTANCE_UID), this.instance);
    }
    let mut all: Vec<String> = a.all().iter().map(|(_, r)| r.reference().instance.clone()).collect();
    all.extend(a.all().iter().map(|(_, r)| r.reference().series.clone()));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8);
    // Another threshold is other content: the identifiers differ although the run is the same.
    let mut regions = regions(&values(GRID));
    let segments = |regions: &[pellucid_dicom::regions::Region; 2]| {
        let segments = vec![Segment::of_region("for", &regions[0])];
        let s = Segmentation { title: "t".into(), grid: GRID, geometry: None, segments, number: 1 };
        s.write(&study, &first).unwrap().reference().instance.clone()
    };
    let before = segments(&regions);
    regions[0].mask[0] = !regions[0].mask[0];
    assert_ne!(before, segments(&regions));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let (_folder, study) = study();
    let run = run(Identity::Replace);
    let mut values = values(GRID);
    let map = |values: &[f32], grid| {
        let (title, quantity, unit) = ("map".to_string(), Code::saliency(), Code::no_units());
        ParametricMap { title, values, grid, geometry: None, quantity, unit, number: 1 }.write(&study, &run)
    };
    assert!(map(&values, [5, 13, 12]).unwrap_err().hints()[0].contains("resample"));
    assert!(map(&values[1..], GRID).unwrap_err().to_string().contains("are due"));
    values[7] = f32::NAN;
    assert!(map(&values, GRID).unwrap_err().to_string().contains("NaN or infinite at 1 voxels"));
    let empty = vec![false; GRID.iter().product()];
    let found = regions(&common::values(GRID));
    let mut segment = Segment::of_region("none", &found[0]);
    segment.mask = Mask::Bits(&empty);
    let write = |segments| {
        Segmentation { title: "s".into(), grid: GRID, geometry: None, segments, number: 1 }.write(&study, &run)
    };
    assert!(write(vec![segment]).unwrap_err().to_string().contains("needs a voxel"));
    assert!(write(vec![]).is_err());
    let capture = |height, width, slice| {
        SecondaryCapture { title: "p".into(), rgb: &[0; 12], height, width, slice, number: 1 }.write(&study, &run)
    };
    assert!(capture(2, 2, Some(4)).is_ok());
    assert!(capture(2, 2, Some(5)).is_err() && capture(2, 3, None).is_err() && capture(0, 4, None).is_err());
    let report = |groups| Report { title: "r".into(), procedure: None, groups, number: 1 }.write(&study, &run);
    assert!(report(vec![]).is_err());
    assert!(report(vec![Group { tracking: "g".into(), ..Group::default() }]).is_err());
    let scores = vec![Score::private("auc", "AUC", f64::NAN)];
    let error = report(vec![Group { tracking: "g".into(), scores, ..Group::default() }]).unwrap_err();
    assert!(error.to_string().contains("finite"), "{error}");
    let mut nameless = run.clone();
    nameless.key = " ".into();
    assert!(
        SecondaryCapture { title: "p".into(), rgb: &[0; 3], height: 1, width: 1, slice: None, number: 1 }
            .write(&study, &nameless)
            .is_err()
    );
}

#[test]
fn a_radiograph_gets_segments_picture_and_report_but_no_map() {
    let folder = tempfile::tempdir().unwrap();
    let mut object = slice(0);
    for tag in [tags::IMAGE_POSITION_PATIENT, tags::IMAGE_ORIENTATION_PATIENT, tags::FRAME_OF_REFERENCE_UID] {
        object.remove_element(tag);
    }
    let study = SourceStudy::read(&write_files(folder.path(), [object])).unwrap();
    let results = results(&study, &run(Identity::Replace));
    assert!(results.map.is_none());
    let segments = reread(&results.segments);
    assert!(segments.get(tags::FRAME_OF_REFERENCE_UID).is_none());
    let (grid, values) = (study.grid(), values(study.grid()));
    let map = ParametricMap {
        title: "m".into(),
        values: &values,
        grid,
        geometry: None,
        quantity: Code::saliency(),
        unit: Code::no_units(),
        number: 1,
    };
    let error = map.write(&study, &run(Identity::Replace)).unwrap_err();
    assert!(error.hints()[0].contains("secondary capture"), "{error}");
}

#[test]
fn files_are_saved_whole() {
    let (_folder, study) = study();
    let out = tempfile::tempdir().unwrap();
    let report = results(&study, &run(Identity::Replace)).report;
    let path = out.path().join("report.dcm");
    report.save(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), report.bytes().unwrap());
    assert!(report.save(&out.path().join("no/such/folder.dcm")).is_err());
}
