//! Writes a Parametric Map, a Segmentation, a Secondary Capture and a report for a series, with a map made from the slices' indices.
//!
//! `cargo run -p pellucid-dicom --example results -- OUT FILE...`

use std::path::PathBuf;

use pellucid_dicom::regions::{Side, Threshold, threshold};
use pellucid_dicom::{Algorithm, Code, Moment, ParametricMap, Run, SecondaryCapture, Segment, Segmentation, SourceStudy};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("name the folder for the results, then the source files")?;
    let study = SourceStudy::read(&arguments.collect::<Vec<_>>())?;
    let grid @ [d, h, w] = study.grid();
    println!("{d} x {h} x {w}, {:?}, {:?}", study.geometry(), study.irregular());
    // A wave with its top in the middle, half of it below zero.
    let wave = |n: usize, i: usize| (std::f32::consts::PI * (i as f32 + 0.5) / n as f32).sin();
    let values: Vec<f32> = (0..d * h * w)
        .map(|i| wave(d, i / (h * w)) * wave(h, i / w % h) * wave(w, i % w) - 0.25)
        .collect();
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
    match map.write(&study, &run) {
        Ok(object) => object.save(&out.join("map.dcm"))?,
        Err(e) => println!("no map: {e} ({})", e.hints().join("; ")),
    }
    let positive = threshold(&values, Side::Positive, Threshold::OfMaximum(0.6))?;
    let negative = threshold(&values, Side::Negative, Threshold::OfMaximum(0.9))?;
    let segments = vec![Segment::of_region("for", &positive), Segment::of_region("against", &negative)];
    let segmentation = Segmentation { title: title.clone(), grid, geometry: None, segments, number: 1 };
    segmentation.write(&study, &run)?.save(&out.join("segments.dcm"))?;
    let rgb: Vec<u8> = (0..60 * 101).flat_map(|i| [i as u8, (i / 101) as u8, 200]).collect();
    let capture = SecondaryCapture { title, rgb: &rgb, height: 60, width: 101, slice: Some(d / 2), number: 1 };
    capture.write(&study, &run)?.save(&out.join("overlay.dcm"))?;
    Ok(())
}
