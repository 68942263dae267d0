//! `pellucid advise`: what to run on an image and a model, and why, as a protocol.

use std::path::Path;

use anyhow::{Context, Result, bail};
use pellucid::advise::facts::Need;
use pellucid::advise::{
    DataUsed, Depth, ImageFacts, ModelUsed, Offers, PRESETS, Protocol, Reason, Registry, Request, Role, Task, What,
    advise, recognise_among,
};
use pellucid::engine::{Choice, EngineOptions, Session, open};
use pellucid::explain::Model;
use pellucid::graph::query;
use pellucid::image::card::{Card, ModelFacts, PortFacts};
use pellucid::image::{Channels, Image, write_atomically};
use pellucid::{evaluate, explain};

use crate::args::{AdviseArgs, DepthArg, ModelArgs, RoleArg, TaskArg};
use crate::commands::inspect::not_differentiable;
use crate::{input, session, source};

/// Prints the recommendation and writes the protocol.
pub fn run(args: &AdviseArgs) -> Result<bool> {
    if args.out.exists() && !args.force {
        bail!("`{}` is there already; `--force` replaces it", args.out.display());
    }
    let own = args.presets.as_ref().map(Registry::with_folder).transpose()?;
    let registry = own.as_ref().unwrap_or(&PRESETS);
    let session = session(args)?;
    let image = source::only(&args.image, &args.series)?.read(&session)?;
    let Subject { card, mut offers, model } = subject(args, session, &image)?;
    offer_data(args, &image, &mut offers)?;
    let methods: Vec<&str> = explain::METHODS.iter().map(|m| m.id).collect();
    // only what a protocol can run
    let metrics: Vec<&str> = evaluate::SUITE.iter().map(|m| m.id).collect();
    let recognised = recognise_among(&image, registry);
    let facts = ImageFacts::of(&image, &card);
    let text = |p: &Option<std::path::PathBuf>| p.as_ref().map(|p| p.display().to_string());
    let protocol = advise(&Request {
        recognised: &recognised,
        methods: &methods,
        metrics: &metrics,
        task: args.task.map(task),
        depth: args.depth.map(depth),
        budget: args.budget,
        preset: args.preset.as_deref(),
        model,
        data: DataUsed { folder: text(&args.data), masks: text(&args.masks), regions: text(&args.regions) },
        ..Request::new(registry, &card, &facts, &offers, role(args.role))
    })?;
    let toml = protocol.to_toml()?;
    write_atomically(&args.out, |out| out.write_all(toml.as_bytes()))?;
    print!("{}", page(&protocol));
    println!("\nwrote {}", args.out.display());
    Ok(true)
}

fn session(args: &AdviseArgs) -> Result<Session> {
    // without a model nothing is run
    if args.model.is_none() {
        Ok(open(&EngineOptions::of(Choice::Reference))?)
    } else {
        session::open(&args.engine, false)
    }
}

/// The model as advice sees it.
struct Subject {
    card: Card,
    offers: Offers,
    model: ModelUsed,
}

