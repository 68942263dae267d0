//! Grad-CAM++ with the powers of the gradient averaged over noisy copies of the input.
//!
//! # Formula
//! ```text
//! D_j = 1/n sum_i g(x + e_i)^j        alpha_k(p) = D_2 / (2 D_2 + S_k D_3 + eps)        S_k = sum_q A_k(q)
//! w_k = sum_p alpha_k(p) max(D_1, 0)        L(p) = sum_k w_k A_k(p)        e_i ~ N(0, sigma^2)
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer for the clean input, `K x S..`, model units
//! - `g`: gradient of the target with respect to it, units of the target per model unit
//! - `e_i`: noise of copy `i`, `C x S..`, model units
//! - `n`: `samples`
//!
//! # Axioms
//! With one copy and no noise it is Grad-CAM++ with the same `eps`. Completeness fails.
//!
//! # Cost
//! 1 F and n (F + the backward of the part after the layer), streamed.
//!
//! # In images
//! As Grad-CAM++, steadier at the price of sharpness. `sigma` is absolute, in model units after normalisation.
//!
//! # Departures
//! The numerator of the paper is `D_1`; torchcam corrects it to `D_2`, which is the default here (`numerator`). Activations are those of the clean input; torchcam
//! takes the last noisy ones, and the rectifier of the last noisy gradient. `average_maps` averages whole Grad-CAM++ maps of the noisy copies instead,
//! as the method is sometimes described. Noise can be handed in as `noise`, `n x C x S..`.
//!
//! # Source
//! omeiza2019smoothgradcampp, eq. 8 to 10.

use crate::Result;
use crate::cam::activation::Activation;
use crate::cam::scored::activations;
use crate::context::Context;
use crate::evidence::Evidence;
use crate::gradient::noise::Noisy;
use crate::method::{Family, Found, Gradients, Kind, MethodInfo, Need, named};
use crate::params::{ParamSpec, SEED, Values, choice, flag, float, int};

static PARAMS: &[ParamSpec] = &[
    int("samples", 4, 1, 100_000, "noisy copies"),
    float("sigma", 0.3, 0.0, 1e6, "standard deviation of the noise, in model units"),
    float("eps", 1e-8, 0.0, 1.0, "added to the denominator of alpha, in units of the squared gradient"),
    choice("numerator", "second", &["second", "first"], "power of the gradient in the numerator of alpha"),
    flag(
        "average_maps",
        false,
        "average the Grad-CAM++ maps of the noisy copies instead of the powers of the gradient",
    ),
    SEED,
];

/// Smooth Grad-CAM++.
pub static INFO: MethodInfo = MethodInfo {
    id: "smooth-grad-cam-plus-plus",
    name: "Smooth Grad-CAM++",
    family: Family::Cam,
    summary: "Grad-CAM++ with the powers of the gradient averaged over noisy copies of the input",
    sources: &["omeiza2019smoothgradcampp", "chattopadhay2018gradcampp"],
    needs: &[Need::Gradient, Need::FeatureMap],
    cost: "1 F + samples (F + backward above the layer)",
    keeps: &[("grad-cam-plus-plus-limit", "one copy without noise is Grad-CAM++")],
    breaks: &[("completeness", "weights are a heuristic from an exponential output")],
    params: PARAMS,
    cautions: &["sigma is absolute: it must fit the range of the normalised input"],
    revision: 1,
    file: include_str!("smooth_grad_cam_plus_plus.rs"),
    kind: Kind::Driven(drive),
};

/// Sums over the copies for one layer.
struct Sums {
    /// Of the gradient's first three powers, per element.
    powers: [Vec<f64>; 3],
    /// Of the copies' own maps, per position.
    maps: Vec<f64>,
}

/// How alpha is made.
#[derive(Clone, Copy)]
struct Alpha {
    eps: f64,
    second: bool,
}

impl Alpha {
    /// `sum_p alpha max(D_1, 0)` of one channel, and whether a denominator had to be passed over.
    fn weight(self, d1: &[f64], d2: &[f64], d3: &[f64], total: f64) -> (f64, bool) {
        let (mut weight, mut passed) = (0.0, false);
        for ((&d1, &d2), &d3) in d1.iter().zip(d2).zip(d3) {
            if d1 <= 0.0 {
                continue;
            }
            let denominator = 2.0 * d2 + total * d3 + self.eps;
            // 2 D2 and S D3 can cancel; what is left is rounding
            if denominator.abs() <= 1e-12 * (2.0 * d2 + self.eps) {
                passed = true;
                continue;
            }
            weight += if self.second { d2 } else { d1 } / denominator * d1;
        }
        (weight, passed)
    }

