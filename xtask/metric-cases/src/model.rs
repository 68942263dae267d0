//! The closed-form models of the cases, with their gradients.

use pellucid_metrics::{Explainer, MetricError, Model, Rows};

use crate::decode::{Array, CaseError, Input, Result};

/// A model of the cases.
#[derive(Clone, Debug)]
pub struct ClosedForm {
    body: Body,
    link: Link,
}

#[derive(Clone, Debug)]
enum Body {
    /// `z_k = b_k + w_k v + 1/2 sum q_ki v_i^2 + 1/2 (u_k v)^2`.
    Quadratic { w: Array, b: Vec<f64>, q: Option<Array>, u: Option<Array> },
    /// Affine layers, with the activation after every one but the last.
    Layers { layers: Vec<Layer>, activation: Activation },
}

/// An affine layer.
#[derive(Clone, Debug)]
pub struct Layer {
    w: Array,
    b: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Activation {
    Tanh,
    Relu,
}

#[derive(Clone, Copy, Debug)]
enum Link {
    Identity,
    Softmax,
    Sigmoid,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn row(array: &Array, k: usize) -> &[f64] {
    let n = array.width();
    &array.data[k * n..(k + 1) * n]
}

fn optional(input: &Input, key: &str) -> Result<Option<Array>> {
    if input.has(key) { input.array_of(key).map(Some) } else { Ok(None) }
}

/// Affine layers of a list, each fit for the one before.
///
/// # Errors
/// When it isn't one.
pub fn layers(input: &Input) -> Result<Vec<Layer>> {
    let mut all: Vec<Layer> = Vec::new();
    for item in input.items()? {
        let layer = Layer { w: item.array_of("w")?, b: item.array_of("b")?.data };
        let width = all.last().map_or(layer.w.width(), |before| before.b.len());
        layer.w.expect("weights of a layer", Some(layer.b.len()), width)?;
        all.push(layer);
    }
    if all.is_empty() { Err(CaseError::Input("no layer".into())) } else { Ok(all) }
}

impl Layer {
    fn apply(&self, v: &[f64]) -> Vec<f64> {
        (0..self.b.len()).map(|k| self.b[k] + dot(row(&self.w, k), v)).collect()
    }

    /// Product of a row vector with the weights.
    fn back(&self, g: &[f64]) -> Vec<f64> {
        let n = self.w.width();
        (0..n).map(|i| (0..g.len()).map(|k| g[k] * self.w.data[k * n + i]).sum()).collect()
    }
}

impl Activation {
    fn of(self, z: f64) -> f64 {
        match self {
            Activation::Tanh => z.tanh(),
            Activation::Relu => z.max(0.0),
        }
    }

    fn slope(self, z: f64) -> f64 {
        match self {
            Activation::Tanh => 1.0 - z.tanh().powi(2),
            Activation::Relu => f64::from(u8::from(z > 0.0)),
        }
    }
}

impl ClosedForm {
    /// The model of an input's `model`.
    ///
    /// # Errors
    /// When its kind, link or activation is unknown.
    pub fn read(input: &Input) -> Result<ClosedForm> {
        let unknown = |what: &str, word: &str| Err(CaseError::Input(format!("unknown {what} `{word}`")));
        let link = match input.get("link")?.word()? {
            "identity" => Link::Identity,
            "softmax" => Link::Softmax,
            "sigmoid" => Link::Sigmoid,
            other => return unknown("link", other),
        };
        let body = match input.get("kind")?.word()? {
            "poly2" => {
                let (w, b) = (input.array_of("w")?, input.array_of("b")?.data);
                let (q, u) = (optional(input, "q")?, optional(input, "u")?);
                for (what, array) in [("w", Some(&w)), ("q", q.as_ref()), ("u", u.as_ref())] {
                    array.map_or(Ok(()), |a| a.expect(what, Some(b.len()), w.width()))?;
                }
                Body::Quadratic { w, b, q, u }
            }
            "mlp" => {
                let activation = match input.get("act")?.word()? {
                    "tanh" => Activation::Tanh,
                    "relu" => Activation::Relu,
                    other => return unknown("activation", other),
                };
                Body::Layers { layers: layers(&input.get("layers")?)?, activation }
            }
            other => return unknown("kind of model", other),
        };
        Ok(ClosedForm { body, link })
    }

