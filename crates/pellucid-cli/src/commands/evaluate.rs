//! `pellucid evaluate`: a protocol on a folder of images.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use pellucid::evaluate::{Case, Protocol, SummaryTable, costs, page, rows_csv, run, summarise};
use pellucid::explain::Model;
use pellucid::image::card::Card;
use pellucid::image::{open, write_atomically};
use pellucid::report::Truth;

use crate::args::{EvaluateArgs, ModelArgs};
use crate::commands::explain::{images, stem};
use crate::{input, session};

/// Runs the protocol and writes the tables. False when a score couldn't be made.
pub fn run_protocol(args: &EvaluateArgs) -> Result<bool> {
    let text = std::fs::read_to_string(&args.protocol)
        .with_context(|| format!("can't read the protocol `{}`", args.protocol.display()))?;
    let protocol = Protocol::parse(&text).with_context(|| format!("`{}`", args.protocol.display()))?;
    let beside = args.protocol.parent().unwrap_or(Path::new(""));
    let path =
        |given: Option<&PathBuf>, written: Option<&String>| given.cloned().or_else(|| written.map(|w| beside.join(w)));
    let model_path = path(args.model.as_ref(), protocol.model.as_ref())
        .context("the protocol names no model: give `--model FILE`, or `file` under [model]")?;
    let data = path(args.data.as_ref(), protocol.folder.as_ref())
        .context("the protocol names no images: give `--data FOLDER`, or `folder` under [data]")?;
    let masks = path(args.masks.as_ref(), protocol.masks.as_ref());
    let card = path(None, protocol.card.as_ref());
    let session = session::open(&args.engine, true)?;
    let (model, card) = input::model(&ModelArgs { model: model_path.clone(), card }, session)?;
    let files = images(std::slice::from_ref(&data))?;
    let names = unique_names(&files)?;
    let masks = masks.map(|folder| Masks::of(&folder)).transpose()?;
    let makers: Vec<_> = files
        .iter()
        .map(|file| || case(&model, card.as_ref(), file, masks.as_ref()).map_err(|e| format!("{e:#}")))
        .collect();
    let cases: Vec<(String, &dyn Fn() -> Result<Case, String>)> =
        names.iter().cloned().zip(makers.iter().map(|m| m as &dyn Fn() -> _)).collect();
    let facts = [
        ("Model".to_string(), file_name(&model_path)),
        ("Images".to_string(), format!("{} in {}", files.len(), data.display())),
    ];
    finish(&protocol, &model, &cases, &args.out, &facts, args.quiet)
}

/// Runs, summarises, writes, prints.
pub fn finish(
    protocol: &Protocol,
    model: &Model,
    cases: &[(String, &dyn Fn() -> Result<Case, String>)],
    out: &Path,
    facts: &[(String, String)],
    quiet: bool,
) -> Result<bool> {
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(1) };
    let style = "{wide_bar} {pos}/{len} scores, {eta} left  {msg}";
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut tell = |done: usize, total: usize, what: &str| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        if !what.is_empty() {
            bar.set_message(what.to_string());
        }
    };
    let outcome = run(protocol, model, cases, out, &mut tell);
    bar.finish_and_clear();
    let (store, done) = outcome.map_err(|e| match e {
        pellucid::evaluate::EvaluateError::Explain(e) if e.is_cancelled() => anyhow::anyhow!(
            "stopped; the scores made so far are in {}, and the same command goes on from there",
            out.display()
        ),
        other => other.into(),
    })?;
    let table = summarise(protocol, store.rows())?;
    let costs = costs(store.rows());
    save(out, "cases.csv", &rows_csv(store.rows()))?;
    save(out, "summary.csv", &table.csv())?;
    save(out, "tests.csv", &table.tests_csv())?;
    save(out, "summary.json", &serde_json::to_string_pretty(&table)?)?;
    save(out, "summary.md", &table.markdown())?;
    save(out, "report.html", &page("Evaluation of explanations", &all_facts(facts, model, &table), &table, &costs))?;
    println!("{}", table.markdown());
    if done.kept > 0 {
        println!("{} scores were there already, {} were made", done.kept, done.made);
    }
    if done.failed > 0 {
        println!("{} scores couldn't be made: cases.csv says why", done.failed);
    }
    println!("wrote {}", out.join("report.html").display());
    Ok(done.failed == 0)
}

