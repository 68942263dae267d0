//! Keeps only where a channel is active, and weighs what is kept by how little it changes the prediction and how unlike the others that prediction is.
//!
//! # Formula
//! ```text
//! B_k = U([A_k > tau])      P_k = P(x B_k)      u_k = sum_j |P_k - P_j|
//! variant = code:    s_k = exp(-(P(x) - P_k)_c^2 / (2 sigma^2))    L(p) = 1/(K/2) sum_k s_k (u_k - min u) / (max u - min u) B_k(p)
//! variant = paper:   s_k = exp(-|P(x) - P_k| / (2 sigma^2))        L(p) = sum_k s_k u_k B_k(p)
//! ```
//!
//! # Symbols
//! - `A_k`: channel `k` of `K` of the layer, `S..`; `U`: linear enlarging to the input
//! - `P`: all class probabilities; for a segmentation their mean over the frozen mask; `c`: the class
//! - `x`: input, `C x S..`, model units, every channel multiplied by the mask
//!
//! # Axioms
//! Channels with equal masks count as often as they occur. `paper` is the same map for every class. Completeness fails.
//!
//! # Cost
//! 1 F and 1 F per different mask; `K^2` distances of probability vectors.
//!
//! # In images
//! The similarity is high where the masked input is still seen as the same: it says what suffices, not what is needed. What is cut away becomes 0,
//! the mean of the data for normalised inputs. `tau` is in units of the layer: a layer whose values are small has empty masks everywhere.
//!
//! # Departures
//! Any input size. All inputs with as many spatial axes as the layer are masked together. `max u = min u` gives weights of 0 in `code`.
//!
//! # Source
//! muddamsetty2020sidu, section 2.

use std::collections::HashMap;

use pellucid_graph::Tensor;
use pellucid_image::resize::Resample;

use crate::cam::activation::Activation;
use crate::cam::masks::{enlarged, masked_inputs};
use crate::cam::scored::masked_by;
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::method::{Extras, Family, Found, Kind, MethodInfo, Need, named};
use crate::params::{ParamSpec, Values, choice, float};
use crate::target::{Head, Objective, Target, apply_head};
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    choice(
        "variant",
        "code",
        &["code", "paper"],
        "the authors' code (similarity of the class alone, uniqueness scaled to [0, 1]) or their paper (all classes, unscaled)",
    ),
    float("tau", 0.1, -1e9, 1e9, "activation above which a position is kept, in units of the layer"),
    float("sigma", 0.25, 1e-6, 1e6, "width of the similarity, in units of probability"),
];

/// SIDU.
pub static INFO: MethodInfo = MethodInfo {
    id: "sidu",
    name: "SIDU",
    family: Family::Perturbation,
    summary: "Sums binary masks of channels, weighted by how well and how uniquely each keeps the prediction",
    sources: &["muddamsetty2020sidu"],
    needs: &[Need::FeatureMap],
    cost: "1 F + 1 F per different mask",
    keeps: &[("multiplicity", "equal masks are run once and count as often as they occur")],
    breaks: &[("completeness", "weights are similarities, not shares of the value")],
    params: PARAMS,
    cautions: &["shows what suffices for the prediction, which needn't be what it rests on"],
    revision: 1,
    file: include_str!("sidu.rs"),
    kind: Kind::Driven(drive),
};

/// Added to the range of the uniqueness, as the authors' code does.
const TINY: f64 = 1e-13;

/// Reads class probabilities off the value of the target's wire.
struct Probabilities {
    head: Head,
    class_axis: usize,
    /// Whether each position belongs to the target; a single one for a classifier.
    inside: Vec<bool>,
    class: usize,
    wire: String,
}

