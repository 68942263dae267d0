//! `pellucid methods`: the list, or all about one.

use anyhow::Result;
use pellucid::explain::{METHODS, MethodInfo, ParamKind, find};
use serde_json::json;

use crate::args::MethodsArgs;

/// Prints the list, or a method's own page.
pub fn run(args: &MethodsArgs) -> Result<bool> {
    match (&args.method, args.json) {
        (Some(id), false) => page(find(id)?),
        (Some(id), true) => println!("{}", serde_json::to_string_pretty(&as_json(find(id)?))?),
        (None, true) => {
            let all: Vec<_> = METHODS.iter().map(|m| as_json(m)).collect();
            println!("{}", serde_json::to_string_pretty(&all)?);
        }
        (None, false) => list(),
    }
    Ok(true)
}

fn list() {
    let width = METHODS.iter().map(|m| m.id.len()).max().unwrap_or(0);
    let mut family = None;
    for m in METHODS {
        if family != Some(m.family) {
            println!("{}{} methods", if family.is_some() { "\n" } else { "" }, m.family);
            family = Some(m.family);
        }
        println!("  {:<width$}  {} ({}{})", m.id, m.summary, m.cost, if m.is_compiled() { ", compiled" } else { "" });
    }
    println!(
        "\n`pellucid methods NAME` tells all about one. F: forward of the model, B: backward. Compiled methods can be exported."
    );
}

fn page(m: &MethodInfo) {
    println!("{} ({})\n\n{}\n", m.name, m.id, m.doc());
    if !m.params.is_empty() {
        println!("# Parameters");
        for p in m.params {
            let allowed = match p.kind {
                ParamKind::Int { min, max: i64::MAX } => format!("whole, from {min}"),
                ParamKind::Int { min, max } => format!("whole, {min} to {max}"),
                ParamKind::Float { min, max } => format!("{min} to {max}"),
                ParamKind::Bool => "true or false".into(),
                ParamKind::Choice(words) => words.join(", "),
                ParamKind::Text => "text".into(),
            };
            println!("- {} = {}: {} ({allowed})", p.name, p.default.value(), p.doc);
        }
        println!();
    }
    for caution in m.cautions {
        println!("Caution: {caution}");
    }
}

fn as_json(m: &MethodInfo) -> serde_json::Value {
    let pairs = |v: &[(&str, &str)]| v.iter().map(|(a, b)| json!({ "property": a, "because": b })).collect::<Vec<_>>();
    let params: Vec<_> = m
        .params
        .iter()
        .map(|p| json!({ "name": p.name, "default": p.default.value(), "unit": p.unit, "doc": p.doc }))
        .collect();
    json!({
        "id": m.id, "name": m.name, "family": m.family.to_string(), "summary": m.summary, "sources": m.sources,
        "needs": m.needs.iter().map(ToString::to_string).collect::<Vec<_>>(), "cost": m.cost,
        "kind": if m.is_compiled() { "compiled" } else { "driven" },
        "keeps": pairs(m.keeps), "breaks": pairs(m.breaks), "params": params, "cautions": m.cautions, "revision": m.revision,
    })
}
