//! An input that a mask uncovers: a stack of images from fully covered (mask 0) to clean (mask 1), interpolated position by position.

/// The stack, each level `C x S..`. Two levels are the linear mix `m x + (1 - m) b`.
pub(crate) struct Composite {
    levels: Vec<Vec<f64>>,
}

impl Composite {
    /// The linear mix of a cover and the clean input.
    pub fn mix(cover: Vec<f64>, clean: Vec<f64>) -> Composite {
        Composite { levels: vec![cover, clean] }
    }

    /// From levels of equal size, at least two, the most covered first.
    pub fn stack(levels: Vec<Vec<f64>>) -> Composite {
        Composite { levels }
    }

    /// The level below a mask value, and the share of the next one. A mask of 1 belongs to the last pair of levels, so that the slope there is
    /// that towards smaller values.
    fn place(&self, m: f64) -> (usize, f64) {
        let pairs = self.levels.len() - 1;
        let u = m.clamp(0.0, 1.0) * pairs as f64;
        let k = (u.floor() as usize).min(pairs - 1);
        (k, u - k as f64)
    }

    /// The input under a mask `S..`, the same for every channel.
    pub fn at(&self, mask: &[f64]) -> Vec<f64> {
        let n = mask.len().max(1);
        let places: Vec<(usize, f64)> = mask.iter().map(|m| self.place(*m)).collect();
        let value = |i: usize| {
            let (k, w) = places[i % n];
            (1.0 - w) * self.levels[k][i] + w * self.levels[k + 1][i]
        };
        (0..self.levels[0].len()).map(value).collect()
    }

    /// Gradient by the mask, from that by the input under it.
    pub fn pull(&self, mask: &[f64], gradient: &[f64]) -> Vec<f64> {
        let n = mask.len().max(1);
        let pairs = (self.levels.len() - 1) as f64;
        let mut out = vec![0.0; mask.len()];
        for (i, g) in gradient.iter().enumerate() {
            let (k, _) = self.place(mask[i % n]);
            out[i % n] += g * pairs * (self.levels[k + 1][i] - self.levels[k][i]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn ends_are_the_cover_and_the_clean_input() {
        let draw = |part| Stream::new(2, 0, part).normals(6);
        let c = Composite::stack(vec![draw(0), draw(1), draw(2)]);
        assert_eq!(c.at(&[0.0; 3]), draw(0));
        assert_eq!(c.at(&[1.0; 3]), draw(2));
        assert_eq!(c.at(&[0.5; 3]), draw(1));
        let mixed = Composite::mix(vec![0.0, 4.0], vec![1.0, 8.0]).at(&[0.25]);
        assert_eq!(mixed, [0.25, 5.0]);
    }

    #[test]
    fn pulling_back_is_the_adjoint_of_the_derivative() {
        let draw = |part| Stream::new(3, 0, part).normals(8);
        let c = Composite::stack(vec![draw(0), draw(1), draw(2), draw(3)]);
        let mask = [0.1, 0.45, 0.8, 0.95];
        let (v, u) = (draw(4), &draw(5)[..4]);
        let moved = |e: f64| c.at(&mask.iter().zip(u).map(|(m, d)| m + e * d).collect::<Vec<_>>());
        let there: f64 = moved(1e-6).iter().zip(moved(-1e-6)).zip(&v).map(|((a, b), v)| (a - b) / 2e-6 * v).sum();
        let back: f64 = c.pull(&mask, &v).iter().zip(u).map(|(g, d)| g * d).sum();
        assert!((there - back).abs() < 1e-7, "{there} {back}");
        // at a mask of 1 the slope of a mix is still the difference
        assert_eq!(Composite::mix(vec![1.0], vec![4.0]).pull(&[1.0], &[2.0]), [6.0]);
    }
}
