//! Weighs each feature map by how much the target drops when the map is taken away.
//!
//! # Formula
//! ```text
//! w_k = t - t_k        t_k = t(A with A_k := v_k)        L(p) = sum_k w_k A_k(p)
//! normaliser = target: w_k = (t - t_k) / (|t| + eps)
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `v_k`: what replaces it: 0, or its mean or minimum over positions
//! - `t`: target
//!
//! # Axioms
//! On a pooled linear head `w_k` is the head's weight times the mean of the map (times the number of positions if the head sums). Completeness fails:
//! what channels do together is lost.
//!
//! # Cost
//! 1 F and K runs of the part after the layer; none for a channel that equals what would replace it. Where that part is affine and the target a
//! weighted sum of outputs, `t - t_k = sum_p g_k (A_k - v_k)` exactly, and one backward does it all.
//!
//! # In images
//! Works for any layer after which the model can be run alone, residual and U-Net skips included. In a transformer, a channel is an embedding
//! dimension, taken away from every token, special ones too. With the target's logits negative the weights keep their meaning (a drop is positive).
//!
//! # Departures
//! No division by `t`, which flips the map for `t < 0` and explodes near 0; `normaliser = target` divides by its magnitude. The channel is set to exactly 0,
//! not to a large negative number.
//!
//! # Source
//! desai2020ablationcam, eq. 3 and 4.

use pellucid_graph::{Tensor, cut};

use crate::cam::activation::Activation;
use crate::context::Context;
use crate::evidence::{Evidence, Map};
use crate::explanation::Check;
use crate::layer::{Layer, Layout};
use crate::method::{Extras, Family, Found, Gradients, Kind, MethodInfo, Need, named};
use crate::params::{ParamSpec, Values, choice};
use crate::target::Head;
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    choice("ablation_value", "zero", &["zero", "mean", "min"], "what a channel is set to: 0, or its own mean or minimum"),
    choice("normaliser", "none", &["none", "target"], "divide the weights by the magnitude of the target"),
    choice(
        "evaluate",
        "auto",
        &["auto", "suffix"],
        "`auto` takes one backward where the part after the layer is affine; `suffix` always runs it per channel",
    ),
];

/// Ablation-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "ablation-cam",
    name: "Ablation-CAM",
    family: Family::Cam,
    summary: "Weighs each feature map by how much the target drops when the map is taken away",
    sources: &["desai2020ablationcam"],
    needs: &[Need::FeatureMap],
    cost: "1 F + at most K runs of the part after the layer",
    keeps: &[("cam-equivalence", "on a pooled linear head a weight is the head's weight times the mean of the map")],
    breaks: &[("completeness", "what channels do together is lost")],
    params: PARAMS,
    cautions: &["channels are taken away one at a time: redundant ones look unimportant"],
    revision: 1,
    file: include_str!("ablation_cam.rs"),
    kind: Kind::Driven(drive),
};

/// Keeps the division by the target finite.
const EPS: f64 = 1e-12;

/// Relative deviation of the target between the whole model and the part after the layer that counts as rounding.
const SAME: f64 = 1e-4;

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    context.layer()?;
    let layers = context.layers;
    let wire = context.objective.wire.clone();
    let names: Vec<&str> = layers.iter().map(|l| l.name.as_str()).chain([wire.as_str()]).collect();
    let mut tensors = context.taps(&names)?;
    let value = tensors.pop().map_or(f64::NAN, |t| context.objective.of(&t));
    let mut found = Found { evidence: Evidence::Maps(vec![]), checks: vec![], extras: vec![] };
    let mut maps = Vec::new();
    for (i, layer) in layers.iter().enumerate() {
        let site = Site::new(layer, &tensors[i], values.word("ablation_value"))?;
        let (map, extras) = on_layer(context, values, &site, i, value, &mut found.checks)?;
        maps.push(map);
        found.extras.extend(extras.into_iter().map(|(n, v)| (named(&n, &layer.name, layers.len()), v)));
    }
    found.evidence = Evidence::Maps(maps);
    Ok(found)
}

/// A layer with what would replace each of its channels.
struct Site<'a> {
    layer: &'a Layer,
    tensor: &'a Tensor,
    values: Vec<f64>,
    map: Activation,
    /// `v_k`.
    replacement: Vec<f64>,
}

