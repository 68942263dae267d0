//! Writes a Parametric Map, a Segmentation, a Secondary Capture and a report for a series, with a map made from the slices' indices.
//!
//! `cargo run -p pellucid-dicom --example results -- OUT FILE...`

use std::path::PathBuf;

use pellucid_dicom::regions::{Side, Threshold, threshold};
use pellucid_dicom::{
    Algorithm, Code, Group, Moment, ParametricMap, Report, Run, Score, SecondaryCapture, Segment, Segmentation,
    SourceStudy,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("name the folder for the results, then the source files")?;
    let study = SourceStudy::read(&arguments.collect::<Vec<_>>())?;
    let grid @ [d, h, w] = study.grid();
    println!("{d} x {h} x {w}, {:?}, {:?}", study.geometry(), study.irregular());
    // A wave with its top in the middle, half of it below zero.
    let wave = |n: usize, i: usize| (std::f32::consts::PI * (i as f32 + 0.5) / n as f32).sin();
    let values: Vec<f32> =
        (0..d * h * w).map(|i| wave(d, i / (h * w)) * wave(h, i / w % h) * wave(w, i % w) - 0.25).collect();
    let mut algorithm = Algorithm::new("integrated-gradients", "1");
    algorithm.parameters = vec![("steps".into(), "50".into()), ("baseline".into(), "zero".into())];
    let mut run = Run::new("example", algorithm);
    run.created = Moment::from_unix(1_700_000_000);
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
    let map = match map.write(&study, &run) {
        Ok(object) => {
            object.save(&out.join("map.dcm"))?;
            Some(object.reference().clone())
        }
        Err(e) => {
            println!("no map: {e} ({})", e.hints().join("; "));
            None
        }
    };
    let positive = threshold(&values, Side::Positive, Threshold::OfMaximum(0.6))?;
    let negative = threshold(&values, Side::Negative, Threshold::OfMaximum(0.9))?;
    let segments = vec![Segment::of_region("for", &positive), Segment::of_region("against", &negative)];
    let segmentation = Segmentation { title: title.clone(), grid, geometry: None, segments, number: 1 };
    let segments = segmentation.write(&study, &run)?;
    segments.save(&out.join("segments.dcm"))?;
    let rgb: Vec<u8> = (0..60 * 101).flat_map(|i| [i as u8, (i / 101) as u8, 200]).collect();
    let capture =
        SecondaryCapture { title: title.clone(), rgb: &rgb, height: 60, width: 101, slice: Some(d / 2), number: 1 };
    capture.write(&study, &run)?.save(&out.join("overlay.dcm"))?;
    let region = segmentation.region_refs(&study, &run, segments.reference()).into_iter().next();
    let whole = Group {
        tracking: "whole image".into(),
        finding: Some(Code::new("RID3875", "RADLEX", "nodule")),
        map,
        scores: vec![Score::probability(0.875), Score::private("deletion-auc", "Deletion AUC", 1.0 / 3.0)],
        ..Group::default()
    };
    let part = Group {
        tracking: "region for".into(),
        finding: Some(Code::private("relevance", "Region of relevance to a model")),
        site: Some(Code::new("39607008", "SCT", "Lung")),
        region,
        scores: vec![Score::private("relevance-share", "Share of relevance", 0.625)],
        ..Group::default()
    };
    let report = Report { title, procedure: None, groups: vec![whole, part], number: 1 };
    report.write(&study, &run)?.save(&out.join("report.dcm"))?;
    Ok(())
}
