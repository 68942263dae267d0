//! Noisy linear imputation: removed sites become the weighted mean of their neighbours, known or not.
//!
//! # Formula
//! ```text
//! (sum_q w_jq) v_j = sum_q w_jq v_q,    q: neighbours of j inside the image
//! ```
//! Weights are 1/6 for neighbours over a face and 1/12 over a corner of two axes; in 3-D, 1/24 over a corner of three. The matrix is symmetric and,
//! as soon as one site is known, positive definite: conjugate gradients, preconditioned by symmetric over-relaxation.
//!
//! # Source
//! rong2022road; the 3-D weights go on halving and are ours.

use crate::error::{MetricError, Result, finite, inside, same_len};
use crate::frame::Frame;
use crate::image::Image;
use crate::undefined::Undefined;

/// Squared relative residual at which the solution is done: far below what is compared.
const DONE: f64 = 1e-26;

/// What a place of the grid with its rim is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Known,
    Removed,
}

/// The system of the removed sites. Vectors with a value per place are 0 wherever nothing was removed.
struct System {
    /// Distance to the neighbours above and below, and their weight.
    links: Vec<(usize, f64)>,
    /// Removed places, ascending.
    unknown: Vec<usize>,
    /// Sum of the weights of each.
    diagonal: Vec<f64>,
    /// Over-relaxation.
    omega: f64,
    places: usize,
}

impl System {
    fn new(frame: &Frame, places: &[Place]) -> System {
        let weight = |axes: u32| 1.0 / (6.0 * 2f64.powi(axes as i32 - 1));
        let links: Vec<(usize, f64)> = frame.offsets.iter().map(|&(o, axes)| (o, weight(axes))).collect();
        let unknown: Vec<usize> = (0..places.len()).filter(|&i| places[i] == Place::Removed).collect();
        let sum = |&i: &usize| {
            let there = |place: usize| f64::from(u8::from(places[place] != Place::Outside));
            links.iter().map(|&(o, w)| w * (there(i - o) + there(i + o))).sum()
        };
        // The best relaxation of a hole of that width; any other only takes longer.
        let width = 2.0 * depth(frame, places, unknown.len()) as f64 + 1.0;
        let omega = 2.0 / (1.0 + (std::f64::consts::PI / (width + 1.0)).sin());
        System { diagonal: unknown.iter().map(sum).collect(), links, unknown, omega, places: places.len() }
    }

    /// The matrix times a vector with a value per place.
    fn apply<const L: usize>(&self, v: &[Lanes<L>], out: &mut [Lanes<L>]) {
        for ((o, &i), d) in out.iter_mut().zip(&self.unknown).zip(&self.diagonal) {
            let around = self.around(v, i);
            *o = each(|l| d * v[i][l] - around[l]);
        }
    }

    /// Weighted sum of the neighbours.
    fn around<const L: usize>(&self, v: &[Lanes<L>], i: usize) -> Lanes<L> {
        let mut sum = [0.0; L];
        for &(o, w) in &self.links {
            let (below, above) = (&v[i - o], &v[i + o]);
            sum = each(|l| sum[l] + w * (below[l] + above[l]));
        }
        sum
    }

    /// A forward and a backward sweep of over-relaxation on a residual.
    fn precondition<const L: usize>(&self, residual: &[Lanes<L>], z: &mut [Lanes<L>]) {
        for ((&i, d), r) in self.unknown.iter().zip(&self.diagonal).zip(residual) {
            let mut sum = *r;
            for &(o, w) in &self.links {
                sum = each(|l| sum[l] + w * z[i - o][l]);
            }
            z[i] = each(|l| self.omega / d * sum[l]);
        }
        for (&i, d) in self.unknown.iter().zip(&self.diagonal).rev() {
            let mut sum = [0.0; L];
            for &(o, w) in &self.links {
                sum = each(|l| sum[l] + w * z[i + o][l]);
            }
            z[i] = each(|l| z[i][l] + self.omega / d * sum[l]);
        }
    }

    fn dot<const L: usize>(&self, a: &[Lanes<L>], v: &[Lanes<L>]) -> Lanes<L> {
        a.iter().zip(&self.unknown).fold([0.0; L], |s, (a, &i)| each(|l| s[l] + a[l] * v[i][l]))
    }

