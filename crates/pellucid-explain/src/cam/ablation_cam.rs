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
use crate::evidence::Evidence;
use crate::explanation::Check;
use crate::layer::{Layer, Layout};
use crate::method::{Family, Found, Gradients, Kind, MethodInfo, Need, named};
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
    let how = Ablation { kind: values.word("ablation_value"), relative: values.word("normaliser") == "target" };
    let auto = values.word("evaluate") == "auto";
    let affine = layers.iter().map(|l| Ok(auto && is_affine(context, l)?)).collect::<Result<Vec<_>>>()?;
    let mut done = vec![None; layers.len()];
    if affine.contains(&true) {
        by_gradient(context, how, &affine, &mut done)?;
    }
    let mut checks = Vec::new();
    if affine.contains(&false) {
        by_suffix(context, how, &affine, &mut done, &mut checks)?;
    }
    let mut found = Found { evidence: Evidence::Maps(vec![]), checks, ..Found::default() };
    let mut maps = Vec::new();
    for (a, weights) in done.into_iter().flatten() {
        let idle = weights.iter().filter(|w| w.is_none()).count();
        if idle > 0 {
            context.notes.push(format!("{idle} of {} channels of `{}` needed no run", weights.len(), a.layer));
        }
        let weights: Vec<f64> = weights.into_iter().map(Option::unwrap_or_default).collect();
        maps.push(a.map(&a.weighted_sum(&weights)));
        found.extras.push((named("weights", &a.layer, layers.len()), weights));
    }
    found.evidence = Evidence::Maps(maps);
    Ok(found)
}

/// What a channel is set to, and whether weights are relative to the target.
#[derive(Clone, Copy)]
struct Ablation<'a> {
    kind: &'a str,
    relative: bool,
}

impl Ablation<'_> {
    /// `v_k` for the values of a channel.
    fn replacement(self, own: impl ExactSizeIterator<Item = f64>) -> f64 {
        match self.kind {
            "mean" => {
                let n = own.len() as f64;
                own.sum::<f64>() / n
            }
            "min" => own.fold(f64::INFINITY, f64::min),
            _ => 0.0,
        }
    }

    /// A drop of the target as a weight.
    fn weight(self, drop: f64, target: f64) -> f64 {
        if self.relative { drop / (target.abs() + EPS) } else { drop }
    }
}

/// Feature maps with the weight of each channel; none for a channel that equals what would replace it.
type Weighed = Option<(Activation, Vec<Option<f64>>)>;

/// Whether the target is an affine function of the layer. Special tokens aren't among a map's positions, so token layers are always run.
fn is_affine(context: &Context, layer: &Layer) -> Result<bool> {
    if context.objective.head != Head::Logit || matches!(layer.layout, Layout::Tokens { .. }) {
        return Ok(false);
    }
    let graph = context.graph(1)?;
    Ok(cut::is_affine(&graph, graph.find(&layer.name)?, graph.find(&context.objective.wire)?))
}

/// `sum_p g_k(p) (A_k(p) - v_k)` for the layers after which the model is affine: one forward and one backward for all.
fn by_gradient(context: &mut Context, how: Ablation, affine: &[bool], done: &mut [Weighed]) -> Result<()> {
    let (inputs, layers) = (context.inputs, context.layers);
    let mut tensors = Vec::new();
    let needs = Gradients { layers: true, ..Gradients::default() };
    context.gradients(needs, 1, INFO.id, &|_| Ok(inputs.to_vec()), &mut |_, found| {
        tensors = found;
        Ok(())
    })?;
    let target = tensors[0].to_f64()[0];
    for (i, layer) in layers.iter().enumerate().filter(|(i, _)| affine[*i]) {
        let a = Activation::of_map(layer, &tensors[1 + i])?;
        let g = Activation::of_map(layer, &tensors[1 + layers.len() + i])?;
        let weight = |k: usize| {
            let own = a.channel(k);
            let v = how.replacement(own.iter().copied());
            let drop = own.iter().zip(g.channel(k)).map(|(a, g)| g * (a - v)).sum();
            own.iter().any(|a| *a != v).then(|| how.weight(drop, target))
        };
        let weights = (0..a.channels).map(weight).collect();
        done[i] = Some((a, weights));
    }
    Ok(())
}

