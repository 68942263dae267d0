//! Functions of one value, to which every intensity step but CLAHE comes down once its statistics are taken.
//!
//! Kept with the prepared input, they tell what any other value of the image would have become: so a baseline such as "air, -1000 HU" goes the
//! same way as the image.

use serde::{Deserialize, Serialize};

use crate::DisplayWindow;

/// A function of one value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pointwise {
    /// `scale * v + offset`, then limited; one pair per channel, or one for all.
    Linear {
        /// Factors.
        scale: Vec<f64>,
        /// Added after.
        offset: Vec<f64>,
        /// Least and greatest result.
        limits: Option<[f64; 2]>,
    },
    /// Straight lines between knots, the outer ones prolonged.
    Lines {
        /// Places, rising.
        from: Vec<f64>,
        /// Values there.
        to: Vec<f64>,
    },
    /// A display window, its brightness sent from `[0, 1]` to `to`.
    Window {
        /// The window.
        window: DisplayWindow,
        /// Target range.
        to: [f64; 2],
    },
    /// `max * (v / max)^(1 / gamma)` for `v > 0`.
    Power {
        /// Exponent's inverse.
        gamma: f64,
        /// The value that stays.
        max: f64,
        /// Whether the result is cut to a whole number.
        whole: bool,
    },
    /// Rounds to the nearest whole number, halves up.
    Round,
    /// Replaces NaN and infinite values.
    ReplaceNan {
        /// By this.
        value: f64,
    },
}

impl Pointwise {
    /// One linear function for all channels.
    pub fn linear(scale: f64, offset: f64) -> Pointwise {
        Pointwise::Linear { scale: vec![scale], offset: vec![offset], limits: None }
    }

    /// The function that sends `from` to `to`; a range without width goes to its lower end.
    pub fn between(from: [f64; 2], to: [f64; 2], clip: bool) -> Pointwise {
        let width = from[1] - from[0];
        let scale = if width > 0.0 { (to[1] - to[0]) / width } else { 0.0 };
        let limits = clip.then_some([to[0].min(to[1]), to[0].max(to[1])]);
        Pointwise::Linear { scale: vec![scale], offset: vec![to[0] - scale * from[0]], limits }
    }

    /// The value of `v` in a channel.
    pub fn apply(&self, v: f64, channel: usize) -> f64 {
        match self {
            Pointwise::Linear { scale, offset, limits } => {
                let pick = |list: &[f64]| list.get(channel).or(list.first()).copied().unwrap_or(0.0);
                let out = pick(scale) * v + pick(offset);
                limits.map_or(out, |[lo, hi]| if out.is_nan() { out } else { out.clamp(lo, hi) })
            }
            Pointwise::Lines { from, to } => lines(from, to, v),
            Pointwise::Window { window, to } => to[0] + window.apply(v) * (to[1] - to[0]),
            Pointwise::Power { gamma, max, whole } => {
                let out = if v > 0.0 { max * (v / max).powf(1.0 / gamma) } else { v };
                if *whole { out.trunc() } else { out }
            }
            Pointwise::Round => (v + 0.5).floor(),
            Pointwise::ReplaceNan { value } => {
                if v.is_finite() {
                    v
                } else {
                    *value
                }
            }
        }
    }
}

fn lines(from: &[f64], to: &[f64], v: f64) -> f64 {
    if from.len() < 2 || v.is_nan() {
        return v;
    }
    let upper = from.partition_point(|&f| f <= v).clamp(1, from.len() - 1);
    let (a, b) = (from[upper - 1], from[upper]);
    let slope = if b > a { (to[upper] - to[upper - 1]) / (b - a) } else { 0.0 };
    to[upper - 1] + slope * (v - a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_prolonged() {
        let f = Pointwise::Lines { from: vec![0.0, 10.0, 20.0], to: vec![0.0, 1.0, 5.0] };
        assert_eq!([-10.0, 5.0, 15.0, 30.0].map(|v| f.apply(v, 0)), [-1.0, 0.5, 3.0, 9.0]);
    }

    #[test]
    fn a_range_without_width_is_flat() {
        let f = Pointwise::between([3.0, 3.0], [0.0, 1.0], true);
        assert_eq!([2.0, 3.0, 4.0].map(|v| f.apply(v, 0)), [0.0; 3]);
    }
}
