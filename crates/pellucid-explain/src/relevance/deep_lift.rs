//! Shares the difference of the target between the input and a baseline, node by node, by how much each input of a node differs.
//!
//! # Formula
//! ```text
//! C = m (x - x')                           m: multiplier, chained backwards from 1 at the target
//! rescale         m_x = m_y (y - y') / (x - x')        where |x - x'| >= 1e-10, the derivative elsewhere
//! reveal-cancel   the positive and the negative part of x - x' are valued apart, each with and without the other
//! product         of two signals a b: m_a = m_y (b + b') / 2, m_b = m_y (a + a') / 2
//! ```
//!
//! # Symbols
//! - `x`, `y`: input and output of a node at the input; `x'`, `y'`: the same at the baseline
//! - `C`: contribution, units of the target
//!
//! # Axioms
//! Completeness: the map sums to `t(x) - t(x')`, on every operator of the list (products, softmax, attention and normalisations too), measured and
//! reported with what each node was sent and handed on. An input that doesn't differ from the baseline gets 0. Implementation invariance fails.
//!
//! # Cost
//! 2 F + 1 B: the model is run on the baseline too.
//!
//! # In images
//! The baseline decides what can be seen: where the input equals it, the map is 0. Air (-1000 HU) or the image's minimum say more for CT than 0, which
//! is soft tissue. Averages over several baselines are `deep-shap`.
//!
//! # Departures
//! RevealCancel acts behind linear nodes; elsewhere (behind an unfolded batch normalisation or a residual sum) it is Rescale. Max-pooling with ties at
//! a constant baseline shares differently from graph to graph: the sums agree.
//!
//! # Source
//! shrikumar2017deeplift.

use pellucid_diff::contribution::{DeepLift, Nonlinearity};

use super::difference::contributions;
use crate::Result;
use crate::baseline::{KIND, SIGMA, VALUE};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values, choice, float};

/// The rule at nonlinearities.
pub(crate) const RULE: ParamSpec = choice(
    "rule",
    "rescale",
    &["rescale", "reveal-cancel", "reveal-cancel-behind-dense"],
    "what happens at nonlinearities; the last one as published for images: Rescale behind convolutions, RevealCancel behind dense layers",
);

/// The difference below which a multiplier is the derivative.
pub(crate) const THRESHOLD: ParamSpec =
    float("threshold", 1e-10, 0.0, 1.0, "difference of a node's input below which its multiplier is the derivative");

static PARAMS: &[ParamSpec] = &[RULE, THRESHOLD, KIND, VALUE, SIGMA];

/// DeepLIFT.
pub static INFO: MethodInfo = MethodInfo {
    id: "deep-lift",
    name: "DeepLIFT",
    family: Family::Relevance,
    summary: "Shares the target's difference from a baseline, node by node, by how much each input differs",
    sources: &["shrikumar2017deeplift"],
    needs: &[Need::Gradient],
    cost: "2 F + 1 B",
    keeps: &[
        ("completeness", "every rule hands on what its node was sent"),
        ("dummy", "an input that equals the baseline gets 0"),
    ],
    breaks: &[("implementation invariance", "two graphs of the same function can share differently")],
    params: PARAMS,
    cautions: &["the map is 0 wherever the input equals the baseline"],
    revision: 1,
    file: include_str!("deep_lift.rs"),
    kind: Kind::Driven(drive),
};

/// The settings that the parameters describe.
pub(crate) fn settings(values: &Values) -> DeepLift {
    let nonlinearity = match values.word("rule") {
        "reveal-cancel" => Nonlinearity::RevealCancel,
        "reveal-cancel-behind-dense" => Nonlinearity::RevealCancelBehindDense,
        _ => Nonlinearity::Rescale,
    };
    DeepLift { nonlinearity, threshold: values.float("threshold") }
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    contributions(context, values, &settings(values), INFO.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{assert_close, bench, deep_net, linear_net, one_map, random};

    #[test]
    fn a_linear_target_gives_weight_times_difference() {
        for shape in [&[1, 2, 6, 5][..], &[1, 1, 4, 3, 5], &[1, 3, 9]] {
            let (g, w) = linear_net(shape, 4);
            let b = bench(g, vec![random(shape, 5)], 1);
            let x = b.inputs[0].to_f64();
            let expected: Vec<f64> = x.iter().zip(&w).map(|(x, w)| w * (x - 0.3)).collect();
            for rule in ["rescale", "reveal-cancel"] {
                let found = b.run("deep-lift", &[("value", json!(0.3)), ("rule", json!(rule))]).unwrap();
                assert_close(&one_map(&found), &expected, 1e-5);
            }
        }
    }

    #[test]
    fn every_rule_is_complete_and_accounts_for_every_node() {
        let b = bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], 1);
        for rule in ["rescale", "reveal-cancel", "reveal-cancel-behind-dense"] {
            let found = b.run("deep-lift", &[("rule", json!(rule)), ("baseline", json!("channel-mean"))]).unwrap();
            assert!(found.checks.iter().all(|c| c.holds), "{rule}: {:?}", found.checks);
            assert!(!found.balance.is_empty());
            let scale = found.balance.iter().map(|l| l.received.abs()).fold(0.0, f64::max);
            assert!(found.balance.iter().all(|l| l.kept().abs() < 1e-4 * scale), "{:?}", found.balance);
        }
    }
}