    /// Number of values of an input.
    pub fn inputs(&self) -> usize {
        match &self.body {
            Body::Quadratic { w, .. } => w.width(),
            Body::Layers { layers, .. } => layers[0].w.width(),
        }
    }

    /// Number of outputs.
    pub fn classes(&self) -> usize {
        match &self.body {
            Body::Quadratic { b, .. } => b.len(),
            Body::Layers { layers, .. } => layers[layers.len() - 1].b.len(),
        }
    }

    /// Refuses inputs of another size, and outputs that aren't there.
    ///
    /// # Errors
    /// When it does.
    pub fn check(&self, input: usize, target: usize) -> Result<()> {
        if input == self.inputs() && target < self.classes() {
            return Ok(());
        }
        let (inputs, classes) = (self.inputs(), self.classes());
        Err(CaseError::Input(format!(
            "a model of {inputs} values and {classes} outputs, {input} values, target {target}"
        )))
    }

    /// The same model with other affine layers, of the same sizes, at some places.
    pub fn with_layers(&self, others: &[Layer], at: &[usize]) -> ClosedForm {
        let mut changed = self.clone();
        if let Body::Layers { layers, .. } = &mut changed.body {
            at.iter().filter(|&&l| l < others.len()).for_each(|&l| layers[l] = others[l].clone());
        }
        changed
    }

    /// Refuses layers that can't take the place of the model's.
    ///
    /// # Errors
    /// When it does.
    pub fn check_layers(&self, others: &[Layer]) -> Result<()> {
        let same = match &self.body {
            Body::Layers { layers, .. } => layers.iter().map(|l| &l.w.shape).eq(others.iter().map(|l| &l.w.shape)),
            Body::Quadratic { .. } => false,
        };
        if same { Ok(()) } else { Err(CaseError::Input("the other layers don't have the sizes of the model's".into())) }
    }

    /// The same model with another bias of its only affine part.
    pub fn with_bias(&self, bias: Vec<f64>) -> ClosedForm {
        let mut changed = self.clone();
        if let Body::Quadratic { b, .. } = &mut changed.body {
            *b = bias;
        }
        changed
    }

    /// Number of affine layers.
    pub fn depth(&self) -> usize {
        match &self.body {
            Body::Layers { layers, .. } => layers.len(),
            Body::Quadratic { .. } => 1,
        }
    }

    /// Values before the link.
    fn logits(&self, v: &[f64]) -> Vec<f64> {
        match &self.body {
            Body::Quadratic { w, b, q, u } => (0..b.len())
                .map(|k| {
                    let square = |q: &Array| row(q, k).iter().zip(v).map(|(q, v)| q * v * v).sum::<f64>() / 2.0;
                    let along = |u: &Array| dot(row(u, k), v).powi(2) / 2.0;
                    b[k] + dot(row(w, k), v) + q.as_ref().map_or(0.0, square) + u.as_ref().map_or(0.0, along)
                })
                .collect(),
            Body::Layers { layers, activation } => {
                let (last, before) = (&layers[layers.len() - 1], &layers[..layers.len() - 1]);
                let hidden =
                    before.iter().fold(v.to_vec(), |v, l| l.apply(&v).into_iter().map(|z| activation.of(z)).collect());
                last.apply(&hidden)
            }
        }
    }

    /// Values of a hidden layer after its activation.
    pub fn hidden(&self, v: &[f64], layer: usize) -> Vec<f64> {
        match &self.body {
            Body::Layers { layers, activation } => {
                let apply = |v: Vec<f64>, l: &Layer| l.apply(&v).into_iter().map(|z| activation.of(z)).collect();
                layers[..=layer].iter().fold(v.to_vec(), apply)
            }
            Body::Quadratic { .. } => v.to_vec(),
        }
    }

