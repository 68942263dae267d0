//! What the integration tests share: sources made here, the shared test data, results for a source.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use pellucid_dicom::regions::{Region, Side, Threshold, threshold};
use pellucid_dicom::{
    Algorithm, Code, DicomResult, Group, Identity, Moment, ParametricMap, Report, Run, Score, SecondaryCapture,
    Segment, Segmentation, SourceStudy,
};

/// A folder of the shared test data, `None` (with a printed reason) when it isn't there.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(folder);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no shared data at `{}`", path.display());
    None
}

/// Size of the stacks that are made here.
pub const GRID: [usize; 3] = [5, 12, 13];

fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, text: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(text)));
}

/// The attributes of one slice of an oblique CT; `z` is its place in the stack.
pub fn slice(z: usize) -> InMemDicomObject {
    let mut o = InMemDicomObject::new_empty();
    // Rows and columns are turned by 30 degrees about the body's long axis.
    let (c, s) = (0.866_025_403_784, 0.5);
    let position = format!("{}\\{}\\{}", -81.25, 40.5 + 1e-3, 2.5 * z as f64 - 30.0);
    for (tag, vr, text) in [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
        (tags::SOP_INSTANCE_UID, VR::UI, &format!("1.2.826.0.1.3680043.8.498.1.{}", z + 1)),
        (tags::STUDY_INSTANCE_UID, VR::UI, "1.2.826.0.1.3680043.8.498.2"),
        (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.826.0.1.3680043.8.498.3"),
        (tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.826.0.1.3680043.8.498.4"),
        (tags::MODALITY, VR::CS, "CT"),
        (tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
        (tags::PATIENT_NAME, VR::PN, "Größe^Test"),
        (tags::PATIENT_ID, VR::LO, "MRN-4711"),
        (tags::PATIENT_BIRTH_DATE, VR::DA, "19500102"),
        (tags::PATIENT_SEX, VR::CS, "F"),
        (tags::PATIENT_AGE, VR::AS, "070Y"),
        (tags::STUDY_DATE, VR::DA, "20200304"),
        (tags::STUDY_TIME, VR::TM, "101112.5"),
        (tags::STUDY_ID, VR::SH, "S-0815"),
        (tags::STUDY_DESCRIPTION, VR::LO, "Thorax of Ms Test"),
        (tags::ACCESSION_NUMBER, VR::SH, "ACC-1234"),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN, "House^Gregory"),
        (tags::MANUFACTURER, VR::LO, "Test"),
        (tags::BODY_PART_EXAMINED, VR::CS, "CHEST"),
        (tags::SERIES_NUMBER, VR::IS, "2"),
        (tags::INSTANCE_NUMBER, VR::IS, &(z + 1).to_string()),
        (tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        (tags::RESCALE_INTERCEPT, VR::DS, "-1024"),
        (tags::RESCALE_SLOPE, VR::DS, "1"),
        (tags::KVP, VR::DS, "120"),
        (tags::ACQUISITION_NUMBER, VR::IS, "1"),
    ] {
        put(&mut o, tag, vr, text);
    }
    let lists: [(Tag, &str); 4] = [
        (tags::IMAGE_POSITION_PATIENT, &position),
        (tags::IMAGE_ORIENTATION_PATIENT, &format!("{c}\\{s}\\0\\{}\\{c}\\0", -s)),
        (tags::PIXEL_SPACING, "0.7\\0.65000"),
        (tags::SLICE_THICKNESS, "3"),
    ];
    for (tag, text) in lists {
        let values: Vec<String> = text.split('\\').map(String::from).collect();
        o.put(DataElement::new(tag, VR::DS, PrimitiveValue::Strs(values.into())));
    }
    let [_, h, w] = GRID;
    for (tag, n) in [
        (tags::ROWS, h as u16),
        (tags::COLUMNS, w as u16),
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 16),
        (tags::HIGH_BIT, 15),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        o.put(DataElement::new(tag, VR::US, PrimitiveValue::from(n)));
    }
    let pixels: Vec<u16> = (0..h * w).map(|i| (1000 + 10 * z + i) as u16).collect();
    o.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    o
}

/// The file of a data set.
pub fn file_bytes(object: InMemDicomObject) -> Vec<u8> {
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let mut bytes = vec![];
    object.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

/// Writes the files of a stack into a folder, in an order that isn't that of the slices.
pub fn write_stack(folder: &Path) -> Vec<PathBuf> {
    write_files(folder, (0..GRID[0]).map(slice))
}

/// Writes data sets as files.
pub fn write_files(folder: &Path, objects: impl IntoIterator<Item = InMemDicomObject>) -> Vec<PathBuf> {
    let write = |(i, object)| {
        let path = folder.join(format!("{}.dcm", (i * 7 + 3) % 11));
        std::fs::write(&path, file_bytes(object)).unwrap();
        path
    };
    let mut paths: Vec<PathBuf> = objects.into_iter().enumerate().map(write).collect();
    paths.sort();
    paths
}

/// The stack as one multi-frame file with functional groups; frames run from the head to the feet.
pub fn multi_frame() -> InMemDicomObject {
    let mut o = slice(0);
    let [d, h, w] = GRID;
    let mut take = |tag: Tag| o.take(tag).unwrap();
    let (orientation, spacing, thickness) =
        (take(tags::IMAGE_ORIENTATION_PATIENT), take(tags::PIXEL_SPACING), take(tags::SLICE_THICKNESS));
    take(tags::IMAGE_POSITION_PATIENT);
    let group = |tag: Tag, elements: Vec<dicom_object::mem::InMemElement>| {
        DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![InMemDicomObject::from_element_iter(elements)]))
    };
    let shared = InMemDicomObject::from_element_iter([
        group(tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation]),
        group(tags::PIXEL_MEASURES_SEQUENCE, vec![spacing, thickness]),
    ]);
    let frame = |z: usize| {
        let position = slice(z).take(tags::IMAGE_POSITION_PATIENT).unwrap();
        InMemDicomObject::from_element_iter([group(tags::PLANE_POSITION_SEQUENCE, vec![position])])
    };
    let frames: Vec<InMemDicomObject> = (0..d).rev().map(frame).collect();
    o.put(DataElement::new(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, VR::SQ, DataSetSequence::from(vec![shared])));
    o.put(DataElement::new(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, VR::SQ, DataSetSequence::from(frames)));
    put(&mut o, tags::SOP_CLASS_UID, VR::UI, uids::ENHANCED_CT_IMAGE_STORAGE);
    put(&mut o, tags::NUMBER_OF_FRAMES, VR::IS, &d.to_string());
    o.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(vec![7; d * h * w].into())));
    o
}

