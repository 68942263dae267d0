//! Score-CAM with scores averaged over masks that grow from faint to full.
//!
//! # Formula
//! ```text
//! s_k = 1/n sum_{i=1..n} score(x * c_i H_k)        c_i = i/n (linear) or i (i + 1) / (2 n) (cumulative)
//! L(p) = sum_k w_k U(A_k)(p)
//! ```
//!
//! # Symbols
//! - `A_k`, `H_k`, `U`, `score`: as in Score-CAM
//! - `c_i`: coefficient of step `i`
//! - `n`: `samples`, number of steps
//!
//! # Axioms
//! With one step it is Score-CAM. Completeness fails.
//!
//! # Cost
//! 1 F and n F per different mask; all constant channels share 1 F.
//!
//! # In images
//! As Score-CAM.
//!
//! # Departures
//! The coefficients published in code add up, `sum_{j <= i} j/n`, and exceed 1 (up to 5.5 for ten steps), so inputs leave their range: they are
//! offered as `coefficients = cumulative`, and `i/n` is the default.
//!
//! # Source
//! naidu2020iscam, section 3.

use crate::Result;
use crate::cam::scored::{self, COMBINE, Draw, ENLARGE, NORMALISE, PRESET, Place, Plan, SCORE, SOFTMAX, masked_by};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values, choice, int};

static PARAMS: &[ParamSpec] = &[
    int("samples", 10, 1, 100_000, "steps from a faint to the full mask"),
    choice("coefficients", "linear", &["linear", "cumulative"], "how the mask grows: `i/n`, or `i (i + 1) / (2 n)`"),
    PRESET,
    SCORE,
    SOFTMAX,
    NORMALISE,
    ENLARGE,
    COMBINE,
];

/// IS-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "is-cam",
    name: "IS-CAM",
    family: Family::Cam,
    summary: "Score-CAM with scores averaged over masks that grow from faint to full",
    sources: &["naidu2020iscam"],
    needs: &[Need::FeatureMap],
    cost: "1 F + samples F per different mask",
    keeps: &[("score-cam-limit", "with one step it is Score-CAM")],
    breaks: &[("completeness", "scores of masked inputs don't add up to the value")],
    params: PARAMS,
    cautions: &["cumulative coefficients drive inputs out of their range"],
    revision: 1,
    file: include_str!("is_cam.rs"),
    kind: Kind::Driven(drive),
};

/// The input times the mask, scaled.
struct Growing {
    coefficients: Vec<f64>,
}

impl Draw for Growing {
    fn count(&self) -> usize {
        self.coefficients.len()
    }

    fn values(&self, place: &Place, mask: &[f64]) -> Result<Vec<f64>> {
        Ok(masked_by(&place.masked.values, mask, self.coefficients[place.draw]))
    }
}

fn coefficients(n: usize, cumulative: bool) -> Vec<f64> {
    let c = |i: usize| if cumulative { (i * (i + 1)) as f64 / (2 * n) as f64 } else { i as f64 / n as f64 };
    (1..=n).map(c).collect()
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let (n, cumulative) = (values.count("samples"), values.word("coefficients") == "cumulative");
    let plan = Plan {
        channels: &|a| (0..a.channels).collect(),
        draws: &|_, _, _| Ok(Box::new(Growing { coefficients: coefficients(n, cumulative) })),
        score_dead: true,
    };
    scored::drive(context, values, INFO.id, &plan)
}

#[cfg(test)]
mod tests {
    use super::coefficients;
    use crate::testing::{assert_close, bench, deep_net, extra, random};

    #[test]
    fn coefficients_grow_to_one_or_beyond() {
        assert_eq!(coefficients(4, false), [0.25, 0.5, 0.75, 1.0]);
        let added = [0.1, 0.3, 0.6, 1.0, 1.5, 2.1, 2.8, 3.6, 4.5, 5.5];
        assert_close(&coefficients(10, true), &added, 1e-12);
    }

    #[test]
    fn one_step_is_score_cam_and_steps_are_averaged() {
        let b = bench(deep_net(&[6, 7]), vec![random(&[1, 2, 6, 7], 5)], 2).at("features");
        assert_close(&b.map("is-cam", &[("samples", 1.into())]), &b.map("score-cam", &[]), 1e-7);
        let found = b.run("is-cam", &[("samples", 3.into())]).unwrap();
        // the layer, three steps of four live masks, one empty mask
        assert_eq!(found.counts.forwards, 1 + 3 * 4 + 1);
        let single = b.run("score-cam", &[]).unwrap();
        assert_eq!(extra(&found, "scores")[1], extra(&single, "scores")[1]);
        assert_ne!(extra(&found, "scores")[0], extra(&single, "scores")[0]);
    }
}
