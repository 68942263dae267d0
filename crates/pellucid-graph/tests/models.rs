//! Rewrites, cuts and queries on the models of the shared folder.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{assert_same, difference, models, named, open_small, random_inputs, shared};
use pellucid_graph::query::{attention_blocks, last_spatial};
use pellucid_graph::rewrite::{canonical, rebatch_inputs, specialise};
use pellucid_graph::{Graph, Tensor, Wire, cut, interpret, op};

/// Operations that the plain evaluator is asked for at most; larger models are left to the engines.
const WORK: usize = 150_000_000;

/// About how many multiplications a run takes.
fn work(graph: &Graph) -> usize {
    let size = |w: Wire| graph.shape(w).map_or(usize::MAX / 4, |s| s.iter().product());
    let of = |n: &pellucid_graph::Node| {
        let out: usize = n.outputs.iter().flatten().map(|w| size(*w)).sum();
        let inner = match n.op.as_str() {
            "Conv" => n.inputs[1].map_or(1, |w| size(w) / graph.shape(w).map_or(1, |s| s[0].max(1))),
            "Gemm" | "MatMul" | "Linear" | "Einsum" => 256,
            _ => 1,
        };
        out.saturating_mul(inner)
    };
    graph.nodes().iter().map(of).fold(0, usize::saturating_add)
}

fn name(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    format!("{folder}/{}", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Name, graph and small input shapes of a model.
type Opened = (String, Graph, Vec<(String, Vec<usize>)>);

/// All models of the shared folder.
fn all() -> Vec<Opened> {
    let Some(shared) = shared() else { return vec![] };
    let folders = ["data/models", "data/models_random", "oracles/visual"];
    let paths = folders.iter().flat_map(|f| models(&shared.join(f)));
    paths
        .map(|p| {
            let (graph, mut shapes) = open_small(&p);
            // what the model says to take is needed where axes of two inputs belong together
            if p.ends_with("us_captioner_tiny/model.onnx") {
                shapes[1].1[1] = 6;
            }
            (name(&p), graph, shapes)
        })
        .filter(|(name, graph, _)| {
            let unknown = graph.nodes().iter().find(|n| op::find(&n.op).is_none());
            unknown.iter().for_each(|n| println!("{name}: left to the engines, which know `{}`", n.op));
            unknown.is_none()
        })
        .collect()
}

#[test]
fn every_model_keeps_its_function() {
    let mut run = 0;
    for (name, graph, shapes) in all() {
        let fixed = specialise(&graph, &named(&shapes)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let done = canonical(&fixed.graph).unwrap_or_else(|e| panic!("{name}: {e}"));
        for wire in done.graph.wires().filter(|(_, i)| i.constant.is_none()) {
            assert!(
                wire.1.fact.as_ref().is_some_and(|f| f.shape().is_some()),
                "{name}: the shape of `{}` is open",
                wire.1.name
            );
        }
        for (old, new) in graph.outputs().iter().zip(done.graph.outputs()) {
            assert_eq!(graph.name_of(*old), done.graph.name_of(*new), "{name}");
        }
        if work(&fixed.graph) > WORK {
            println!("{name}: too large for the plain evaluator");
            continue;
        }
        let inputs = random_inputs(&fixed.graph, 3);
        assert_same(&fixed.graph, &graph, &inputs, false, 1e-6);
        assert_same(&done.graph, &graph, &inputs, false, 2e-5);
        run += 1;
    }
    println!("{run} models were run");
}

/// The layers that the descriptions of the models name: from each README, and from the table of the exports.
fn named_layers(shared: &Path) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let quoted = |line: &str, after: &str| {
        let rest = line.split_once(after)?.1.split_once('`')?.1;
        Some(rest.split(['`', ' ']).next()?.to_string())
    };
    for path in models(&shared.join("data/models")) {
        let text = std::fs::read_to_string(path.with_file_name("README.md")).unwrap_or_default();
        if let (Some(layer), true) =
            (text.lines().find_map(|l| quoted(l, "Recommended CAM layer")), path.ends_with("model.onnx"))
        {
            out.insert(name(&path), layer);
        }
    }
    let table = std::fs::read_to_string(shared.join("data/models_random/OPS.md")).unwrap_or_default();
    let mut model = String::new();
    for line in table.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            model = title.to_string();
        }
        for (prefix, suffix) in [("CAM tensor (legacy):", ""), ("CAM tensor (dynamo):", "_dynamo")] {
            if let Some(layer) = line.strip_prefix(prefix).and_then(|l| quoted(l, "")) {
                out.insert(format!("{model}{suffix}/model.onnx"), layer);
            }
        }
    }
    out
}

