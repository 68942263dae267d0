//! The weights of one output sample along one axis, for each method.

use super::Resample;

/// For each output index, the input indices it looks at and their weights.
#[derive(Clone, Debug)]
pub struct AxisWeights {
    /// Taps of output `o` stand at `starts[o]..starts[o + 1]`.
    starts: Vec<usize>,
    index: Vec<usize>,
    weight: Vec<f64>,
}

impl AxisWeights {
    /// The weights of `method` from `n_in` to `n_out` samples (both at least 1).
    pub fn new(method: Resample, n_in: usize, n_out: usize) -> AxisWeights {
        AxisWeights::placed(method, n_in, n_out, n_in as f64 / n_out as f64, 0.0)
    }

    /// As [`AxisWeights::new`], but output cells are `scale` input cells wide and start at `offset`: for spacings that don't divide the extent.
    pub fn placed(method: Resample, n_in: usize, n_out: usize, scale: f64, offset: f64) -> AxisWeights {
        let center = |o: usize| (o as f64 + 0.5) * scale + offset;
        let half_pixel = |o: usize| center(o) - 0.5;
        let corners = |o: usize| if n_out > 1 { o as f64 * (n_in - 1) as f64 / (n_out - 1) as f64 } else { 0.0 };
        let last = (n_in - 1) as f64;
        let mut taps = AxisWeights { starts: vec![0], index: vec![], weight: vec![] };
        for o in 0..n_out {
            match method {
                Resample::NearestFloor => taps.push(o * n_in / n_out, 1.0),
                Resample::Nearest => taps.push((center(o).max(0.0) as usize).min(n_in - 1), 1.0),
                Resample::LinearHalfPixel => taps.linear(half_pixel(o).clamp(0.0, last), n_in, clamp),
                Resample::LinearAlignCorners => taps.linear(corners(o), n_in, clamp),
                Resample::MirrorHalfPixel => taps.linear(half_pixel(o), n_in, mirror),
                Resample::SplineAlignCorners => taps.four(corners(o), n_in, mirror, b_spline),
                Resample::CubicHalfPixel => taps.four(half_pixel(o), n_in, clamp, |t| cubic(t, -0.75)),
                Resample::LinearAntialias => taps.widened(center(o), n_in, scale, 1.0, triangle),
                Resample::CubicAntialias => taps.widened(center(o), n_in, scale, 2.0, |t| cubic(t, -0.5)),
                Resample::Area => taps.overlap(center(o) - scale / 2.0, center(o) + scale / 2.0, n_in),
            }
            taps.starts.push(taps.index.len());
        }
        taps
    }

    /// The given taps `(input index, weight)` of each output.
    pub fn from_taps(outputs: impl IntoIterator<Item = impl IntoIterator<Item = (usize, f64)>>) -> AxisWeights {
        let mut taps = AxisWeights { starts: vec![0], index: vec![], weight: vec![] };
        for output in outputs {
            output.into_iter().for_each(|(index, weight)| taps.push(index, weight));
            taps.starts.push(taps.index.len());
        }
        taps
    }

    /// A Gaussian of `sigma` samples around every one of `n`, cut at `4 sigma`, normalised, edges repeated (scipy `gaussian_filter1d` with
    /// `mode="nearest"`).
    pub fn gaussian(n: usize, sigma: f64) -> AxisWeights {
        let radius = (4.0 * sigma + 0.5) as i64;
        let kernel: Vec<f64> = (-radius..=radius).map(|k| (-0.5 * (k as f64 / sigma).powi(2)).exp()).collect();
        let sum: f64 = kernel.iter().sum();
        let tap = |o: usize, k: i64| (clamp(o as i64 + k, n), kernel[(k + radius) as usize] / sum);
        AxisWeights::from_taps((0..n).map(|o| (-radius..=radius).map(move |k| (o, k)).map(|(o, k)| tap(o, k))))
    }

    /// Number of outputs.
    pub fn n_out(&self) -> usize {
        self.starts.len() - 1
    }

    /// `(input index, weight)` of an output.
    pub fn taps(&self, o: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[o]..self.starts[o + 1];
        self.index[range.clone()].iter().copied().zip(self.weight[range].iter().copied())
    }

