//! A model ready to be explained: its file, its graphs at every shape and batch, its layers and output.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pellucid_engine::{Session, Verdict, batch_self_test};
use pellucid_graph::onnx::{self, ModelInfo};
use pellucid_graph::{Dim, Fact, Graph, Tensor, query, rewrite};

use crate::compiled::Kept;
use crate::family::Family;
use crate::layer::{Layer, Layout};
use crate::method::Form;
use crate::target::{Reference, Region, RegionReduce, Target};
use crate::{ExplainError, Result};

/// What the file can't say about a model; comes from its card or from options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelNotes {
    /// Class names in order of the output.
    pub labels: Vec<String>,
    /// Name of the output to explain; the first one of real numbers when left out.
    pub output: Option<String>,
    /// Class axis of that output; 1 when left out.
    pub class_axis: Option<usize>,
    /// Layer to read evidence at; found when left out.
    pub layer: Option<String>,
}

/// A model and everything derived from it. Graphs are made when needed and kept.
pub struct Model {
    /// What the file says.
    pub info: ModelInfo,
    /// What the card says.
    pub notes: ModelNotes,
    source: Graph,
    session: Session,
    graphs: Mutex<HashMap<GraphKey, Arc<Graph>>>,
    batches: Mutex<HashMap<Vec<Vec<usize>>, Batches>>,
    shapes: Mutex<Vec<Vec<usize>>>,
    pub(crate) compiled: Kept,
}

/// The largest batch, and why it is 1 when it is.
type Batches = (usize, Option<String>);

/// Input shapes, batch, names that must stay, form.
type GraphKey = (Vec<Vec<usize>>, usize, Vec<String>, Form);

/// The output of a model, before its trailing activation.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name of the model's output.
    pub name: String,
    /// Name of the wire before the activation; the output itself when there is none.
    pub wire: String,
    /// `Softmax`, `LogSoftmax` or `Sigmoid`, when the model ends in one.
    pub activation: Option<String>,
    /// Shape of the wire for one sample.
    pub shape: Vec<usize>,
    /// The class axis.
    pub class_axis: usize,
}

/// Largest batch that a model without a fixed one is given.
const LARGEST_BATCH: usize = 64;

impl Model {
    /// Opens an ONNX file.
    ///
    /// # Errors
    /// When the file isn't a model that Pellucid can read.
    pub fn open(path: &Path, session: Session, notes: ModelNotes) -> Result<Model> {
        Ok(Model::new(onnx::open(path)?, session, notes))
    }

    /// A model that was read already.
    pub fn new(model: onnx::Model, session: Session, notes: ModelNotes) -> Model {
        Model {
            info: model.info,
            notes,
            source: model.graph,
            session,
            graphs: Mutex::default(),
            batches: Mutex::default(),
            shapes: Mutex::default(),
            compiled: Kept::default(),
        }
    }

    /// The engine session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The graph as it stands in the file.
    pub fn source(&self) -> &Graph {
        &self.source
    }

    /// Names, types and shapes of the inputs, as the file has them.
    ///
    /// # Errors
    /// When an input has no type.
    pub fn inputs(&self) -> Result<Vec<(String, Fact)>> {
        let inputs = self.source.inputs().iter();
        Ok(inputs
            .map(|w| Ok((self.source.name_of(*w).to_string(), self.source.fact(*w)?.clone())))
            .collect::<pellucid_graph::Result<_>>()?)
    }

    /// Fixes the input shapes from a sample (one tensor per input, batch of 1), after checking it.
    ///
    /// # Errors
    /// When there are too few or too many tensors, a shape or type doesn't fit, or a value isn't finite.
    pub fn fix(&self, sample: &[Tensor]) -> Result<()> {
        let inputs = self.inputs()?;
        if inputs.len() != sample.len() {
            let names: Vec<&str> = inputs.iter().map(|i| i.0.as_str()).collect();
            return Err(ExplainError::Input {
                input: names.join(", "),
                reason: format!("the model has {} inputs, {} were given", inputs.len(), sample.len()),
            });
        }
        for ((name, fact), tensor) in inputs.iter().zip(sample) {
            check_input(name, fact, tensor)?;
        }
        *self.shapes.lock().unwrap_or_else(PoisonError::into_inner) =
            sample.iter().map(|t| t.shape().to_vec()).collect();
        Ok(())
    }