fn subject(args: &AdviseArgs, session: Session, image: &Image) -> Result<Subject> {
    let Some(path) = &args.model else {
        let card = match &args.card {
            Some(path) => Card::open(path)?,
            None => card_of_any_model(args.task, image)?,
        };
        eprintln!("no model was given: one with a gradient and a feature map is taken for granted");
        let offers = Offers::new([Need::Gradient, Need::FeatureMap]);
        let model = ModelUsed { card: args.card.as_deref().map(shown), ..ModelUsed::default() };
        return Ok(Subject { card, offers, model });
    };
    let given = ModelArgs { model: path.clone(), card: args.card.clone() };
    let (model, card) = input::model(&given, session)?;
    let found = args.card.clone().or_else(|| Card::find(path)).filter(|_| card.is_some());
    let card = match card {
        Some(card) => card,
        None => Card::default_for(&input::facts(&model, None)?),
    };
    let ready = input::prepared(&model, Some(&card), image.clone())
        .context("the model can't be given this image, so what it allows can't be found out")?;
    model.fix(&ready.sample)?;
    let offers = offers(&model)?;
    Ok(Subject {
        card,
        offers,
        model: ModelUsed { file: Some(shown(path)), card: found.as_deref().map(shown), name: None },
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A card for advice without a model: the task, and an input of the image's own size.
fn card_of_any_model(task: Option<TaskArg>, image: &Image) -> Result<Card> {
    if task.is_none() {
        bail!(
            "what the model does isn't known: give `--model`, `--card`, or `--task` (classification, multi-label, segmentation, \
             detection, regression)"
        );
    }
    let [c, d, h, w] = image.shape();
    let grid: Vec<Option<usize>> = if d > 1 { vec![Some(d), Some(h), Some(w)] } else { vec![Some(h), Some(w)] };
    let dims = [vec![Some(1), Some(c)], grid].concat();
    let input = PortFacts { name: "image".into(), dtype: "float32".into(), dims };
    Ok(Card::default_for(&ModelFacts { inputs: vec![input], ..ModelFacts::default() }))
}

/// What the graph allows.
fn offers(model: &Model) -> Result<Offers> {
    let graph = model.graph(1, &[])?;
    let mut offers = Offers::default();
    let found = [
        (Need::Gradient, not_differentiable(&graph).is_empty()),
        (Need::FeatureMap, model.layer(model.notes.layer.as_deref()).is_ok()),
        (Need::PooledHead, query::classifier_head(&graph).is_some()),
        (Need::Attention, query::attention_blocks(&graph).iter().any(query::AttentionBlock::is_square)),
        (Need::SeveralParts, model.inputs()?.len() > 1),
    ];
    found.into_iter().filter(|f| f.1).for_each(|f| offers.add(f.0));
    Ok(offers)
}

/// What image, folders and `--have` offer.
fn offer_data(args: &AdviseArgs, image: &Image, offers: &mut Offers) -> Result<()> {
    if matches!(&image.channels, Channels::Named(names) if names.len() > 1) {
        offers.add(Need::SeveralParts);
    }
    let folders = [(&args.data, Need::SeveralImages), (&args.masks, Need::Masks), (&args.regions, Need::ValidRegion)];
    for (folder, need) in folders {
        match folder {
            Some(folder) if !folder.is_dir() => bail!("`{}` isn't a folder", folder.display()),
            Some(_) => offers.add(need),
            None => {}
        }
    }
    for word in &args.have {
        let need: Need = serde_json::from_value(serde_json::Value::from(word.as_str())).ok().with_context(|| {
            format!("`--have {word}` is nothing that methods or metrics need; `pellucid advise --help` lists what is")
        })?;
        offers.add(need);
    }
    Ok(())
}

fn task(arg: TaskArg) -> Task {
    match arg {
        TaskArg::Classification => Task::Classification,
        TaskArg::MultiLabel => Task::MultiLabel,
        TaskArg::Segmentation => Task::Segmentation,
        TaskArg::Detection => Task::Detection,
        TaskArg::Regression => Task::Regression,
    }
}

fn role(arg: RoleArg) -> Role {
    match arg {
        RoleArg::Researcher => Role::Researcher,
        RoleArg::Radiologist => Role::Radiologist,
        RoleArg::Technician => Role::Technician,
    }
}

fn depth(arg: DepthArg) -> Depth {
    match arg {
        DepthArg::Triage => Depth::Triage,
        DepthArg::Diagnosis => Depth::Diagnosis,
        DepthArg::Audit => Depth::Audit,
    }
}

/// The recommendation for readers: what, why, and what was left out.
fn page(p: &Protocol) -> String {
    let mut out = format!("preset {}: {}\n  evidence: {}\n", p.preset.id, p.preset.reason, p.preset.evidence);
    out += &format!("task {}, for a {}, {}\n", word(&p.view.task), word(&p.view.role), word(&p.view.depth));
    out += &format!("\ntarget: {}{}\n", word(&p.targets.kind), reasons(&p.targets.reasons));
    out += "\nmethods\n";
    for m in &p.methods {
        let baseline = m.baseline.as_ref().map_or(String::new(), |b| format!(", baseline `{b}`"));
        out += &format!("  {} (about {} forwards{baseline}){}\n", m.id, m.forwards, reasons(&m.reasons));
    }
    out += &format!("  all together about {} forwards of the model for one target\n", p.forwards());
    if !p.metrics.is_empty() {
        out += "\nmetrics\n";
    }
    for m in &p.metrics {
        let baseline = m.baseline.as_ref().map_or(String::new(), |b| format!(", baseline `{b}`"));
        out += &format!("  {} ({} is better{baseline}){}\n", m.id, word(&m.direction), reasons(&m.reasons));
    }
    out += "\nbaselines\n";
    for b in &p.baselines {
        out += &format!("  {}: {}; {}\n", b.id, b.describe(), b.meaning);
    }
    if !p.warnings.is_empty() {
        out += "\nbeware\n";
    }
    p.warnings.iter().for_each(|w| out += &format!("  {} [{}]\n", w.text, w.source));
    if !p.rejected.is_empty() {
        out += "\nleft out\n";
    }
    for r in &p.rejected {
        let what = match r.what {
            What::Method => "method",
            What::Metric => "metric",
            What::Baseline => "baseline",
        };
        out += &format!("  {what} {}: {} ({})\n", r.id, r.reason.text, word(&r.because));
    }
    out
}

fn reasons(list: &[Reason]) -> String {
    list.iter().map(|r| format!("\n      {} [{}]", r.text, r.source)).collect()
}

/// The word that stands for a value in the protocol.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(|s| s.replace('-', " "))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use pellucid::advise::facts;

    use super::*;

    /// What advice knows of and this build doesn't have. A method or metric that gets built leaves the list.
    const METHODS_NOT_BUILT: &[&str] = &[
        "abele",
        "ace",
        "cace",
        "captioning",
        "cbm",
        "cem",
        "cf-prototypes",
        "cocox",
        "concept-clip",
        "concept-shap",
        "csr",
        "d-rise",
        "focused-attention",
        "influence",
        "instance-contribution",
        "l2x",
        "language-cbm",
        "last-layer-influence",
        "latent-report",
        "modality-shapley",
        "patch-report-similarity",
        "pca",
        "pcbm",
        "prob-cbm",
        "prototype-head",
        "prototype-retrieval",
        "region-shapley",
        "show-attend-tell",
        "similarity-attribution",
        "t-sne",
        "tcav",
        "temporal-occlusion",
        "temporal-shapley",
        "textual-prompting",
        "trace",
        "tracin",
        "umap",
        "vcm",
        "visual-dialog",
        "vqa",
        "xcoop",
    ];
    const METRICS_NOT_BUILT: &[&str] = &[
        "asymmetry-test",
        "batch-separability",
        "cell-hit-rate",
        "concept-auc",
        "confounder-probe",
        "context-share",
        "contribution-interval",
        "dice-drop",
        "group-permutation-test",
        "interaction-interval",
        "layer-hit-rate",
        "map-consistency",
        "masked-drop",
        "mass-outside-region",
        "modality-rank-correlation",
        "msfi",
        "region-agreement",
        "region-rank-stability",
        "ring-share",
        "slice-hit-rate",
        "slice-profile",
        "split-half-reliability",
        "sufficiency-curve",
        "temporal-consistency",
        "tile-auc",
        "vessel-segment-hit-rate",
    ];

    #[test]
    fn every_id_of_the_advisor_is_built_or_listed_as_not_built() {
        let check = |known: Vec<&'static str>, built: Vec<&'static str>, not_built: &[&'static str]| {
            let missing: Vec<_> = known.iter().filter(|id| !built.contains(id) && !not_built.contains(id)).collect();
            assert!(missing.is_empty(), "neither built nor listed as not built: {missing:?}");
            let stale: Vec<_> = not_built.iter().filter(|id| built.contains(id) || !known.contains(id)).collect();
            assert!(stale.is_empty(), "take off the list of what isn't built: {stale:?}");
        };
        let methods = explain::METHODS.iter().map(|m| m.id).collect();
        check(facts::METHODS.iter().map(|m| m.id).collect(), methods, METHODS_NOT_BUILT);
        let built = pellucid::metrics::METRICS
            .iter()
            .map(|m| m.id)
            .chain(pellucid::metrics::text::METRICS.iter().map(|m| m.id))
            .collect();
        check(facts::METRICS.iter().map(|m| m.id).collect(), built, METRICS_NOT_BUILT);
    }

    #[test]
    fn needs_are_named_as_the_protocol_names_them() {
        let need = |w: &str| serde_json::from_value::<Need>(serde_json::Value::from(w));
        let help = AdviseArgsHelp::words();
        assert!(help.len() >= 10);
        for w in help {
            assert!(need(&w).is_ok(), "{w}");
        }
    }

    /// The words that `--have` names in the help.
    struct AdviseArgsHelp;

    impl AdviseArgsHelp {
        fn words() -> Vec<String> {
            let command = crate::command();
            let advise = command.find_subcommand("advise").unwrap();
            let have = advise.get_arguments().find(|a| a.get_id() == "have").unwrap();
            let help = have.get_help().unwrap().to_string();
            let list = help.split_once(": ").unwrap().1.to_string();
            list.split(',').map(|w| w.trim().to_string()).collect()
        }
    }
}
