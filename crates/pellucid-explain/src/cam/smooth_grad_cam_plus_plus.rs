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

use crate::cam::activation::Activation;
use crate::cam::scored::activations;
use crate::context::Context;
use crate::evidence::Evidence;
use crate::gradient::noise::Noisy;
use crate::method::{Family, Found, Gradients, Kind, MethodInfo, Need, named};
use crate::params::{ParamSpec, SEED, Values, choice, flag, float, int};
use crate::Result;

static PARAMS: &[ParamSpec] = &[
    int("samples", 4, 1, 100_000, "noisy copies"),
    float("sigma", 0.3, 0.0, 1e6, "standard deviation of the noise, in model units"),
    float("eps", 1e-8, 0.0, 1.0, "added to the denominator of alpha, in units of the squared gradient"),
    choice("numerator", "second", &["second", "first"], "power of the gradient in the numerator of alpha"),
    flag("average_maps", false, "average the Grad-CAM++ maps of the noisy copies instead of the powers of the gradient"),
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
    let mut found = Found { evidence: Evidence::Maps(vec![]), checks: vec![], extras: vec![] };
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
