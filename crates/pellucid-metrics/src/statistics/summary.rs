//! Summary of a metric over images, with a bootstrap interval.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::random::Stream;
use crate::statistics::moments::{mean, median, quantile_of_sorted, variance};
use crate::undefined::{Outcome, Undefined};

/// Summary over images. Undefined values are left out and counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub median: f64,
    /// Standard deviation with `n - 1`; none for one value.
    pub sd: Option<f64>,
    /// 95 % percentile interval of the bootstrapped mean.
    pub interval: (f64, f64),
    /// Number of values.
    pub count: usize,
    /// Number of undefined values by reason.
    pub undefined: BTreeMap<Undefined, usize>,
}

/// Summarises values of images; the interval comes from `resamples` seeded resamples of the images (1000 is customary).
///
/// # Errors
/// When no value is defined.
pub fn summarise(values: &[Outcome], resamples: usize, seed: u64) -> Outcome<Summary> {
    let mut undefined = BTreeMap::new();
    let mut defined = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Ok(v) if v.is_finite() => defined.push(*v),
            Ok(_) => *undefined.entry(Undefined::NonFinite).or_insert(0) += 1,
            Err(reason) => *undefined.entry(*reason).or_insert(0) += 1,
        }
    }
    Ok(Summary {
        mean: mean(&defined)?,
        median: median(&defined)?,
        sd: variance(&defined).ok().map(f64::sqrt),
        interval: interval(&defined, resamples, seed)?,
        count: defined.len(),
        undefined,
    })
}

fn interval(values: &[f64], resamples: usize, seed: u64) -> Outcome<(f64, f64)> {
    let mut stream = Stream::new(seed, 0x6269);
    let n = values.len();
    let mut means: Vec<f64> =
        (0..resamples.max(1)).map(|_| (0..n).map(|_| values[stream.below(n)]).sum::<f64>() / n as f64).collect();
    means.sort_by(f64::total_cmp);
    Ok((quantile_of_sorted(&means, 0.025)?, quantile_of_sorted(&means, 0.975)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_values_are_counted_and_the_interval_covers_the_mean() {
        let mut stream = Stream::new(5, 0);
        let mut values: Vec<Outcome> = (0..400).map(|_| Ok(stream.normal())).collect();
        values.extend([Err(Undefined::EmptyMask), Err(Undefined::EmptyMask), Err(Undefined::NonFinite)]);
        let s = summarise(&values, 1000, 1).unwrap();
        assert_eq!((s.count, s.undefined[&Undefined::EmptyMask], s.undefined[&Undefined::NonFinite]), (400, 2, 1));
        assert!(s.interval.0 < s.mean && s.mean < s.interval.1);
        // The interval's width is about 4 standard errors.
        let width = (s.interval.1 - s.interval.0) / (s.sd.unwrap() / 20.0);
        assert!((width - 3.92).abs() < 0.4, "{width}");
        assert_eq!(summarise(&values, 1000, 1).unwrap(), s);
        assert_eq!(summarise(&[Err(Undefined::FullMask)], 10, 0), Err(Undefined::TooFewPoints));
    }
}
