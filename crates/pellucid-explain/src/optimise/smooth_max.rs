//! A mask of fixed smoothness: each position takes the smooth maximum of bumps around the points of a coarse grid.
//!
//! # Source
//! fong2019extremal, section 3.2: the smooth maximum of a convolution with a bump that is flat in the middle.

/// Sharpness of the smooth maximum.
const COLDNESS: f64 = 20.0;

/// One axis of the generator.
#[derive(Clone, Debug)]
struct Line {
    /// Points of the coarse grid.
    points: usize,
    /// Distance of two points, px.
    step: usize,
    /// Samples of the uncropped mask.
    out: usize,
    /// First sample of the crop.
    from: usize,
    /// Samples of the crop.
    size: usize,
    /// Points that a sample sees, and where the first lies.
    seen: usize,
    padding: usize,
    /// `phase x seen`: squared distance in standard deviations.
    squares: Vec<f64>,
}

impl Line {
    fn new(size: usize, step: usize, sigma: f64) -> Line {
        let steps = |length: f64| (length / step as f64).ceil() as usize;
        let points = size.div_ceil(step);
        let (padding, radius) = (1 + steps(2.0 * sigma), 1 + steps(sigma));
        let from = sigma.round() as usize;
        // where the margin is no whole number of steps there may be too few samples for the crop: the far side is lengthened
        let reach = step * (points + 2 * padding - 2 * radius) - step + 1;
        let out = reach.max(from + size);
        let seen = 2 * radius + 1;
        let square = |i: usize| {
            let (phase, k) = (i / seen, i % seen);
            ((phase as f64 - sigma - step as f64 * (k as f64 - padding as f64)) / sigma).powi(2)
        };
        Line { points, step, out, from, size, seen, padding, squares: (0..step * seen).map(square).collect() }
    }

    /// The point that a sample sees at a place, unless it lies outside.
    fn point(&self, sample: usize, k: usize) -> Option<usize> {
        (sample / self.step + k).checked_sub(self.padding).filter(|p| *p < self.points)
    }
}

/// From parameters on the coarse grid to a mask and back.
pub(crate) struct SmoothMax {
    lines: Vec<Line>,
    /// Number of points that a position sees.
    seen: usize,
}

/// What a position sees of a point: its parameter and the height of its bump there.
struct Seen {
    point: usize,
    height: f64,
}

impl SmoothMax {
    /// For a grid `S..` with a step (px) and a standard deviation (px) per axis.
    pub fn new(size: &[usize], steps: &[usize], sigmas: &[f64]) -> SmoothMax {
        let parts = size.iter().zip(steps).zip(sigmas);
        let lines: Vec<Line> = parts.map(|((n, step), sigma)| Line::new(*n, *step, *sigma)).collect();
        SmoothMax { seen: lines.iter().map(|l| l.seen).product(), lines }
    }

    /// Number of parameters.
    pub fn count(&self) -> usize {
        self.lines.iter().map(|l| l.points).product()
    }

    /// Number of positions of the uncropped mask.
    pub fn positions(&self) -> usize {
        self.lines.iter().map(|l| l.out).product()
    }

    /// Index per axis of a place on a grid.
    fn unravel(&self, mut place: usize, size: impl Fn(&Line) -> usize, at: &mut [usize]) {
        for (line, at) in self.lines.iter().zip(at).rev() {
            let n = size(line);
            *at = place % n;
            place /= n;
        }
    }

    /// The points inside the grid that a position sees.
    fn look(&self, position: usize, out: &mut Vec<Seen>) {
        out.clear();
        let mut at = vec![0; self.lines.len()];
        self.unravel(position, |l| l.out, &mut at);
        out.push(Seen { point: 0, height: 0.0 });
        for (line, sample) in self.lines.iter().zip(&at) {
            let row = &line.squares[sample % line.step * line.seen..][..line.seen];
            let mut next = Vec::with_capacity(out.len() * line.seen);
            for (k, square) in row.iter().enumerate() {
                let Some(p) = line.point(*sample, k) else { continue };
                next.extend(out.iter().map(|s| Seen { point: s.point * line.points + p, height: s.height + square }));
            }
            *out = next;
        }
        // until here the height is the squared distance
        out.iter_mut().for_each(|s| s.height = (-2.0 * (s.height.sqrt() - 0.5).max(0.0).powi(2)).exp());
    }

