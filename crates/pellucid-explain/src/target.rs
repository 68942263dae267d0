//! What is explained: a scalar per sample, on top of one output.
//!
//! A [`Target`] is what the user asks for. Resolved against a model and an unperturbed run it becomes an [`Objective`]: a wire, a head, and a
//! frozen weight tensor. Every target is `head(output) . weight`, so one compiled graph serves all classes: the weight is an input.

use pellucid_graph::{Build, DType, Fact, Graph, Tensor, Wire};
use serde::{Deserialize, Serialize};

use crate::{ExplainError, Result};

/// What the user asks to have explained (classes by index).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Target {
    /// T1, T6, T10: the value of one output unit before its activation (a class logit, a label's logit, a regression value).
    Logit {
        /// The unit.
        index: usize,
    },
    /// T2: softmax probability of a class.
    Probability {
        /// The class.
        index: usize,
    },
    /// T3: logarithm of the softmax probability.
    LogProbability {
        /// The class.
        index: usize,
    },
    /// Sigmoid probability of a label (multi-label and binary heads).
    Sigmoid {
        /// The label.
        index: usize,
    },
    /// T4: the logit minus the largest other logit.
    Margin {
        /// The class.
        index: usize,
    },
    /// T5: why this class and not that: difference of two logits.
    Contrast {
        /// The class that is explained.
        index: usize,
        /// The class it is compared with.
        against: usize,
    },
    /// T7: a single-logit head with a sign; -1 explains class 0.
    Sign {
        /// +1 or -1.
        sign: f64,
    },
    /// T8: a region of a segmentation, frozen from the unperturbed run.
    Region {
        /// The class.
        index: usize,
        /// Which positions.
        mask: Region,
        /// Sum of the logits over them, or their mean probability.
        reduce: RegionReduce,
    },
    /// T9: a channel of a layer, its spatial mean or one position.
    Unit {
        /// Name of the wire.
        layer: String,
        /// The channel.
        channel: usize,
        /// A position; the mean over all when left out.
        position: Option<Vec<usize>>,
    },
    /// T11: cosine similarity of an embedding to a vector.
    Similarity {
        /// The vector, as long as the embedding.
        embedding: Vec<f32>,
    },
}

/// Positions of a segmentation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Region {
    /// Where the class is predicted.
    Predicted,
    /// The largest connected component of it.
    LargestComponent,
    /// The smallest connected component of it.
    SmallestComponent,
    /// One position (spatial index).
    Pixel {
        /// Index along each spatial axis.
        at: Vec<usize>,
    },
    /// A given mask over the spatial axes, row-major.
    Mask {
        /// Whether each position belongs to it.
        inside: Vec<bool>,
    },
}

/// How a region becomes a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegionReduce {
    /// Sum of the class logit: for gradients.
    LogitSum,
    /// Mean class probability: for perturbations.
    MeanProbability,
}

/// The function between the output and the weighted sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The values as they are.
    Logit,
    /// Softmax over the class axis.
    Softmax,
    /// Logarithm of it.
    LogSoftmax,
    /// Sigmoid of each value.
    Sigmoid,
    /// `sum w y - max (y where w = 0)`.
    Margin,
    /// `w . y / (|w| |y|)`.
    Cosine,
}

/// A target made definite: `score = sum(head(wire) * weight)`, per sample.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Name of the wire that is read, of shape `N x K [x S..]`.
    pub wire: String,
    /// Head.
    pub head: Head,
    /// Weights, `1 x K [x S..]`, frozen.
    pub weight: Tensor,
    /// The class axis of the wire.
    pub class_axis: usize,
    /// In words, for reports.
    pub description: String,
    /// Name of the activation between this wire and the model's output, when one was stepped over.
    pub stepped_over: Option<String>,
    /// The target it came from.
    pub target: Target,
}