impl Probabilities {
    fn new(objective: &Objective) -> Result<Probabilities> {
        let shape = objective.weight.shape();
        let (axis, weight) = (objective.class_axis, objective.weight.to_f64());
        let classes = shape.get(axis).copied().unwrap_or(1);
        let sigmoid = objective.stepped_over.as_deref() == Some("Sigmoid");
        let head = match (&objective.target, objective.head) {
            (Target::Unit { .. } | Target::Similarity { .. }, _) => return Err(no_classes("the target isn't a class")),
            (_, Head::Sigmoid) => Head::Sigmoid,
            (_, Head::Softmax | Head::LogSoftmax) => Head::Softmax,
            (Target::Logit { .. }, _) if classes == 1 && !sigmoid => {
                return Err(no_classes("a single value has no probability"));
            }
            _ if sigmoid || classes == 1 => Head::Sigmoid,
            _ => Head::Softmax,
        };
        let inner: usize = shape.iter().skip(axis + 1).product();
        let mut inside = vec![false; weight.len() / classes.max(1)];
        let of = |i: usize| i / (inner * classes) * inner + i % inner;
        weight.iter().enumerate().filter(|(_, w)| **w != 0.0).for_each(|(i, _)| inside[of(i)] = true);
        let class = objective.target.class().unwrap_or(0);
        Ok(Probabilities { head, class_axis: axis, inside, class, wire: objective.wire.clone() })
    }

    /// Probability of every class, averaged over the positions of the target.
    fn of(&self, value: &Tensor) -> Result<Vec<f64>> {
        let shape = value.shape();
        let p = apply_head(self.head, &value.to_f64(), shape, self.class_axis);
        let classes = shape.get(self.class_axis).copied().unwrap_or(1);
        let inner: usize = shape.iter().skip(self.class_axis + 1).product();
        let count = self.inside.iter().filter(|i| **i).count().max(1) as f64;
        let mut mean = vec![0.0; classes];
        for (i, v) in p.iter().enumerate() {
            if self.inside[i / (inner * classes) * inner + i % inner] {
                mean[i / inner % classes] += v / count;
            }
        }
        match mean.iter().position(|v| !v.is_finite()) {
            Some(index) => Err(ExplainError::NonFinite { wire: self.wire.clone(), index }),
            None => Ok(mean),
        }
    }
}

fn no_classes(why: &str) -> ExplainError {
    ExplainError::Needs {
        method: INFO.id.into(),
        reason: format!("compares class probabilities, and {why}"),
        hint: "explain a class, or use `rise` or `occlusion`".into(),
    }
}

/// The different masks of a layer's channels, on the layer's grid.
struct BinaryMasks {
    masks: Vec<Vec<f64>>,
    /// How many channels have each.
    times: Vec<f64>,
    /// Which mask each channel has.
    of_channel: Vec<usize>,
}

impl BinaryMasks {
    fn new(a: &Activation, tau: f64) -> BinaryMasks {
        let mut known: HashMap<Vec<bool>, usize> = HashMap::new();
        let mut out = BinaryMasks { masks: vec![], times: vec![], of_channel: vec![] };
        for k in 0..a.channels {
            let mask: Vec<bool> = a.channel(k).iter().map(|v| *v > tau).collect();
            let values = mask.iter().map(|m| f64::from(u8::from(*m))).collect();
            let next = out.masks.len();
            let place = *known.entry(mask).or_insert(next);
            if place == next {
                out.masks.push(values);
                out.times.push(0.0);
            }
            out.times[place] += 1.0;
            out.of_channel.push(place);
        }
        out
    }

    /// Values per mask as values per channel.
    fn per_channel<T: Clone>(&self, values: &[T]) -> Vec<T> {
        self.of_channel.iter().map(|&m| values[m].clone()).collect()
    }
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    context.layer()?;
    let read = Probabilities::new(context.objective)?;
    let layers = context.layers;
    let mut names: Vec<&str> = layers.iter().map(|l| l.name.as_str()).collect();
    names.push(&read.wire);
    let tensors = context.taps(&names)?;
    let clean = read.of(&tensors[layers.len()])?;
    let (mut maps, mut extras) = (Vec::new(), Vec::new());
    for (layer, tensor) in layers.iter().zip(&tensors) {
        let a = Activation::of_layer(layer, tensor)?;
        let (map, own) = on_layer(context, values, &read, &clean, &a)?;
        maps.push(map);
        extras.extend(own.into_iter().map(|(n, v)| (named(&n, &a.layer, layers.len()), v)));
    }
    Ok(Found { evidence: Evidence::Maps(maps), checks: vec![], extras, ..Found::default() })
}

