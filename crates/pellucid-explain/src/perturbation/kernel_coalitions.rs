//! Which coalitions Kernel SHAP scores, and how much each counts: small and large ones all, those between by lot.
//!
//! # Source
//! lundberg2017shap, section 4.1; covert2021kernelshap for drawing in pairs.

use crate::perturbation::coalition::{Coalition, shuffled};
use crate::random::Stream;

/// Coalitions with their weights. Neither the empty nor the full one is among them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Coalitions; those drawn come last, each followed by its complement.
    pub rows: Vec<Coalition>,
    /// Weights, of sum 1.
    pub weights: Vec<f64>,
    /// Where the drawn ones start.
    pub drawn: usize,
    /// Weight of all that were drawn.
    pub drawn_mass: f64,
}

/// `n` over `k`.
pub(crate) fn binomial(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64)
}

/// Weight of a coalition of `size` of `m` segments.
pub(crate) fn kernel(m: usize, size: usize) -> f64 {
    (m - 1) as f64 / (binomial(m, size) * (size * (m - size)) as f64)
}

impl Plan {
    /// About `budget` coalitions of `m` segments. From the smallest size on, all coalitions of a size and their complements are taken as long as the
    /// budget, shared out by weight, pays for them. What is left is spent on pairs of a random coalition and its complement.
    pub fn new(m: usize, budget: usize, seed: u64) -> Plan {
        let mass = masses(m);
        let mut plan = Plan { rows: vec![], weights: vec![], drawn: 0, drawn_mass: 1.0 };
        let mut left = budget as f64;
        let mut first = 0;
        // the last size has all the mass that is left: rounding must not count against it
        while first < mass.len() && left * mass[first] / plan.drawn_mass * (1.0 + 1e-9) >= count(m, first + 1) {
            plan.take_all(m, first + 1, mass[first]);
            left -= count(m, first + 1);
            plan.drawn_mass = mass[first + 1..].iter().sum();
            first += 1;
        }
        plan.drawn = plan.rows.len();
        if first < mass.len() {
            plan.draw(m, first, &mass[first..], ((left / 2.0) as usize).max(1), seed);
        }
        plan
    }

    fn take_all(&mut self, m: usize, size: usize, mass: f64) {
        let weight = mass / count(m, size);
        for chosen in subsets(m, size) {
            let row: Coalition = (0..m).map(|j| chosen.contains(&j)).collect();
            if 2 * size != m {
                self.rows.push(row.iter().map(|on| !on).collect());
                self.weights.push(weight);
            }
            self.rows.push(row);
            self.weights.push(weight);
        }
    }

    fn draw(&mut self, m: usize, first: usize, mass: &[f64], pairs: usize, seed: u64) {
        for i in 0..pairs {
            let mut stream = Stream::new(seed, i, 0);
            let mut at = stream.uniform() * self.drawn_mass;
            let last = mass.len() - 1;
            let size = mass[..last]
                .iter()
                .take_while(|m| {
                    at -= **m;
                    at > 0.0
                })
                .count()
                + first
                + 1;
            let chosen = shuffled(&mut stream, m, size);
            let mut row = vec![false; m];
            chosen.into_iter().for_each(|j| row[j] = true);
            self.rows.push(row.clone());
            self.rows.push(row.into_iter().map(|on| !on).collect());
        }
        self.weights.resize(self.rows.len(), self.drawn_mass / (2 * pairs) as f64);
    }
}

/// Share of the weight that all coalitions of size 1, 2, .. have together with their complements.
fn masses(m: usize) -> Vec<f64> {
    // not kernel times count, which run out of range for many segments
    let mass = |s: usize| if 2 * s == m { 1.0 } else { 2.0 } / (s * (m - s)) as f64;
    let all: Vec<f64> = (1..=m / 2).map(mass).collect();
    let total: f64 = all.iter().sum();
    all.into_iter().map(|v| v / total).collect()
}

/// Number of coalitions of a size and of their complements.
fn count(m: usize, size: usize) -> f64 {
    if 2 * size == m { binomial(m, size) } else { 2.0 * binomial(m, size) }
}

/// Every choice of `size` of `0..m`, in lexical order.
fn subsets(m: usize, size: usize) -> Vec<Vec<usize>> {
    let mut chosen: Vec<usize> = (0..size).collect();
    let mut out = vec![chosen.clone()];
    while let Some(i) = (0..size).rev().find(|&i| chosen[i] < m - size + i) {
        chosen[i] += 1;
        (i + 1..size).for_each(|k| chosen[k] = chosen[k - 1] + 1);
        out.push(chosen.clone());
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everything_is_taken_when_the_budget_allows() {
        for m in 2..=9 {
            let plan = Plan::new(m, (1 << m) - 2, 1);
            let distinct: BTreeSet<_> = plan.rows.iter().collect();
            assert_eq!(
                (distinct.len(), plan.rows.len(), plan.drawn),
                ((1 << m) - 2, (1 << m) - 2, (1 << m) - 2),
                "{m}"
            );
            let total: f64 = (1..m).map(|s| kernel(m, s) * binomial(m, s)).sum();
            for (row, w) in plan.rows.iter().zip(&plan.weights) {
                let size = row.iter().filter(|on| **on).count();
                assert!((w - kernel(m, size) / total).abs() < 1e-12, "{m} {size}");
            }
            assert!((plan.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12 && plan.drawn_mass == 0.0);
        }
    }

    #[test]
    fn what_the_budget_does_not_pay_for_is_drawn_in_pairs() {
        let plan = Plan::new(12, 200, 1);
        // 24 of size 1 and 11 are taken; 132 of size 2 and 10 aren't paid for by their share
        assert_eq!((plan.drawn, plan.rows.len()), (24, 200));
        assert!((plan.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for pair in plan.rows[24..].chunks(2) {
            assert!(pair[0].iter().zip(&pair[1]).all(|(a, b)| a != b));
            assert!((2..=10).contains(&pair[0].iter().filter(|on| **on).count()));
        }
        assert_ne!(plan, Plan::new(12, 200, 2));
        assert_eq!(plan.rows[..100], Plan::new(12, 150, 1).rows[..100]);
    }

    #[test]
    fn sizes_are_drawn_by_their_share() {
        let plan = Plan::new(12, 1000, 3);
        let mass = masses(12);
        let first = (1..=6).find(|s| (0..*s).map(|i| count(12, i + 1)).sum::<f64>() > plan.drawn as f64).unwrap();
        let pairs = (plan.rows.len() - plan.drawn) / 2;
        for size in first..=6 {
            let drawn = plan.rows[plan.drawn..].chunks(2).filter(|p| p[0].iter().filter(|on| **on).count() == size);
            let expected = mass[size - 1] / plan.drawn_mass;
            let error = 4.0 * (expected * (1.0 - expected) / pairs as f64).sqrt();
            assert!((drawn.count() as f64 / pairs as f64 - expected).abs() <= error, "{size}");
        }
    }

    #[test]
    fn binomials_and_subsets_agree() {
        for (n, k, c) in [(5, 0, 1.0), (5, 2, 10.0), (10, 7, 120.0), (20, 10, 184_756.0)] {
            assert_eq!(binomial(n, k), c);
        }
        assert_eq!(subsets(4, 2), [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert_eq!(subsets(7, 3).len(), 35);
    }
}
