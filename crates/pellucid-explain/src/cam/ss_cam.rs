//! Score-CAM with scores averaged over noise, on the mask or on the input.
//!
//! # Formula
//! ```text
//! noise_on = mask:   s_k = 1/n sum_i score(x * (H_k + e_ik))
//! noise_on = input:  s_k = 1/n sum_i score((x + e_i) * H_k)
//! L(p) = sum_k w_k U(A_k)(p)        e ~ N(0, sigma^2)
//! ```
//!
//! # Symbols
//! - `A_k`, `H_k`, `U`, `score`: as in Score-CAM
//! - `e_ik`: noise of draw `i` on the mask of channel `k`, `S..` of the input, in units of the mask
//! - `e_i`: noise of draw `i` on the input, `C x S..`, model units
//! - `n`: `samples`
//!
//! # Axioms
//! Without noise it is Score-CAM. Completeness fails.
//!
//! # Cost
//! 1 F and n F per channel, n F per different mask with noise on the input.
//!
//! # In images
//! As Score-CAM. The default sigma of 2 on a mask in `[0, 1]` drives inputs far out of their range: what is scored then has little to do with the image.
//!
//! # Departures
//! Both variants of the paper; the mask multiplies the input, not the baseline. With noise on the mask, channels that are zero everywhere aren't
//! scored, since their weight changes nothing (`score_dead` does so all the same). Noise can be handed in as `noise`: `n x K x S..` on masks, `n x 1 x C x S..`
//! on the input.
//!
//! # Source
//! wang2020sscam, algorithm 1.

use pellucid_graph::Tensor;

use crate::cam::activation::Activation;
use crate::cam::masks::Masked;
use crate::cam::scored::{
    self, COMBINE, Draw, ENLARGE, NORMALISE, PRESET, Place, Plan, SCORE, SOFTMAX, masked_by, wrong_noise,
};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, SEED, Values, choice, flag, float, int};
use crate::random::Stream;
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    choice("noise_on", "mask", &["mask", "input"], "what the noise is added to"),
    int("samples", 35, 1, 100_000, "noisy inputs per channel"),
    float("sigma", 2.0, 0.0, 1000.0, "standard deviation of the noise, in units of the mask or of the input"),
    flag("score_dead", false, "also score channels that are zero everywhere, though they change nothing"),
    PRESET,
    SCORE,
    SOFTMAX,
    NORMALISE,
    ENLARGE,
    COMBINE,
    SEED,
];

/// SS-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "ss-cam",
    name: "SS-CAM",
    family: Family::Cam,
    summary: "Score-CAM with scores averaged over noise, on the mask or on the input",
    sources: &["wang2020sscam"],
    needs: &[Need::FeatureMap],
    cost: "1 F + samples F per channel",
    keeps: &[("score-cam-limit", "without noise it is Score-CAM")],
    breaks: &[("completeness", "scores of masked inputs don't add up to the value")],
    params: PARAMS,
    cautions: &["the usual sigma of 2 on masks in [0, 1] drives inputs far out of their range"],
    revision: 1,
    file: include_str!("ss_cam.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let plan = Plan {
        channels: &|a| (0..a.channels).collect(),
        draws: &|context, a, masked| noisy(context, a, masked, values),
        score_dead: values.flag("score_dead"),
    };
    scored::drive(context, values, INFO.id, &plan)
}

/// Where noise comes from.
enum Noise {
    /// Seed and standard deviation.
    Drawn(u64, f64),
    /// Handed in.
    Given(Vec<f64>),
}

impl Noise {
    /// `n` numbers of a draw, at `offset` of the noise handed in.
    fn take(&self, sample: usize, part: usize, offset: usize, n: usize) -> Vec<f64> {
        match self {
            Noise::Drawn(seed, sigma) => {
                Stream::new(*seed, sample, part).normals(n).into_iter().map(|v| sigma * v).collect()
            }
            Noise::Given(values) => values[offset..offset + n].to_vec(),
        }
    }
}

struct OnMask {
    noise: Noise,
    samples: usize,
    channels: usize,
}

impl Draw for OnMask {
    fn count(&self) -> usize {
        self.samples
    }

    fn by_mask_alone(&self) -> bool {
        false
    }

    fn values(&self, place: &Place, mask: &[f64]) -> Result<Vec<f64>> {
        // inputs of one size get the same noise, as they get the same mask
        let sample = place.draw * self.channels + place.channel;
        let noise = self.noise.take(sample, 0, sample * mask.len(), mask.len());
        let mask: Vec<f64> = mask.iter().zip(noise).map(|(m, e)| m + e).collect();
        Ok(masked_by(&place.masked.values, &mask, 1.0))
    }
}

