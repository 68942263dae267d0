//! `pellucid benchmark`: methods ranked on the bundled model and phantoms whose lesions are known.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use pellucid::evaluate::{Case, Control, Maker, MethodWish, MetricWish, Protocol};
use pellucid::explain::{METHODS, Model};
use pellucid::graph::onnx;
use pellucid::image::card::Card;

use crate::args::BenchmarkArgs;
use crate::commands::demo::{IMAGE, SEED, VOLUME, with_lesion};
use crate::commands::evaluate::finish;
use crate::{input, session};

/// Methods that cost more than some thousand passes on one phantom, or need arrays of the user.
const LEFT_OUT: &[&str] =
    &["rise", "hr-cam", "activation-maximisation", "dff", "exact-shapley", "anchors", "deep-shap"];

/// Metrics of the table.
const METRICS: &[&str] = &[
    "relevance-mass-accuracy",
    "relevance-rank-accuracy",
    "pointing-game",
    "roc-auc",
    "deletion",
    "insertion",
    "aopc",
    "road",
    "faithfulness-correlation",
    "sparseness-gini",
    "max-sensitivity",
    "mprt",
];

/// Ranks the methods; the same seed gives the same table, bit for bit, on one engine.
pub fn run(args: &BenchmarkArgs) -> Result<bool> {
    let session = session::open(&args.engine, true)?;
    let bundled = if args.volume { VOLUME } else { IMAGE };
    let card = Card::parse(bundled.card)?;
    let model = Model::new(onnx::from_bytes(bundled.model, bundled.file, None)?, session, input::notes(&card));
    let usual = METHODS.iter().map(|m| m.id).filter(|id| !LEFT_OUT.contains(id)).filter(|id| fits(id));
    let methods: Vec<String> =
        if args.method.is_empty() { usual.map(str::to_string).collect() } else { args.method.clone() };
    let metrics: Vec<String> =
        if args.metric.is_empty() { METRICS.iter().map(|m| (*m).to_string()).collect() } else { args.metric.clone() };
    let protocol = Protocol {
        model: None,
        card: None,
        folder: None,
        masks: None,
        baselines: vec![],
        notes: vec![],
        methods: methods.iter().map(|m| MethodWish::of(m)).collect(),
        metrics: metrics.iter().map(|m| MetricWish::of(m)).collect(),
        controls: Control::ALL.to_vec(),
        seeds: vec![args.seed],
        bootstrap: 1000,
    };
    let spec = (bundled.spec)();
    let mut places = Vec::new();
    let mut next = args.seed.wrapping_mul(1_000_000) % 1_000_000_000;
    for _ in 0..args.phantoms {
        let index = with_lesion(&spec, next)?;
        places.push(index);
        next = index + 1;
    }
    let makers: Vec<_> = places
        .iter()
        .map(|&index| {
            let (spec, card, model) = (&spec, &card, &model);
            move || phantom(spec, card, model, index).map_err(|e| format!("{e:#}"))
        })
        .collect();
    let cases: Vec<(String, Maker)> =
        places.iter().map(|i| format!("phantom-{i}")).zip(makers.iter().map(|m| m as Maker)).collect();
    let facts = [
        ("Model".to_string(), bundled.file.to_string()),
        ("Phantoms".to_string(), format!("{} with a lesion, seed {}", args.phantoms, args.seed)),
    ];
    finish(&protocol, &model, &cases, &args.out, &facts, args.quiet)
}

/// The bundled models are convolutional: methods that read attention have nothing to read.
fn fits(id: &str) -> bool {
    pellucid::explain::find(id).is_ok_and(|m| !m.needs.contains(&pellucid::explain::Need::Attention))
}

fn phantom(spec: &pellucid::image::phantom::Spec, card: &Card, model: &Model, index: u64) -> Result<Case> {
    let phantom = spec.make(SEED, index)?;
    let ready = input::prepared(model, Some(card), phantom.image.clone())?;
    let frame = ready.case_input().frame()?;
    let truth = pellucid::report::Truth::new("lesion", phantom.image.grid(), &phantom.mask)?;
    let mask = truth.on_input(&frame).context("the lesion")?.values().iter().map(|v| *v > 0.0).collect();
    Ok(Case {
        name: format!("phantom-{index}"),
        sample: ready.sample,
        mask: Some(mask),
        spacing: None,
        baselines: BTreeMap::new(),
    })
}