    /// Weights of all channels.
    fn weights(self, a: &Activation, powers: &[Vec<f64>; 3]) -> (Vec<f64>, usize) {
        let z = a.positions();
        let mut passed = 0;
        let weight = |k: usize| {
            let part = |j: usize| &powers[j][k * z..(k + 1) * z];
            let (w, p) = self.weight(part(0), part(1), part(2), a.channel(k).iter().sum());
            passed += usize::from(p);
            w
        };
        let weights = (0..a.channels).map(weight).collect();
        (weights, passed)
    }
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let samples = values.count("samples");
    let alpha = Alpha { eps: values.float("eps"), second: values.word("numerator") == "second" };
    let average = values.flag("average_maps");
    let noisy = Noisy::absolute(context, values.float("sigma"), values.int("seed") as u64)?;
    let clean = activations(context)?;
    let layers = context.layers;
    let empty = |a: &Activation| {
        let n = a.values().len();
        Sums { powers: [vec![0.0; n], vec![0.0; n], vec![0.0; n]], maps: vec![0.0; a.positions()] }
    };
    let mut sums: Vec<Sums> = clean.iter().map(empty).collect();
    let needs = Gradients { layers: true, ..Gradients::default() };
    context.gradients(needs, samples, INFO.id, &|i| noisy.sample(i), &mut |_, found| {
        for (i, layer) in layers.iter().enumerate() {
            let g = Activation::of_map(layer, &found[1 + layers.len() + i])?;
            if average {
                let own = Activation::of_map(layer, &found[1 + i])?;
                let powers = [1, 2, 3].map(|j| g.values().iter().map(|g| g.powi(j)).collect());
                let (weights, _) = alpha.weights(&own, &powers);
                sums[i].maps.iter_mut().zip(own.weighted_sum(&weights)).for_each(|(s, m)| *s += m);
            } else {
                for (power, sum) in (1..).zip(&mut sums[i].powers) {
                    sum.iter_mut().zip(g.values()).for_each(|(s, g)| *s += g.powi(power));
                }
            }
        }
        Ok(())
    })?;
    let share = 1.0 / samples as f64;
    let mut found = Found { evidence: Evidence::Maps(vec![]), ..Found::default() };
    let mut maps = Vec::new();
    for (a, mut sum) in clean.iter().zip(sums) {
        if average {
            let mean: Vec<f64> = sum.maps.iter().map(|m| share * m).collect();
            maps.push(a.map(&mean));
            continue;
        }
        sum.powers.iter_mut().flatten().for_each(|d| *d *= share);
        let (weights, passed) = alpha.weights(a, &sum.powers);
        if passed > 0 {
            let note = format!("{passed} channels of `{}` had a vanishing denominator at some position", a.layer);
            context.notes.push(note);
        }
        maps.push(a.map(&a.weighted_sum(&weights)));
        found.extras.push((named("weights", &a.layer, clean.len()), weights));
    }
    found.evidence = Evidence::Maps(maps);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::testing::{Bench, assert_close, bench, deep_net, random};

    fn net(size: &[usize], threads: usize) -> Bench {
        bench(deep_net(size), vec![random(&[&[1, 2], size].concat(), 9)], threads).at("features")
    }

    #[test]
    fn without_noise_it_is_grad_cam_plus_plus() {
        for size in [&[6, 5][..], &[3, 4, 4]] {
            let expected = net(size, 1).map("grad-cam-plus-plus", &[("eps", 1e-8.into())]);
            for average in [false, true] {
                let params = [("sigma", 0.0.into()), ("samples", 2.into()), ("average_maps", average.into())];
                assert_close(&net(size, 2).map("smooth-grad-cam-plus-plus", &params), &expected, 1e-4);
            }
        }
    }

    /// Slow twin from the gradients of single noisy copies.
    #[test]
    fn powers_are_averaged_before_they_meet() {
        let b = net(&[6, 5], 1);
        let x = b.inputs[0].clone();
        let noise = random(&[3, 2, 6, 5], 77);
        let copies = (0..3).map(|i| {
            let e = noise.sample(i).unwrap().to_f64();
            let sum = x.to_f64().iter().zip(e).map(|(x, e)| x + e).collect();
            let copy = pellucid_graph::Tensor::from_f64(x.dtype(), x.shape().to_vec(), sum);
            let mut other = net(&[6, 5], 1);
            other.inputs = vec![copy];
            // HiResCAM of one channel at a time would do; the product over the activation gives the gradient where A > 0
            gradient_at_features(&other)
        });
        let copies: Vec<Vec<f64>> = copies.collect();
        let mean = |j: i32, i: usize| copies.iter().map(|g| g[i].powi(j)).sum::<f64>() / 3.0;
        let a = b.wire("features").to_f64();
        let mut expected = vec![0.0; 30];
        for k in 0..6 {
            let own = k * 30..(k + 1) * 30;
            let total: f64 = a[own.clone()].iter().sum();
            let alpha = |i: usize| mean(2, i) / (2.0 * mean(2, i) + total * mean(3, i) + 1e-8);
            let w: f64 = own.map(|i| alpha(i) * mean(1, i).max(0.0)).sum();
            (0..30).for_each(|p| expected[p] += w * a[k * 30 + p]);
        }
        let mut b = b;
        b.injected.insert("noise".into(), noise);
        assert_close(&b.map("smooth-grad-cam-plus-plus", &[("samples", 3.into())]), &expected, 1e-4);
    }

    /// Gradient of logit 0 at `features` by central differences of the rest of the net, which is piecewise linear.
    fn gradient_at_features(b: &Bench) -> Vec<f64> {
        let a = b.wire("features");
        let rest = crate::testing::graph(a.shape(), |build, x| {
            let z = crate::testing::conv(build, x, 4, 3);
            let z = build.relu(z).unwrap();
            crate::testing::pooled_head(build, z, 3, 4)
        });
        let rest = bench(rest, vec![a], 1);
        rest.map("saliency", &[])
    }

    #[test]
    fn one_seed_gives_the_same_bits_on_any_number_of_threads() {
        let run =
            |threads, seed: i64| net(&[6, 5], threads).map("smooth-grad-cam-plus-plus", &[("seed", Value::from(seed))]);
        assert_eq!(run(1, 1), run(4, 1));
        assert_ne!(run(1, 1), run(1, 2));
    }

    #[test]
    fn the_first_power_can_stand_in_the_numerator() {
        let b = net(&[6, 5], 1);
        let run = |n: &str| b.map("smooth-grad-cam-plus-plus", &[("numerator", n.into()), ("sigma", 0.1.into())]);
        assert_ne!(run("first"), run("second"));
    }
}