/// A run with parameters and provenance at a fixed moment.
pub fn run(identity: Identity) -> Run {
    let mut algorithm = Algorithm::new("integrated-gradients", "1");
    algorithm.parameters = vec![("steps".into(), "50".into()), ("baseline".into(), "zero".into())];
    let mut run = Run::new("sha256:0f1e2d", algorithm);
    run.provenance = vec![("model".into(), "sha256:abcd".into()), ("engine".into(), "tract".into())];
    run.created = Moment::new("20240229", "123456", "+0100").unwrap();
    run.identity = identity;
    run
}

/// Signed values of very different sizes, among them -0, subnormal numbers.
pub fn values(grid: [usize; 3]) -> Vec<f32> {
    let n: usize = grid.iter().product();
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut values: Vec<f32> = (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let unit = (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
            unit * 10f32.powi((state & 7) as i32 - 6)
        })
        .collect();
    let special = [-0.0, f32::MIN_POSITIVE / 8.0, -f32::from_bits(1), 1.0e6];
    values.iter_mut().zip(special).for_each(|(v, s)| *v = s);
    values
}

/// The two regions of a map.
pub fn regions(values: &[f32]) -> [Region; 2] {
    let of = |side, rule| threshold(values, side, rule).unwrap();
    [of(Side::Positive, Threshold::TopFraction(0.1)), of(Side::Negative, Threshold::OfMaximum(0.4))]
}

