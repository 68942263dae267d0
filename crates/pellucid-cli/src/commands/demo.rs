//! `pellucid demo`: everything on a bundled model and a phantom whose lesion is known.

use anyhow::{Result, ensure};
use pellucid::explain::Model;
use pellucid::graph::onnx;
use pellucid::image::card::Card;
use pellucid::image::phantom::Spec;
use pellucid::report::{Case, Truth, WriteOptions, table, write_case};

use crate::args::{DemoArgs, TargetArgs};
use crate::commands::explain::{explained, wishes};
use crate::{input, session};

/// A bundled model with its card, made by `cargo xtask train-demo`, and the phantoms that it was trained on.
pub(super) struct Bundled {
    pub file: &'static str,
    pub model: &'static [u8],
    pub card: &'static str,
    pub spec: fn() -> Spec,
}

/// Slices.
pub(super) const IMAGE: Bundled = Bundled {
    file: "phantom2d.onnx",
    model: include_bytes!("../../demo/phantom2d.onnx"),
    card: include_str!("../../demo/phantom2d.toml"),
    spec: Spec::image,
};

/// Volumes.
pub(super) const VOLUME: Bundled = Bundled {
    file: "phantom3d.onnx",
    model: include_bytes!("../../demo/phantom3d.onnx"),
    card: include_str!("../../demo/phantom3d.toml"),
    spec: Spec::volume,
};

/// Methods shown: a CAM, a fine gradient, a complete one, a modified backward pass, and a perturbation.
const METHODS: [&str; 8] = [
    "grad-cam",
    "hires-cam",
    "layer-cam",
    "saliency",
    "smooth-grad",
    "integrated-gradients",
    "guided-backprop",
    "occlusion",
];

/// Seed of the demo's phantoms: none of them was trained on.
pub(super) const SEED: u64 = 20_261_125;

/// Explains the phantom and writes the report.
pub fn run(args: &DemoArgs) -> Result<bool> {
    let session = session::open(&args.engine, args.quiet)?;
    let bundled = if args.volume { VOLUME } else { IMAGE };
    let card = Card::parse(bundled.card)?;
    let model = Model::new(onnx::from_bytes(bundled.model, bundled.file, None)?, session, input::notes(&card));
    let spec = (bundled.spec)();
    let phantom = spec.make(SEED, with_lesion(&spec, args.index)?)?;
    let ready = input::prepared(&model, Some(&card), phantom.image.clone())?;
    let methods: Vec<String> = METHODS.iter().map(|m| (*m).to_string()).collect();
    let options = TargetArgs { target: vec![], layer: vec![], output: None, set: vec![], check: false };
    let (outcome, _) = explained(&model, &ready, &wishes(&methods, &[])?, &options)?;
    let truth = Truth::new("planted lesion", phantom.image.grid(), &phantom.mask)?;
    let name = format!("phantom {}", args.index);
    let case = Case {
        name: &name,
        model: card.name.as_deref().unwrap_or("phantom model"),
        labels: &model.notes.labels,
        inputs: vec![ready.case_input()],
        outcome: &outcome,
        truth: Some(&truth),
    };
    let written = write_case(&args.out, &case, &WriteOptions { overwrite: true })?;
    println!("{}", table(&outcome, 100));
    println!("the planted lesion is known; the report shows how much of each map lies in it");
    println!("open {}", written.report.display());
    Ok(outcome.explanations.iter().all(std::result::Result::is_ok))
}

/// The number of a phantom with a lesion: this one, or the next after it.
pub(super) fn with_lesion(spec: &Spec, index: u64) -> Result<u64> {
    let found = (index..index.saturating_add(100)).find(|i| spec.attributes(SEED, *i).lesion);
    ensure!(found.is_some(), "no phantom from number {index} on has a lesion");
    Ok(found.unwrap_or(index))
}