    fn push(&mut self, index: usize, weight: f64) {
        self.index.push(index);
        self.weight.push(weight);
    }

    fn linear(&mut self, u: f64, n: usize, border: fn(i64, usize) -> usize) {
        let low = u.floor();
        let t = u - low;
        self.push(border(low as i64, n), 1.0 - t);
        if t > 0.0 {
            self.push(border(low as i64 + 1, n), t);
        }
    }

    fn four(&mut self, u: f64, n: usize, border: fn(i64, usize) -> usize, kernel: impl Fn(f64) -> f64) {
        let low = u.floor();
        for k in -1..=2 {
            self.push(border(low as i64 + k, n), kernel(u - low - k as f64));
        }
    }

    /// A kernel centred on the output sample, widened when shrinking, cut at the borders and normalised.
    fn widened(&mut self, center: f64, n: usize, scale: f64, support: f64, kernel: impl Fn(f64) -> f64) {
        let stretch = scale.max(1.0);
        let reach = support * stretch;
        let low = ((center - reach + 0.5) as i64).max(0) as usize;
        let high = (((center + reach + 0.5) as i64).max(0) as usize).min(n);
        let first = self.weight.len();
        for i in low..high {
            self.push(i, kernel((i as f64 + 0.5 - center) / stretch));
        }
        let sum: f64 = self.weight[first..].iter().sum();
        if sum != 0.0 {
            self.weight[first..].iter_mut().for_each(|w| *w /= sum);
        }
    }

    /// Weights by the length of `[low, high]` that lies in each input cell.
    fn overlap(&mut self, low: f64, high: f64, n: usize) {
        let (low, high) = (low.clamp(0.0, n as f64 - 1.0), high.clamp(1.0, n as f64));
        let first = (low as usize).min(n - 1);
        let last = ((high.ceil() as usize).max(first + 1)).min(n);
        for i in first..last {
            let length = (high.min((i + 1) as f64) - low.max(i as f64)).max(0.0);
            if length > 1e-9 * (high - low) {
                self.push(i, length / (high - low));
            }
        }
    }
}

fn clamp(i: i64, n: usize) -> usize {
    i.clamp(0, n as i64 - 1) as usize
}

/// `... 2 1 | 0 1 2 ... n-1 | n-2 n-3 ...`
pub(crate) fn mirror(i: i64, n: usize) -> usize {
    if n == 1 {
        return 0;
    }
    let period = 2 * (n as i64 - 1);
    let k = i.rem_euclid(period);
    k.min(period - k) as usize
}

fn triangle(t: f64) -> f64 {
    (1.0 - t.abs()).max(0.0)
}

/// Cubic convolution kernel (Keys 1981) with free parameter `a`.
fn cubic(t: f64, a: f64) -> f64 {
    let t = t.abs();
    if t < 1.0 {
        ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0
    } else if t < 2.0 {
        (((t - 5.0) * t + 8.0) * t - 4.0) * a
    } else {
        0.0
    }
}

/// Cubic B-spline.
pub(crate) fn b_spline(t: f64) -> f64 {
    let t = t.abs();
    if t < 1.0 {
        2.0 / 3.0 + t * t * (t / 2.0 - 1.0)
    } else if t < 2.0 {
        (2.0 - t).powi(3) / 6.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one() {
        use Resample::*;
        for method in [Nearest, LinearHalfPixel, MirrorHalfPixel, CubicHalfPixel, LinearAntialias, CubicAntialias, Area]
        {
            for (n_in, n_out) in [(7, 3), (3, 7), (10, 10), (1, 4), (4, 1), (1000, 7)] {
                let taps = AxisWeights::new(method, n_in, n_out);
                for o in 0..n_out {
                    let sum: f64 = taps.taps(o).map(|t| t.1).sum();
                    assert!((sum - 1.0).abs() < 1e-12, "{method:?} {n_in} -> {n_out}");
                }
            }
        }
    }

    #[test]
    fn mirror_does_not_repeat_the_edge() {
        assert_eq!([-3, -2, -1, 0, 3, 4, 5].map(|i| mirror(i, 4)), [3, 2, 1, 0, 3, 2, 1]);
        assert_eq!(mirror(-5, 1), 0);
    }
}
