//! Averages DeepLIFT over background samples: contributions against what the model usually sees.
//!
//! # Formula
//! ```text
//! phi = 1/B sum_b C(x, x'_b)
//! ```
//!
//! # Symbols
//! - `C`: contributions of DeepLIFT; `x'_b`: background sample `b`, of the input's shape, model units
//!
//! # Axioms
//! Completeness: the map sums to `t(x)` less the mean of `t` over the background, measured. Shapley values of the inputs where the model is linear and
//! inputs are independent; an approximation elsewhere.
//!
//! # Cost
//! `B` (2 F + 1 B).
//!
//! # In images
//! The background should be images of the same kind: other patients, same view and scanner. A few dozen suffice. Handed in as `baseline_<input>`, `B x C x S..`.
//!
//! # Departures
//! The account of each node is given for a single baseline only.
//!
//! # Source
//! lundberg2017shap, section 4.2; shrikumar2017deeplift.

use super::deep_lift::{RULE, THRESHOLD, settings};
use super::difference::contributions;
use crate::Result;
use crate::baseline::{KIND, SIGMA, VALUE};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[RULE, THRESHOLD, KIND, VALUE, SIGMA];

/// DeepSHAP.
pub static INFO: MethodInfo = MethodInfo {
    id: "deep-shap",
    name: "DeepSHAP",
    family: Family::Relevance,
    summary: "Averages DeepLIFT over background samples",
    sources: &["lundberg2017shap", "shrikumar2017deeplift"],
    needs: &[Need::Gradient],
    cost: "2 F + 1 B per background sample",
    keeps: &[("completeness", "every rule hands on what its node was sent, and so does the mean")],
    breaks: &[("implementation invariance", "two graphs of the same function can share differently")],
    params: PARAMS,
    cautions: &["values are Shapley values only where inputs are independent and the model is nearly linear"],
    revision: 1,
    file: include_str!("deep_shap.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let found = contributions(context, values, &settings(values), INFO.id)?;
    if !found.balance.is_empty() {
        context
            .notes
            .push("the background is one sample: this is `deep-lift`; hand in more as `baseline_<input>`".into());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Tensor;

    use crate::testing::{assert_close, bench, deep_net, one_map, random};

    #[test]
    fn it_is_the_mean_over_the_background() {
        let x = random(&[1, 2, 8, 8], 5);
        let background = [random(&[1, 2, 8, 8], 6), random(&[1, 2, 8, 8], 7)];
        let run = |parts: &[&Tensor], method: &str| {
            let mut b = bench(deep_net(&[8, 8]), vec![x.clone()], 2);
            let values = parts.iter().flat_map(|t| t.to_f64()).collect();
            let name = format!("baseline_{}", b.model.inputs().unwrap()[0].0);
            let all = Tensor::from_f64(x.dtype(), vec![parts.len(), 2, 8, 8], values);
            b.injected.insert(name, all);
            b.run(method, &[]).unwrap()
        };
        let both = run(&[&background[0], &background[1]], "deep-shap");
        let each = [0, 1].map(|i| one_map(&run(&[&background[i]], "deep-lift")));
        let mean: Vec<f64> = each[0].iter().zip(&each[1]).map(|(a, b)| (a + b) / 2.0).collect();
        assert_close(&one_map(&both), &mean, 1e-5);
        assert!(both.checks.iter().all(|c| c.holds), "{:?}", both.checks);
    }
}