#[test]
fn the_layer_that_each_description_names_is_proposed() {
    let Some(shared) = shared() else { return };
    let wanted = named_layers(&shared);
    let mut checked = 0;
    for (name, graph, shapes) in all() {
        let Some(layer) = wanted.get(&name) else { continue };
        let fixed = specialise(&graph, &named(&shapes)).unwrap().graph;
        for graph in [&fixed, &canonical(&fixed).unwrap().graph] {
            let found = last_spatial(graph).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(graph.name_of(found.wire), layer, "{name}: {}", found.because);
            assert!(!found.because.is_empty());
        }
        checked += 1;
    }
    println!("{checked} layers agree");
    assert!(checked >= 31, "only {checked} descriptions were found");
}

#[test]
fn the_attention_that_each_description_names_is_found() {
    let Some(shared) = shared() else { return };
    for (folder, heads, special) in [("malaria_vit_tiny64", 3, 1), ("vlm_clip_tiny", 4, 0)] {
        let path = shared.join("data/models").join(folder).join("model.onnx");
        let text = std::fs::read_to_string(path.with_file_name("README.md")).unwrap_or_default();
        let list = text.lines().filter(|l| l.contains("Attention")).find_map(|l| l.split_once('[')).map_or("", |l| l.1);
        let named_wires: Vec<&str> = list.split('\'').filter(|s| s.starts_with('/')).collect();
        let (graph, shapes) = open_small(&path);
        let graph = specialise(&graph, &named(&shapes)).unwrap().graph;
        let graph = canonical(&graph).unwrap().graph;
        let blocks = attention_blocks(&graph);
        let found: Vec<&str> = blocks.iter().map(|b| graph.name_of(b.probabilities)).collect();
        assert_eq!(found, named_wires, "{folder}");
        assert!(blocks.iter().all(|b| b.heads == heads && b.special_tokens == special && !b.windows), "{blocks:?}");
    }
}

#[test]
fn a_batch_gives_what_single_samples_give() {
    // one bag or one matrix of similarities is made of the whole batch
    const MIXED: &[&str] = &["abmil_patches/model.onnx"];
    let mut run = 0;
    for (name, graph, shapes) in all() {
        let batched: Vec<&str> = shapes
            .iter()
            .map(|s| s.0.as_str())
            .filter(|n| *n != "tokens" || !name.contains("clip_tiny/model"))
            .collect();
        let one = specialise(&graph, &named(&shapes)).unwrap().graph;
        let many = rebatch_inputs(&graph, 2, &named(&shapes), &batched);
        if MIXED.contains(&name.as_str()) {
            assert!(many.is_err(), "{name}");
            continue;
        }
        let many = many.unwrap_or_else(|e| panic!("{name}: {e}")).graph;
        if work(&one) > WORK / 3 {
            continue;
        }
        let samples = [random_inputs(&one, 5), random_inputs(&one, 6)];
        let stacked: Vec<Tensor> = (0..shapes.len())
            .map(|k| match batched.contains(&shapes[k].0.as_str()) {
                true => Tensor::stack(&[samples[0][k].clone(), samples[1][k].clone()]).unwrap(),
                false => samples[0][k].clone(),
            })
            .collect();
        let all = interpret::run(&many, &stacked, false).unwrap_or_else(|e| panic!("{name}: {e}"));
        for (i, sample) in samples.iter().enumerate() {
            let mut sample = sample.clone();
            for k in 0..shapes.len() {
                if !batched.contains(&shapes[k].0.as_str()) {
                    sample[k] = samples[0][k].clone();
                }
            }
            for (alone, all) in interpret::run(&one, &sample, false).unwrap().iter().zip(&all) {
                let d = difference(&all.sample(i).unwrap(), alone);
                assert!(d < 1e-4, "{name}: sample {i} differs by {d:.2e} in a batch");
            }
        }
        run += 1;
    }
    println!("{run} models were run in batches");
}

#[test]
fn suffixes_at_the_proposed_layer_are_exact() {
    let mut run = 0;
    for (name, graph, shapes) in all() {
        let graph = canonical(&specialise(&graph, &named(&shapes)).unwrap().graph).unwrap().graph;
        let Ok(found) = last_spatial(&graph) else { continue };
        if work(&graph) > WORK / 3 {
            continue;
        }
        let part = cut::suffix(&graph, &[found.wire], graph.outputs()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(part.graph.nodes().len() < graph.nodes().len(), "{name}");
        let inputs = random_inputs(&graph, 9);
        let mut taps = vec![found.wire];
        taps.extend(&part.live);
        let values = interpret::run_taps(&graph, &inputs, &taps, false).unwrap();
        let (whole, again) =
            (interpret::run(&graph, &inputs, false).unwrap(), interpret::run(&part.graph, &values, false).unwrap());
        for (a, b) in again.iter().zip(&whole) {
            assert_eq!(difference(a, b), 0.0, "{name}");
        }
        run += 1;
    }
    println!("{run} suffixes were run");
}
