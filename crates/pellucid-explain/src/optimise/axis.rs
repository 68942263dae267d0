//! Linear maps of a grid that act along one axis after the other, with their adjoints: enlarging, blurring, moving, mirroring.

/// What lies beyond the edge of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The value at the edge.
    Repeat,
    /// Nothing.
    Zero,
}

/// A linear map along one axis: each output is a weighted sum of a few inputs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    inputs: usize,
    rows: Vec<Vec<(usize, f64)>>,
}

impl Axis {
    /// From rows without repeated or zero entries.
    fn from_dense(inputs: usize, rows: impl Iterator<Item = Vec<f64>>) -> Axis {
        let sparse = |row: Vec<f64>| row.into_iter().enumerate().filter(|e| e.1 != 0.0).collect();
        Axis { inputs, rows: rows.map(sparse).collect() }
    }

    /// Enlarging `from` cells to `to` samples, each the value of the cell that it lies in.
    pub fn nearest(from: usize, to: usize) -> Axis {
        Axis { inputs: from, rows: (0..to).map(|o| vec![(o * from / to, 1.0)]).collect() }
    }

    /// Enlarging linearly between the centres of the cells.
    pub fn linear(from: usize, to: usize) -> Axis {
        let row = |o: usize| {
            let u = (o as f64 + 0.5) * from as f64 / to as f64 - 0.5;
            let u = u.clamp(0.0, from as f64 - 1.0);
            let (i, w) = (u.floor() as usize, u - u.floor());
            let mut row = vec![0.0; from];
            row[i] += 1.0 - w;
            row[(i + 1).min(from - 1)] += w;
            row
        };
        Axis::from_dense(from, (0..to).map(row))
    }

    /// A sampled Gaussian of a standard deviation in samples, cut at four of them; nothing changes at 0.
    pub fn gaussian(n: usize, sigma: f64, edge: Edge) -> Axis {
        if sigma <= 0.0 {
            return Axis::nearest(n, n);
        }
        // a product such as 4 x 2.5 mustn't be rounded up by its last bit
        let reach = (4.0 * sigma - 1e-9).ceil() as usize;
        let half: Vec<f64> = (0..=reach).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp()).collect();
        let total = half[0] + 2.0 * half[1..].iter().sum::<f64>();
        let row = |o: usize| {
            let mut row = vec![0.0; n];
            for (d, w) in half.iter().enumerate() {
                let after = if o + d < n { Some(o + d) } else { edge.at(n - 1) };
                let before = if d <= o { Some(o - d) } else { edge.at(0) };
                for i in after.into_iter().chain(before.filter(|_| d > 0)) {
                    row[i] += w / total;
                }
            }
            row
        };
        Axis::from_dense(n, (0..n).map(row))
    }

    /// Moved by some samples, the value at the edge repeated.
    pub fn shift(n: usize, by: i64) -> Axis {
        let last = n as i64 - 1;
        Axis { inputs: n, rows: (0..n as i64).map(|o| vec![((o - by).clamp(0, last) as usize, 1.0)]).collect() }
    }

    /// Mirrored.
    pub fn flip(n: usize) -> Axis {
        Axis { inputs: n, rows: (0..n).rev().map(|i| vec![(i, 1.0)]).collect() }
    }

    /// This map after another one.
    pub fn after(&self, first: &Axis) -> Axis {
        let row = |row: &Vec<(usize, f64)>| {
            let mut dense = vec![0.0; first.inputs];
            row.iter().for_each(|(i, w)| first.rows[*i].iter().for_each(|(j, v)| dense[*j] += w * v));
            dense
        };
        Axis::from_dense(first.inputs, self.rows.iter().map(row))
    }

    fn adjoint(&self) -> Axis {
        let mut rows = vec![vec![]; self.inputs];
        for (o, row) in self.rows.iter().enumerate() {
            row.iter().for_each(|(i, w)| rows[*i].push((o, *w)));
        }
        Axis { inputs: self.rows.len(), rows }
    }

    /// Applied to the middle axis of `outer x n x inner` values.
    fn along(&self, x: &[f64], inner: usize) -> Vec<f64> {
        let (from, to) = (self.inputs * inner, self.rows.len() * inner);
        let mut out = vec![0.0; x.len() / from.max(1) * to];
        for (block, result) in x.chunks_exact(from.max(1)).zip(out.chunks_exact_mut(to.max(1))) {
            for (row, out) in self.rows.iter().zip(result.chunks_exact_mut(inner.max(1))) {
                for (i, w) in row {
                    out.iter_mut().zip(&block[i * inner..(i + 1) * inner]).for_each(|(o, v)| *o += w * v);
                }
            }
        }
        out
    }
}

