//! A heatmap of an attribution: one number per site of its channels.
//!
//! # Source
//! arras2022clevrxai.

use crate::error::finite;
use crate::image::Image;
use crate::undefined::Outcome;

/// How channels become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// `max(0, sum a)`.
    SumPos,
    /// `|sum a|`.
    SumAbs,
    /// `sum |a|`.
    L1Norm,
    /// `max |a|`.
    MaxNorm,
    /// `sqrt(sum a^2)`.
    L2Norm,
    /// `sum a^2`.
    L2NormSq,
    /// `sum max(0, a)`: the default where a map is compared with a mask.
    PosSum,
    /// `max max(0, a)`.
    PosMaxNorm,
    /// `sqrt(sum max(0, a)^2)`.
    PosL2Norm,
    /// `sum max(0, a)^2`.
    PosL2NormSq,
    /// `sum a`: the default where a map orders sites.
    Sum,
    /// `mean a`.
    Mean,
}

/// A step over one channel's value, then one over the result.
type Fold = (&'static str, Pooling, fn(f64, f64) -> f64, fn(f64, usize) -> f64);

/// Every pooling: name, how a value is added, what is done with the sum.
static POOLINGS: [Fold; 12] = [
    ("sum_pos", Pooling::SumPos, |s, a| s + a, |s, _| s.max(0.0)),
    ("sum_abs", Pooling::SumAbs, |s, a| s + a, |s, _| s.abs()),
    ("l1_norm", Pooling::L1Norm, |s, a| s + a.abs(), |s, _| s),
    ("max_norm", Pooling::MaxNorm, |s, a| s.max(a.abs()), |s, _| s),
    ("l2_norm", Pooling::L2Norm, f64::hypot, |s, _| s),
    ("l2_norm_sq", Pooling::L2NormSq, |s, a| s + a * a, |s, _| s),
    ("pos_sum", Pooling::PosSum, |s, a| s + a.max(0.0), |s, _| s),
    ("pos_max_norm", Pooling::PosMaxNorm, |s, a| s.max(a), |s, _| s),
    ("pos_l2_norm", Pooling::PosL2Norm, |s, a| s.hypot(a.max(0.0)), |s, _| s),
    ("pos_l2_norm_sq", Pooling::PosL2NormSq, |s, a| s + a.max(0.0).powi(2), |s, _| s),
    ("sum", Pooling::Sum, |s, a| s + a, |s, _| s),
    ("mean", Pooling::Mean, |s, a| s + a, |s, n| s / n as f64),
];

impl Pooling {
    /// All names, in the order of the paper; `sum` and `mean` are ours.
    pub fn names() -> impl Iterator<Item = &'static str> {
        POOLINGS.iter().map(|p| p.0)
    }

    /// The pooling of a name.
    pub fn named(name: &str) -> Option<Pooling> {
        POOLINGS.iter().find(|p| p.0 == name).map(|p| p.1)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        POOLINGS[self as usize].0
    }

    /// The heatmap of an attribution, one value per site.
    ///
    /// # Errors
    /// When a value isn't finite.
    pub fn pool(self, attribution: &Image) -> Outcome<Vec<f64>> {
        finite(attribution.values)?;
        let (_, _, add, finish) = POOLINGS[self as usize];
        let sites = attribution.sites();
        let mut map = vec![0.0; sites];
        for channel in attribution.values.chunks_exact(sites) {
            map.iter_mut().zip(channel).for_each(|(m, &a)| *m = add(*m, a));
        }
        map.iter_mut().for_each(|m| *m = finish(*m, attribution.channels));
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pooling_of_three_channels() {
        let values = [3.0, 1.0, -4.0, -2.0, 0.0, 0.0];
        let a = Image::new(3, &[2], &values).unwrap();
        // Site 0 has 3, -4, 0; site 1 has 1, -2, 0.
        let expected = [0.0, 1.0, 7.0, 4.0, 5.0, 25.0, 3.0, 3.0, 3.0, 9.0, -1.0, -1.0 / 3.0];
        for (name, want) in Pooling::names().zip(expected) {
            let p = Pooling::named(name).unwrap();
            assert_eq!(p.name(), name);
            assert!((p.pool(&a).unwrap()[0] - want).abs() < 1e-12, "{name}");
        }
        assert_eq!(Pooling::SumAbs.pool(&a).unwrap()[1], 1.0);
    }
}