    /// Values of the removed places for some channels, `known` holding them with 0 wherever nothing is known, starting from one value each.
    fn solve<const L: usize>(&self, known: &[Lanes<L>], start: Lanes<L>) -> Vec<Lanes<L>> {
        let n = self.unknown.len();
        let squares = |r: &[Lanes<L>]| r.iter().fold([0.0; L], |s, r| each::<L>(|l| s[l] + r[l] * r[l]));
        let right: Vec<Lanes<L>> = self.unknown.iter().map(|&i| self.around(known, i)).collect();
        let (mut v, mut z) = (vec![[0.0; L]; self.places], vec![[0.0; L]; self.places]);
        self.unknown.iter().for_each(|&i| v[i] = start);
        let mut product = vec![[0.0; L]; n];
        self.apply(&v, &mut product);
        let mut residual: Vec<Lanes<L>> = right.iter().zip(&product).map(|(b, p)| each(|l| b[l] - p[l])).collect();
        let (of_right, of_product) = (squares(&right), squares(&product));
        let limit: Lanes<L> = each(|l| DONE * of_right[l].max(of_product[l]));
        self.precondition(&residual, &mut z);
        let mut direction = z.clone();
        let mut along = self.dot(&residual, &z);
        for _ in 0..2 * n + 100 {
            let left = squares(&residual);
            if (0..L).all(|l| left[l] <= limit[l] || along[l] <= 0.0) {
                break;
            }
            self.apply(&direction, &mut product);
            let curvature = self.dot(&product, &direction);
            let step: Lanes<L> = each(|l| ratio(along[l], curvature[l]));
            for ((r, p), &i) in residual.iter_mut().zip(&product).zip(&self.unknown) {
                *r = each(|l| r[l] - step[l] * p[l]);
                v[i] = each(|l| v[i][l] + step[l] * direction[i][l]);
            }
            self.precondition(&residual, &mut z);
            let next = self.dot(&residual, &z);
            let turn: Lanes<L> = each(|l| ratio(next[l], along[l]));
            along = next;
            self.unknown.iter().for_each(|&i| direction[i] = each(|l| z[i][l] + turn[l] * direction[i][l]));
        }
        v
    }
}

/// Values of several channels at one place: they share the matrix, so they are solved side by side.
type Lanes<const L: usize> = [f64; L];

fn each<const L: usize>(f: impl FnMut(usize) -> f64) -> Lanes<L> {
    std::array::from_fn(f)
}

/// A channel that is done stays as it is.
fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// How many steps the place farthest from a known one is away from it.
fn depth(frame: &Frame, places: &[Place], removed: usize) -> usize {
    let mut reached: Vec<bool> = places.iter().map(|p| *p != Place::Removed).collect();
    let touches = |i: &usize| places[*i] == Place::Removed && frame.around(*i).any(|q| places[q] == Place::Known);
    let mut front: Vec<usize> = (0..places.len()).filter(touches).collect();
    front.iter().for_each(|&i| reached[i] = true);
    let (mut depth, mut left) = (1, removed - front.len());
    while left > 0 && !front.is_empty() {
        let mut next = Vec::new();
        for q in front.iter().flat_map(|&i| frame.around(i)) {
            if !std::mem::replace(&mut reached[q], true) {
                next.push(q);
            }
        }
        left -= next.len();
        depth += usize::from(!next.is_empty());
        front = next;
    }
    depth
}

/// What every place is; each removed site may come once.
fn places(frame: &Frame, sites: usize, removed: &[usize]) -> Result<Vec<Place>> {
    let mut places = vec![Place::Outside; frame.len];
    (0..sites).for_each(|site| places[frame.with_rim(site)] = Place::Known);
    for &site in removed {
        if std::mem::replace(&mut places[frame.with_rim(site)], Place::Removed) == Place::Removed {
            return Err(MetricError::parameter("removed site", site, "each site once"));
        }
    }
    Ok(places)
}

/// The image with some sites filled in. `noise` is added to the filled values: `channels x removed`, in the order of `removed`.
///
/// # Errors
/// When an index lies outside or comes twice, the noise has another size, a value isn't finite, or no site is left to fill from.
pub fn impute(image: &Image, removed: &[usize], noise: Option<&[f64]>) -> Result<Vec<f64>> {
    finite(image.values)?;
    let sites = image.sites();
    inside("removed site", removed, sites)?;
    if let Some(noise) = noise {
        same_len("noise", image.channels * removed.len(), noise.len())?;
        finite(noise)?;
    }
    let frame = Frame::new(image.grid);
    let places = places(&frame, sites, removed)?;
    match sites - removed.len() {
        0 => return Err(Undefined::NoObservedPixels.into()),
        _ if removed.is_empty() => return Ok(image.values.to_vec()),
        _ => {}
    }
    let system = System::new(&frame, &places);
    let mut filled = image.values.to_vec();
    let mut first = 0;
    for channels in filled.chunks_mut(SIDE_BY_SIDE * sites) {
        let count = channels.len() / sites;
        let values = match count {
            1 => lanes::<1>(&system, &frame, &places, channels),
            _ => lanes::<SIDE_BY_SIDE>(&system, &frame, &places, channels),
        };
        for (c, (channel, values)) in channels.chunks_exact_mut(sites).zip(values).enumerate() {
            for (j, &site) in removed.iter().enumerate() {
                let noise = noise.map_or(0.0, |n| n[(first + c) * removed.len() + j]);
                channel[site] = values[frame.with_rim(site)] + noise;
            }
        }
        first += count;
    }
    Ok(filled)
}

