//! Score-CAM on the channels whose maps vary most.
//!
//! # Formula
//! ```text
//! L(p) = sum_{k in C} s_k U(A_k)(p)        C: the `channels` channels with the largest spatial standard deviation of A_k
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `s_k`, `U`: as in Score-CAM
//!
//! # Axioms
//! With as many channels as the layer has it is Score-CAM. With fewer it is an approximation: nothing bounds what is left out.
//!
//! # Cost
//! 1 F and at most `channels` F.
//!
//! # In images
//! As Score-CAM. A small lesion that few positions answer to has a small standard deviation, so its channels may be left out.
//!
//! # Departures
//! The standard deviation is that of the population and is taken before enlarging; of equal ones the lower channel comes first.
//!
//! # Source
//! li2020fasterscorecam, as published in code; scores: wang2020scorecam.

use crate::Result;
use crate::cam::activation::Activation;
use crate::cam::score_cam::Once;
use crate::cam::scored::{self, COMBINE, ENLARGE, NORMALISE, PRESET, Plan, SCORE, SOFTMAX};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values, int};

static PARAMS: &[ParamSpec] = &[
    int("channels", 10, 1, 1_000_000, "how many channels take part"),
    PRESET,
    SCORE,
    SOFTMAX,
    NORMALISE,
    ENLARGE,
    COMBINE,
];

/// Faster-Score-CAM.
pub static INFO: MethodInfo = MethodInfo {
    id: "faster-score-cam",
    name: "Faster-Score-CAM",
    family: Family::Cam,
    summary: "Score-CAM on the channels whose maps vary most",
    sources: &["li2020fasterscorecam", "wang2020scorecam"],
    needs: &[Need::FeatureMap],
    cost: "1 F + at most `channels` F",
    keeps: &[("score-cam-limit", "with all channels it is Score-CAM")],
    breaks: &[("completeness", "scores of masked inputs don't add up to the value")],
    params: PARAMS,
    cautions: &["an approximation: channels that answer to a small lesion may be left out"],
    revision: 1,
    file: include_str!("faster_score_cam.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let count = values.count("channels");
    let plan = Plan { channels: &|a| most_varied(a, count), draws: &|_, _, _| Ok(Box::new(Once)), score_dead: true };
    scored::drive(context, values, INFO.id, &plan)
}

/// The channels of largest variance, in their own order.
fn most_varied(a: &Activation, count: usize) -> Vec<usize> {
    let variance = |k: usize| {
        let channel = a.channel(k);
        let mean = channel.iter().sum::<f64>() / channel.len() as f64;
        channel.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>()
    };
    let variances: Vec<f64> = (0..a.channels).map(variance).collect();
    let mut order: Vec<usize> = (0..a.channels).collect();
    order.sort_by(|&i, &j| variances[j].total_cmp(&variances[i]).then(i.cmp(&j)));
    order.truncate(count);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use crate::testing::{assert_close, bench, deep_net, extra, random};

    #[test]
    fn the_most_varied_channels_are_taken_and_all_of_them_are_score_cam() {
        let b = bench(deep_net(&[8, 6]), vec![random(&[1, 2, 8, 6], 5)], 2).at("features");
        let all = b.map("faster-score-cam", &[("channels", 6.into())]);
        assert_close(&all, &b.map("score-cam", &[]), 1e-7);
        let found = b.run("faster-score-cam", &[("channels", 2.into())]).unwrap();
        let a = b.wire("features").to_f64();
        let deviation = |k: usize| {
            let c = &a[k * 48..(k + 1) * 48];
            let mean = c.iter().sum::<f64>() / 48.0;
            c.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        };
        let mut order: Vec<usize> = (0..6).collect();
        order.sort_by(|&i, &j| deviation(j).total_cmp(&deviation(i)));
        let mut expected = vec![order[0] as f64, order[1] as f64];
        expected.sort_by(f64::total_cmp);
        assert_eq!(extra(&found, "channels"), expected);
        assert_eq!(found.counts.forwards, 3);
    }
}
