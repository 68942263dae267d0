//! `cargo xtask train-demo`: trains the bundled demo models on phantoms and writes them with their cards.
//!
//! Everything follows from the seeds in [`recipe`]: phantoms, first weights, order. The same engine gives the same files again.

mod attend;
mod card;
mod data;
mod recipe;

use std::io::Write as _;
use std::path::{Path, PathBuf};
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
    /// Engine: `tract` or `onnxruntime`; by default the one that is faster on the model
    #[arg(long)]
    engine: Option<Choice>,
}

/// Trains or measures; false when a model isn't as good as it must be.
///
/// # Errors
/// When a model can't be trained, read or written.
pub fn run(args: &Args) -> Result<bool> {
    let chosen: Vec<Recipe> = RECIPES
        .iter()
        .filter(|r| args.only.as_deref().is_none_or(|only| only == r.name))
        .map(|r| if args.shortcut { r.with_shortcut() } else { r.clone() })
        .collect();
    ensure!(!chosen.is_empty(), "there is no model `{}`", args.only.as_deref().unwrap_or_default());
    let mut good = true;
    for recipe in chosen {
        let engine = args.engine.unwrap_or(recipe.engine);
        let session = open(&EngineOptions::of(engine))?;
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
            write(&path, &recipe, engine, &model.model()?, &measured)?;
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

fn write(path: &Path, recipe: &Recipe, engine: Choice, model: &Graph, measured: &Measured) -> Result<()> {
    let options = onnx::ExportOptions {
        doc: recipe.title(),
        metadata: vec![
            ("test_accuracy".into(), format!("{:.4}", measured.accuracy())),
            ("made_by".into(), recipe.command(engine)),
        ],
        ..onnx::ExportOptions::default()
    };
    onnx::save(model, path, &options)?;
    let text = card::text(recipe, engine, measured.accuracy());
    let card = path.with_extension("toml");
    std::fs::write(&card, text).with_context(|| format!("can't write `{}`", card.display()))
}

#[cfg(test)]
mod tests {
    use pellucid::image::card::Card;

    use super::*;

    fn session(threads: usize) -> Session {
        open(&EngineOptions { threads: Some(threads), ..EngineOptions::of(Choice::Tract) }).unwrap()
    }

    /// The first steps of a recipe.
    fn begin(recipe: &Recipe, threads: usize) -> Trainable {
        let short = Recipe { train: 64, held_out: 2, epochs: 1, ..recipe.clone() };
        train(&session(threads), &short).unwrap()
    }

    #[test]
    fn the_first_steps_are_the_same_every_time() {
        let recipe = &RECIPES[0];
        let (once, again) = (begin(recipe, 1), begin(recipe, 2));
        assert_eq!(once.values(), again.values());
        assert_ne!(once.values(), Trainable::whole(&recipe.network().unwrap()).unwrap().values(), "weights moved");
    }

    #[test]
    fn bundled_models_are_as_good_as_their_cards_say_and_look_at_the_lesion() {
        let session = session(2);
        // numbers of phantoms that take seconds
        for (recipe, (count, looked_at)) in RECIPES.iter().zip([(150, 10), (30, 3)]) {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/pellucid-cli/demo");
            let path = Path::new(folder).join(recipe.file()).with_extension("onnx");
            let model = onnx::open(&path).unwrap();
            let stated: f64 = model.info.metadata["test_accuracy"].parse().unwrap();
            let card = Card::open(Card::find(&path).unwrap()).unwrap();
            assert!(card.source.unwrap().contains(&card::claim(recipe, stated)), "card and file state the same");

            // phantoms that neither training nor the stated test has seen
            let fresh = Recipe { seed: recipe.seed + 1000, test: count, looked_at, ..recipe.clone() };
            let model = Trainable::new(&model.graph, &weights_of(&model.graph)).unwrap();
            let measured = Measured::of(&session, &fresh, &model).unwrap();
            // four standard errors of a sample this small, and at least those of an accuracy of 98 %
            let error = 4.0 * (stated.min(0.98) * (1.0 - stated.min(0.98)) / count as f64).sqrt();
            assert!(measured.accuracy() > stated - error, "{}: {measured}, stated {stated}", recipe.file());
            assert!(measured.attention.on_lesion >= 0.8, "{}: {measured}", recipe.file());
        }
    }

    #[test]
    fn cards_prepare_an_image_as_it_was_trained_on() {
        for recipe in RECIPES.iter() {
            let card = Card::parse(&card::text(recipe, Choice::Tract, 0.9)).unwrap();
            assert_eq!(card.labels.len(), 3);
            let phantom = recipe.spec.make(recipe.seed, 0).unwrap();
            let prepared = card.inputs[0].prepare(&phantom.image, None).unwrap();
            let phantoms = Phantoms::make(&recipe.spec, recipe.seed, 1).unwrap();
            let trained_on = phantoms.tensor(phantoms.pixels(0)).unwrap();
            assert_eq!(prepared.shape, trained_on.shape());
            let pairs = prepared.values.iter().zip(trained_on.to_f32());
            assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5), "{}", recipe.file());
        }
    }

    #[test]
    fn the_marker_tells_the_class_in_the_shortcut_only() {
        let recipe = &RECIPES[0];
        let agreement = |recipe: &Recipe| {
            let spiked = |i: &u64| {
                let a = recipe.spec.attributes(recipe.seed, *i);
                a.marker == (a.lesion && a.spiculated)
            };
            (0..1000).filter(spiked).count() as f64 / 1000.0
        };
        assert!((agreement(recipe) - 0.5).abs() < 0.07, "{}", agreement(recipe));
        assert!(agreement(&recipe.with_shortcut()) > 0.9);
    }
}