impl<'a> Site<'a> {
    fn new(layer: &'a Layer, tensor: &'a Tensor, kind: &str) -> Result<Site<'a>> {
        let map = Activation::of_layer(layer, tensor)?;
        let values = tensor.to_f64();
        let replacement = (0..map.channels).map(|k| {
            let own = layer.channel_indices(tensor.shape(), k).into_iter().map(|i| values[i]);
            match kind {
                "mean" => {
                    let n = own.len() as f64;
                    own.sum::<f64>() / n
                }
                "min" => own.fold(f64::INFINITY, f64::min),
                _ => 0.0,
            }
        });
        let replacement = replacement.collect();
        Ok(Site { layer, tensor, values, map, replacement })
    }

    /// Channels that differ from what would replace them.
    fn live(&self) -> Vec<usize> {
        let differs = |k: &usize| {
            let mut own = self.layer.channel_indices(self.tensor.shape(), *k).into_iter();
            own.any(|i| self.values[i] != self.replacement[*k])
        };
        (0..self.map.channels).filter(differs).collect()
    }

    /// The layer's tensor without a channel.
    fn without(&self, k: usize) -> Tensor {
        let mut values = self.values.clone();
        for i in self.layer.channel_indices(self.tensor.shape(), k) {
            values[i] = self.replacement[k];
        }
        Tensor::from_f64(self.tensor.dtype(), self.tensor.shape().to_vec(), values)
    }
}

fn on_layer(
    context: &mut Context,
    values: &Values,
    site: &Site,
    place: usize,
    value: f64,
    checks: &mut Vec<Check>,
) -> Result<(Map, Extras)> {
    let live = site.live();
    let auto = values.word("evaluate") == "auto";
    let drops = if auto && is_affine(context, site)? {
        by_gradient(context, site, &live, place)?
    } else {
        by_suffix(context, site, &live, value, checks)?
    };
    let mut weights = vec![0.0; site.map.channels];
    live.iter().zip(drops).for_each(|(&k, drop)| weights[k] = drop);
    if values.word("normaliser") == "target" {
        weights.iter_mut().for_each(|w| *w /= value.abs() + EPS);
    }
    if live.len() < weights.len() {
        let same = weights.len() - live.len();
        context.notes.push(format!("{same} of {} channels of `{}` needed no run", weights.len(), site.layer.name));
    }
    let map = site.map.map(&site.map.weighted_sum(&weights));
    Ok((map, vec![("weights".into(), weights)]))
}

/// Whether the target is an affine function of the layer. Special tokens aren't among a map's positions, so token layers are always run.
fn is_affine(context: &Context, site: &Site) -> Result<bool> {
    if context.objective.head != Head::Logit || matches!(site.layer.layout, Layout::Tokens { .. }) {
        return Ok(false);
    }
    let graph = context.graph(1)?;
    Ok(cut::is_affine(&graph, graph.find(&site.layer.name)?, graph.find(&context.objective.wire)?))
}

/// `sum_p g_k(p) (A_k(p) - v_k)`: one forward and one backward.
fn by_gradient(context: &mut Context, site: &Site, live: &[usize], place: usize) -> Result<Vec<f64>> {
    let inputs = context.inputs;
    let layers = context.layers.len();
    let needs = Gradients { layers: true, ..Gradients::default() };
    let mut gradient = None;
    context.gradients(needs, 1, INFO.id, &|_| Ok(inputs.to_vec()), &mut |_, found| {
        gradient = found.into_iter().nth(1 + layers + place);
        Ok(())
    })?;
    let Some(gradient) = gradient else { return Ok(vec![0.0; live.len()]) };
    let gradient = Activation::of_map(site.layer, &gradient)?;
    let drop = |&k: &usize| {
        let own = site.map.channel(k).iter().zip(gradient.channel(k));
        own.map(|(a, g)| g * (a - site.replacement[k])).sum()
    };
    Ok(live.iter().map(drop).collect())
}

/// `t - t_k` by running the part after the layer, once unchanged and once without each channel.
fn by_suffix(
    context: &mut Context,
    site: &Site,
    live: &[usize],
    value: f64,
    checks: &mut Vec<Check>,
) -> Result<Vec<f64>> {
    let mut scores = Vec::with_capacity(live.len() + 1);
    let objective = context.objective;
    let make = |i: usize| Ok(if i == 0 { site.tensor.clone() } else { site.without(live[i - 1]) });
    context.suffix(site.layer, live.len() + 1, INFO.id, &make, &mut |_, values| {
        let score = objective.of(&values[0]);
        if !score.is_finite() {
            return Err(ExplainError::NonFinite { wire: objective.wire.clone(), index: 0 });
        }
        scores.push(score);
        Ok(())
    })?;
    let statement = "target from the part after the layer, unchanged = target of the whole model";
    checks.push(Check::equal("suffix", statement, scores[0], value, 1e-6, SAME));
    Ok(scores[1..].iter().map(|s| scores[0] - s).collect())
}
