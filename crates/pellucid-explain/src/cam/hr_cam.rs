//! Weighs the feature maps of several layers by a linear head fitted on their means, and adds them up at the input's size.
//!
//! # Formula
//! ```text
//! f = concat_l mean_p A_lk(p)        y_c = sum_lk W[c, lk] f_lk + b_c        L(p) = sum_l U(sum_k W[c, lk] A_lk)(p)
//! ```
//!
//! # Symbols
//! - `A_lk(p)`: activation of channel `k` at position `p` of layer `l`, `K_l x S_l..`, model units
//! - `W`, `b`: weights and biases of the head; `c`: class of the target; `f`: features of a sample
//! - `U`: linear enlarging to the input's size, half-pixel places
//!
//! # Axioms
//! With one layer and the classifier's own weights it is CAM, enlarged. Completeness holds for the head's logit where the input is a whole multiple of
//! each layer: the mean of the map is `y_c - b_c`.
//!
//! # Cost
//! 1 F; fitting takes 1 F per labelled sample once for each run.
//!
//! # In images
//! Shallow layers bring detail, deep ones meaning. What is explained is the fitted head, which may decide otherwise than the model: a note says what it
//! decides, and how often it is right on the samples that it was fitted on. Fit it on samples that the model wasn't trained on, or features are too good.
//!
//! # Departures
//! The network isn't trained again, only the head: multinomial logistic regression with a quadratic penalty. Weighted sums are taken on each layer's grid
//! before they are enlarged, which gives the same by linearity. Handed in are either `head_weights_0`, `head_weights_1`, .. (`K_l` or `classes x K_l`, in the order
//! of the layers), or `labels` (`n`, classes from 0) with `images_<input>` (`n x C x S..`) for every input of real numbers.
//!
//! # Source
//! shinde2019hrcam.

use pellucid_image::resize::{Resample, resample};

use crate::cam::head_row::Row;
use crate::cam::masks::masked_inputs;
use crate::cam::scored::activations;
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::method::{Extras, Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values, float};
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[float(
    "penalty",
    1.0,
    0.0,
    1e9,
    "weight of the quadratic penalty on the head's weights, of features scaled to spread 1",
)];