    /// Outputs after the link.
    pub fn outputs_of(&self, v: &[f64]) -> Vec<f64> {
        let z = self.logits(v);
        match self.link {
            Link::Identity => z,
            Link::Sigmoid => z.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect(),
            Link::Softmax => {
                let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let e: Vec<f64> = z.iter().map(|z| (z - top).exp()).collect();
                let sum: f64 = e.iter().sum();
                e.iter().map(|e| e / sum).collect()
            }
        }
    }

    /// Gradient of one output, through the link.
    pub fn gradient(&self, v: &[f64], target: usize) -> Vec<f64> {
        let p = self.outputs_of(v);
        let seed: Vec<f64> = (0..p.len())
            .map(|k| {
                let own = f64::from(u8::from(k == target));
                match self.link {
                    Link::Identity => own,
                    Link::Sigmoid => own * p[k] * (1.0 - p[k]),
                    Link::Softmax => p[target] * (own - p[k]),
                }
            })
            .collect();
        self.back(v, &seed)
    }

    /// Gradient of a weighted sum of the values before the link.
    fn back(&self, v: &[f64], seed: &[f64]) -> Vec<f64> {
        match &self.body {
            Body::Quadratic { w, q, u, .. } => {
                let mut g = vec![0.0; v.len()];
                for (k, s) in seed.iter().enumerate() {
                    let along = u.as_ref().map_or(0.0, |u| dot(row(u, k), v));
                    for i in 0..v.len() {
                        let square = q.as_ref().map_or(0.0, |q| row(q, k)[i] * v[i]);
                        g[i] += s * (row(w, k)[i] + square + u.as_ref().map_or(0.0, |u| along * row(u, k)[i]));
                    }
                }
                g
            }
            Body::Layers { layers, activation } => {
                let mut before = Vec::new();
                let mut x = v.to_vec();
                for layer in &layers[..layers.len() - 1] {
                    let z = layer.apply(&x);
                    x = z.iter().map(|z| activation.of(*z)).collect();
                    before.push(z);
                }
                let mut g = layers[layers.len() - 1].back(seed);
                for (layer, z) in layers.iter().zip(&before).rev() {
                    g.iter_mut().zip(z).for_each(|(g, z)| *g *= activation.slope(*z));
                    g = layer.back(&g);
                }
                g
            }
        }
    }
}

impl Model for ClosedForm {
    fn outputs(&mut self, inputs: Rows<'_>) -> pellucid_metrics::Result<Vec<f64>> {
        self.check(inputs.width, 0).map_err(MetricError::model)?;
        Ok(inputs.iter().flat_map(|v| self.outputs_of(v)).collect())
    }
}

/// An explanation by gradient.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The model.
    pub model: ClosedForm,
    /// The explained output.
    pub target: usize,
    /// Whether the gradient is multiplied by the input.
    pub times_input: bool,
}

impl Explanation {
    /// The explanation that a case names.
    ///
    /// # Errors
    /// When it isn't one of the cases'.
    pub fn read(input: &Input) -> Result<Explanation> {
        let name = input.get("explanation")?.word()?;
        let times_input = name.starts_with("input_x_gradient");
        if !times_input && !name.contains("gradient") {
            return Err(CaseError::Input(format!("unknown explanation `{name}`")));
        }
        let (model, target) = (ClosedForm::read(&input.get("model")?)?, input.index_of("target")?);
        model.check(input.array_of("x")?.data.len(), target)?;
        Ok(Explanation { model, target, times_input })
    }

    /// The explanation of one input.
    pub fn of(&self, v: &[f64]) -> Vec<f64> {
        let g = self.model.gradient(v, self.target);
        if self.times_input { g.iter().zip(v).map(|(g, v)| g * v).collect() } else { g }
    }
}

impl Explainer for Explanation {
    fn explain(&mut self, inputs: Rows<'_>) -> pellucid_metrics::Result<Vec<f64>> {
        self.model.check(inputs.width, self.target).map_err(MetricError::model)?;
        Ok(inputs.iter().flat_map(|v| self.of(v)).collect())
    }
}
