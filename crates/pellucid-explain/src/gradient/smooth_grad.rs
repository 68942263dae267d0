//! Averages the gradient over noisy copies of the input.
//!
//! # Formula
//! ```text
//! L = 1/n sum_i G(x + e_i)        e_i ~ N(0, (level (max x - min x))^2)
//! ```
//!
//! # Symbols
//! - `G`: gradient of the target with respect to the input, `C x S..`, units of the target per model unit
//! - `e_i`: noise of copy `i`, `C x S..`, model units
//! - `n`: `samples`, number of noisy copies
//! - `level`: `noise_level`, standard deviation of the noise as a share of the range of the input
//!
//! # Axioms
//! Linear in the target; an input element that isn't used gets 0. Equal to saliency without noise. Completeness fails: it averages slopes.
//!
//! # Cost
//! n (F + B), streamed: memory doesn't grow with `n`.
//!
//! # In images
//! Less grainy than saliency. The noise acts in model units, after normalisation: on padded or masked backgrounds it makes inputs that the model
//! never saw. The standard error of each element comes with the map (`standard_error`): what lies within it is noise.
//!
//! # Departures
//! Signed gradients are averaged (magnitudes are a display step).
//! The noise is scaled by the range of each input, as in the paper; captum takes an absolute standard deviation. Scaled noise can be handed in as
//! `noise` (or `noise_<input>`), `n x C x S..`.
//!
//! # Source
//! smilkov2017smoothgrad, section 3.

use crate::Result;
use crate::context::Context;
use crate::gradient::smooth::{self, PARAMS, Statistic};
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::Values;

/// SmoothGrad.
pub static INFO: MethodInfo = MethodInfo {
    id: "smooth-grad",
    name: "SmoothGrad",
    family: Family::Gradient,
    summary: "Averages the gradient over noisy copies of the input",
    sources: &["smilkov2017smoothgrad"],
    needs: &[Need::Gradient],
    cost: "samples (F + B)",
    keeps: &[("dummy", "an input element that isn't used has gradient zero in every copy")],
    breaks: &[("completeness", "slopes around the input are averaged, not shares of the value")],
    params: PARAMS,
    cautions: &["positive and negative slopes cancel in the mean"],
    revision: 1,
    file: include_str!("smooth_grad.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    smooth::drive(context, values, Statistic::Mean, INFO.id)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::testing::{Bench, assert_close, bench, deep_net, extra, linear_net, maps, random};

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], threads)
    }

    #[test]
    fn without_noise_it_is_saliency() {
        let params = [("samples", 3.into()), ("noise_level", 0.0.into())];
        assert_close(&net(2).map("smooth-grad", &params), &net(1).map("saliency", &[]), 1e-6);
    }

    #[test]
    fn a_linear_model_keeps_its_gradient_under_any_noise() {
        let (g, w) = linear_net(&[1, 1, 4, 3], 2);
        let b = bench(g, vec![random(&[1, 1, 4, 3], 1)], 2);
        let found = b.run("smooth-grad", &[]).unwrap();
        assert_close(&crate::testing::one_map(&found), &w, 1e-6);
        assert!(extra(&found, "standard_error").iter().all(|e| *e < 1e-6));
        assert_eq!((found.counts.forwards, found.counts.backwards), (25, 25));
    }

    #[test]
    fn the_three_statistics_belong_together() {
        let params = [("samples", 7.into()), ("seed", Value::from(3))];
        let mean = net(1).map("smooth-grad", &params);
        let square = net(1).map("smooth-grad-squared", &params);
        let expected: Vec<f64> = square.iter().zip(&mean).map(|(s, m)| s - m * m).collect();
        assert_close(&net(2).map("var-grad", &params), &expected, 1e-5);
    }

    #[test]
    fn one_seed_gives_the_same_bits_on_any_number_of_threads() {
        let run = |threads, seed: i64| net(threads).map("smooth-grad", &[("seed", Value::from(seed))]);
        assert_eq!(run(1, 1), run(4, 1));
        assert_ne!(run(1, 1), run(1, 2));
    }

    #[test]
    fn noise_handed_in_is_used_and_must_fit() {
        let mut b = net(1);
        b.injected.insert("noise".into(), random(&[2, 2, 6, 5], 1));
        let copies: Vec<Vec<f64>> = (0..2)
            .map(|i| {
                let e = b.injected["noise"].sample(i).unwrap().to_f64();
                let sum = b.inputs[0].to_f64().iter().zip(e).map(|(x, e)| x + e).collect();
                let mut other = net(1);
                other.inputs = vec![pellucid_graph::Tensor::from_f64(b.inputs[0].dtype(), vec![1, 2, 6, 5], sum)];
                other.map("saliency", &[])
            })
            .collect();
        let expected: Vec<f64> = copies[0].iter().zip(&copies[1]).map(|(a, b)| 0.5 * (a + b)).collect();
        assert_close(&b.map("smooth-grad", &[("samples", 2.into())]), &expected, 1e-5);
        assert!(b.error("smooth-grad", &[("samples", 3.into())]).to_string().contains("2 copies"));
        b.injected.insert("noise".into(), random(&[2, 2, 5, 6], 1));
        assert!(b.error("smooth-grad", &[]).to_string().contains("[2, 2, 5, 6]"));
    }

    #[test]
    fn a_constant_input_has_no_range_and_no_noise() {
        let mut b = net(1);
        b.inputs = vec![pellucid_graph::Tensor::full(pellucid_graph::DType::F32, &[1, 2, 6, 5], 0.7)];
        let found = b.run("smooth-grad", &[]).unwrap();
        assert_close(&crate::testing::one_map(&found), &b.map("saliency", &[]), 1e-6);
        assert_eq!(maps(&found)[0].shape, [2, 6, 5]);
    }
}
