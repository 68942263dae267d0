//! A first card from what a model's file says.

use super::{Activation, Card, InputCard, InputKind, LayerCard, OutputCard, Task};
use crate::preprocess::{Colour, Layout, Over, REC_601, Step};
use crate::resize::Resample;

/// What a graph says of one input or output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PortFacts {
    /// Its name.
    pub name: String,
    /// Element type, such as `f32` or `i64`.
    pub dtype: String,
    /// Sizes of the axes; `None` where the user chooses.
    pub dims: Vec<Option<usize>>,
}

impl PortFacts {
    fn is_float(&self) -> bool {
        self.dtype.starts_with('f') || self.dtype.starts_with("bf")
    }
}

/// What a graph says of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFacts {
    /// Name of the model.
    pub name: Option<String>,
    /// Its inputs.
    pub inputs: Vec<PortFacts>,
    /// Its outputs.
    pub outputs: Vec<PortFacts>,
    /// Activation found at the end of the graph.
    pub activation: Option<Activation>,
    /// The layer proposed for CAMs.
    pub layer: Option<String>,
    /// Names of layers that could be read.
    pub layers: Vec<String>,
}

/// Size taken where a model leaves it open.
const OPEN_SIZE: usize = 256;

impl Card {
    /// The most likely card. Labels are numbered, and the steps are guesses from the shape of the input: the card must be checked.
    pub fn default_for(facts: &ModelFacts) -> Card {
        let inputs: Vec<InputCard> = facts.inputs.iter().map(input).collect();
        let output = facts.outputs.first();
        let (task, classes) = output.map_or((Task::Embedding, 0), |o| task(o, facts));
        let labels = match task {
            Task::Binary => vec!["negative".into(), "positive".into()],
            _ => (0..classes).map(|i| format!("class {i}")).collect(),
        };
        let threshold = (task == Task::Binary).then_some(match facts.activation {
            Some(Activation::Sigmoid) => 0.5,
            _ => 0.0,
        });
        Card {
            name: facts.name.clone(),
            source: None,
            task,
            modality: None,
            labels,
            default_label: None,
            output: OutputCard {
                name: output.map(|o| o.name.clone()),
                activation: facts.activation.or(Some(Activation::None)),
                class_axis: None,
                positive: None,
                threshold,
            },
            layer: facts.layer.clone().map(|name| LayerCard { name, grid: None, skip_tokens: 0 }),
            inputs,
        }
    }
}

/// Most classes that are named one by one.
const MOST_LABELS: usize = 1000;

fn task(output: &PortFacts, facts: &ModelFacts) -> (Task, usize) {
    let classes = output.dims.get(1).copied().flatten().unwrap_or(0).min(MOST_LABELS);
    let image_rank = facts.inputs.iter().filter(|i| i.is_float()).map(|i| i.dims.len()).max().unwrap_or(0);
    match (output.dims.len(), classes) {
        (rank, _) if rank >= 4 && rank == image_rank => (Task::Segmentation, classes),
        (1, _) | (2, 1) => (Task::Binary, 2),
        (2, n) if facts.activation == Some(Activation::Sigmoid) => (Task::Multilabel, n),
        (2, n) if n > 1 => (Task::Classification, n),
        _ => (Task::Embedding, 0),
    }
}

fn input(port: &PortFacts) -> InputCard {
    let name = Some(port.name.clone());
    let kind = match port.dims.len() {
        4 | 5 if port.is_float() || port.dtype == "u8" => image(port),
        _ if port.is_float() => {
            let count = port.dims.last().copied().flatten().unwrap_or(0).min(MOST_LABELS);
            InputKind::Values { values: (0..count).map(|i| format!("value {i}")).collect(), defaults: vec![] }
        }
        _ => InputKind::Tokens { vocabulary: None, length: port.dims.last().copied().flatten() },
    };
    InputCard { name, kind }
}

fn image(port: &PortFacts) -> InputKind {
    let rank = port.dims.len();
    let is_channels = |axis: usize| matches!(port.dims[axis], Some(1 | 3));
    let last = !is_channels(1) && is_channels(rank - 1);
    let layout = match (rank, last) {
        (4, false) => "NCHW",
        (4, true) => "NHWC",
        (_, false) => "NCDHW",
        (_, true) => "NDHWC",
    };
    let channels = port.dims[if last { rank - 1 } else { 1 }];
    let space = if last { &port.dims[1..rank - 1] } else { &port.dims[2..] };
    let mut steps = vec![];
    match channels {
        Some(1) => steps.push(Step::Channels { colour: Colour::Grey, weights: REC_601 }),
        Some(3) if rank == 4 => steps.push(Step::Channels { colour: Colour::Rgb, weights: REC_601 }),
        Some(n) if rank == 4 && n % 2 == 1 => steps.push(Step::Slices { count: n }),
        _ => (),
    }
    let volume = rank == 5;
    let size: Vec<usize> = space.iter().map(|d| d.unwrap_or(if volume { OPEN_SIZE / 4 } else { OPEN_SIZE })).collect();
    let mode = if volume { Resample::LinearHalfPixel } else { Resample::LinearAntialias };
    steps.push(Step::Resize { size, mode, round: true });
    if volume {
        steps.push(Step::Percentiles { from: [1.0, 99.0], to: [0.0, 1.0], clip: true, over: Over::All });
    } else {
        steps.insert(0, Step::EightBit);
        steps.push(Step::Range { from: [0.0, 255.0], to: [0.0, 1.0], clip: true });
    }
    InputKind::Image { layout: layout.parse::<Layout>().ok(), steps }
}
