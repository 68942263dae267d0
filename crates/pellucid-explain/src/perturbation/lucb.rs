//! Finding the best of several coins by tossing few of them: bounds from the Kullback-Leibler divergence of coins (KL-LUCB).

/// Tosses of one coin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tosses {
    /// How many.
    pub count: usize,
    /// How many were heads.
    pub heads: usize,
}

/// Steps of the bisection.
const STEPS: usize = 17;

impl Tosses {
    /// Share of heads; 0 without a toss.
    pub fn mean(&self) -> f64 {
        self.heads as f64 / self.count.max(1) as f64
    }

    /// The largest share of heads that the tosses are compatible with at a level.
    pub fn upper(&self, level: f64) -> f64 {
        if self.count == 0 {
            return 1.0;
        }
        let (p, level) = (self.mean(), level / self.count as f64);
        let (mut inside, mut outside) = (p, (p + (level / 2.0).sqrt()).min(1.0));
        for _ in 0..STEPS {
            let q = (inside + outside) / 2.0;
            if divergence(p, q) > level { outside = q } else { inside = q }
        }
        outside
    }

    /// The smallest.
    pub fn lower(&self, level: f64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let (p, level) = (self.mean(), level / self.count as f64);
        let (mut inside, mut outside) = (p, (p - (level / 2.0).sqrt()).max(0.0));
        for _ in 0..STEPS {
            let q = (inside + outside) / 2.0;
            if divergence(p, q) > level { outside = q } else { inside = q }
        }
        outside
    }
}

/// Divergence of a coin with share `q` from one with share `p`.
fn divergence(p: f64, q: f64) -> f64 {
    let clip = |v: f64| v.clamp(1e-7, 1.0 - 1e-16);
    let (p, q) = (clip(p), clip(q));
    p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln()
}

/// Level of the bounds in round `t` among `n` coins, so that all hold at once with probability `1 - delta`.
pub(crate) fn level(n: usize, t: usize, delta: f64) -> f64 {
    let base = (405.5 * n as f64 * (t as f64).powf(1.1) / delta).ln();
    base + base.ln()
}

/// Which two coins to toss next to tell the best `top` from the rest: the best of the rest by its upper bound, the worst of the best by its lower one;
/// with the gap between them. `None` when there is no rest.
pub(crate) fn contest(coins: &[Tosses], top: usize, level: f64) -> (Vec<usize>, Option<(usize, usize, f64)>) {
    let mut order: Vec<usize> = (0..coins.len()).collect();
    order.sort_by(|&a, &b| coins[b].mean().total_cmp(&coins[a].mean()).then(a.cmp(&b)));
    let (best, rest) = order.split_at(top.min(order.len()));
    let rival =
        rest.iter().copied().max_by(|&a, &b| coins[a].upper(level).total_cmp(&coins[b].upper(level)).then(b.cmp(&a)));
    let weakest =
        best.iter().copied().min_by(|&a, &b| coins[a].lower(level).total_cmp(&coins[b].lower(level)).then(a.cmp(&b)));
    let pair = rival.zip(weakest).map(|(r, w)| (r, w, coins[r].upper(level) - coins[w].lower(level)));
    (best.to_vec(), pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn bounds_enclose_the_mean_and_lie_where_the_divergence_is_the_level() {
        for (count, heads) in [(10, 0), (10, 5), (100, 93), (7, 7)] {
            let coin = Tosses { count, heads };
            let (low, high) = (coin.lower(2.0), coin.upper(2.0));
            assert!(low <= coin.mean() && coin.mean() <= high);
            for bound in [low, high].into_iter().filter(|b| *b > 1e-4 && *b < 1.0 - 1e-4) {
                assert!((divergence(coin.mean(), bound) * count as f64 - 2.0).abs() < 1e-2, "{coin:?} {bound}");
            }
        }
        assert_eq!((Tosses::default().lower(1.0), Tosses::default().upper(1.0)), (0.0, 1.0));
    }

    #[test]
    fn the_best_coin_is_found() {
        let shares = [0.3, 0.55, 0.9, 0.6];
        for seed in 0..20 {
            let mut coins = vec![Tosses::default(); 4];
            let mut draws = Stream::new(seed, 0, 0);
            let mut toss = |coins: &mut Vec<Tosses>, c: usize| {
                coins[c].count += 10;
                coins[c].heads += (0..10).filter(|_| draws.uniform() <= shares[c]).count();
            };
            (0..4).for_each(|c| toss(&mut coins, c));
            let mut t = 1;
            let best = loop {
                let (best, pair) = contest(&coins, 1, level(4, t, 0.05));
                match pair {
                    Some((rival, weakest, gap)) if gap > 0.1 => {
                        [rival, weakest].into_iter().for_each(|c| toss(&mut coins, c))
                    }
                    _ => break best,
                }
                t += 1;
            };
            assert_eq!(best, [2], "seed {seed}");
        }
    }
}
