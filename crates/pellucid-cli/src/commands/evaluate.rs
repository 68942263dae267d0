//! `pellucid evaluate`: a protocol on a folder of images.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use pellucid::advise::Baseline;
use pellucid::evaluate::{Case, Maker, Protocol, SummaryTable, costs, page, rows_csv, run, summarise};
use pellucid::explain::Model;
use pellucid::graph::Tensor;
use pellucid::image::card::Card;
use pellucid::image::{Format, Image, write_atomically};
use pellucid::report::Truth;

use crate::args::{EvaluateArgs, ModelArgs, SeriesArgs};
use crate::source::Source;
use crate::{input, session, source};

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
    ensure!(
        data.exists(),
        "the images `{}` aren't there: `--data` or `folder` under [data] names them",
        data.display()
    );
    let baselines = baselines(&protocol)?;
    let session = session::open(&args.engine, true)?;
    let (model, card) = input::model(&ModelArgs { model: model_path.clone(), card }, session)?;
    let files = without_masks(all_in(&data)?);
    let names = unique_names(&files)?;
    // masks may lie beside their images
    let masks = match &masks {
        Some(folder) => Some(Masks::of(folder)?),
        None if data.is_dir() => Some(Masks::of(&data)?),
        None => None,
    };
    let makers: Vec<_> = files
        .iter()
        .map(|file| || case(&model, card.as_ref(), file, masks.as_ref(), &baselines).map_err(|e| format!("{e:#}")))
        .collect();
    let cases: Vec<(String, Maker)> = names.iter().cloned().zip(makers.iter().map(|m| m as Maker)).collect();
    let facts = [
        ("Model".to_string(), file_name(&model_path)),
        ("Images".to_string(), format!("{} in {}", files.len(), data.display())),
    ];
    protocol.notes.iter().for_each(|note| eprintln!("note: {note}"));
    finish(&protocol, &model, &cases, &args.out, &facts, args.quiet)
}

/// The protocol's baselines, of the form that presets have.
fn baselines(protocol: &Protocol) -> Result<Vec<Baseline>> {
    let read = |table: &toml::Table| {
        let id = table.get("id").and_then(toml::Value::as_str).unwrap_or("?").to_string();
        table.clone().try_into::<Baseline>().with_context(|| format!("the baseline `{id}` of the protocol"))
    };
    protocol.baselines.iter().map(read).collect()
}

/// Runs, summarises, writes, prints.
pub fn finish(
    protocol: &Protocol,
    model: &Model,
    cases: &[(String, Maker)],
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
fn unique_names(files: &[Source]) -> Result<Vec<String>> {
    let names: Vec<String> = files.iter().map(Source::stem).collect();
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|n| !seen.insert((*n).clone())) {
        bail!("two images are named `{twice}`; names must differ, since masks and results are found by them");
    }
    Ok(names)
}

/// The images of a folder, or the one image.
fn all_in(place: &Path) -> Result<Vec<Source>> {
    let every = SeriesArgs { series: None, ..SeriesArgs::default() };
    source::find(&[place.to_path_buf()], &every)
}

/// What may stand behind an image's name in that of its mask, perhaps with a number.
const ENDINGS: [&str; 5] = ["_mask", "-mask", "_seg", "-seg", "_label"];