    /// The graph at a batch size for the input shapes fixed last, canonical, with `keep` among its wires.
    ///
    /// # Errors
    /// When shapes don't fit, or a name is unknown.
    pub fn graph(&self, batch: usize, keep: &[String]) -> Result<Arc<Graph>> {
        self.graph_in(Form::Canonical, batch, keep)
    }

    /// The same in another form.
    ///
    /// # Errors
    /// As [`Model::graph`].
    pub fn graph_in(&self, form: Form, batch: usize, keep: &[String]) -> Result<Arc<Graph>> {
        let shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut keep: Vec<String> = keep.to_vec();
        keep.sort();
        keep.dedup();
        let key = (shapes.clone(), batch, keep, form);
        let mut graphs = self.graphs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(graph) = graphs.get(&key) {
            return Ok(graph.clone());
        }
        let names: Vec<String> = self.source.inputs().iter().map(|w| self.source.name_of(*w).to_string()).collect();
        let named: Vec<(&str, Vec<usize>)> = names.iter().map(String::as_str).zip(shapes).collect();
        let fixed = if batch == 1 {
            rewrite::specialise(&self.source, &named)?
        } else {
            rewrite::rebatch(&self.source, batch, &named)?
        };
        for name in &key.2 {
            fixed.graph.find(name)?;
        }
        let keep: Vec<&str> = key.2.iter().map(String::as_str).collect();
        let graph = Arc::new(rewrite::canonical_without(&fixed.graph, &keep, form.skipped())?.graph);
        graphs.insert(key, graph.clone());
        Ok(graph)
    }

    /// The largest batch that gives what single samples give: tested once per input shape with two different samples.
    pub fn max_batch(&self, sample: &[Tensor]) -> usize {
        if self.session.engine().parallel_samples() {
            return 1;
        }
        let shapes: Vec<Vec<usize>> = sample.iter().map(|t| t.shape().to_vec()).collect();
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((n, _)) = batches.get(&shapes) {
            return *n;
        }
        let outcome = self.tested_batch(sample);
        batches.insert(shapes, outcome.clone());
        outcome.0
    }

    /// Why samples run one by one, when they do though batches were wanted.
    pub fn batch_note(&self) -> Option<String> {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        batches.values().find_map(|b| b.1.clone())
    }

    fn tested_batch(&self, sample: &[Tensor]) -> Batches {
        let family = Family::new(LARGEST_BATCH, vec![true; sample.len()], |n| Ok((*self.graph(n, &[])?).clone()));
        let other: Vec<Tensor> = sample.iter().map(altered).collect();
        match batch_self_test(&self.session, &family, [sample, &other]) {
            Ok(Verdict::Sound) => (LARGEST_BATCH, None),
            Ok(Verdict::OneByOne(note)) => (1, Some(note)),
            Err(error) => (1, Some(format!("samples are run one by one: {error}"))),
        }
    }

    /// The output to explain, with a trailing activation stepped over.
    ///
    /// # Errors
    /// When the named output doesn't exist or none holds real numbers.
    pub fn output(&self) -> Result<Output> {
        let graph = self.graph(1, &[])?;
        let wire = match &self.notes.output {
            Some(name) => graph.find(name)?,
            None => graph.outputs().iter().copied().find(|w| graph.dtype(*w).is_ok_and(|d| d.is_float())).ok_or_else(
                || ExplainError::Target {
                    target: "output".into(),
                    reason: "the model has no output of real numbers".into(),
                },
            )?,
        };
        let name = graph.name_of(wire).to_string();
        let before = query::trailing_activation(&graph, wire);
        let (activation, inner) = match before {
            Some((kind, w)) => (Some(kind.to_string()), w),
            None => (None, wire),
        };
        let shape = graph.shape(inner)?;
        let class_axis = self.notes.class_axis.unwrap_or(1).min(shape.len().saturating_sub(1));
        Ok(Output { name, wire: graph.name_of(inner).to_string(), activation, shape, class_axis })
    }

