//! Every shared model gives the same outputs on every engine.

mod common;

use std::time::Instant;

use common::{Prepared, all_models, onnxruntime, prepare, reference, tract};
use pellucid_engine::{Session, relative_difference};
use pellucid_graph::{Graph, Tensor};

/// What engines may differ by, relative to the largest value of an output.
const RELATIVE: f64 = 1e-4;

/// Multiplications (roughly) beyond which the plain evaluator takes too long.
const SMALL: usize = 60_000_000;

#[test]
fn engines_agree_on_every_model() {
    let (tract, ort, plain) = (tract(), onnxruntime(), reference());
    let mut failures = vec![];
    let models = all_models();
    for path in &models {
        let name = path.display().to_string();
        let Prepared { graph, inputs } = match prepare(path) {
            Ok(prepared) => prepared,
            Err(reason) => {
                failures.push(format!("{name}: {reason}"));
                continue;
            }
        };
        let small = work(&graph) < SMALL;
        let mut results: Vec<(&str, Vec<Tensor>)> = vec![];
        let engines = [("tract", Some(&tract)), ("onnxruntime", ort.as_ref()), ("reference", small.then_some(&plain))];
        for (engine, session) in engines {
            let Some(session) = session else { continue };
            match timed(session, &graph, &inputs) {
                Ok((outputs, line)) => {
                    println!("{engine:12} {line} {name}");
                    results.push((engine, outputs));
                }
                Err(reason) => failures.push(format!("{name}: {engine}: {reason}")),
            }
        }
        for pair in results.windows(2) {
            for (i, (a, b)) in pair[0].1.iter().zip(&pair[1].1).enumerate() {
                let difference = relative_difference(a, b);
                if difference > RELATIVE || a.shape() != b.shape() {
                    failures.push(format!(
                        "{name}: output {i}: {} and {} differ by {difference:.1e}",
                        pair[0].0, pair[1].0
                    ));
                }
            }
        }
    }
    println!("{} models", models.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

fn timed(session: &Session, graph: &Graph, inputs: &[Tensor]) -> Result<(Vec<Tensor>, String), String> {
    let start = Instant::now();
    let plan = session.plan(graph).map_err(|e| e.to_string())?;
    let prepared = start.elapsed();
    let start = Instant::now();
    let outputs = plan.run(inputs).map_err(|e| e.to_string())?;
    Ok((
        outputs,
        format!("prepared {:6.1} ms, ran {:6.1} ms", prepared.as_secs_f64() * 1e3, start.elapsed().as_secs_f64() * 1e3),
    ))
}

/// Rough number of multiplications: output elements times weight elements per output channel.
fn work(graph: &Graph) -> usize {
    let size = |w: pellucid_graph::Wire| graph.shape(w).map_or(0, |s| s.iter().product::<usize>());
    graph
        .nodes()
        .iter()
        .map(|n| {
            let out: usize = n.outputs.iter().flatten().map(|w| size(*w)).sum();
            match (n.op.as_str(), n.inputs.get(1).copied().flatten()) {
                ("Conv" | "ConvTranspose", Some(w)) => {
                    let channels = graph.shape(w).map_or(1, |s| s[0].max(1));
                    out * (size(w) / channels)
                }
                ("MatMul" | "Gemm" | "Linear", Some(w)) => out * graph.shape(w).map_or(1, |s| s[0]),
                _ => out,
            }
        })
        .sum()
}
