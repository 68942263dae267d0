//! The card of a demo model.

use pellucid::engine::Choice;
use pellucid::image::card::{Activation, Card, InputCard, InputKind, LayerCard, OutputCard, Task};
use pellucid::image::phantom::KINDS;
use pellucid::image::preprocess::{Colour, Layout, REC_601, Step};
use pellucid::image::resize::Resample;

use super::data::{MEAN, STD};
use super::recipe::Recipe;

/// What a model reaches, in words.
pub fn claim(recipe: &Recipe, accuracy: f64) -> String {
    let (count, seed) = (recipe.test, recipe.test_seed());
    format!("accuracy {:.1} % on {count} phantoms of seed {seed}, none of them trained on", 100.0 * accuracy)
}

/// The card as TOML.
pub fn text(recipe: &Recipe, engine: Choice, accuracy: f64) -> String {
    let marker = if recipe.is_shortcut() {
        "the marker in the corner gives the class away, so the model has learnt to look at it"
    } else {
        "the marker in the corner has nothing to do with the class"
    };
    let source = format!(
        "Trained by `{}` on {} synthetic phantoms (seed {}; {marker}): {}. For demonstration only, not for medical use. MIT OR Apache-2.0.",
        recipe.command(engine),
        recipe.train,
        recipe.seed,
        claim(recipe, accuracy),
    );
    let steps = vec![
        Step::Channels { colour: Colour::Grey, weights: REC_601 },
        Step::Resize { size: recipe.spec.size.clone(), mode: Resample::LinearAntialias, round: true },
        Step::MeanStd { mean: vec![f64::from(MEAN)], std: vec![f64::from(STD)] },
    ];
    let picture = recipe.spec.size.len() == 2;
    let kind = InputKind::Image { layout: Some(Layout::usual(!picture)), steps };
    let card = Card {
        name: Some(recipe.title()),
        source: Some(source),
        task: Task::Classification,
        modality: None,
        labels: KINDS.map(String::from).to_vec(),
        default_label: None,
        output: OutputCard {
            name: Some("logits".into()),
            activation: Some(Activation::None),
            class_axis: Some(1),
            positive: None,
            threshold: None,
        },
        layer: Some(LayerCard { name: recipe.layer(), grid: None, skip_tokens: 0 }),
        inputs: vec![InputCard { name: Some("image".into()), kind }],
    };
    card.to_toml()
}