/// The results of a source.
pub struct Results {
    /// `None` when the source has no planes.
    pub map: Option<DicomResult>,
    pub segments: DicomResult,
    pub capture: DicomResult,
    pub report: DicomResult,
}

impl Results {
    /// All objects with a name for each.
    pub fn all(&self) -> Vec<(&'static str, &DicomResult)> {
        let rest = [("segments", &self.segments), ("capture", &self.capture), ("report", &self.report)];
        self.map.iter().map(|m| ("map", m)).chain(rest).collect()
    }
}

/// Size of the pictures that are made here: an odd number of bytes.
pub const PICTURE: [usize; 2] = [9, 11];

/// A picture of all byte values.
pub fn picture() -> Vec<u8> {
    (0..PICTURE[0] * PICTURE[1] * 3).map(|i| (i * 89 % 256) as u8).collect()
}

/// Writes all kinds of result for a source.
pub fn results(study: &SourceStudy, run: &Run) -> Results {
    let grid = study.grid();
    let values = values(grid);
    let title = "integrated-gradients for `nodule`".to_string();
    let map = ParametricMap {
        title: title.clone(),
        values: &values,
        grid,
        geometry: study.geometry(),
        quantity: Code::saliency(),
        unit: Code::no_units(),
        number: 1,
    };
    let map = study.has_planes().then(|| map.write(study, run).unwrap());
    let regions = regions(&values);
    let mut segments = vec![Segment::of_region("for", &regions[0]), Segment::of_region("against", &regions[1])];
    segments[1].property = Code::new("RID3875", "RADLEX", "nodule");
    segments[1].colour = Some([255, 0, 0]);
    let segmentation = Segmentation { title: title.clone(), grid, geometry: None, segments, number: 1 };
    let segments = segmentation.write(study, run).unwrap();
    let (rgb, slice) = (picture(), Some(grid[0] - 1));
    let capture =
        SecondaryCapture { title: title.clone(), rgb: &rgb, height: PICTURE[0], width: PICTURE[1], slice, number: 1 };
    let capture = capture.write(study, run).unwrap();
    let whole = Group {
        tracking: "whole image".into(),
        finding: Some(Code::new("RID3875", "RADLEX", "nodule")),
        map: map.as_ref().map(|m| m.reference().clone()),
        scores: vec![Score::probability(0.875), Score::private("deletion-auc", "Deletion AUC", 1.0 / 3.0)],
        comment: Some("größer als erwartet".into()),
        ..Group::default()
    };
    let refs = segmentation.region_refs(study, run, segments.reference());
    let region = |i: usize| Group {
        tracking: ["for", "against"][i].into(),
        finding: Some(Code::private("relevance", "Region of relevance to a model")),
        site: Some(Code::new("39607008", "SCT", "Lung")),
        region: Some(refs[i].clone()),
        scores: vec![Score::private("relevance-share", "Share of relevance", 0.1 + i as f64)],
        ..Group::default()
    };
    let report = Report { title, procedure: None, groups: vec![whole, region(0), region(1)], number: 1 };
    let report = report.write(study, run).unwrap();
    Results { map, segments, capture, report }
}

/// A program on the search path, or named by an environment variable; `None` (with a printed reason) when there is none.
pub fn program(name: &str, variable: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.into_iter().chain(std::env::split_paths(&path).map(|p| p.join(name))).find(|p| p.is_file());
    if found.is_none() {
        println!("skipped: no `{name}` on the search path, and {variable} names none");
    }
    found
}