/// HR-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "hr-cam",
    name: "HR-CAM",
    family: Family::Cam,
    summary: "Weighs the feature maps of several layers by a linear head fitted on their means, and adds them up at the input's size",
    sources: &["shinde2019hrcam", "zhou2016cam"],
    needs: &[Need::FeatureMap],
    cost: "1 F, and 1 F per labelled sample",
    keeps: &[("linearity", "the map is linear in the head's weights")],
    breaks: &[("completeness", "it holds for the fitted head, not for the model's own target")],
    params: PARAMS,
    cautions: &["what is explained is a head fitted on the features, not the model's own"],
    revision: 1,
    file: include_str!("hr_cam.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let activations = activations(context)?;
    let row = Row::new(context, &activations, values.float("penalty"), INFO.id)?;
    let axes = activations[0].spatial.len();
    let size = masked_inputs(context, axes)?[0].planes.spatial().to_vec();
    let mut sum = vec![0.0; size.iter().product()];
    let mut logit = 0.0;
    for (a, weights) in activations.iter().zip(&row.weights) {
        let map = a.weighted_sum(weights);
        logit += map.iter().sum::<f64>() / map.len() as f64;
        let large = resample(&map, &a.spatial, &size, Resample::LinearHalfPixel).map_err(|e| ExplainError::Needs {
            method: INFO.id.into(),
            reason: format!("can't bring the map of `{}` to the input's size: {e}", a.layer),
            hint: "choose layers with as many axes as the image with `--layer`".into(),
        })?;
        sum.iter_mut().zip(large).for_each(|(s, v)| *s += v);
    }
    let name = activations.iter().map(|a| a.layer.as_str()).collect::<Vec<_>>().join(" + ");
    let map = Map { grid: Grid::Layer { name }, shape: size, values: sum.into_iter().map(|v| v as f32).collect() };
    let mut extras: Extras =
        row.weights.iter().enumerate().map(|(l, w)| (format!("head_weights_{l}"), w.clone())).collect();
    extras.extend(row.bias.map(|b| ("logit".to_string(), vec![logit + b])));
    Ok(Found { evidence: Evidence::Maps(vec![map]), extras, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use pellucid_graph::{DType, Tensor};

    use crate::target::Target;
    use crate::testing::{
        Bench, assert_close, bench, conv, extra, graph, maps, name, one_map, pooled_head, pooled_net, random,
    };

    /// Two layers, the second of half the size.
    fn two_layers(size: &[usize]) -> Bench {
        let g = graph(&[&[1, 2], size].concat(), |b, x| {
            let y = conv(b, x, 3, 1);
            let y = b.relu(y).unwrap();
            let y = name(b, y, "fine");
            let axes = b.shape(y).unwrap().len() - 2;
            let attrs =
                pellucid_graph::Attrs::new().with("kernel_shape", vec![2i64; axes]).with("strides", vec![2i64; axes]);
            let y = b.op("MaxPool", &[y], attrs).unwrap();
            let y = conv(b, y, 4, 2);
            let y = b.relu(y).unwrap();
            let y = name(b, y, "coarse");
            pooled_head(b, y, 3, 4)
        });
        let mut b = bench(g, vec![random(&[&[1, 2], size].concat(), 9)], 2);
        b.layers = vec!["coarse".into(), "fine".into()];
        b
    }

    #[test]
    fn weights_handed_in_give_the_sum_of_enlarged_maps() {
        let mut b = two_layers(&[4, 6]);
        let (coarse, fine) = (random(&[4], 1), random(&[3], 2));
        b.injected.insert("head_weights_0".into(), coarse.clone());
        b.injected.insert("head_weights_1".into(), fine.clone());
        let found = b.run("hr-cam", &[]).unwrap();
        assert_eq!(maps(&found)[0].shape, [4, 6]);
        let sum = |wire: &str, w: &[f64], z: usize| -> Vec<f64> {
            let a = b.wire(wire).to_f64();
            (0..z).map(|p| w.iter().enumerate().map(|(k, w)| w * a[k * z + p]).sum()).collect()
        };
        let (c, f) = (sum("coarse", &coarse.to_f64(), 6), sum("fine", &fine.to_f64(), 24));
        // twice the size, half-pixel: 3/4 of the nearest and 1/4 of the next along each axis
        let at = |y: usize, x: usize| {
            let along = |i: usize, n: usize| {
                let (near, far) =
                    (i / 2, if i.is_multiple_of(2) { (i / 2).saturating_sub(1) } else { (i / 2 + 1).min(n - 1) });
                [(near, 0.75), (far, 0.25)]
            };
            let pairs = along(y, 2).into_iter().flat_map(|(i, u)| along(x, 3).map(|(j, v)| c[i * 3 + j] * u * v));
            pairs.sum::<f64>() + f[y * 6 + x]
        };
        let expected: Vec<f64> = (0..24).map(|p| at(p / 6, p % 6)).collect();
        assert_close(&one_map(&found), &expected, 1e-5);
    }

    #[test]
    fn with_the_classifiers_own_weights_it_is_cam() {
        let mut b = bench(pooled_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], 1).at("features");
        let g = b.run("grad-cam", &[]).unwrap();
        let weights: Vec<f64> = extra(&g, "weights").iter().map(|v| 30.0 * v).collect();
        b.injected.insert("head_weights_0".into(), Tensor::from_f64(DType::F32, vec![6], weights));
        assert_close(&b.map("hr-cam", &[]), &b.map("cam", &[]), 1e-5);
    }

    /// Samples of two classes: bright above and bright below.
    fn labelled(b: &mut Bench, n: usize) {
        let size = b.inputs[0].shape()[1..].to_vec();
        let each: usize = size.iter().product();
        let mut values = random(&[n, each], 5).to_f64();
        for (i, v) in values.iter_mut().enumerate() {
            *v = 0.3 * *v + if (i / each).is_multiple_of(2) { 1.0 } else { -1.0 };
        }
        let labels = (0..n).map(|i| (i % 2) as f64).collect();
        b.injected.insert("images_x".into(), Tensor::from_f64(DType::F32, [&[n], size.as_slice()].concat(), values));
        b.injected.insert("labels".into(), Tensor::from_f64(DType::F32, vec![n], labels));
    }

    #[test]
    fn a_head_is_fitted_on_labelled_samples_and_its_logit_is_the_mean_of_the_map() {
        for size in [&[4, 6][..], &[4, 2, 6]] {
            let mut b = two_layers(size);
            labelled(&mut b, 12);
            let found = b.run("hr-cam", &[]).unwrap();
            assert!(found.notes.iter().any(|n| n.contains("right on 100 %")), "{:?}", found.notes);
            assert_eq!(found.counts.forwards, 13);
            let (w, a) = (extra(&found, "head_weights_0"), b.wire("coarse").to_f64());
            assert!(w.iter().any(|v| *v != 0.0));
            // the map is the logit without the bias
            let map = one_map(&found);
            let mean = map.iter().sum::<f64>() / map.len() as f64;
            let z = a.len() / 4;
            let coarse: f64 = (0..4).map(|k| w[k] * a[k * z..(k + 1) * z].iter().sum::<f64>() / z as f64).sum();
            let (v, f) = (extra(&found, "head_weights_1"), b.wire("fine").to_f64());
            let y = f.len() / 3;
            let fine: f64 = (0..3).map(|k| v[k] * f[k * y..(k + 1) * y].iter().sum::<f64>() / y as f64).sum();
            assert!((mean - coarse - fine).abs() < 1e-5 * (1.0 + mean.abs()), "{mean} {coarse} {fine}");
            assert!(extra(&found, "logit")[0].is_finite());
        }
        // two classes have opposite rows
        let mut b = two_layers(&[4, 6]);
        labelled(&mut b, 12);
        let first = b.map("hr-cam", &[]);
        let second = b.for_target(Target::Logit { index: 1 }).map("hr-cam", &[]);
        assert_close(&first, &second.iter().map(|v| -v).collect::<Vec<_>>(), 1e-4);
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_named() {
        let text = |b: &Bench| b.error("hr-cam", &[]).to_string();
        assert!(text(&two_layers(&[4, 6])).contains("needs a head"));
        let with = |name: &str, tensor: Tensor| {
            let mut b = two_layers(&[4, 6]);
            labelled(&mut b, 12);
            b.injected.insert(name.into(), tensor);
            b
        };
        let full = |shape: &[usize], v: f64| Tensor::full(DType::F32, shape, v);
        for (name, tensor, words) in [
            ("labels", full(&[12], 1.0), "two classes"),
            ("labels", full(&[12], 0.5), "element 0 is 0.5"),
            ("labels", full(&[12], 12.0), "below the number of samples"),
            ("labels", full(&[4], 0.0), "all are of class 0"),
            ("images_x", full(&[11, 2, 4, 6], 0.0), "expected [12, 2, 4, 6]"),
            ("head_weights_0", full(&[5], 0.0), "expected 4 or classes x 4"),
            ("head_weights_0", full(&[4], 0.0), "`head_weights_1`: is missing"),
            ("head_weights_0", full(&[4], f64::NAN), "isn't finite"),
        ] {
            let error = text(&with(name, tensor));
            assert!(error.contains(words), "{error}");
        }
        let b = with("head_weights_0", full(&[2, 4], 0.0)).for_target(Target::Logit { index: 2 });
        assert!(text(&b).contains("2 classes"), "{}", text(&b));
    }
}