impl Objective {
    /// Adds the weight input and the score (shape `N`) to a graph that has the wire. Returns (score, weight input).
    ///
    /// # Errors
    /// When the graph lacks the wire or its shape isn't that of the weights.
    pub fn attach(&self, graph: &mut Graph) -> Result<(Wire, Wire)> {
        let wire = graph.find(&self.wire)?;
        let weight = graph.add_input("target_weight", Fact::new(DType::F32, self.weight.shape()));
        Ok((self.score(graph, wire, weight)?, weight))
    }

    /// The same with the weights as a constant, for export.
    ///
    /// # Errors
    /// As [`Objective::attach`].
    pub fn attach_frozen(&self, graph: &mut Graph) -> Result<(Wire, Wire)> {
        let wire = graph.find(&self.wire)?;
        let weight = graph.add_constant("target_weight", self.weight.clone());
        Ok((self.score(graph, wire, weight)?, weight))
    }

    fn score(&self, graph: &mut Graph, wire: Wire, weight: Wire) -> Result<Wire> {
        let shape = graph.shape(wire)?;
        if shape[1..] != self.weight.shape()[1..] {
            return Err(ExplainError::Target {
                target: self.description.clone(),
                reason: format!("`{}` has shape {shape:?}, the frozen target {:?}", self.wire, self.weight.shape()),
            });
        }
        let rest: Vec<usize> = (1..shape.len()).collect();
        let mut b = Build::new(graph, "target");
        let wire = b.cast(wire, DType::F32)?;
        let axis = pellucid_graph::Attrs::new().with("axis", self.class_axis as i64);
        let value = match self.head {
            Head::Logit | Head::Margin | Head::Cosine => wire,
            Head::Softmax => b.op("Softmax", &[wire], axis)?,
            Head::LogSoftmax => b.op("LogSoftmax", &[wire], axis)?,
            Head::Sigmoid => b.sigmoid(wire)?,
        };
        let weighted = b.mul(value, weight)?;
        let sum = b.sum(weighted, &rest, false)?;
        Ok(match self.head {
            Head::Margin => {
                let away = b.scale(weight, -1e30)?;
                let others = b.add(wire, away)?;
                let best = b.max_over(others, &rest, false)?;
                b.sub(sum, best)?
            }
            Head::Cosine => {
                let norms = [wire, weight].map(|w| {
                    let sq = b.mul(w, w)?;
                    let sq = b.sum(sq, &rest, false)?;
                    b.sqrt(sq)
                });
                let [x, w] = norms;
                let norm = b.mul(x?, w?)?;
                b.div(sum, norm)?
            }
            _ => sum,
        })
    }

    /// The score of one sample on the host, from the value of the wire (`1 x K [x S..]`), in `f64`.
    pub fn of(&self, value: &Tensor) -> f64 {
        let y = value.to_f64();
        let w = self.weight.to_f64();
        let head = apply_head(self.head, &y, value.shape(), self.class_axis);
        let sum: f64 = head.iter().zip(&w).filter(|(_, w)| **w != 0.0).map(|(y, w)| y * w).sum();
        match self.head {
            Head::Margin => {
                let others = y.iter().zip(&w).filter(|(_, w)| **w == 0.0).map(|(y, _)| *y);
                sum - others.fold(f64::NEG_INFINITY, f64::max)
            }
            Head::Cosine => {
                let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
                sum / (norm(&y) * norm(&w))
            }
            _ => sum,
        }
    }
}

/// A head on the host: the same shape, class axis given.
pub fn apply_head(head: Head, y: &[f64], shape: &[usize], class_axis: usize) -> Vec<f64> {
    match head {
        Head::Logit | Head::Margin | Head::Cosine => y.to_vec(),
        Head::Sigmoid => y.iter().map(|v| 1.0 / (1.0 + (-v).exp())).collect(),
        Head::Softmax => softmax(y, shape, class_axis, false),
        Head::LogSoftmax => softmax(y, shape, class_axis, true),
    }
}

