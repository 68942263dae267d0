//! How far maps agree: rank correlation and overlap of their strongest places, on the grid of the model input.
//!
//! # Formula
//! ```text
//! rho(a, b) = Pearson correlation of the ranks of |a| and |b| (ties share their mean rank)
//! overlap(a, b) = sum_p min(m_a(p), m_b(p)) / k      m(p) = 1 in the k strongest places, ties at the cut share what is left of k
//! ```
//! Two maps without relation have an overlap of about `k / n`, the share of places taken.
//!
//! # Source
//! C. Spearman, The proof and measurement of association between two things, American Journal of Psychology 15 (1904).

use crate::field::Field;

/// The share of places that counts as strongest.
pub const TOP: f64 = 0.1;

/// Places that are compared at most; larger grids are read at every n-th place along each axis.
const MOST: usize = 1 << 19;

/// Agreement of two maps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Rank correlation of magnitudes, between -1 and 1; `None` when a map is constant.
    pub rank_correlation: Option<f64>,
    /// Overlap of the strongest tenth, between 0 and 1; `None` when a map is constant.
    pub overlap: Option<f64>,
}

/// A map made ready for comparing.
pub struct Ranked {
    /// Ranks less their mean.
    ranks: Vec<f64>,
    /// Root of the sum of their squares.
    norm: f64,
    /// Membership of the strongest places, and how many there are.
    top: Vec<f32>,
    k: usize,
}

impl Ranked {
    /// Ranks the magnitudes of a field.
    pub fn of(field: &Field) -> Ranked {
        let magnitudes = thinned(field);
        let order = ascending(&magnitudes);
        let k = ((magnitudes.len() as f64 * TOP).round() as usize).max(1);
        let mut ranks = mean_ranks(&magnitudes, &order);
        let mean = (ranks.len() as f64 + 1.0) / 2.0;
        ranks.iter_mut().for_each(|r| *r -= mean);
        let norm = ranks.iter().map(|r| r * r).sum::<f64>().sqrt();
        Ranked { ranks, norm, top: strongest(&magnitudes, &order, k), k }
    }

    /// Agreement with another map on the same grid.
    pub fn agreement(&self, other: &Ranked) -> Agreement {
        if self.norm == 0.0 || other.norm == 0.0 || self.ranks.len() != other.ranks.len() {
            return Agreement { rank_correlation: None, overlap: None };
        }
        let product: f64 = self.ranks.iter().zip(&other.ranks).map(|(a, b)| a * b).sum();
        let common: f64 = self.top.iter().zip(&other.top).map(|(a, b)| f64::from(a.min(*b))).sum();
        Agreement {
            rank_correlation: Some((product / (self.norm * other.norm)).clamp(-1.0, 1.0)),
            overlap: Some((common / self.k as f64).min(1.0)),
        }
    }
}

/// Every how many places along each axis a grid is read.
pub(crate) fn stride(grid: [usize; 3]) -> usize {
    let count = |s: usize| grid.iter().map(|n| n.div_ceil(s)).product::<usize>();
    (1..).find(|&s| count(s) <= MOST).unwrap_or(1)
}

/// Magnitudes at the places that are compared.
fn thinned(field: &Field) -> Vec<f32> {
    let step = stride(field.grid());
    let [d, h, w] = field.grid();
    let mut out = Vec::new();
    for z in (0..d).step_by(step) {
        for y in (0..h).step_by(step) {
            let row = &field.values()[(z * h + y) * w..(z * h + y + 1) * w];
            out.extend(row.iter().step_by(step).map(|v| v.abs()));
        }
    }
    out
}

/// Indices from the smallest value to the largest.
fn ascending(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    order
}

/// Ranks from 1; equal values share the mean of their ranks.
fn mean_ranks(values: &[f32], order: &[usize]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    for (start, group) in groups(values, order) {
        let rank = start as f64 + (group.len() as f64 + 1.0) / 2.0;
        group.iter().for_each(|i| ranks[*i] = rank);
    }
    ranks
}

