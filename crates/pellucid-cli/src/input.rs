//! From a model file, its card and an image to a sample.

use anyhow::{Context, Result, bail};
use pellucid::engine::Session;
use pellucid::explain::{Model, ModelNotes};
use pellucid::graph::{Dim, Fact, Tensor, onnx};
use pellucid::image::Image;
use pellucid::image::card::{Activation, Card, InputKind, ModelFacts, PortFacts};
use pellucid::image::preprocess::Prepared;
use pellucid::report::CaseInput;

use crate::args::ModelArgs;

/// Size taken for an axis that the model leaves open, where nothing else says.
const OPEN_SIZE: usize = 64;

/// The same for a row of whole numbers, such as tokens: models of text have a longest one, and it may be short.
const OPEN_TOKENS: usize = 8;

/// A prepared sample.
pub struct Ready {
    /// The image as read.
    pub image: Image,
    /// The image input as prepared.
    pub prepared: Prepared,
    /// Name of that input.
    pub input: String,
    /// One tensor per input.
    pub sample: Vec<Tensor>,
    /// What was done to the image, in words.
    pub steps: Vec<String>,
    /// Warnings.
    pub notes: Vec<String>,
}

impl Ready {
    /// The image input for a report.
    pub fn case_input(&self) -> CaseInput<'_> {
        CaseInput { name: &self.input, image: &self.image, prepared: &self.prepared }
    }
}

/// Opens a model with its card: the one given, the one beside it, or none.
pub fn model(args: &ModelArgs, session: Session) -> Result<(Model, Option<Card>)> {
    let read = onnx::open(&args.model)?;
    let card = match &args.card {
        Some(path) => Some(Card::open(path)?),
        None => Card::find(&args.model).map(Card::open).transpose()?,
    };
    let model = Model::new(read, session, card.as_ref().map(notes).unwrap_or_default());
    if let Some(card) = &card {
        fits(card, &model).with_context(|| {
            let found = args.card.clone().or_else(|| Card::find(&args.model)).unwrap_or_default();
            format!("the card `{}` isn't for the model `{}`", found.display(), args.model.display())
        })?;
    }
    Ok((model, card))
}

/// Whether the output and layer that a card names are in the file.
fn fits(card: &Card, model: &Model) -> Result<()> {
    let layer = card.layer.as_ref().map(|l| l.name.as_str());
    for name in card.output.name.as_deref().into_iter().chain(layer) {
        model.source().find(name)?;
    }
    Ok(())
}

/// What a card says that a graph can't.
pub fn notes(card: &Card) -> ModelNotes {
    ModelNotes {
        labels: card.labels.clone(),
        output: card.output.name.clone(),
        class_axis: card.output.class_axis,
        layer: card.layer.as_ref().map(|l| l.name.clone()),
    }
}

/// What a model's graph says, for a first card.
pub fn facts(model: &Model, name: Option<String>) -> Result<ModelFacts> {
    let port = |name: String, fact: &Fact| PortFacts {
        name,
        dtype: fact.dtype.to_string(),
        dims: fact
            .dims
            .iter()
            .map(|d| match d {
                Dim::Known(n) => Some(*n),
                _ => None,
            })
            .collect(),
    };
    let inputs = model.inputs()?;
    let sample: Vec<Tensor> = inputs.iter().map(|(_, f)| Tensor::full(f.dtype, &usual_shape(f), 0.0)).collect();
    let mut facts =
        ModelFacts { name, inputs: inputs.iter().map(|(n, f)| port(n.clone(), f)).collect(), ..ModelFacts::default() };
    // a model that can't be fixed to usual sizes still gets a card, from its inputs alone
    if model.fix(&sample).is_err() {
        return Ok(facts);
    }
    if let Ok(graph) = model.graph(1, &[]) {
        let outputs = graph.outputs().iter();
        facts.outputs =
            outputs.filter_map(|w| Some(port(graph.name_of(*w).to_string(), graph.info(*w).fact.as_ref()?))).collect();
        let candidates = pellucid::graph::query::spatial_candidates(&graph);
        facts.layers = candidates.iter().map(|c| graph.name_of(c.wire).to_string()).collect();
    }
    facts.activation = model.output().ok().map(|o| match o.activation.as_deref() {
        Some("Softmax") => Activation::Softmax,
        Some("LogSoftmax") => Activation::LogSoftmax,
        Some("Sigmoid") => Activation::Sigmoid,
        _ => Activation::None,
    });
    facts.layer = model.layer(None).ok().map(|l| l.name);
    Ok(facts)
}

/// A shape for an input: its own sizes, 1 for the batch, and a usual size for what is left open.
pub fn usual_shape(fact: &Fact) -> Vec<usize> {
    let known = |d: &Dim| match d {
        Dim::Known(n) => Some(*n),
        _ => None,
    };
    let open = |axis: usize| match (axis, fact.rank()) {
        (0, _) => 1,
        (1, 3..) => 3,
        (_, 2) if !fact.dtype.is_float() => OPEN_TOKENS,
        _ => OPEN_SIZE,
    };
    fact.dims.iter().enumerate().map(|(axis, d)| known(d).unwrap_or_else(|| open(axis))).collect()
}

/// Prepares an image as the card says; without a card, as the shape of the input suggests, with a warning.
pub fn prepared(model: &Model, card: Option<&Card>, image: Image) -> Result<Ready> {
    let guessed = match card {
        Some(_) => None,
        None => Some(Card::default_for(&facts(model, None)?)),
    };
    let Some(used) = card.or(guessed.as_ref()) else { bail!("no card") };
    let mut sample = Vec::new();
    let mut made: Option<(String, Prepared)> = None;
    for (name, fact) in model.inputs()? {
        let Some(input) = used.input(&name) else {
            bail!("the model card has no input `{name}`, which the model takes ({fact})");
        };
        match &input.kind {
            InputKind::Image { .. } => {
                let prepared = input
                    .prepare(&image, None)
                    .with_context(|| format!("input `{name}` can't be made from the image"))?;
                sample.push(Tensor::f32(&prepared.shape, prepared.values.clone())?.cast(fact.dtype));
                made.get_or_insert((name, prepared));
            }
            InputKind::Values { values, defaults } if defaults.len() == values.len() && !values.is_empty() => {
                let numbers = defaults.iter().map(|v| *v as f32).collect();
                sample.push(Tensor::f32(&[1, values.len()], numbers)?.cast(fact.dtype));
            }
            InputKind::Values { values, .. } => {
                bail!("input `{name}` takes the values {}; give their `defaults` in the model card", values.join(", "));
            }
            InputKind::Tokens { .. } => bail!("input `{name}` takes text, which can't be given here"),
        }
    }
    let Some((input, prepared)) = made else { bail!("no input of the model takes an image") };
    let mut notes: Vec<String> = image.notes.iter().chain(&prepared.notes).cloned().collect();
    if card.is_none() {
        notes.push(
            "there is no model card, so the value range was guessed: `pellucid card init MODEL` writes one to correct"
                .into(),
        );
    }
    let steps = prepared.steps.iter().map(step_text).collect();
    Ok(Ready { image, prepared, input, sample, steps, notes })
}

/// A step with its parameters and what it measured, as one line.
fn step_text(applied: &pellucid::image::preprocess::Applied) -> String {
    serde_json::to_string(applied).unwrap_or_else(|_| applied.step.key().to_string())
}