fn softmax(y: &[f64], shape: &[usize], axis: usize, log: bool) -> Vec<f64> {
    let k = shape.get(axis).copied().unwrap_or(1);
    let inner: usize = shape.iter().skip(axis + 1).product();
    let outer: usize = shape.iter().take(axis).product();
    let mut out = vec![0.0; y.len()];
    for o in 0..outer {
        for i in 0..inner {
            let at = |c: usize| (o * k + c) * inner + i;
            let max = (0..k).map(|c| y[at(c)]).fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = (0..k).map(|c| (y[at(c)] - max).exp()).sum();
            for c in 0..k {
                let l = y[at(c)] - max - total.ln();
                out[at(c)] = if log { l } else { l.exp() };
            }
        }
    }
    out
}

/// A tensor of zeros of `1 x rest` with some values set.
fn weight(shape: &[usize], entries: impl Iterator<Item = (usize, f64)>) -> Tensor {
    let shape: Vec<usize> = std::iter::once(1).chain(shape[1..].iter().copied()).collect();
    let mut values = vec![0.0; shape.iter().product()];
    for (i, v) in entries {
        values[i] = v;
    }
    Tensor::from_f64(DType::F32, shape, values)
}

/// The output that a target is about, as it was in the unperturbed run.
pub struct Reference<'a> {
    /// Name of the wire before its activation.
    pub wire: &'a str,
    /// Its value, `1 x K [x S..]`.
    pub value: &'a Tensor,
    /// The class axis.
    pub class_axis: usize,
    /// Activation between the wire and the model's output, when there is one.
    pub stepped_over: Option<&'a str>,
    /// Class names, when known.
    pub labels: &'a [String],
}

impl Target {
    /// Makes the target definite against the unperturbed run.
    ///
    /// # Errors
    /// When a class, position or mask doesn't fit the output.
    pub fn resolve(&self, reference: &Reference) -> Result<Objective> {
        let shape = reference.value.shape();
        let k = shape.get(reference.class_axis).copied().unwrap_or(1);
        let inner: usize = shape.iter().skip(reference.class_axis + 1).product();
        let outer: usize = shape.iter().take(reference.class_axis).skip(1).product();
        let fail = |reason: String| ExplainError::Target { target: self.to_string(), reason };
        let class = |c: usize| {
            if c < k { Ok(c) } else { Err(fail(format!("class {c} of an output with {k} (0 to {})", k - 1))) }
        };
        // every position of a class (one, for a classifier)
        let all =
            |c: usize, v: f64| (0..outer).flat_map(move |o| (0..inner).map(move |i| ((o * k + c) * inner + i, v)));
        let weight = match self {
            Target::Logit { index }
            | Target::Probability { index }
            | Target::LogProbability { index }
            | Target::Sigmoid { index } => weight(shape, all(class(*index)?, 1.0)),
            Target::Margin { index } => {
                if k < 2 || inner * outer != 1 {
                    return Err(fail("a margin needs a classifier of two or more classes".into()));
                }
                weight(shape, all(class(*index)?, 1.0))
            }
            Target::Contrast { index, against } => {
                let (a, b) = (class(*index)?, class(*against)?);
                if a == b {
                    return Err(fail("a contrast needs two different classes".into()));
                }
                weight(shape, all(a, 1.0).chain(all(b, -1.0)))
            }
            Target::Sign { sign } => {
                if k * inner * outer != 1 {
                    return Err(fail(format!("a sign needs a single-logit head, this one has {k} classes")));
                }
                weight(shape, all(0, sign.signum()))
            }
            Target::Region { index, mask, reduce } => {
                let c = class(*index)?;
                if inner * outer < 2 {
                    return Err(fail("a region needs a segmentation output with spatial axes".into()));
                }
                let inside = crate::region::positions(mask, reference, c).map_err(fail)?;
                let count = inside.iter().filter(|v| **v).count();
                if count == 0 {
                    return Err(fail(format!("class {c} is predicted nowhere in this image, so its region is empty")));
                }
                let v = match reduce {
                    RegionReduce::LogitSum => 1.0,
                    RegionReduce::MeanProbability => 1.0 / count as f64,
                };
                weight(shape, all(c, v).zip(&inside).filter(|(_, on)| **on).map(|(e, _)| e))
            }
            Target::Unit { channel, position, .. } => {
                let c = class(*channel)?;
                let chosen = match position {
                    None => None,
                    Some(at) => Some(
                        crate::region::flat_position(at, &shape[2..])
                            .ok_or_else(|| fail(format!("position {at:?} isn't inside {:?}", &shape[2..])))?,
                    ),
                };
                let v = if chosen.is_some() { 1.0 } else { 1.0 / inner as f64 };
                let entries = all(c, v).enumerate().filter(|(i, _)| chosen.is_none_or(|p| p == *i)).map(|(_, e)| e);
                weight(shape, entries)
            }
            Target::Similarity { embedding } => {
                if embedding.len() != reference.value.len() {
                    return Err(fail(format!(
                        "the vector has {} values, the embedding {}",
                        embedding.len(),
                        reference.value.len()
                    )));
                }
                let entries = embedding.iter().enumerate().map(|(i, v)| (i, f64::from(*v)));
                weight(shape, entries)
            }
        };
        Ok(Objective {
            wire: reference.wire.to_string(),
            head: self.head(k),
            weight,
            class_axis: reference.class_axis,
            description: self.described(reference.labels),
            stepped_over: reference.stepped_over.map(str::to_string),
            target: self.clone(),
        })
    }