    /// The smooth maximum of what a position sees, and the sum of its weights. Points outside count as bumps of height 0.
    fn maximum(&self, parameters: &[f64], seen: &[Seen]) -> (f64, f64) {
        let (mut sum, mut total) = (0.0, (self.seen - seen.len()) as f64);
        for s in seen {
            let q = s.height * parameters[s.point];
            let w = (COLDNESS * q).exp();
            sum += q * w;
            total += w;
        }
        (sum / total, total)
    }

    /// The uncropped mask of parameters in `[0, 1]`: it lies there too.
    pub fn apply(&self, parameters: &[f64]) -> Vec<f64> {
        let mut seen = Vec::new();
        let mut value = |position| {
            self.look(position, &mut seen);
            self.maximum(parameters, &seen).0
        };
        (0..self.positions()).map(&mut value).collect()
    }

    /// The adjoint of the derivative at some parameters: from the gradient by the uncropped mask to that by the parameters.
    pub fn pull(&self, parameters: &[f64], gradient: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; parameters.len()];
        let mut seen = Vec::new();
        for (position, g) in gradient.iter().enumerate().filter(|e| *e.1 != 0.0) {
            self.look(position, &mut seen);
            let (m, total) = self.maximum(parameters, &seen);
            for s in &seen {
                let q = s.height * parameters[s.point];
                let share = (COLDNESS * q).exp() / total;
                out[s.point] += g * s.height * share * (1.0 + COLDNESS * (q - m));
            }
        }
        out
    }

    /// Places of the crop in the uncropped mask, row-major.
    pub fn crop(&self) -> Vec<usize> {
        let n = self.lines.iter().map(|l| l.size).product();
        let mut at = vec![0; self.lines.len()];
        let place = |i: usize| {
            self.unravel(i, |l| l.size, &mut at);
            self.lines.iter().zip(&at).fold(0, |p, (l, a)| p * l.out + l.from + a)
        };
        (0..n).map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn uniform(seed: u64, n: usize) -> Vec<f64> {
        let mut draw = Stream::new(seed, 0, 0);
        (0..n).map(|_| draw.uniform()).collect()
    }

    #[test]
    fn pulling_back_is_the_adjoint_of_the_derivative() {
        for (size, steps, sigmas) in [
            (&[20][..], &[3][..], &[7.0][..]),
            (&[12, 9], &[4, 2], &[6.0, 5.0]),
            (&[5, 6, 4], &[2, 3, 1], &[3.0, 4.0, 2.0]),
        ] {
            let g = SmoothMax::new(size, steps, sigmas);
            let p = uniform(1, g.count());
            let (u, v) = (Stream::new(2, 0, 0).normals(g.count()), Stream::new(3, 0, 0).normals(g.positions()));
            let moved = |e: f64| g.apply(&p.iter().zip(&u).map(|(p, d)| p + e * d).collect::<Vec<_>>());
            let there: f64 = moved(1e-6).iter().zip(moved(-1e-6)).zip(&v).map(|((a, b), v)| (a - b) / 2e-6 * v).sum();
            let back: f64 = g.pull(&p, &v).iter().zip(&u).map(|(g, d)| g * d).sum();
            assert!((there - back).abs() < 1e-6 * (1.0 + there.abs()), "{size:?}: {there} {back}");
        }
    }

    #[test]
    fn the_crop_fits_and_the_mask_follows_one_point() {
        // a standard deviation of 6 at a step of 4 gives too few samples for 36 without the lengthening
        for (size, step, sigma) in [(36, 4, 6.0), (48, 5, 7.0), (224, 7, 21.0), (3, 1, 3.0)] {
            let g = SmoothMax::new(&[size], &[step], &[sigma]);
            let crop = g.crop();
            assert_eq!((crop.len(), crop[0]), (size, sigma as usize));
            assert!(crop[size - 1] < g.positions());
            let mut p = vec![0.0; g.count()];
            p[0] = 1.0;
            let mask = g.apply(&p);
            // point 0 lies on the first sample of the crop; nearer than half a standard deviation its bump is flat
            assert!(mask[crop[0]] > 0.99 && mask[crop[(sigma / 2.0) as usize]] > 0.99, "{size}: {}", mask[crop[0]]);
            assert!(mask.iter().all(|m| (0.0..=1.0).contains(m)));
        }
        let g = SmoothMax::new(&[48], &[5], &[7.0]);
        assert_eq!((g.count(), g.positions()), (10, 56));
    }
}
