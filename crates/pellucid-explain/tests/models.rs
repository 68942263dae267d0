//! Every shared model that can be differentiated gives saliency and Grad-CAM, the same on tract and on ONNX Runtime. Skipped when the shared
//! folder isn't there.

use std::path::{Path, PathBuf};

use pellucid_engine::{Choice, EngineOptions, Session, open};
use pellucid_explain::{Evidence, Model, ModelNotes, Region, RegionReduce, Request, Target, Wish, explain};
use pellucid_graph::{DType, Dim, Fact, Tensor};

const METHODS: [&str; 2] = ["saliency", "grad-cam"];

/// What engines may differ by, relative to the largest value of a map.
const RELATIVE: f64 = 1e-3;

/// Fixed at 256 positions along three axes: minutes on tract.
const TOO_LARGE: &str = "mri_meshnet_niivue_onnx";

/// Models that don't give one of the methods, with the words that must be in the refusal.
const REFUSED: &[(&str, &str, &str)] = &[
    ("vlm_clip_tiny/text_encoder.onnx", "saliency", "no input of real numbers"),
    ("vlm_clip_tiny/text_encoder.onnx", "grad-cam", "feature map"),
];

fn models() -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folders = ["models", "models_random"].map(|f| data.join(f));
    let below = |f: &Path| std::fs::read_dir(f).into_iter().flatten().filter_map(|e| Some(e.ok()?.path()));
    let mut out: Vec<PathBuf> = folders.iter().flat_map(|f| below(f)).flat_map(|f| below(&f)).collect();
    out.retain(|p| p.extension().is_some_and(|e| e == "onnx"));
    out.sort();
    out
}

/// A sample of the sizes that the file states, with usual ones for what it leaves open.
fn sample(fact: &Fact) -> Tensor {
    let floats = fact.dtype.is_float();
    let open = |axis: usize| match (axis, fact.rank()) {
        (0, _) => 1,
        (1, 3..) | (_, 2) => 3,
        (_, 5..) => 32,
        _ => 64,
    };
    let size = |(axis, d): (usize, &Dim)| if let Dim::Known(n) = d { *n } else { open(axis) };
    let shape: Vec<usize> = fact.dims.iter().enumerate().map(size).collect();
    let n: usize = shape.iter().product();
    let value = |i: usize| if floats { ((i * 7919 % 1000) as f64) / 500.0 - 1.0 } else { (i % 3 + 1) as f64 };
    let dtype = if floats { DType::F32 } else { fact.dtype };
    Tensor::from_f64(dtype, shape, (0..n).map(value).collect()).cast(fact.dtype)
}

/// The maps of each method, or why there is none.
fn explained(path: &Path, session: Session) -> Vec<Result<Vec<f32>, String>> {
    let model = Model::open(path, session, ModelNotes::default()).unwrap();
    let inputs: Vec<Tensor> = model.inputs().unwrap().iter().map(|(_, fact)| sample(fact)).collect();
    let one = |method: &str| {
        let request = Request { methods: vec![Wish::of(method)], ..Request::default() };
        let outcome = match explain(&model, &inputs, &request) {
            // a segmentation may find nothing in noise; then one position is explained
            Err(error) if error.to_string().contains("predicted nowhere") => {
                let output = model.output().unwrap();
                let at = output.shape[2..].iter().map(|n| n / 2).collect();
                let target = Target::Region { index: 0, mask: Region::Pixel { at }, reduce: RegionReduce::LogitSum };
                explain(&model, &inputs, &Request { targets: vec![target], ..request })
            }
            other => other,
        };
        let outcome = outcome.map_err(|e| e.to_string())?;
        let explanation = outcome.explanations.into_iter().next().unwrap().map_err(|(_, e)| e.to_string())?;
        let Evidence::Maps(maps) = explanation.evidence;
        Ok(maps.into_iter().flat_map(|m| m.values).collect::<Vec<f32>>())
    };
    METHODS.iter().map(|m| one(m)).collect()
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let mean = |v: &[f32]| v.iter().map(|x| f64::from(*x)).sum::<f64>() / v.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x) - ma, f64::from(*y) - mb);
        (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y);
    }
    ab / (aa * bb).sqrt()
}

/// In a U-Net of random weights rounding flips some choice of a rectifier or pool among millions, and a gradient is another beyond it: single values
/// differ then, and the map as a whole doesn't.
fn agree(a: &[f32], b: &[f32]) -> bool {
    f64::from(difference(a, b)) <= RELATIVE || correlation(a, b) > 0.9999
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    let scale = a.iter().fold(1e-12f32, |m, v| m.max(v.abs()));
    a.iter().zip(b).fold(0.0f32, |m, (a, b)| m.max((a - b).abs())) / scale
}

#[test]
fn every_model_gives_saliency_and_grad_cam() {
    let tract = || open(&EngineOptions::of(Choice::Tract)).unwrap();
    let runtime = || open(&EngineOptions::of(Choice::OnnxRuntime));
    if let Err(error) = runtime() {
        println!("tract only: {error}");
    }
    let mut models = models();
    models.retain(|m| !m.to_string_lossy().contains(TOO_LARGE));
    if models.is_empty() {
        println!("skipped: the shared models aren't there");
    }
    let mut failures = vec![];
    for path in &models {
        let name = path.display().to_string();
        let refusal =
            |m: &str| REFUSED.iter().find(|(end, method, _)| name.ends_with(end) && *method == m).map(|r| r.2);
        let other = runtime().ok().map(|session| explained(path, session));
        for (i, found) in explained(path, tract()).into_iter().enumerate() {
            let method = METHODS[i];
            let fail = match (found, refusal(method)) {
                (Err(e), Some(words)) if e.contains(words) => None,
                (Err(e), _) => Some(e),
                (Ok(_), Some(words)) => Some(format!("gives a map, a refusal with `{words}` is expected")),
                (Ok(map), None) if map.is_empty() => Some("no values".into()),
                (Ok(map), None) if map.iter().any(|v| !v.is_finite()) => Some("values that aren't finite".into()),
                (Ok(map), None) => match other.as_ref().map(|o| &o[i]) {
                    Some(Ok(theirs)) if theirs.len() != map.len() => Some("ONNX Runtime gives another shape".into()),
                    Some(Ok(theirs)) if agree(&map, theirs) => None,
                    Some(Ok(theirs)) => Some(format!("engines differ by {:.1e}", difference(&map, theirs))),
                    Some(Err(e)) => Some(format!("ONNX Runtime: {e}")),
                    None => None,
                },
            };
            failures.extend(fail.map(|why| format!("{name}: {method}: {why}")));
        }
    }
    println!("{} models", models.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