/// The other layers, by running what comes after them.
fn by_suffix(
    context: &mut Context,
    how: Ablation,
    affine: &[bool],
    done: &mut [Weighed],
    checks: &mut Vec<Check>,
) -> Result<()> {
    let layers = context.layers;
    let wire = context.objective.wire.clone();
    let names: Vec<&str> = layers.iter().map(|l| l.name.as_str()).chain([wire.as_str()]).collect();
    let tensors = context.taps(&names)?;
    let whole = context.objective.of(&tensors[layers.len()]);
    for (i, layer) in layers.iter().enumerate().filter(|(i, _)| !affine[*i]) {
        let site = Site::new(layer, &tensors[i], how)?;
        let (target, drops) = site.drops(context)?;
        let statement = "target from the part after the layer, unchanged = target of the whole model";
        checks.push(Check::equal("suffix", statement, target, whole, 1e-6, SAME));
        let mut weights = vec![None; site.replacement.len()];
        site.live().into_iter().zip(drops).for_each(|(k, drop)| weights[k] = Some(how.weight(drop, whole)));
        done[i] = Some((Activation::of_layer(layer, &tensors[i])?, weights));
    }
    Ok(())
}

/// A layer's own tensor with what would replace each of its channels.
struct Site<'a> {
    layer: &'a Layer,
    tensor: &'a Tensor,
    values: Vec<f64>,
    /// Where each channel's values lie.
    places: Vec<Vec<usize>>,
    /// `v_k`.
    replacement: Vec<f64>,
}

impl<'a> Site<'a> {
    fn new(layer: &'a Layer, tensor: &'a Tensor, how: Ablation) -> Result<Site<'a>> {
        let channels = Activation::of_layer(layer, tensor)?.channels;
        let values = tensor.to_f64();
        let places: Vec<Vec<usize>> = (0..channels).map(|k| layer.channel_indices(tensor.shape(), k)).collect();
        let replacement = places.iter().map(|own| how.replacement(own.iter().map(|&i| values[i]))).collect();
        Ok(Site { layer, tensor, values, places, replacement })
    }

    /// Channels that differ from what would replace them.
    fn live(&self) -> Vec<usize> {
        let differs = |k: &usize| self.places[*k].iter().any(|&i| self.values[i] != self.replacement[*k]);
        (0..self.places.len()).filter(differs).collect()
    }

    /// The layer's tensor without a channel.
    fn without(&self, k: usize) -> Tensor {
        let mut values = self.values.clone();
        self.places[k].iter().for_each(|&i| values[i] = self.replacement[k]);
        Tensor::from_f64(self.tensor.dtype(), self.tensor.shape().to_vec(), values)
    }

    /// `t` and `t - t_k` of the live channels by running the part after the layer, once unchanged and once without each.
    fn drops(&self, context: &mut Context) -> Result<(f64, Vec<f64>)> {
        let live = self.live();
        let mut scores = Vec::with_capacity(live.len() + 1);
        let objective = context.objective;
        let make = |i: usize| Ok(if i == 0 { self.tensor.clone() } else { self.without(live[i - 1]) });
        context.suffix(self.layer, live.len() + 1, INFO.id, &make, &mut |_, values| {
            let score = objective.of(&values[0]);
            if !score.is_finite() {
                return Err(ExplainError::NonFinite { wire: objective.wire.clone(), index: 0 });
            }
            scores.push(score);
            Ok(())
        })?;
        Ok((scores[0], scores[1..].iter().map(|s| scores[0] - s).collect()))
    }
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
        assert_eq!((affine.counts.forwards, affine.counts.backwards, affine.counts.suffixes), (1, 1, 0));
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
