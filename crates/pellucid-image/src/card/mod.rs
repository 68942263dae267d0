//! Model cards: what an `.onnx` file can't say of itself, in TOML beside it.
//!
//! A card names the classes, says what the output means, and how an image becomes the input ([`crate::preprocess`]). [`KEYS`] and [`STEPS`] list
//! every key once; an unknown or wrong one is an error that names line, column and the nearest key there is.

mod guess;
mod keys;
mod parse;
mod reader;
mod steps;
mod write;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use guess::{ModelFacts, PortFacts};
pub use keys::{ACTIVATIONS, KEYS, Key, STEPS, StepKey, TASKS};

use crate::preprocess::{Layout, Prepared, Step, prepare};
use crate::{Image, ImageError, Result};

/// What a model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Task {
    Classification,
    Multilabel,
    Binary,
    Regression,
    Segmentation,
    Detection,
    Embedding,
    Captioning,
}

/// What the output has gone through inside the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Activation {
    None,
    Softmax,
    LogSoftmax,
    Sigmoid,
}

/// The output to explain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputCard {
    /// Its name; the first output when left out.
    pub name: Option<String>,
    /// What it has gone through; found in the graph when left out.
    pub activation: Option<Activation>,
    /// The axis that counts classes.
    pub class_axis: Option<usize>,
    /// For a single score: the label that a high score speaks for.
    pub positive: Option<String>,
    /// The output value from which a label counts as found.
    pub threshold: Option<f64>,
}

/// The layer that is read when none is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerCard {
    /// A wire of the graph.
    pub name: String,
    /// The grid that tokens lie on.
    pub grid: Option<Vec<usize>>,
    /// Tokens before those of the grid.
    pub skip_tokens: usize,
}

/// What one input takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// An image.
    Image {
        /// Order of the tensor's axes; `NCHW` or `NCDHW` when left out.
        layout: Option<Layout>,
        /// How an image becomes the tensor.
        steps: Vec<Step>,
    },
    /// Named numbers.
    Values {
        /// Their names.
        values: Vec<String>,
        /// What to take when none are given; empty when they must be given.
        defaults: Vec<f64>,
    },
    /// Words as numbers.
    Tokens {
        /// File beside the card that lists the words.
        vocabulary: Option<String>,
        /// How many tokens there are.
        length: Option<usize>,
    },
}

/// One input of the graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputCard {
    /// Name of the graph's input; the only one when left out.
    pub name: Option<String>,
    /// What it takes.
    pub kind: InputKind,
}

/// A model card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Name of the model.
    pub name: Option<String>,
    /// Where it comes from.
    pub source: Option<String>,
    /// What it does.
    pub task: Task,
    /// What kind of images it takes.
    pub modality: Option<String>,
    /// Names of the classes.
    pub labels: Vec<String>,
    /// The label that is explained when none is asked for.
    pub default_label: Option<String>,
    /// The output to explain.
    pub output: OutputCard,
    /// The layer that is read when none is asked for.
    pub layer: Option<LayerCard>,
    /// The inputs.
    pub inputs: Vec<InputCard>,
}

impl Card {
    /// Reads a card from a file.
    ///
    /// # Errors
    /// When the file can't be read, or a key or value is wrong.
    pub fn open(path: impl AsRef<Path>) -> Result<Card> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| ImageError::Read { path: path.display().to_string(), source })?;
        Card::parse(&text).map_err(|e| e.in_file(path))
    }

    /// The card that belongs to a model file: `NAME.toml` beside it, else `model.toml`.
    pub fn find(model: &Path) -> Option<PathBuf> {
        [model.with_extension("toml"), model.with_file_name("model.toml")].into_iter().find(|p| p.is_file())
    }

    /// The input of a name; the only one when the card doesn't name it.
    pub fn input(&self, name: &str) -> Option<&InputCard> {
        let named = self.inputs.iter().find(|i| i.name.as_deref() == Some(name));
        named.or_else(|| self.inputs.first().filter(|i| self.inputs.len() == 1 && i.name.is_none()))
    }

    /// The index of a label, by name (case ignored) or number.
    pub fn label_index(&self, label: &str) -> Option<usize> {
        let same = |l: &String| l.eq_ignore_ascii_case(label);
        self.labels.iter().position(same).or_else(|| label.parse().ok().filter(|&i: &usize| i < self.labels.len()))
    }

    /// For a single score: +1 for the label that a high score speaks for, -1 for the other, `None` for other models and labels.
    pub fn sign_of(&self, label: &str) -> Option<f64> {
        if self.task != Task::Binary {
            return None;
        }
        let index = self.label_index(label)?;
        let positive = self.output.positive.as_deref().map_or(Some(1), |p| self.label_index(p))?;
        Some(if index == positive { 1.0 } else { -1.0 })
    }
}

impl InputCard {
    /// Prepares an image for this input; see [`prepare`].
    ///
    /// # Errors
    /// When the input takes no image, or a step can't be done.
    pub fn prepare(&self, image: &Image, focus: Option<[f64; 3]>) -> Result<Prepared> {
        let InputKind::Image { layout, steps } = &self.kind else {
            let name = self.name.as_deref().unwrap_or("?");
            return Err(ImageError::Invalid(format!("input `{name}` of the model card takes no image")));
        };
        if let Some(layout) = layout {
            return prepare(image, steps, layout, focus);
        }
        let as_picture = prepare(image, steps, &Layout::usual(true), focus)?;
        if as_picture.image_shape[1] > 1 {
            return Ok(as_picture);
        }
        let layout = Layout::usual(false);
        let shape = layout.shape(as_picture.image_shape)?;
        Ok(Prepared { shape, layout, ..as_picture })
    }
}