/// Runs of equal values in an order, each with its start.
fn groups<'a>(values: &'a [f32], order: &'a [usize]) -> impl Iterator<Item = (usize, &'a [usize])> {
    let mut start = 0;
    order.chunk_by(|a, b| values[*a] == values[*b]).map(move |group| {
        start += group.len();
        (start - group.len(), group)
    })
}

/// Membership of the `k` strongest; those that tie at the cut share what is left.
fn strongest(values: &[f32], order: &[usize], k: usize) -> Vec<f32> {
    let mut member = vec![0.0; values.len()];
    let mut left = k;
    let runs: Vec<&[usize]> = groups(values, order).map(|g| g.1).collect();
    for group in runs.into_iter().rev() {
        let share = left.min(group.len()) as f32 / group.len() as f32;
        group.iter().for_each(|i| member[*i] = share);
        left = left.saturating_sub(group.len());
        if left == 0 {
            break;
        }
    }
    member
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(values: &[f32]) -> Field {
        Field::new([1, 1, values.len()], values.to_vec()).unwrap()
    }

    fn agreement(a: &[f32], b: &[f32]) -> Agreement {
        Ranked::of(&field(a)).agreement(&Ranked::of(&field(b)))
    }

    #[test]
    fn rank_correlation_by_hand() {
        // ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 * 4 / (5 * 24) = 0.8
        let rho = agreement(&[1.0, 2.0, 3.0, 4.0, 5.0], &[20.0, 10.0, 40.0, 30.0, 50.0]).rank_correlation.unwrap();
        assert!((rho - 0.8).abs() < 1e-12);
        // with ties: ranks 1.5 1.5 3 4 and 1 2 3.5 3.5; deviations -1 -1 .5 1.5 and -1.5 -.5 1 1 give 4 / 4.5
        let rho = agreement(&[0.0, 0.0, 1.0, 2.0], &[0.0, 1.0, 7.0, 7.0]).rank_correlation.unwrap();
        assert!((rho - 4.0 / 4.5).abs() < 1e-12);
    }

    #[test]
    fn magnitudes_count_and_reversed_order_gives_minus_one() {
        let rho = |a, b| agreement(a, b).rank_correlation.unwrap();
        assert!((rho(&[-1.0, 2.0, -3.0], &[10.0, -20.0, 30.0]) - 1.0).abs() < 1e-12);
        assert!((rho(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-12);
    }

    #[test]
    fn overlap_of_the_strongest_tenth_by_hand() {
        // 20 places: the 2 strongest are {18, 19} and {0, 19}
        let a: Vec<f32> = (0..20).map(|i| i as f32).collect();
        let mut b = a.clone();
        b[0] = 100.0;
        assert_eq!(agreement(&a, &b).overlap, Some(0.5));
        // three places tie for two seats: each holds 2/3 of one; {18, 19} of the other map hold a whole one each
        let mut c = vec![0.0; 20];
        (17..20).for_each(|i| c[i] = 1.0);
        let overlap = agreement(&a, &c).overlap.unwrap();
        assert!((overlap - 2.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn constant_maps_agree_with_nothing() {
        let none = Agreement { rank_correlation: None, overlap: None };
        assert_eq!(agreement(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0]), none);
        assert_eq!(agreement(&[1.0, 2.0], &[1.0, 2.0, 3.0]), none);
    }

    #[test]
    fn large_grids_are_thinned() {
        assert_eq!((stride([1, 512, 512]), stride([1, 1024, 1024]), stride([128, 256, 256])), (1, 2, 3));
        let n = 1100;
        let f = Field::new([1, n, n], (0..n * n).map(|i| i as f32).collect()).unwrap();
        assert_eq!(thinned(&f).len(), 550 * 550);
        assert_eq!(thinned(&f)[1], 2.0);
    }
}