fn on_layer(
    context: &mut Context,
    values: &Values,
    read: &Probabilities,
    clean: &[f64],
    a: &Activation,
) -> Result<(Map, Extras)> {
    let binary = BinaryMasks::new(a, values.float("tau"));
    if binary.masks.len() == 1 {
        context.notes.push(format!("all channels of `{}` have the same mask; another `tau` separates them", a.layer));
    }
    let masked = masked_inputs(context, a.spatial.len())?;
    let inputs = context.inputs;
    let make = |i: usize| -> Result<Vec<Tensor>> {
        let mut made = inputs.to_vec();
        for m in &masked {
            let mask = enlarged(&binary.masks[i], &a.spatial, m.planes.spatial(), Resample::LinearHalfPixel)?;
            made[m.input] = m.with(masked_by(&m.values, &mask, 1.0));
        }
        Ok(made)
    };
    let mut p = Vec::with_capacity(binary.masks.len());
    context.values(binary.masks.len(), INFO.id, &make, &mut |_, values| {
        p.push(read.of(&values[0])?);
        Ok(())
    })?;
    let code = values.word("variant") == "code";
    let unique = uniqueness(&p, &binary.times);
    let similar = similarity(&p, clean, code.then_some(read.class), values.float("sigma"));
    let scaled = if code { scaled(&unique, a.channels) } else { unique.clone() };
    let weights: Vec<f64> = similar.iter().zip(&scaled).map(|(s, u)| s * u).collect();
    // enlarging is linear, so the sum is enlarged once
    let mut sum = vec![0.0; a.positions()];
    for ((mask, w), n) in binary.masks.iter().zip(&weights).zip(&binary.times) {
        sum.iter_mut().zip(mask).for_each(|(s, m)| *s += n * w * m);
    }
    let size = masked[0].planes.spatial();
    let map = enlarged(&sum, &a.spatial, size, Resample::LinearHalfPixel)?.into_iter().map(|v| v as f32).collect();
    let extras = vec![
        ("probabilities".into(), binary.per_channel(&p).concat()),
        ("uniqueness".into(), binary.per_channel(&unique)),
        ("similarity".into(), binary.per_channel(&similar)),
        ("weights".into(), binary.per_channel(&weights)),
    ];
    Ok((Map { grid: Grid::Layer { name: a.layer.clone() }, shape: size.to_vec(), values: map }, extras))
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// Sum of the distances to the probabilities of all channels.
fn uniqueness(p: &[Vec<f64>], times: &[f64]) -> Vec<f64> {
    p.iter().map(|a| p.iter().zip(times).map(|(b, n)| n * distance(a, b)).sum()).collect()
}

/// Similarity to the unmasked probabilities, of one class or of all.
fn similarity(p: &[Vec<f64>], clean: &[f64], class: Option<usize>, sigma: f64) -> Vec<f64> {
    let far = |p: &Vec<f64>| match class {
        Some(c) => (p[c] - clean[c]).powi(2),
        None => distance(p, clean),
    };
    p.iter().map(|p| (-far(p) / (2.0 * sigma * sigma)).exp()).collect()
}

/// Uniqueness scaled to `[0, 1]`, divided by half the number of channels.
fn scaled(unique: &[f64], channels: usize) -> Vec<f64> {
    let range = unique.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), u| (l.min(*u), h.max(*u)));
    let divisor = (range.1 - range.0 + TINY) * 0.5 * channels as f64;
    unique.iter().map(|u| (u - range.0) / divisor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Reference, Region, RegionReduce};
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, one_map, random};
    use pellucid_graph::DType;

    fn net(size: &[usize], threads: usize) -> Bench {
        bench(deep_net(size), vec![random(&[&[1, 2], size].concat(), 5)], threads).at("features")
    }

    fn softmax(y: &[f64]) -> Vec<f64> {
        let total: f64 = y.iter().map(|v| v.exp()).sum();
        y.iter().map(|v| v.exp() / total).collect()
    }

    /// The definition, channel by channel; the layer has the size of the input.
    fn defined(b: &Bench, code: bool, tau: f64, sigma: f64) -> Vec<f64> {
        let (a, x) = (b.wire("features"), &b.inputs[0]);
        let z: usize = x.shape()[2..].iter().product();
        let masks: Vec<Vec<f64>> =
            a.to_f64().chunks(z).map(|c| c.iter().map(|v| if *v > tau { 1.0 } else { 0.0 }).collect()).collect();
        let p_of = |mask: &[f64]| {
            let values = x.to_f64().iter().zip(mask.iter().cycle()).map(|(x, m)| x * m).collect();
            softmax(&b.output(&[Tensor::from_f64(DType::F32, x.shape().to_vec(), values)]))
        };
        let (p, clean) = (masks.iter().map(|m| p_of(m)).collect::<Vec<_>>(), p_of(&vec![1.0; z]));
        let mut u: Vec<f64> = p.iter().map(|a| p.iter().map(|b| distance(a, b)).sum()).collect();
        let far = |p: &[f64]| if code { (p[0] - clean[0]).powi(2) } else { distance(p, &clean) };
        if code {
            let (low, high) = u.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
            u.iter_mut().for_each(|v| *v = (*v - low) / (high - low) / (0.5 * masks.len() as f64));
        }
        let w: Vec<f64> = p.iter().zip(&u).map(|(p, u)| (-far(p) / (2.0 * sigma * sigma)).exp() * u).collect();
        (0..z).map(|i| masks.iter().zip(&w).map(|(m, w)| m[i] * w).sum()).collect()
    }

    #[test]
    fn both_variants_follow_the_definition_in_2d_and_3d() {
        for size in [&[6, 5][..], &[4, 3, 5]] {
            for (variant, tau, sigma) in [("code", 0.1, 0.25), ("paper", 0.1, 0.25), ("code", 0.4, 0.1)] {
                let b = net(size, 2);
                let params = [("variant", variant.into()), ("tau", tau.into()), ("sigma", sigma.into())];
                assert_close(&b.map("sidu", &params), &defined(&b, variant == "code", tau, sigma), 1e-4);
            }
        }
    }

    #[test]
    fn equal_masks_are_run_once_and_threads_change_no_bit() {
        let found = net(&[6, 5], 1).run("sidu", &[]).unwrap();
        // the layer, four live channels, one empty mask for two dead ones
        assert_eq!(found.counts.forwards, 1 + 4 + 1);
        assert_eq!(extra(&found, "uniqueness").len(), 6);
        assert_eq!(extra(&found, "probabilities").len(), 6 * 3);
        assert_eq!(extra(&found, "uniqueness")[1], extra(&found, "uniqueness")[4]);
        assert_eq!(one_map(&found), net(&[6, 5], 4).map("sidu", &[]));
    }

    #[test]
    fn one_mask_for_all_channels_is_remarked_upon() {
        let found = net(&[6, 5], 1).run("sidu", &[("tau", 1e6.into())]).unwrap();
        assert!(one_map(&found).iter().all(|v| *v == 0.0));
        assert!(found.notes.iter().any(|n| n.contains("same mask")), "{:?}", found.notes);
    }

    #[test]
    fn targets_without_a_class_are_refused() {
        let unit = Target::Unit { layer: "features".into(), channel: 0, position: None };
        let error = net(&[6, 5], 1).for_target(unit).error("sidu", &[]).to_string();
        assert!(error.contains("isn't a class"), "{error}");
    }

    #[test]
    fn a_segmentation_has_mean_probabilities_over_its_mask() {
        let y = Tensor::f32(&[1, 2, 1, 3], vec![0.0, 0.0, 5.0, 1.0, 2.0, 0.0]).unwrap();
        let target = Target::Region { index: 1, mask: Region::Predicted, reduce: RegionReduce::LogitSum };
        let reference = Reference { wire: "y", value: &y, class_axis: 1, stepped_over: None, labels: &[] };
        let read = Probabilities::new(&target.resolve(&reference).unwrap()).unwrap();
        let p = |d: f64| 1.0 / (1.0 + (-d).exp());
        let mean = 0.5 * (p(1.0) + p(2.0));
        assert_close(&read.of(&y).unwrap(), &[1.0 - mean, mean], 1e-12);
    }
}