/// Whether a file is named as a mask of an image: `scan_mask`, `scan_mask_2`, `scan_seg`.
fn is_mask_of(mask: &str, image: &str) -> bool {
    let Some(rest) = mask.strip_prefix(image) else { return false };
    let numbered = |tail: &str| {
        tail.is_empty()
            || tail.strip_prefix(['_', '-']).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    ENDINGS.iter().any(|e| rest.strip_prefix(e).is_some_and(numbered))
}

/// Masks by the name of their image.
struct Masks(Vec<(String, Source)>);

impl Masks {
    fn of(folder: &Path) -> Result<Masks> {
        ensure!(folder.is_dir(), "the folder of masks `{}` isn't there", folder.display());
        Ok(Masks(all_in(folder)?.into_iter().map(|s| (s.stem(), s)).collect()))
    }

    /// The masks of an image: of its name with an ending, or, in another folder, of the same name.
    fn find(&self, image: &Source) -> Vec<&Source> {
        let name = image.stem();
        let is_one = |(mask, source): &&(String, Source)| is_mask_of(mask, &name) || (*mask == name && source != image);
        self.0.iter().filter(is_one).map(|(_, source)| source).collect()
    }
}

/// The images among the files: those that aren't named as the mask of another.
fn without_masks(files: Vec<Source>) -> Vec<Source> {
    let names: Vec<String> = files.iter().map(Source::stem).collect();
    let is_mask = |f: &Source| names.iter().any(|n| is_mask_of(&f.stem(), n));
    files.iter().filter(|f| !is_mask(f)).cloned().collect()
}

/// An image prepared for the model, its mask on the model's grid.
fn case(
    model: &Model,
    card: Option<&Card>,
    file: &Source,
    masks: Option<&Masks>,
    baselines: &[Baseline],
) -> Result<Case> {
    let ready = input::prepared(model, card, file.read(model.session())?)?;
    let mut mask: Option<Vec<bool>> = None;
    for source in masks.map(|m| m.find(file)).unwrap_or_default() {
        let read = source.read(model.session()).with_context(|| format!("the mask `{}`", source.name()))?;
        let part = mask_on_input(&ready, &read).with_context(|| format!("the mask `{}`", source.name()))?;
        mask = Some(match mask {
            None => part,
            Some(before) => before.into_iter().zip(part).map(|(a, b)| a || b).collect(),
        });
    }
    let made = |b: &Baseline| (b.id.clone(), baseline(model, card, &ready, b).map_err(|e| format!("{e:#}")));
    let baselines = baselines.iter().map(made).collect();
    Ok(Case { name: file.stem(), sample: ready.sample, mask, spacing: None, baselines })
}

/// A baseline of the image, prepared as the image is.
fn baseline(model: &Model, card: Option<&Card>, ready: &input::Ready, baseline: &Baseline) -> Result<Tensor> {
    let made = baseline.make(&ready.image, None)?;
    let prepared = input::prepared(model, card, made)?;
    let place = model.inputs()?.iter().position(|(name, _)| *name == ready.input);
    place.and_then(|i| prepared.sample.get(i).cloned()).context("the model has no image input")
}

/// The true places of a mask, on the model's input; an empty one is left to the metrics to refuse. Masks kept as pictures are true above half of
/// their range, since lossy compression leaves noise; label maps above 0.
fn mask_on_input(ready: &input::Ready, mask: &Image) -> Result<Vec<bool>> {
    let [channels, ..] = mask.shape();
    let places = mask.grid().iter().product::<usize>();
    let least = match mask.source.format {
        Format::Jpeg => 127.0,
        _ => 0.0,
    };
    // a coloured mask is true where any channel is
    let inside: Vec<bool> = (0..places).map(|p| (0..channels).any(|c| mask.voxels()[c * places + p] > least)).collect();
    let frame = ready.case_input().frame()?;
    if !inside.contains(&true) {
        return Ok(vec![false; frame.input_grid().iter().product()]);
    }
    let truth = Truth::new("mask", mask.grid(), &inside)?;
    let field = truth.on_input(&frame)?;
    Ok(field.values().iter().map(|v| *v > 0.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_told_from_images_by_their_names() {
        for (mask, yes) in [
            ("a_mask", true),
            ("a_mask_1", true),
            ("a-seg", true),
            ("a_masked", false),
            ("a_mask_x", false),
            ("b_mask", false),
        ] {
            assert_eq!(is_mask_of(mask, "a"), yes, "{mask}");
        }
        let file = |name: &str| Source::File(name.into());
        let files: Vec<Source> = ["a.png", "a_mask.png", "a_mask_1.png", "b.png"].map(file).to_vec();
        let left: Vec<String> = without_masks(files.clone()).iter().map(Source::stem).collect();
        assert_eq!(left, ["a", "b"]);
        let masks = Masks(files.iter().map(|f| (f.stem(), f.clone())).collect());
        assert_eq!(masks.find(&file("a.png")).len(), 2);
        assert!(masks.find(&file("b.png")).is_empty());
        assert_eq!(Masks(vec![("b".into(), file("masks/b.png"))]).find(&file("b.png")).len(), 1);
    }
}
