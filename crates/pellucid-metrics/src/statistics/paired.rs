//! Paired tests between two methods on the same images, with Holm's correction for several.
//!
//! # Source
//! wilcoxon1945individual; holm1979simple.

use serde::Serialize;

use crate::error::{Result, same_len};
use crate::random::Stream;
use crate::ranking::mid_ranks;
use crate::statistics::distribution::normal_two_sided;
use crate::statistics::moments::{mean, median};
use crate::undefined::{Outcome, Undefined};

/// How a test got its probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alternatives {
    /// From all assignments of signs.
    Exact,
    /// From the normal approximation, with tie and continuity correction.
    Normal,
    /// From seeded random assignments of signs.
    Sampled,
}

/// Result of a paired test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairedTest {
    /// Number of pairs with both values.
    pub pairs: usize,
    /// Mean of the differences, first minus second.
    pub mean_difference: f64,
    /// Median of the differences.
    pub median_difference: f64,
    /// Sum of ranks of positive differences (Wilcoxon), or the mean difference (sign flip).
    pub statistic: f64,
    /// Two-sided probability under no difference.
    pub p: f64,
    /// Where the probability comes from.
    pub from: Alternatives,
}

/// Most pairs for which all assignments of signs are counted in the Wilcoxon test.
const EXACT_PAIRS: usize = 50;

/// Differences of the pairs of which both are defined.
fn differences(a: &[Outcome], b: &[Outcome]) -> Result<Vec<f64>> {
    same_len("values of the second method", a.len(), b.len())?;
    let both = a.iter().zip(b).filter_map(|(a, b)| Some(a.ok()? - b.ok()?));
    let found: Vec<f64> = both.filter(|d| d.is_finite()).collect();
    if found.is_empty() { Err(Undefined::TooFewPoints.into()) } else { Ok(found) }
}

/// Wilcoxon's signed-rank test. Zero differences are dropped; equal ones share their mid-rank. Exact up to 50 non-zero differences.
///
/// # Errors
/// When lengths differ, or no pair has two values that differ.
pub fn wilcoxon(a: &[Outcome], b: &[Outcome]) -> Result<PairedTest> {
    let all = differences(a, b)?;
    let nonzero: Vec<f64> = all.iter().copied().filter(|d| *d != 0.0).collect();
    if nonzero.is_empty() {
        return Err(Undefined::ZeroVariance.into());
    }
    let ranks = mid_ranks(&nonzero.iter().map(|d| d.abs()).collect::<Vec<_>>())?;
    let positive: f64 = ranks.iter().zip(&nonzero).filter(|(_, d)| **d > 0.0).map(|(r, _)| r).sum();
    let exact = nonzero.len() <= EXACT_PAIRS;
    Ok(PairedTest {
        pairs: all.len(),
        mean_difference: mean(&all)?,
        median_difference: median(&all)?,
        statistic: positive,
        p: if exact { exact_p(&ranks, positive) } else { normal_p(&ranks, positive) },
        from: if exact { Alternatives::Exact } else { Alternatives::Normal },
    })
}

/// Two-sided probability over all assignments of signs. Mid-ranks are halves, so twice a rank is an index.
fn exact_p(ranks: &[f64], positive: f64) -> f64 {
    let doubled: Vec<usize> = ranks.iter().map(|r| (2.0 * r).round() as usize).collect();
    let total: usize = doubled.iter().sum();
    let mut ways = vec![0.0; total + 1];
    ways[0] = 1.0;
    for &r in &doubled {
        for s in (r..=total).rev() {
            ways[s] += ways[s - r];
        }
    }
    let at = (2.0 * positive).round() as usize;
    let tail = |range: &[f64]| range.iter().sum::<f64>() / 2f64.powi(ranks.len() as i32);
    (2.0 * tail(&ways[..=at]).min(tail(&ways[at..]))).min(1.0)
}

fn normal_p(ranks: &[f64], positive: f64) -> f64 {
    // With mid-ranks the variance is a quarter of the sum of squares, which holds the correction for ties.
    let centre = ranks.iter().sum::<f64>() / 2.0;
    let sd = (ranks.iter().map(|r| r * r).sum::<f64>() / 4.0).sqrt();
    normal_two_sided(((positive - centre).abs() - 0.5).max(0.0) / sd)
}