fn all_facts(facts: &[(String, String)], model: &Model, table: &SummaryTable) -> Vec<(String, String)> {
    let engine = model.session().engine();
    let mut all = facts.to_vec();
    all.push(("Model SHA-256".into(), model.info.sha256.clone()));
    all.push(("Engine".into(), format!("{} {}", engine.id(), engine.version())));
    all.push(("Cases".into(), table.cases.to_string()));
    all.push(("Pellucid".into(), env!("CARGO_PKG_VERSION").into()));
    all
}

fn save(folder: &Path, name: &str, text: &str) -> Result<()> {
    Ok(write_atomically(&folder.join(name), |file| file.write_all(text.as_bytes()))?)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

/// Stems of the files, which must differ: rows and masks are found by them.
fn unique_names(files: &[PathBuf]) -> Result<Vec<String>> {
    let names: Vec<String> = files.iter().map(|f| stem(f)).collect();
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|n| !seen.insert((*n).clone())) {
        bail!("two images are named `{twice}`; names must differ, since masks and results are found by them");
    }
    Ok(names)
}

/// Masks by the name of their image.
struct Masks(Vec<(String, PathBuf)>);

impl Masks {
    fn of(folder: &Path) -> Result<Masks> {
        ensure!(folder.is_dir(), "the folder of masks `{}` isn't there", folder.display());
        Ok(Masks(images(&[folder.to_path_buf()])?.into_iter().map(|p| (stem(&p), p)).collect()))
    }

    /// The mask of an image: of the same name, or with `_mask`, `-mask`, `_seg` or `_label` behind it.
    fn find(&self, name: &str) -> Option<&Path> {
        let endings = ["", "_mask", "-mask", "_seg", "-seg", "_label"];
        let wanted: Vec<String> = endings.iter().map(|e| format!("{name}{e}")).collect();
        self.0.iter().find(|(stem, _)| wanted.contains(stem)).map(|(_, path)| path.as_path())
    }
}

/// An image prepared for the model, its mask on the model's grid.
fn case(model: &Model, card: Option<&Card>, file: &Path, masks: Option<&Masks>) -> Result<Case> {
    let ready = input::prepare(model, card, file)?;
    let name = stem(file);
    let mask = match masks.and_then(|m| m.find(&name)) {
        None => None,
        Some(path) => Some(mask_on_input(&ready, path)?),
    };
    Ok(Case { name, sample: ready.sample, mask, spacing: None })
}

/// The true places of a mask, on the model's input; an empty one is left to the metrics to refuse.
fn mask_on_input(ready: &input::Ready, path: &Path) -> Result<Vec<bool>> {
    let mask = open(path).with_context(|| format!("the mask `{}`", path.display()))?;
    let [channels, ..] = mask.shape();
    let places = mask.grid().iter().product::<usize>();
    // a coloured mask is true where any channel is
    let inside: Vec<bool> = (0..places).map(|p| (0..channels).any(|c| mask.voxels()[c * places + p] > 0.0)).collect();
    let frame = ready.case_input().frame()?;
    if !inside.contains(&true) {
        return Ok(vec![false; frame.input_grid().iter().product()]);
    }
    let truth = Truth::new("mask", mask.grid(), &inside)?;
    let field = truth.on_input(&frame).with_context(|| format!("the mask `{}`", path.display()))?;
    Ok(field.values().iter().map(|v| *v > 0.0).collect())
}