    /// The function between the output and the weighted sum, for an output with `classes`.
    pub fn head(&self, classes: usize) -> Head {
        match self {
            Target::Probability { .. } => Head::Softmax,
            Target::LogProbability { .. } => Head::LogSoftmax,
            Target::Sigmoid { .. } => Head::Sigmoid,
            Target::Margin { .. } => Head::Margin,
            Target::Similarity { .. } => Head::Cosine,
            Target::Region { reduce: RegionReduce::MeanProbability, .. } if classes == 1 => Head::Sigmoid,
            Target::Region { reduce: RegionReduce::MeanProbability, .. } => Head::Softmax,
            _ => Head::Logit,
        }
    }

    /// The class that the target is about, if it is about one.
    pub fn class(&self) -> Option<usize> {
        match self {
            Target::Logit { index }
            | Target::Probability { index }
            | Target::LogProbability { index }
            | Target::Sigmoid { index }
            | Target::Margin { index }
            | Target::Contrast { index, .. }
            | Target::Region { index, .. } => Some(*index),
            _ => None,
        }
    }

    /// In words, with class names.
    pub fn described(&self, labels: &[String]) -> String {
        let name = |c: usize| labels.get(c).map_or_else(|| format!("class {c}"), |l| format!("{l} (class {c})"));
        match self {
            Target::Logit { index } => format!("logit of {}", name(*index)),
            Target::Probability { index } => format!("probability of {}", name(*index)),
            Target::LogProbability { index } => format!("log probability of {}", name(*index)),
            Target::Sigmoid { index } => format!("sigmoid probability of {}", name(*index)),
            Target::Margin { index } => format!("margin of {} over the best other class", name(*index)),
            Target::Contrast { index, against } => format!("{} rather than {}", name(*index), name(*against)),
            Target::Sign { sign } if *sign < 0.0 => "the single logit, negative side (class 0)".into(),
            Target::Sign { .. } => "the single logit, positive side (class 1)".into(),
            Target::Region { index, mask, reduce } => {
                let what = match reduce {
                    RegionReduce::LogitSum => "sum of the logit",
                    RegionReduce::MeanProbability => "mean probability",
                };
                let place = match mask {
                    Region::Predicted => "where it is predicted".to_string(),
                    Region::LargestComponent => "in the largest component of the prediction".into(),
                    Region::SmallestComponent => "in the smallest component of the prediction".into(),
                    Region::Pixel { at } => format!("at {at:?}"),
                    Region::Mask { .. } => "inside the given mask".into(),
                };
                format!("{what} of {} {place}", name(*index))
            }
            Target::Unit { layer, channel, position: None } => format!("mean of channel {channel} of `{layer}`"),
            Target::Unit { layer, channel, position: Some(at) } => {
                format!("channel {channel} of `{layer}` at {at:?}")
            }
            Target::Similarity { .. } => "cosine similarity to the given vector".into(),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.described(&[]))
    }
}