struct OnInput {
    noise: Noise,
    samples: usize,
}

impl Draw for OnInput {
    fn count(&self) -> usize {
        self.samples
    }

    fn values(&self, place: &Place, mask: &[f64]) -> Result<Vec<f64>> {
        let x = &place.masked.values;
        let noise = self.noise.take(place.draw, place.masked.input, place.draw * x.len(), x.len());
        let x: Vec<f64> = x.iter().zip(noise).map(|(x, e)| x + e).collect();
        Ok(masked_by(&x, mask, 1.0))
    }
}

fn noisy(context: &Context, a: &Activation, masked: &[Masked], values: &Values) -> Result<Box<dyn Draw>> {
    let samples = values.count("samples");
    let on_mask = values.word("noise_on") == "mask";
    let noise = match context.injected.get("noise") {
        None => Noise::Drawn(values.int("seed") as u64, values.float("sigma")),
        Some(given) => Noise::Given(checked(given, samples, on_mask, a, masked)?),
    };
    Ok(if on_mask {
        Box::new(OnMask { noise, samples, channels: a.channels })
    } else {
        Box::new(OnInput { noise, samples })
    })
}

fn checked(given: &Tensor, samples: usize, on_mask: bool, a: &Activation, masked: &[Masked]) -> Result<Vec<f64>> {
    let [only] = masked else {
        return Err(ExplainError::Input {
            input: "noise".into(),
            reason: format!("can be handed in for a model with one masked input, this one has {}", masked.len()),
        });
    };
    let positions = only.planes.positions();
    let lead = if on_mask { vec![samples, a.channels] } else { vec![samples, 1, only.values.len() / positions] };
    let expected = [&lead, only.planes.spatial()].concat();
    if given.shape() != expected {
        return Err(wrong_noise(given.shape(), &format!("{expected:?}")));
    }
    Ok(given.to_f64())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::testing::{Bench, assert_close, bench, deep_net, extra, random};

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 5)], threads).at("features")
    }

    #[test]
    fn without_noise_it_is_score_cam() {
        let expected = net(1).map("score-cam", &[]);
        for on in ["mask", "input"] {
            let params = [("noise_on", on.into()), ("sigma", 0.0.into()), ("samples", 3.into())];
            assert_close(&net(2).map("ss-cam", &params), &expected, 1e-6);
        }
    }

    #[test]
    fn one_seed_gives_the_same_bits_on_any_number_of_threads() {
        for on in ["mask", "input"] {
            let run = |threads, seed: i64| {
                let params: [(&str, Value); 3] =
                    [("noise_on", on.into()), ("samples", 4.into()), ("seed", seed.into())];
                net(threads).map("ss-cam", &params)
            };
            assert_eq!(run(1, 3), run(4, 3), "{on}");
            assert_ne!(run(1, 3), run(1, 4), "{on}");
        }
    }

    #[test]
    fn dead_channels_are_scored_only_when_asked_and_change_nothing() {
        let params = [("samples", 2.into())];
        let found = net(1).run("ss-cam", &params).unwrap();
        assert_eq!(found.counts.forwards, 1 + 2 * 4);
        assert!(extra(&found, "scores")[1].is_nan());
        let all = net(1).run("ss-cam", &[("samples", 2.into()), ("score_dead", true.into())]).unwrap();
        assert_eq!(all.counts.forwards, 1 + 2 * 6);
        assert!(extra(&all, "scores").iter().all(|s| s.is_finite()));
        assert_eq!(crate::testing::one_map(&found), crate::testing::one_map(&all));
    }

    #[test]
    fn noise_handed_in_is_used_and_its_shape_checked() {
        let mut b = net(1);
        b.injected.insert("noise".into(), pellucid_graph::Tensor::full(pellucid_graph::DType::F32, &[2, 6, 6, 5], 0.0));
        assert_close(&b.map("ss-cam", &[("samples", 2.into())]), &net(1).map("score-cam", &[]), 1e-6);
        let error = b.error("ss-cam", &[("samples", 3.into())]).to_string();
        assert!(error.contains("[2, 6, 6, 5]") && error.contains("[3, 6, 6, 5]"), "{error}");
        assert!(b.error("ss-cam", &[("noise_on", "input".into())]).to_string().contains("[35, 1, 2, 6, 5]"));
    }
}
