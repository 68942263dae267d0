//! Weighs each feature map by what the model says of the input masked with it.
//!
//! # Formula
//! ```text
//! H_k = (U(A_k) - min) / (max - min)        s_k = score(x * H_k)        L(p) = sum_k w_k U(A_k)(p)        w_k = s_k
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `U`: enlarging to the input's spatial size, linear
//! - `H_k`: mask, `S..` of the input, in `[0, 1]`
//! - `x`: input, `C x S..`, model units
//! - `score`: probability of the class (other presets: the target, or softmax of the outputs)
//!
//! # Axioms
//! No gradient enters, so saturation does no harm. Completeness fails. A channel that is zero everywhere changes nothing; with a softmax over
//! channels, neither does any constant added to all scores.
//!
//! # Cost
//! 1 F and 1 F per different mask; all constant channels share one.
//!
//! # In images
//! The masked input keeps `x` inside the mask and goes to 0 outside, which is the mean of the data for normalised inputs, not "nothing". Models with
//! several inputs: all inputs with as many spatial axes as the layer are masked together, the others stay. With a segmentation region as target the
//! score is the mean probability over the frozen mask.
//!
//! # Departures
//! Presets, as their code does: `authors` scores by probability and sums enlarged maps of the channels that aren't constant; `pytorch-grad-cam` and
//! `torchcam` put the target's scores through a softmax over channels, which is nearly one-hot for logits, and sum maps on the layer's grid;
//! `tf-keras-vis` and `tabayashi` apply softmax to the outputs even if they are probabilities. The paper's baseline `f(X_b)` cancels in
//! the softmax and the authors' code has none, so there is none here. The raw signed sum is kept; the rectifier is a display step.
//!
//! # Source
//! wang2020scorecam, algorithm 1.

use crate::Result;
use crate::cam::scored::{self, COMBINE, Draw, ENLARGE, NORMALISE, PRESET, Place, Plan, SCORE, SOFTMAX, masked_by};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[PRESET, SCORE, SOFTMAX, NORMALISE, ENLARGE, COMBINE];

/// Score-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "score-cam",
    name: "Score-CAM",
    family: Family::Cam,
    summary: "Weighs each feature map by what the model says of the input masked with it",
    sources: &["wang2020scorecam"],
    needs: &[Need::FeatureMap],
    cost: "1 F + 1 F per different mask",
    keeps: &[("dead-channels", "a channel that is zero everywhere changes nothing")],
    breaks: &[("completeness", "scores of masked inputs don't add up to the value")],
    params: PARAMS,
    cautions: &["outside the mask the input goes to 0, which is the mean of the data for normalised inputs"],
    revision: 1,
    file: include_str!("score_cam.rs"),
    kind: Kind::Driven(drive),
};

/// The input times the mask.
pub(crate) struct Once;

impl Draw for Once {
    fn values(&self, place: &Place, mask: &[f64]) -> Result<Vec<f64>> {
        Ok(masked_by(&place.masked.values, mask, 1.0))
    }
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let plan =
        Plan { channels: &|a| (0..a.channels).collect(), draws: &|_, _, _| Ok(Box::new(Once)), score_dead: true };
    scored::drive(context, values, INFO.id, &plan)
}

#[cfg(test)]
mod tests {
    use pellucid_image::resize::{Resample, resample};

    use crate::cam::activation::Activation;
    use crate::layer::{Layer, Layout};
    use crate::target::Target;
    use crate::testing::{
        Bench, assert_close, bench, conv, deep_net, extra, graph, maps, name, one_map, pooled_head, random,
    };

    fn net(size: &[usize], threads: usize) -> Bench {
        bench(deep_net(size), vec![random(&[&[1, 2], size].concat(), 11)], threads).at("features")
    }

    fn features(b: &Bench) -> Activation {
        let layer = Layer { name: "features".into(), layout: Layout::ChannelsFirst, because: String::new() };
        Activation::of_layer(&layer, &b.wire("features")).unwrap()
    }

    fn softmax(y: &[f64]) -> Vec<f64> {
        let total: f64 = y.iter().map(|v| v.exp()).sum();
        y.iter().map(|v| v.exp() / total).collect()
    }

    /// Slow twin: every channel enlarged, scaled, scored and summed as the definition says. Gives scores and map.
    fn authors(b: &Bench, class: usize) -> (Vec<f64>, Vec<f64>) {
        let a = features(b);
        let x = b.inputs[0].to_f64();
        let size = &b.inputs[0].shape()[2..];
        let positions: usize = size.iter().product();
        let (mut scores, mut map) = (vec![], vec![0.0; positions]);
        for k in 0..a.channels {
            let u = resample(a.channel(k), &a.spatial, size, Resample::LinearHalfPixel).unwrap();
            let low = u.iter().copied().fold(f64::INFINITY, f64::min);
            let high = u.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let constant = high == low;
            let h = |p: usize| if constant { 0.0 } else { (u[p] - low) / (high - low) };
            let masked = x.iter().enumerate().map(|(i, v)| (v * h(i % positions)) as f32).collect();
            let masked = pellucid_graph::Tensor::f32(b.inputs[0].shape(), masked).unwrap();
            scores.push(softmax(&b.output(&[masked]))[class]);
            if !constant {
                map.iter_mut().zip(&u).for_each(|(m, u)| *m += scores[k] * u);
            }
        }
        (scores, map)
    }

