//! `pellucid export`: a compiled method as a plain `.onnx` file, checked before it is kept.

use anyhow::{Context, Result, bail};
use pellucid::engine::{Choice, EngineOptions, Session, open};
use pellucid::explain::{Evidence, export};
use pellucid::graph::Tensor;
use pellucid::graph::onnx::{self, ExportOptions};

use crate::args::ExportArgs;
use crate::commands::explain::wishes;
use crate::{input, session, source};

/// Largest deviation of the exported graph from the method itself, relative to the largest value.
const TOLERANCE: f64 = 1e-4;

/// Writes the graph and tells how it was checked.
pub fn run(args: &ExportArgs) -> Result<bool> {
    let session = session::open(&args.engine, true)?;
    let (mut model, card) = input::model(&args.model, session)?;
    if let Some(output) = &args.target.output {
        model.notes.output = Some(output.clone());
    }
    let image = source::only(&args.image, &args.series)?.read(model.session())?;
    let ready = input::prepared(&model, card.as_ref(), image)?;
    let wishes = wishes(std::slice::from_ref(&args.method), &args.target.set)?;
    let (outcome, request) = crate::commands::explain::explained(&model, &ready, &wishes, &args.target)?;
    let target = match request.targets.first() {
        Some(target) => target.clone(),
        None => model.default_target(&outcome.value, &outcome.output),
    };
    let graph = export(&model, &ready.sample, &wishes[0], Some(&target), &args.target.layer)?;
    let note = vec![
        ("pellucid.method".to_string(), args.method.clone()),
        ("pellucid.target".to_string(), target.described(&model.notes.labels)),
        ("pellucid.model_sha256".to_string(), model.info.sha256.clone()),
    ];
    let options = ExportOptions { metadata: note, ..ExportOptions::default() };
    onnx::save(&graph, &args.out, &options)?;
    let again = onnx::open(&args.out)?;
    let expected = match outcome.explanations.into_iter().next() {
        Some(Ok(e)) => {
            let Evidence::Maps(maps) = e.evidence;
            maps
        }
        Some(Err((_, error))) => return Err(error.into()),
        None => bail!("the method gave no map"),
    };
    for engine in engines(&model)? {
        let id = engine.engine().id();
        let found = engine.run(&again.graph, &ready.sample).with_context(|| format!("the exported graph on {id}"))?;
        for (map, tensor) in expected.iter().zip(&found) {
            let worst = deviation(&map.values, tensor);
            if worst.is_nan() || worst > TOLERANCE {
                bail!("the exported graph deviates by {worst:.1e} on {id}; `{}` isn't to be used", args.out.display());
            }
        }
        eprintln!("checked on {id}: the same map as `explain` gives");
    }
    println!("{}", args.out.display());
    Ok(true)
}

/// The engine in use, and ONNX Runtime when it is found.
fn engines(model: &pellucid::explain::Model) -> Result<Vec<Session>> {
    let mut out = vec![model.session().clone()];
    if model.session().engine().id() != "onnxruntime" {
        match open(&EngineOptions::of(Choice::OnnxRuntime)) {
            Ok(session) => out.push(session),
            Err(_) => eprintln!("ONNX Runtime wasn't found, so the file was checked on {} only", out[0].engine().id()),
        }
    }
    Ok(out)
}

fn deviation(expected: &[f32], found: &Tensor) -> f64 {
    let found = found.to_f64();
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(f64::from(v.abs())));
    expected.iter().zip(&found).fold(0.0f64, |m, (a, b)| m.max((f64::from(*a) - b).abs())) / scale
}
