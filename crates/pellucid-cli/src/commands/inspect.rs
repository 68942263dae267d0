//! `pellucid inspect`: what a model is.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use pellucid::engine::{Choice, EngineOptions, open};
use pellucid::explain::Model;
use pellucid::graph::op::{self, Role};
use pellucid::graph::{DType, Dim, Fact, Graph, Tensor, query};
use serde_json::{Value, json};

use crate::args::InspectArgs;
use crate::input;

/// Prints inputs, outputs, the proposed layer, attention, and what can't be differentiated.
pub fn run(args: &InspectArgs) -> Result<bool> {
    let session = open(&EngineOptions::of(Choice::Tract))?;
    let (model, _) = input::model(&args.model, session)?;
    let shapes = shapes(&model, &args.shape)?;
    let sample =
        shapes.iter().map(|(fact, shape)| Ok(Tensor::full(fact.dtype, shape, 0.0))).collect::<Result<Vec<_>>>()?;
    let guessed =
        || format!("taken for granted: {}; give other shapes with `--shape`, once per input", listed(&shapes));
    if args.shape.is_empty() {
        model.fix(&sample).with_context(guessed)?;
    } else {
        model.fix(&sample)?;
    }
    let graph = model.graph(1, &[])?;
    if args.graph {
        print!("{graph}");
        return Ok(true);
    }
    let found = describe(&model, &graph)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print(&found);
    }
    if args.layers {
        println!("\nlayers that can be read:");
        for c in query::spatial_candidates(&graph) {
            println!("  {:<60} {:?} {}", graph.name_of(c.wire), c.shape, c.op);
        }
    }
    Ok(true)
}

/// A shape for every input: given, known, or a usual size for what is left open.
fn shapes(model: &Model, given: &[String]) -> Result<Vec<(Fact, Vec<usize>)>> {
    let inputs = model.inputs()?;
    if !given.is_empty() && given.len() != inputs.len() {
        bail!("the model has {} inputs, but `--shape` was given {} times", inputs.len(), given.len());
    }
    let mut out = Vec::new();
    for (i, (name, fact)) in inputs.into_iter().enumerate() {
        let shape = match given.get(i) {
            Some(text) => text
                .split('x')
                .map(|n| n.trim().parse::<usize>())
                .collect::<std::result::Result<Vec<_>, _>>()
                .with_context(|| format!("`{text}` isn't a shape such as `1x3x224x224`"))?,
            None => input::usual_shape(&fact),
        };
        if shape.len() != fact.rank() {
            bail!("input `{name}` has {} axes ({fact}), the shape {} has {}", fact.rank(), text(&shape), shape.len());
        }
        out.push((fact, shape));
    }
    Ok(out)
}

fn listed(shapes: &[(Fact, Vec<usize>)]) -> String {
    shapes.iter().map(|(_, shape)| text(shape)).collect::<Vec<_>>().join(", ")
}

fn text(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

fn describe(model: &Model, graph: &Graph) -> Result<Value> {
    let info = &model.info;
    let wires = |list: &[pellucid::graph::Wire]| -> Vec<Value> {
        let fact = |w: &pellucid::graph::Wire| graph.info(*w).fact.as_ref().map(ToString::to_string);
        list.iter().map(|w| json!({ "name": graph.name_of(*w), "type": fact(w) })).collect()
    };
    let open: Vec<Value> = model
        .inputs()?
        .iter()
        .map(|(n, f)| json!({ "name": n, "type": f.to_string(), "open": f.dims.iter().any(|d| !matches!(d, Dim::Known(_))) }))
        .collect();
    let mut operators: BTreeMap<&str, usize> = BTreeMap::new();
    graph.nodes().iter().for_each(|n| *operators.entry(n.op.as_str()).or_default() += 1);
    let parameters: usize =
        graph.wires().filter_map(|(_, w)| w.constant.as_ref()).filter(|t| t.dtype().is_float()).map(Tensor::len).sum();
    let output = model.output()?;
    let layer = model.layer(model.notes.layer.as_deref());
    Ok(json!({
        "file": info.path.display().to_string(), "sha256": info.sha256, "ir_version": info.ir_version,
        "opset": info.opset, "producer": info.producer, "inputs": open, "outputs": wires(graph.outputs()),
        "explained": { "wire": output.wire, "shape": output.shape, "stepped_over": output.activation },
        "classes": model.notes.labels,
        "layer": layer.as_ref().ok().map(|l| json!({ "name": l.name, "because": l.because })),
        "no_layer": layer.as_ref().err().map(ToString::to_string),
        "pooled_head": query::classifier_head(graph).is_some(),
        "attention_blocks": query::attention_blocks(graph).len(),
        "nodes": graph.nodes().len(), "parameters": parameters, "operators": operators,
        "not_differentiable": not_differentiable(graph),
    }))
}

/// Operators on real numbers that no gradient crosses.
pub(super) fn not_differentiable(graph: &Graph) -> Vec<String> {
    let known = pellucid::diff::gradient::operators();
    let mut out: Vec<String> = graph
        .nodes()
        .iter()
        .filter(|n| !known.contains(&n.op.as_str()) || !n.domain.is_empty())
        .filter(|n| op::find(&n.op).is_none_or(|o| o.role != Role::Shape))
        .filter(|n| n.outputs.iter().flatten().any(|w| graph.dtype(*w).is_ok_and(DType::is_float)))
        .map(|n| format!("{} (node `{}`)", n.op, n.name))
        .collect();
    out.dedup();
    out
}

fn print(v: &Value) {
    let s = |key: &str| {
        v.pointer(key).map_or_else(String::new, |x| x.as_str().map_or_else(|| x.to_string(), str::to_string))
    };
    println!("{} (opset {}, {})", s("/file"), s("/opset"), s("/producer"));
    println!("{} nodes, {} parameters", s("/nodes"), s("/parameters"));
    let named = |key: &str| {
        v.pointer(key).and_then(Value::as_array).into_iter().flatten().for_each(|w| {
            let field = |f: &str| w.get(f).and_then(Value::as_str).unwrap_or("?").to_string();
            println!("  {:<10} {}  {}", key.trim_matches('/').trim_end_matches('s'), field("name"), field("type"));
        });
    };
    named("/inputs");
    named("/outputs");
    let stepped = v.pointer("/explained/stepped_over").and_then(Value::as_str);
    println!("  explained  {}{}", s("/explained/wire"), stepped.map_or_else(String::new, |a| format!(", before {a}")));
    match v.pointer("/layer/name").and_then(Value::as_str) {
        Some(name) => println!("  layer      {name}: {}", s("/layer/because")),
        None => println!("  layer      none: {}", s("/no_layer")),
    }
    if v["pooled_head"] == true {
        println!("  head       linear on pooled features (`cam` works)");
    }
    if v["attention_blocks"] != 0 {
        println!("  attention  {} blocks", s("/attention_blocks"));
    }
    let classes: Vec<&str> = v["classes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !classes.is_empty() {
        println!("  classes    {}", classes.join(", "));
    }
    let mut operators: Vec<(String, u64)> =
        v["operators"].as_object().into_iter().flatten().map(|(k, n)| (k.clone(), n.as_u64().unwrap_or(0))).collect();
    operators.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let list: Vec<String> = operators.iter().map(|(k, n)| format!("{k} {n}")).collect();
    println!("  operators  {}", list.join(", "));
    let refused: Vec<&str> =
        v["not_differentiable"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !refused.is_empty() {
        println!("  no gradient through {}", refused.join(", "));
    }
}