/// Sign-flip permutation test of the mean difference: all assignments up to 16 pairs, otherwise `samples` seeded ones. The observed one counts
/// among the samples, so the probability is never 0.
///
/// # Errors
/// When lengths differ, or no pair has both values.
pub fn sign_flip(a: &[Outcome], b: &[Outcome], samples: usize, seed: u64) -> Result<PairedTest> {
    let d = differences(a, b)?;
    let observed = mean(&d)?;
    // Sums of the same numbers in another order differ by rounding; what is equal must count as equal.
    let limit = observed.abs() * d.len() as f64 * (1.0 - 1e-12);
    let exact = d.len() <= 16;
    let p = if exact {
        let extreme = (0..1u32 << d.len()).filter(|signs| {
            d.iter().enumerate().map(|(i, v)| if signs >> i & 1 == 1 { -v } else { *v }).sum::<f64>().abs() >= limit
        });
        extreme.count() as f64 / f64::from(1u32 << d.len())
    } else {
        let mut stream = Stream::new(seed, 0x7366);
        let extreme = (0..samples)
            .filter(|_| d.iter().map(|v| if stream.chance(0.5) { -v } else { *v }).sum::<f64>().abs() >= limit);
        (extreme.count() + 1) as f64 / (samples + 1) as f64
    };
    let from = if exact { Alternatives::Exact } else { Alternatives::Sampled };
    Ok(PairedTest {
        pairs: d.len(),
        mean_difference: observed,
        median_difference: median(&d)?,
        statistic: observed,
        p,
        from,
    })
}

/// Probabilities of several tests, corrected by Holm's step-down rule; in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let mut corrected = vec![0.0; p.len()];
    let mut least = 0.0f64;
    for (rank, &i) in order.iter().enumerate() {
        least = least.max((p.len() - rank) as f64 * p[i]).min(1.0);
        corrected[i] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(values: &[f64]) -> Vec<Outcome> {
        values.iter().map(|v| Ok(*v)).collect()
    }

    #[test]
    fn exact_probabilities_are_those_of_counting() {
        // All six positive: 2 of 64 assignments are as extreme.
        let (a, b) = (ok(&[2.0, 3.0, 4.5, 6.0, 8.0, 9.0]), ok(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0]));
        let w = wilcoxon(&a, &b).unwrap();
        assert_eq!((w.statistic, w.p, w.from), (21.0, 2.0 / 64.0, Alternatives::Exact));
        assert_eq!(sign_flip(&a, &b, 0, 0).unwrap().p, 2.0 / 64.0);
        let w = wilcoxon(&b, &a).unwrap();
        assert_eq!((w.statistic, w.p), (0.0, 2.0 / 64.0));
        assert!(wilcoxon(&a, &a).is_err());
    }

    #[test]
    fn the_normal_approximation_is_near_the_exact_probability() {
        let mut stream = Stream::new(1, 7);
        let d: Vec<f64> = (0..50).map(|_| stream.normal() + 0.2).collect();
        let ranks = mid_ranks(&d.iter().map(|v| v.abs()).collect::<Vec<_>>()).unwrap();
        let positive: f64 = ranks.iter().zip(&d).filter(|(_, d)| **d > 0.0).map(|(r, _)| r).sum();
        assert!((exact_p(&ranks, positive) - normal_p(&ranks, positive)).abs() < 0.01);
    }

    #[test]
    fn sampled_flips_agree_with_the_normal_test_and_undefined_pairs_are_dropped() {
        let mut stream = Stream::new(2, 7);
        let mut a: Vec<Outcome> = (0..60).map(|_| Ok(stream.normal() + 0.3)).collect();
        let b: Vec<Outcome> = (0..60).map(|_| Ok(0.0)).collect();
        a[3] = Err(Undefined::EmptyMask);
        let flip = sign_flip(&a, &b, 5000, 1).unwrap();
        let rank = wilcoxon(&a, &b).unwrap();
        assert_eq!((flip.pairs, rank.pairs), (59, 59));
        assert!((flip.p - rank.p).abs() < 0.05, "{} {}", flip.p, rank.p);
    }

    #[test]
    fn holm_steps_down() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }
}