/// Channels that are solved together.
const SIDE_BY_SIDE: usize = 4;

/// Values per place of each channel; there are at most `L`.
fn lanes<const L: usize>(system: &System, frame: &Frame, places: &[Place], channels: &[f64]) -> Vec<Vec<f64>> {
    let sites = frame.sites();
    let mut known = vec![[0.0; L]; frame.len];
    let (mut sums, mut count) = ([0.0; L], 0.0);
    for site in 0..sites {
        let at = frame.with_rim(site);
        if places[at] == Place::Known {
            known[at] = each(|l| channels.get(l * sites + site).copied().unwrap_or(0.0));
            sums = each(|l| sums[l] + known[at][l]);
            count += 1.0;
        }
    }
    let values = system.solve::<L>(&known, each(|l| sums[l] / count));
    (0..channels.len() / sites).map(|l| values.iter().map(|v| v[l]).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::coordinates;

    #[test]
    fn a_linear_ramp_is_filled_in_exactly_and_a_constant_stays() {
        // Opposite neighbours cancel, so linear functions solve the equations away from the border.
        let grid = [9, 9, 5];
        let ramp = |i: usize| coordinates(&grid, i).iter().zip([1.0, -2.0, 0.5]).map(|(&c, k)| c as f64 * k).sum();
        let values: Vec<f64> = (0..405).map(ramp).collect();
        let inner = |i: &usize| coordinates(&grid, *i).iter().zip(grid).all(|(&c, g)| c > 1 && c < g - 2);
        let removed: Vec<usize> = (0..405).filter(inner).collect();
        let filled = impute(&Image::new(1, &grid, &values).unwrap(), &removed, None).unwrap();
        assert!(filled.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-10));
        let flat = [3.0; 32];
        let image = Image::new(2, &[4, 4], &flat).unwrap();
        let filled = impute(&image, &(1..16).collect::<Vec<_>>(), None).unwrap();
        assert!(filled.iter().all(|v| (v - 3.0).abs() < 1e-12));
        assert!(matches!(impute(&image, &(0..16).collect::<Vec<_>>(), None), Err(MetricError::Undefined(_))));
        assert!(impute(&image, &[1, 1], None).is_err());
        assert_eq!(impute(&image, &[], None).unwrap(), flat);
    }

    #[test]
    fn a_wide_hole_solves_its_equations() {
        let grid = [60, 70];
        let mut stream = crate::Stream::new(1, 1);
        let values: Vec<f64> = (0..4200).map(|_| stream.normal()).collect();
        let image = Image::new(1, &grid, &values).unwrap();
        let removed: Vec<usize> = (0..4200).filter(|i| (3..60).contains(&(i / 70)) && i % 70 > 2).collect();
        let filled = impute(&image, &removed, None).unwrap();
        for &site in &removed {
            let (r, c) = ((site / 70) as isize, (site % 70) as isize);
            let (mut sum, mut weights) = (0.0, 0.0);
            for (dr, dc) in (-1..=1).flat_map(|dr| (-1..=1).map(move |dc| (dr, dc))) {
                if (dr, dc) != (0, 0) && (0..60).contains(&(r + dr)) && (0..70).contains(&(c + dc)) {
                    let w = if dr == 0 || dc == 0 { 1.0 / 6.0 } else { 1.0 / 12.0 };
                    sum += w * filled[((r + dr) * 70 + c + dc) as usize];
                    weights += w;
                }
            }
            assert!((weights * filled[site] - sum).abs() < 1e-11);
        }
    }

    #[test]
    fn channels_are_filled_as_if_alone() {
        let mut stream = crate::Stream::new(2, 1);
        let mut values: Vec<f64> = (0..5 * 360).map(|i| stream.normal() * 10f64.powi(i / 360)).collect();
        values[720..1080].fill(0.0);
        let image = Image::new(5, &[20, 18], &values).unwrap();
        let removed: Vec<usize> = (0..360).filter(|i| i % 18 > 3).collect();
        let noise: Vec<f64> = (0..5 * removed.len()).map(|_| stream.normal()).collect();
        let together = impute(&image, &removed, Some(&noise)).unwrap();
        for c in 0..5 {
            let alone = Image::new(1, &[20, 18], &values[c * 360..(c + 1) * 360]).unwrap();
            let noise = &noise[c * removed.len()..(c + 1) * removed.len()];
            let alone = impute(&alone, &removed, Some(noise)).unwrap();
            let size = 10f64.powi(c as i32);
            assert!(together[c * 360..].iter().zip(&alone).all(|(a, b)| (a - b).abs() < 1e-12 * size));
        }
    }
}