    #[test]
    fn the_authors_form_equals_its_slow_twin_in_2d_and_3d() {
        for size in [&[9, 7][..], &[4, 6, 5], &[13]] {
            let b = net(size, 2).for_target(Target::Logit { index: 1 });
            let (scores, map) = authors(&b, 1);
            let found = b.run("score-cam", &[]).unwrap();
            assert_close(extra(&found, "scores"), &scores, 1e-5);
            assert_close(&one_map(&found), &map, 1e-5);
            assert_eq!(maps(&found)[0].shape, size);
            // a probability asked for is scored as it is
            let p = net(size, 2).for_target(Target::Probability { index: 1 }).map("score-cam", &[]);
            assert_close(&p, &map, 1e-5);
        }
    }

    #[test]
    fn dead_channels_share_one_forward_and_change_nothing() {
        let found = net(&[8, 8], 2).run("score-cam", &[]).unwrap();
        // the layer, four live masks, one empty mask
        assert_eq!(found.counts.forwards, 6);
        assert_eq!(extra(&found, "constant_channel"), [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
        assert!(found.notes.iter().any(|n| n.contains("2 of 6 channels")), "{:?}", found.notes);
        let w = extra(&found, "weights");
        assert_eq!((w[1], w[4]), (0.0, 0.0));
    }

    #[test]
    fn a_softmax_over_channels_forgets_any_constant_score() {
        // the same net with another bias of the explained logit
        let shifted = |shift: f64| {
            graph(&[1, 2, 6, 6], |b, x| {
                let y = conv(b, x, 5, 1);
                let y = b.relu(y).unwrap();
                let y = name(b, y, "features");
                let y = pooled_head(b, y, 2, 2);
                b.shift(y, shift).unwrap()
            })
        };
        let map = |shift: f64| {
            bench(shifted(shift), vec![random(&[1, 2, 6, 6], 4)], 1)
                .at("features")
                .map("score-cam", &[("preset", "pytorch-grad-cam".into())])
        };
        assert_close(&map(7.0), &map(0.0), 1e-5);
    }

    #[test]
    fn every_preset_runs_and_parameters_change_its_pieces() {
        let b = net(&[8, 6], 1);
        for preset in ["authors", "pytorch-grad-cam", "torchcam", "tf-keras-vis", "tabayashi"] {
            let found = b.run("score-cam", &[("preset", preset.into())]).unwrap();
            assert_eq!(maps(&found)[0].shape, [8, 6], "{preset}");
            let w = extra(&found, "weights");
            let softmax = preset == "pytorch-grad-cam" || preset == "torchcam";
            assert_eq!((w.iter().sum::<f64>() - 1.0).abs() < 1e-9, softmax, "{preset}");
        }
        let pieces = [
            ("preset", "pytorch-grad-cam".into()),
            ("score", "probability".into()),
            ("channel_softmax", "no".into()),
            ("upsampling", "half-pixel".into()),
            ("combine", "input".into()),
        ];
        assert_close(&b.map("score-cam", &pieces), &b.map("score-cam", &[]), 1e-5);
    }

    #[test]
    fn threads_and_engine_batches_change_no_bit() {
        let maps: Vec<Vec<f64>> = [1, 2, 5].iter().map(|&t| net(&[9, 7], t).map("score-cam", &[])).collect();
        assert!(maps[0] == maps[1] && maps[1] == maps[2]);
    }

    #[test]
    fn a_dead_layer_gives_zero_and_a_single_channel_its_own_map() {
        let dead = graph(&[1, 1, 5, 5], |b, x| {
            let y = b.scale(x, 0.0).unwrap();
            let y = name(b, y, "features");
            pooled_head(b, y, 2, 1)
        });
        let found = bench(dead, vec![random(&[1, 1, 5, 5], 3)], 1).at("features").run("score-cam", &[]).unwrap();
        assert!(one_map(&found).iter().all(|v| *v == 0.0));
        let single = graph(&[1, 1, 5, 5], |b, x| {
            let y = b.relu(x).unwrap();
            let y = name(b, y, "features");
            pooled_head(b, y, 2, 1)
        });
        let b = bench(single, vec![random(&[1, 1, 5, 5], 3)], 1).at("features");
        let found = b.run("score-cam", &[]).unwrap();
        let expected: Vec<f64> = features(&b).channel(0).iter().map(|a| a * extra(&found, "scores")[0]).collect();
        assert_close(&one_map(&found), &expected, 1e-6);
    }

    #[test]
    fn only_inputs_with_the_layers_axes_are_masked() {
        let mut g = pellucid_graph::Graph::new("two");
        let image = g.add_input("image", pellucid_graph::Fact::new(pellucid_graph::DType::F32, &[1, 1, 4, 4]));
        let table = g.add_input("table", pellucid_graph::Fact::new(pellucid_graph::DType::F32, &[1, 3]));
        let mut b = pellucid_graph::Build::new(&mut g, "net");
        let y = b.relu(image).unwrap();
        let y = name(&mut b, y, "features");
        let y = pooled_head(&mut b, y, 3, 1);
        let y = b.add(y, table).unwrap();
        g.set_outputs(&[y]);
        let inputs = vec![random(&[1, 1, 4, 4], 1), random(&[1, 3], 2)];
        let b = bench(g, inputs.clone(), 1).at("features");
        let found = b.run("score-cam", &[("score", "target".into())]).unwrap();
        let h = features(&b);
        let top = h.range(0).1;
        let masked = inputs[0].to_f64().iter().zip(h.channel(0)).map(|(x, a)| (x * a / top) as f32).collect();
        let masked = pellucid_graph::Tensor::f32(&[1, 1, 4, 4], masked).unwrap();
        assert_close(extra(&found, "scores"), &[b.output(&[masked, inputs[1].clone()])[0]], 1e-5);
    }
}