    /// A layer by name, or the one that the graph proposes.
    ///
    /// # Errors
    /// When the name is unknown or no layer has spatial axes.
    pub fn layer(&self, name: Option<&str>) -> Result<Layer> {
        let graph = match name {
            Some(name) => self.graph(1, &[name.to_string()])?,
            None => self.graph(1, &[])?,
        };
        let (wire, because) = match name {
            Some(name) => (graph.find(name)?, "asked for".to_string()),
            None => {
                let found = query::last_spatial(&graph)?;
                (found.wire, found.because)
            }
        };
        let shape = graph.shape(wire)?;
        let layout = match query::token_grid(&graph, wire) {
            Some(tokens) => match tokens.layout {
                query::TokenLayout::Sequence => Layout::Tokens { special: tokens.special, grid: tokens.grid },
                query::TokenLayout::ChannelsLast => Layout::ChannelsLast,
            },
            None if shape.len() > 2 => Layout::ChannelsFirst,
            None => Layout::Flat,
        };
        Ok(Layer { name: graph.name_of(wire).to_string(), layout, because })
    }

    /// What is explained when the user doesn't say: the class that the model decides for.
    ///
    /// # Errors
    /// When the run fails.
    pub fn default_target(&self, value: &Tensor, output: &Output) -> Target {
        let y = value.to_f64();
        let k = output.shape.get(output.class_axis).copied().unwrap_or(1);
        let positions = y.len() / k.max(1);
        if positions > 1 {
            return Target::Region {
                index: self.main_class(&y, output, k),
                mask: Region::Predicted,
                reduce: RegionReduce::LogitSum,
            };
        }
        if k == 1 {
            let sign = if output.activation.as_deref() == Some("Sigmoid") && y[0] < 0.0 { -1.0 } else { 1.0 };
            return Target::Sign { sign };
        }
        Target::Logit { index: argmax(&y) }
    }

    /// The class that wins at most positions; the background (class 0) only when nothing else wins anywhere.
    fn main_class(&self, y: &[f64], output: &Output, k: usize) -> usize {
        let inner: usize = output.shape[output.class_axis + 1..].iter().product();
        let outer = y.len() / (k * inner).max(1);
        let mut wins = vec![0usize; k];
        for o in 0..outer {
            for i in 0..inner {
                let column: Vec<f64> = (0..k).map(|c| y[(o * k + c) * inner + i]).collect();
                wins[argmax(&column)] += 1;
            }
        }
        let foreground = (1..k).rev().max_by_key(|&c| wins[c]).filter(|&c| wins[c] > 0);
        foreground.unwrap_or(0)
    }

    /// The reference that targets are resolved against.
    pub fn reference<'a>(&'a self, value: &'a Tensor, output: &'a Output) -> Reference<'a> {
        Reference {
            wire: &output.wire,
            value,
            class_axis: output.class_axis,
            stepped_over: output.activation.as_deref(),
            labels: &self.notes.labels,
        }
    }
}

/// Index of the first largest value.
pub fn argmax(y: &[f64]) -> usize {
    y.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (i, v)| if *v > best.1 { (i, *v) } else { best }).0
}

/// A sample that differs everywhere, for the batch test.
fn altered(tensor: &Tensor) -> Tensor {
    if !tensor.dtype().is_float() {
        return tensor.clone();
    }
    let values: Vec<f64> =
        tensor.to_f64().iter().enumerate().map(|(i, v)| 0.7 * v + 0.1 * ((i % 17) as f64 / 17.0)).collect();
    Tensor::from_f64(tensor.dtype(), tensor.shape().to_vec(), values)
}

fn check_input(name: &str, fact: &Fact, tensor: &Tensor) -> Result<()> {
    let fail = |reason: String| ExplainError::Input { input: name.to_string(), reason };
    let fits = fact.rank() == tensor.rank()
        && fact.dims.iter().zip(tensor.shape()).all(|(d, n)| !matches!(d, Dim::Known(k) if k != n));
    if !fits {
        return Err(fail(format!("has shape {:?}, but the model takes {fact}", tensor.shape())));
    }
    if fact.dtype != tensor.dtype() {
        return Err(fail(format!("has type {}, but the model takes {fact}", tensor.dtype())));
    }
    if let Some(index) = tensor.first_non_finite() {
        return Err(ExplainError::NonFinite { wire: name.to_string(), index });
    }
    Ok(())
}
