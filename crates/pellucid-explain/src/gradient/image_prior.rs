//! What keeps a synthesised image smooth and small.
//!
//! # Formula
//! ```text
//! R(x) = tv/n sum_axes sum_p |x(p + 1) - x(p)| + l1/n sum_p |x(p)|
//! ```
//!
//! # Symbols
//! - `x`: image, `C x S..`, model units; differences within each channel along each spatial axis; `n`: number of elements
//!
//! # Source
//! rudin1992tv, with absolute differences along the axes.

/// Weights of the two terms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prior {
    /// Weight of the total variation.
    pub tv: f64,
    /// Weight of the magnitude.
    pub l1: f64,
}

impl Prior {
    /// Value and slope at an image of channels of the given grid; at a kink the slope is 0.
    pub fn at(&self, x: &[f64], grid: &[usize]) -> (f64, Vec<f64>) {
        let share = 1.0 / x.len().max(1) as f64;
        let mut value = self.l1 * share * x.iter().map(|v| v.abs()).sum::<f64>();
        let mut slope: Vec<f64> = x.iter().map(|v| self.l1 * share * sign(*v)).collect();
        let step = self.tv * share;
        for axis in 0..grid.len() {
            let (n, inner) = (grid[axis], grid[axis + 1..].iter().product::<usize>());
            for p in (0..x.len()).filter(|p| p / inner % n + 1 < n) {
                let difference = x[p + inner] - x[p];
                value += step * difference.abs();
                slope[p + inner] += step * sign(difference);
                slope[p] -= step * sign(difference);
            }
        }
        (value, slope)
    }
}

fn sign(v: f64) -> f64 {
    if v == 0.0 { 0.0 } else { v.signum() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn values_are_those_of_the_definition() {
        // rows 1 4 / 3 3: |3| + |0| along rows, |2| + |-1| along columns
        let (value, slope) = Prior { tv: 4.0, l1: 0.0 }.at(&[1.0, 4.0, 3.0, 3.0], &[2, 2]);
        assert_eq!((value, slope), (6.0, vec![-2.0, 2.0, 1.0, -1.0]));
        let (value, slope) = Prior { tv: 0.0, l1: 2.0 }.at(&[-1.0, 0.0], &[2]);
        assert_eq!((value, slope), (1.0, vec![-1.0, 0.0]));
        assert_eq!(Prior { tv: 1.0, l1: 0.0 }.at(&[1.0, 5.0], &[1]).0, 0.0, "channels aren't neighbours");
    }

    #[test]
    fn slopes_are_those_of_the_value_in_volumes() {
        let (grid, prior) = ([3, 4, 2], Prior { tv: 0.7, l1: 0.3 });
        let x = Stream::new(1, 0, 0).normals(48);
        let (_, slope) = prior.at(&x, &grid);
        for i in 0..48 {
            let moved = |d: f64| {
                let mut x = x.clone();
                x[i] += d;
                prior.at(&x, &grid).0
            };
            assert!(((moved(1e-6) - moved(-1e-6)) / 2e-6 - slope[i]).abs() < 1e-8);
        }
    }
}
