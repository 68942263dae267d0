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
    choice(
        "ablation_value",
        "zero",
        &["zero", "mean", "min"],
        "what a channel is set to: 0, or its own mean or minimum",
    ),
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::target::Target;
    use crate::testing::{
        Bench, assert_close, bench, conv, deep_net, extra, graph, name, one_map, pooled_head, pooled_net, random,
    };

    fn pooled(size: &[usize], threads: usize) -> Bench {
        bench(pooled_net(size), vec![random(&[&[1, 2], size].concat(), 6)], threads).at("features")
    }

    fn deep(threads: usize) -> Bench {
        bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 6)], threads).at("features")
    }

    #[test]
    fn on_a_pooled_head_a_weight_is_the_heads_weight_times_the_mean() {
        for size in [&[6, 5][..], &[3, 4, 5]] {
            let b = pooled(size, 2);
            let a = b.wire("features").to_f64();
            let z: usize = size.iter().product();
            let means: Vec<f64> = a.chunks(z).map(|c| c.iter().sum::<f64>() / z as f64).collect();
            let head = random(&[6, 3], 2).to_f64();
            let expected: Vec<f64> = (0..6).map(|k| head[k * 3] * means[k]).collect();
            for evaluate in ["auto", "suffix"] {
                let found = b.run("ablation-cam", &[("evaluate", evaluate.into())]).unwrap();
                assert_close(extra(&found, "weights"), &expected, 2e-5);
                let map: Vec<f64> = (0..z).map(|p| (0..6).map(|k| expected[k] * a[k * z + p]).sum()).collect();
                assert_close(&one_map(&found), &map, 2e-5);
            }
        }
    }

    #[test]
    fn an_affine_suffix_takes_one_backward_and_any_other_runs_live_channels() {
        let affine = pooled(&[6, 5], 1).run("ablation-cam", &[]).unwrap();
        assert_eq!((affine.counts.forwards, affine.counts.backwards, affine.counts.suffixes), (2, 1, 0));
        // four of six channels are live; once unchanged
        let other = deep(1).run("ablation-cam", &[]).unwrap();
        assert_eq!((other.counts.backwards, other.counts.suffixes), (0, 5));
        assert!(other.checks.iter().all(|c| c.holds), "{:?}", other.checks);
        // a probability isn't affine
        let p = pooled(&[6, 5], 1).for_target(Target::Probability { index: 0 }).run("ablation-cam", &[]).unwrap();
        assert_eq!((p.counts.backwards, p.counts.suffixes), (0, 5));
    }

    /// Slow twin: the whole model with a channel scaled by an extra input would do; here the features are an input of their own.
    #[test]
    fn weights_are_drops_of_the_target() {
        let after = |shape: &[usize]| {
            graph(shape, |b, x| {
                let z = conv(b, x, 4, 3);
                let z = b.relu(z).unwrap();
                pooled_head(b, z, 3, 4)
            })
        };
        let b = deep(2);
        let a = b.wire("features");
        let rest = bench(after(a.shape()), vec![a.clone()], 1);
        for (kind, replace) in [("zero", 0), ("mean", 1), ("min", 2)] {
            let values = a.to_f64();
            let clean = rest.output(std::slice::from_ref(&a))[0];
            let expected: Vec<f64> = (0..6)
                .map(|k| {
                    let own = &values[k * 30..(k + 1) * 30];
                    let v = match replace {
                        0 => 0.0,
                        1 => own.iter().sum::<f64>() / 30.0,
                        _ => own.iter().copied().fold(f64::INFINITY, f64::min),
                    };
                    let mut without = values.clone();
                    without[k * 30..(k + 1) * 30].iter_mut().for_each(|x| *x = v);
                    let without = pellucid_graph::Tensor::from_f64(a.dtype(), a.shape().to_vec(), without);
                    clean - rest.output(&[without])[0]
                })
                .collect();
            let found = b.run("ablation-cam", &[("ablation_value", kind.into())]).unwrap();
            assert_close(extra(&found, "weights"), &expected, 1e-4);
        }
    }

    #[test]
    fn the_normaliser_divides_by_the_magnitude_of_the_target() {
        let b = deep(1);
        let t = b.output(&b.inputs)[0].abs();
        let plain = b.map("ablation-cam", &[]);
        let divided: Vec<f64> = plain.iter().map(|v| v / t).collect();
        assert_close(&b.map("ablation-cam", &[("normaliser", "target".into())]), &divided, 1e-5);
    }

    #[test]
    fn skip_connections_keep_their_value() {
        // features enter twice: before and beside the next convolution
        let g = graph(&[1, 2, 5, 5], |b, x| {
            let y = conv(b, x, 4, 1);
            let side = conv(b, x, 4, 7);
            let y = b.relu(y).unwrap();
            let y = name(b, y, "features");
            let z = conv(b, y, 4, 3);
            let z = b.relu(z).unwrap();
            let z = b.add(z, y).unwrap();
            let z = b.add(z, side).unwrap();
            let z = b.relu(z).unwrap();
            pooled_head(b, z, 2, 4)
        });
        let found = bench(g, vec![random(&[1, 2, 5, 5], 2)], 2).at("features").run("ablation-cam", &[]).unwrap();
        assert!(found.checks[0].holds && found.checks[0].relative < 1e-5, "{:?}", found.checks);
    }

    #[test]
    fn threads_change_no_bit() {
        let run = |threads| deep(threads).map("ablation-cam", &[("ablation_value", Value::from("mean"))]);
        assert!(run(1) == run(4));
    }
}