impl Edge {
    fn at(self, place: usize) -> Option<usize> {
        (self == Edge::Repeat).then_some(place)
    }
}

/// A map along every axis of a grid `S..`; values `C x S..` are taken channel by channel.
#[derive(Clone, Debug)]
pub(crate) struct Separable {
    forward: Vec<Axis>,
    backward: Vec<Axis>,
}

impl Separable {
    /// From one map per axis.
    pub fn new(axes: Vec<Axis>) -> Separable {
        Separable { backward: axes.iter().map(Axis::adjoint).collect(), forward: axes }
    }

    /// The map.
    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        through(&self.forward, x)
    }

    /// Its adjoint `A'`: `<A u, v> = <u, A' v>`.
    pub fn adjoint(&self, v: &[f64]) -> Vec<f64> {
        through(&self.backward, v)
    }
}

fn through(axes: &[Axis], x: &[f64]) -> Vec<f64> {
    let mut x = x.to_vec();
    for (a, axis) in axes.iter().enumerate() {
        let inner = axes[a + 1..].iter().map(|later| later.inputs).product();
        x = axis.along(&x, inner);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use crate::testing::assert_close;

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn adjoints_are_adjoint_in_every_dimension() {
        let kinds: [fn(usize, usize) -> Axis; 6] = [
            Axis::nearest,
            Axis::linear,
            |from, to| Axis::gaussian(to, 1.7, Edge::Repeat).after(&Axis::nearest(from, to)),
            |from, to| Axis::gaussian(to, 2.0, Edge::Zero).after(&Axis::linear(from, to)),
            |from, to| Axis::shift(to, 2).after(&Axis::nearest(from, to)),
            |from, to| Axis::shift(to, -3).after(&Axis::flip(to).after(&Axis::linear(from, to))),
        ];
        for (seed, kind) in kinds.into_iter().enumerate() {
            for (from, to) in [(&[3][..], &[10][..]), (&[4, 2], &[7, 9]), (&[2, 3, 1], &[5, 6, 4])] {
                let axes = from.iter().zip(to).map(|(f, t)| kind(*f, *t)).collect();
                let map = Separable::new(axes);
                let draw =
                    |part, size: &[usize]| Stream::new(9, seed, part).normals(2 * size.iter().product::<usize>());
                let (u, v) = (draw(0, from), draw(1, to));
                let (there, back) = (dot(&map.apply(&u), &v), dot(&u, &map.adjoint(&v)));
                assert!((there - back).abs() < 1e-12 * (1.0 + there.abs()), "kind {seed}, {to:?}: {there} {back}");
            }
        }
    }

    #[test]
    fn maps_do_what_their_names_say() {
        let on = |axis: Axis, x: &[f64]| Separable::new(vec![axis]).apply(x);
        assert_eq!(on(Axis::nearest(2, 5), &[1.0, 2.0]), [1.0, 1.0, 1.0, 2.0, 2.0]);
        assert_close(&on(Axis::linear(2, 4), &[0.0, 4.0]), &[0.0, 1.0, 3.0, 4.0], 1e-15);
        assert_eq!(on(Axis::shift(4, 1), &[1.0, 2.0, 3.0, 4.0]), [1.0, 1.0, 2.0, 3.0]);
        assert_eq!(on(Axis::flip(3), &[1.0, 2.0, 3.0]), [3.0, 2.0, 1.0]);
        assert_close(&on(Axis::gaussian(6, 2.5, Edge::Repeat), &[3.0; 6]), &[3.0; 6], 1e-14);
        let dark = on(Axis::gaussian(41, 2.0, Edge::Zero), &[1.0; 41]);
        assert!((dark[20] - 1.0).abs() < 1e-12 && (0.55..0.65).contains(&dark[0]), "{}", dark[0]);
        let point: Vec<f64> = (0..41).map(|i| f64::from(u8::from(i == 20))).collect();
        let spread = on(Axis::gaussian(41, 2.0, Edge::Zero), &point);
        assert!((spread[22] / spread[20] - (-0.5f64).exp()).abs() < 1e-12);
        assert_eq!(spread[29..], [0.0; 12]);
    }
}
