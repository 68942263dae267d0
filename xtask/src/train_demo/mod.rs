//! `cargo xtask train-demo`: trains the bundled demo models on phantoms and writes them with their cards.
//!
//! Everything follows from the seeds in [`recipe`]: phantoms, first weights, order. The same engine gives the same files again.

mod attend;
mod card;
mod data;
mod recipe;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use pellucid::engine::{Choice, EngineOptions, Session, open};
use pellucid::graph::{Graph, onnx};
use pellucid::train::{Epoch, Loss, Score, Trainable, evaluate, fit, weights_of};

use data::Phantoms;
use recipe::{RECIPES, Recipe};

/// Options of `train-demo`.
#[derive(clap::Args)]
pub struct Args {
    /// Folder for the models and their cards
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/pellucid-cli/demo"))]
    out: PathBuf,
    /// Only this model: `phantom2d` or `phantom3d`
    #[arg(long)]
    only: Option<String>,
    /// Train on phantoms whose marker gives the class away (`NAME_shortcut`): a model that has learnt the wrong thing
    #[arg(long)]
    shortcut: bool,
    /// Measure the models that are there instead of training them
    #[arg(long)]
    check: bool,
    /// Engine: `tract` or `onnxruntime`
    #[arg(long, default_value = "tract")]
    engine: Choice,
}

/// Trains or measures; false when a model isn't as good as it must be.
///
/// # Errors
/// When a model can't be trained, read or written.
pub fn run(args: &Args) -> Result<bool> {
    let session = open(&EngineOptions::of(args.engine))?;
    let chosen: Vec<Recipe> = RECIPES
        .iter()
        .filter(|r| args.only.as_deref().is_none_or(|only| only == r.name))
        .map(|r| if args.shortcut { r.with_shortcut() } else { r.clone() })
        .collect();
    ensure!(!chosen.is_empty(), "there is no model `{}`", args.only.as_deref().unwrap_or_default());
    let mut good = true;
    for recipe in chosen {
        let path = args.out.join(recipe.file()).with_extension("onnx");
        let model = if args.check {
            let graph = onnx::open(&path)?.graph;
            Trainable::new(&graph, &weights_of(&graph))?
        } else {
            train(&session, &recipe)?
        };
        let measured = Measured::of(&session, &recipe, &model)?;
        println!("{}: {measured}", recipe.file());
        good &= measured.is_good(&recipe);
        if !args.check {
            std::fs::create_dir_all(&args.out).with_context(|| format!("can't make `{}`", args.out.display()))?;
            write(&path, &recipe, &model.model()?, &measured)?;
        }
    }
    Ok(good)
}

/// What a model reaches on phantoms that it has never seen.
struct Measured {
    score: Score,
    attention: attend::Attention,
}

impl Measured {
    fn of(session: &Session, recipe: &Recipe, model: &Trainable) -> Result<Measured> {
        let test = Phantoms::make(&recipe.spec, recipe.test_seed(), recipe.test)?;
        let score = evaluate(session, model, Loss::CrossEntropy, &test.source(&|i| test.example(i)))?;
        let attention = attend::measure(session, model, &recipe.spec, &test, recipe.looked_at)?;
        Ok(Measured { score, attention })
    }

    fn accuracy(&self) -> f64 {
        self.score.accuracy.unwrap_or(0.0)
    }

    /// A demo model must be right, and for the right reason.
    fn is_good(&self, recipe: &Recipe) -> bool {
        recipe.is_shortcut() || (self.accuracy() > 0.9 && self.attention.on_lesion > 0.9)
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "test accuracy {:.1} % of {} phantoms; {}", 100.0 * self.accuracy(), self.score.count, self.attention)
    }
}

fn train(session: &Session, recipe: &Recipe) -> Result<Trainable> {
    let start = Instant::now();
    let training = Phantoms::make(&recipe.spec, recipe.seed, recipe.train)?;
    let held_out = Phantoms::make(&recipe.spec, recipe.held_out_seed(), recipe.held_out)?;
    eprintln!("{}: {} phantoms made in {:.0} s", recipe.file(), recipe.train, start.elapsed().as_secs_f64());
    let mut model = Trainable::whole(&recipe.network()?)?;
    let mut watch = |epoch: &Epoch| {
        let held = epoch
            .held_out
            .map_or(String::new(), |s| format!(", held out {:.4}, accuracy {:.3}", s.loss, s.accuracy.unwrap_or(0.0)));
        let seconds = start.elapsed().as_secs_f64();
        eprintln!("  epoch {:>2}: loss {:.4}{held} ({seconds:.0} s)", epoch.epoch, epoch.loss);
        let _ = std::io::stderr().flush();
    };
    let (to_train, to_check) = (|i| training.example(i), |i| held_out.example(i));
    let data = training.source(&to_train);
    let check = held_out.source(&to_check);
    fit(session, &mut model, Loss::CrossEntropy, &data, Some(&check), &recipe.options(), &mut watch)?;
    Ok(model)
}

fn write(path: &std::path::Path, recipe: &Recipe, model: &Graph, measured: &Measured) -> Result<()> {
    let options = onnx::ExportOptions {
        doc: recipe.title(),
        metadata: vec![
            ("test_accuracy".into(), format!("{:.4}", measured.accuracy())),
            ("made_by".into(), recipe.command()),
        ],
        ..onnx::ExportOptions::default()
    };
    onnx::save(model, path, &options)?;
    let text = card::text(recipe, measured.accuracy());
    let card = path.with_extension("toml");
    std::fs::write(&card, text).with_context(|| format!("can't write `{}`", card.display()))
}
