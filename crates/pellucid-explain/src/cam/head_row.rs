//! A linear head on the means of several layers: handed in, or fitted on labelled samples.

use pellucid_graph::Tensor;

use crate::cam::activation::Activation;
use crate::cam::logistic::{Head, Samples};
use crate::context::Context;
use crate::linalg::dot;
use crate::{ExplainError, Result};

/// The head's row for the class that is explained.
pub(crate) struct Row {
    /// Weights of each layer.
    pub weights: Vec<Vec<f64>>,
    /// Known where the head was fitted.
    pub bias: Option<f64>,
}

impl Row {
    /// The arrays `head_weights_0`, .., or a row of a head fitted on `labels` and `images_<input>`: 1 F per sample.
    ///
    /// # Errors
    /// When neither is handed in, or one doesn't fit the layers, the inputs or the target.
    pub fn new(context: &mut Context, activations: &[Activation], penalty: f64, method: &'static str) -> Result<Row> {
        match given(context, activations)? {
            Some(row) => Ok(row),
            None => fitted(context, activations, penalty, method),
        }
    }
}

/// The class of the target, which must be one of the head's.
fn class_of(context: &Context, classes: usize) -> Result<usize> {
    let fail = |reason: String| ExplainError::Target { target: context.objective.description.clone(), reason };
    match context.objective.target.class() {
        Some(c) if c < classes => Ok(c),
        Some(c) => Err(fail(format!("is class {c}, but the head has {classes} classes, from 0"))),
        None => Err(fail("isn't about one class, and the head has a row per class".into())),
    }
}

/// The weights handed in.
fn given(context: &Context, activations: &[Activation]) -> Result<Option<Row>> {
    if !context.injected.contains_key("head_weights_0") {
        return Ok(None);
    }
    let one = |(l, a): (usize, &Activation)| -> Result<Vec<f64>> {
        let name = format!("head_weights_{l}");
        let fail = |reason: String| ExplainError::Input { input: name.clone(), reason };
        let expected = format!("expected {} or classes x {0}, for layer `{}`", a.channels, a.layer);
        let Some(tensor) = context.injected.get(&name) else { return Err(fail(format!("is missing: {expected}"))) };
        if let Some(index) = tensor.first_non_finite() {
            return Err(fail(format!("element {index} isn't finite")));
        }
        let values = tensor.to_f64();
        match *tensor.shape() {
            [k] if k == a.channels => Ok(values),
            [classes, k] if k == a.channels => {
                let c = class_of(context, classes)?;
                Ok(values[c * k..(c + 1) * k].to_vec())
            }
            _ => Err(fail(format!("has shape {:?}, {expected}", tensor.shape()))),
        }
    };
    let weights = activations.iter().enumerate().map(one).collect::<Result<Vec<_>>>()?;
    Ok(Some(Row { weights, bias: None }))
}

/// The row of a head fitted on labelled samples.
fn fitted(context: &mut Context, activations: &[Activation], penalty: f64, method: &'static str) -> Result<Row> {
    let labels = labels(context, method)?;
    let classes = labels.iter().max().map_or(0, |m| m + 1);
    let class = class_of(context, classes)?;
    let samples = Samples { features: features(context, labels.len(), method)?, labels, classes };
    let head = samples.fit(penalty);
    context.notes.extend(remarks(&head, activations, samples.labels.len()));
    let k = head.weights.len() / classes;
    let row = &head.weights[class * k..(class + 1) * k];
    let mut rest = row;
    let mut take = |n: usize| {
        let (part, after) = rest.split_at(n.min(rest.len()));
        rest = after;
        part.to_vec()
    };
    Ok(Row { weights: activations.iter().map(|a| take(a.channels)).collect(), bias: Some(head.biases[class]) })
}

/// How good the head is, and what it says of this sample.
fn remarks(head: &Head, activations: &[Activation], count: usize) -> Vec<String> {
    let features: Vec<f64> = activations.iter().flat_map(means).collect();
    let logits = head.weights.chunks(features.len().max(1)).zip(&head.biases).map(|(w, b)| dot(w, &features) + b);
    let decided = logits.enumerate().fold((0, f64::NEG_INFINITY), |m, (c, y)| if y > m.1 { (c, y) } else { m }).0;
    let share = 100.0 * head.accuracy;
    let mut out = vec![format!(
        "the head was fitted on {count} samples and is right on {share:.0} % of them; of this sample it says class {decided}"
    )];
    if head.slope > 1e-5 {
        out.push(format!(
            "the fit of the head didn't come to rest (slope {:.1e}): a larger `penalty` helps",
            head.slope
        ));
    }
    out
}

/// Mean of every channel.
fn means(a: &Activation) -> Vec<f64> {
    (0..a.channels).map(|k| a.channel(k).iter().sum::<f64>() / a.positions() as f64).collect()
}

fn labels(context: &Context, method: &str) -> Result<Vec<usize>> {
    let Some(tensor) = context.injected.get("labels") else {
        return Err(ExplainError::Needs {
            method: method.into(),
            reason: "needs a head: its weights (`head_weights_0`, ..), or labelled samples to fit it on (`labels`, `images_<input>`)"
                .into(),
            hint: "`grad-cam` and `layer-cam` need no head".into(),
        });
    };
    let fail = |reason: String| ExplainError::Input { input: "labels".into(), reason };
    let given = tensor.to_f64();
    if tensor.rank() != 1 || given.len() < 2 {
        return Err(fail(format!("has shape {:?}, expected one class for each of at least 2 samples", tensor.shape())));
    }
    // a class of each sample's own would leave nothing to learn
    let limit = given.len() as f64;
    if let Some(i) = given.iter().position(|v| v.fract() != 0.0 || !(0.0..limit).contains(v)) {
        return Err(fail(format!(
            "element {i} is {}, expected a class, from 0 and below the number of samples",
            given[i]
        )));
    }
    let labels: Vec<usize> = given.iter().map(|v| *v as usize).collect();
    if labels.iter().all(|l| *l == labels[0]) {
        return Err(fail(format!("all are of class {}: a head needs two classes at least", labels[0])));
    }
    Ok(labels)
}

/// Means of all channels of all layers for the labelled samples.
fn features(context: &mut Context, count: usize, method: &str) -> Result<Vec<Vec<f64>>> {
    let mut stacks: Vec<Option<Tensor>> = Vec::new();
    for ((name, _), own) in context.model.inputs()?.into_iter().zip(context.inputs) {
        if !own.dtype().is_float() {
            stacks.push(None);
            continue;
        }
        let name = format!("images_{name}");
        let shape = [&[count], &own.shape()[1..]].concat();
        let stack = context.injected(&name, &shape)?.ok_or_else(|| ExplainError::Input {
            input: name.clone(),
            reason: format!("is missing: the samples of `labels`, of shape {shape:?}"),
        })?;
        stacks.push(Some(stack.cast(own.dtype())));
    }
    let inputs = context.inputs;
    let make = |i: usize| -> Result<Vec<Tensor>> {
        let one = |(stack, own): (&Option<Tensor>, &Tensor)| match stack {
            Some(stack) => Ok(stack.sample(i)?),
            None => Ok(own.clone()),
        };
        stacks.iter().zip(inputs).map(one).collect()
    };
    let layers = context.layers;
    let mut out = Vec::with_capacity(count);
    context.layer_values(count, method, &make, &mut |_, tensors| {
        let mut features = Vec::new();
        for (layer, tensor) in layers.iter().zip(&tensors) {
            features.extend(means(&Activation::of_layer(layer, tensor)?));
        }
        out.push(features);
        Ok(())
    })?;
    Ok(out)
}
