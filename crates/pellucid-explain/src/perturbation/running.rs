//! Averages of masks weighted by scores, and their standard errors, from running sums: no mask is kept.

/// A map with the standard error of each of its values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// The map; 0 where no mask keeps anything.
    pub map: Vec<f64>,
    /// Standard errors; not a number after one sample, or where no mask keeps anything.
    pub standard_error: Vec<f64>,
    /// Positions that no mask keeps anything of.
    pub never_kept: usize,
}

/// Takes in one scored mask after another.
pub(crate) trait Running {
    /// Adds a mask with its score.
    fn add(&mut self, score: f64, mask: &[f64]);

    /// What was found so far.
    fn estimate(&self) -> Estimate;
}

/// `mean of f M(p) / keep`.
pub(crate) struct Products {
    keep: f64,
    count: f64,
    mean: Vec<f64>,
    /// Sum of squared deviations from the mean, updated with it: a difference of large sums would lose digits.
    squares: Vec<f64>,
}

impl Products {
    /// Nothing yet, for `size` positions.
    pub fn new(size: usize, keep: f64) -> Products {
        Products { keep, count: 0.0, mean: vec![0.0; size], squares: vec![0.0; size] }
    }
}

impl Running for Products {
    fn add(&mut self, score: f64, mask: &[f64]) {
        self.count += 1.0;
        for ((mean, squares), m) in self.mean.iter_mut().zip(&mut self.squares).zip(mask) {
            let v = score * m;
            let before = v - *mean;
            *mean += before / self.count;
            *squares += before * (v - *mean);
        }
    }

    fn estimate(&self) -> Estimate {
        let error = |s: &f64| (s / (self.count - 1.0) / self.count).sqrt() / self.keep;
        Estimate {
            map: self.mean.iter().map(|m| m / self.keep).collect(),
            standard_error: self.squares.iter().map(error).collect(),
            never_kept: 0,
        }
    }
}

/// `sum of f M(p) / sum of M(p)`; the error is that of a ratio of two means to first order.
pub(crate) struct Ratios {
    count: f64,
    /// Score of the first mask. Sums are of the scores less this, so that equal scores give an error of exactly 0.
    first: f64,
    sums: Vec<Sums>,
}

/// Sums at one position, with `g` the score less the first one.
#[derive(Clone, Copy, Default)]
struct Sums {
    m: f64,
    mm: f64,
    gm: f64,
    gmm: f64,
    ggmm: f64,
}

impl Ratios {
    /// Nothing yet, for `size` positions.
    pub fn new(size: usize) -> Ratios {
        Ratios { count: 0.0, first: 0.0, sums: vec![Sums::default(); size] }
    }

    fn error(&self, s: &Sums) -> f64 {
        let r = s.gm / s.m;
        // sum of (M (f - R))^2; rounding can bring it below 0
        let squares = (s.ggmm - 2.0 * r * s.gmm + r * r * s.mm).max(0.0);
        (squares * self.count / (self.count - 1.0)).sqrt() / s.m
    }
}

impl Running for Ratios {
    fn add(&mut self, score: f64, mask: &[f64]) {
        if self.count == 0.0 {
            self.first = score;
        }
        self.count += 1.0;
        let g = score - self.first;
        for (s, m) in self.sums.iter_mut().zip(mask) {
            let gm = g * m;
            s.m += m;
            s.mm += m * m;
            s.gm += gm;
            s.gmm += gm * m;
            s.ggmm += gm * gm;
        }
    }

    fn estimate(&self) -> Estimate {
        let kept = |s: &Sums| s.m > 0.0;
        let value = |s: &Sums| if kept(s) { self.first + s.gm / s.m } else { 0.0 };
        let error = |s: &Sums| if kept(s) { self.error(s) } else { f64::NAN };
        Estimate {
            map: self.sums.iter().map(value).collect(),
            standard_error: self.sums.iter().map(error).collect(),
            never_kept: self.sums.iter().filter(|s| !kept(s)).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// Scores that depend on the mask at the first of two positions.
    fn draw(seed: u64, i: usize) -> (f64, [f64; 2]) {
        let mut s = Stream::new(seed, i, 0);
        let mask = [s.uniform(), f64::from(u8::from(s.uniform() < 0.5))];
        (3.0 + mask[0] + 0.5 * s.normals(1)[0], mask)
    }

    fn run(running: &mut dyn Running, seed: u64, n: usize) -> Estimate {
        (0..n).map(|i| draw(seed, i)).for_each(|(f, m)| running.add(f, &m));
        running.estimate()
    }

    fn both(seed: u64, n: usize) -> [Estimate; 2] {
        [run(&mut Products::new(2, 0.5), seed, n), run(&mut Ratios::new(2), seed, n)]
    }

    #[test]
    fn averages_are_those_of_the_definition() {
        let n = 50;
        let sum = |f: &dyn Fn(f64, [f64; 2]) -> f64| (0..n).map(|i| draw(1, i)).map(|(s, m)| f(s, m)).sum::<f64>();
        let [products, ratios] = both(1, n);
        for p in 0..2 {
            let fm = sum(&|s, m| s * m[p]);
            assert!((products.map[p] - fm / (0.5 * n as f64)).abs() < 1e-12);
            assert!((ratios.map[p] - fm / sum(&|_, m| m[p])).abs() < 1e-12);
            let mean = fm / n as f64;
            let variance = sum(&|s, m| (s * m[p] - mean).powi(2)) / (n as f64 - 1.0);
            assert!((products.standard_error[p] - (variance / n as f64).sqrt() / 0.5).abs() < 1e-12);
        }
    }

    #[test]
    fn the_standard_error_is_the_spread_over_repeats() {
        let (repeats, n) = (1000, 100);
        let all: Vec<[Estimate; 2]> = (0..repeats).map(|seed| both(seed, n)).collect();
        for kind in 0..2 {
            for p in 0..2 {
                let mean = |f: &dyn Fn(&Estimate) -> f64| all.iter().map(|e| f(&e[kind])).sum::<f64>() / repeats as f64;
                let centre = mean(&|e| e.map[p]);
                let spread = mean(&|e| (e.map[p] - centre).powi(2));
                let claimed = mean(&|e| e.standard_error[p].powi(2));
                // a variance from 1000 repeats is known to about 4.5 %
                assert!((claimed / spread - 1.0).abs() < 0.18, "{kind} {p}: {claimed} {spread}");
            }
        }
    }

    #[test]
    fn edge_cases_have_no_error_or_say_so() {
        let mut r = Ratios::new(2);
        (0..5).for_each(|i| r.add(0.3, &[0.1 * f64::from(i), 0.0]));
        let e = r.estimate();
        assert_eq!((e.map, e.never_kept, e.standard_error[0]), (vec![0.3, 0.0], 1, 0.0));
        assert!(e.standard_error[1].is_nan());
        assert!(both(1, 1).iter().all(|e| e.standard_error[0].is_nan()));
    }
}
