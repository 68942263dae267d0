//! Noisy linear imputation: removed sites become the weighted mean of their neighbours, known or not.
//!
//! # Formula
//! ```text
//! (sum_q w_jq) v_j = sum_q w_jq v_q,    q: neighbours of j inside the image
//! ```
//! Weights are 1/6 for neighbours over a face and 1/12 over a corner of two axes; in 3-D, 1/24 over a corner of three. The matrix is symmetric and,
//! as soon as one site is known, positive definite: conjugate gradients with the diagonal as preconditioner.
//!
//! # Source
//! rong2022road, section 4; the 3-D weights go on halving and are ours.

use crate::error::{Result, inside};
use crate::image::{Image, coordinates, neighbour, neighbourhood};
use crate::undefined::Undefined;

/// Squared relative residual at which the solution is done: far below what is compared.
const DONE: f64 = 1e-28;

/// The system of the removed sites.
struct System {
    /// Neighbours of each unknown that are unknown too, with weights.
    links: Vec<Vec<(usize, f64)>>,
    /// Neighbours of each unknown that are known: site and weight.
    known: Vec<Vec<(usize, f64)>>,
    /// Sum of all weights of each unknown.
    diagonal: Vec<f64>,
}

impl System {
    fn new(grid: &[usize], removed: &[usize], unknown_of: &[usize]) -> System {
        let offsets: Vec<(Vec<isize>, f64)> = neighbourhood(grid.len())
            .into_iter()
            .map(|o| {
                let axes = o.iter().filter(|&&d| d != 0).count() as i32;
                (o, 1.0 / (6.0 * 2f64.powi(axes - 1)))
            })
            .collect();
        let n = removed.len();
        let mut system = System { links: vec![Vec::new(); n], known: vec![Vec::new(); n], diagonal: vec![0.0; n] };
        for (j, &site) in removed.iter().enumerate() {
            let at = coordinates(grid, site);
            for (offset, weight) in &offsets {
                let Some(q) = neighbour(grid, &at, offset) else { continue };
                system.diagonal[j] += weight;
                match unknown_of[q] {
                    usize::MAX => system.known[j].push((q, *weight)),
                    other => system.links[j].push((other, *weight)),
                }
            }
        }
        system
    }

    fn apply(&self, v: &[f64], out: &mut [f64]) {
        for (j, o) in out.iter_mut().enumerate() {
            *o = self.diagonal[j] * v[j] - self.links[j].iter().map(|&(q, w)| w * v[q]).sum::<f64>();
        }
    }

    /// Solves for one channel, starting from the mean of the known values.
    fn solve(&self, channel: &[f64], start: f64) -> Vec<f64> {
        let n = self.diagonal.len();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let right: Vec<f64> = self.known.iter().map(|k| k.iter().map(|&(q, w)| w * channel[q]).sum()).collect();
        let (mut v, mut product) = (vec![start; n], vec![0.0; n]);
        self.apply(&v, &mut product);
        let mut residual: Vec<f64> = right.iter().zip(&product).map(|(b, p)| b - p).collect();
        let scaled = |r: &[f64]| r.iter().zip(&self.diagonal).map(|(r, d)| r / d).collect::<Vec<f64>>();
        let mut z = scaled(&residual);
        let mut direction = z.clone();
        let mut rz = dot(&residual, &z);
        let limit = DONE * dot(&right, &right).max(rz);
        for _ in 0..20 * n + 100 {
            if dot(&residual, &residual) <= limit {
                break;
            }
            self.apply(&direction, &mut product);
            let alpha = rz / dot(&direction, &product);
            for j in 0..n {
                v[j] += alpha * direction[j];
                residual[j] -= alpha * product[j];
            }
            z = scaled(&residual);
            let next = dot(&residual, &z);
            let beta = next / rz;
            rz = next;
            direction.iter_mut().zip(&z).for_each(|(d, z)| *d = z + beta * *d);
        }
        v
    }
}

/// The image with some sites filled in. `noise` is added to the filled values: `channels x removed`, in the order of `removed`.
///
/// # Errors
/// When an index lies outside or comes twice, the noise has another size, a value isn't finite, or no site is left to fill from.
pub fn impute(image: &Image, removed: &[usize], noise: Option<&[f64]>) -> Result<Vec<f64>> {
    crate::error::finite(image.values)?;
    let sites = image.sites();
    inside("removed site", removed, sites)?;
    if let Some(noise) = noise {
        crate::error::same_len("noise", image.channels * removed.len(), noise.len())?;
        crate::error::finite(noise)?;
    }
    let mut unknown_of = vec![usize::MAX; sites];
    for (j, &site) in removed.iter().enumerate() {
        if std::mem::replace(&mut unknown_of[site], j) != usize::MAX {
            return Err(crate::MetricError::parameter("removed site", site, "each site once"));
        }
    }
    if removed.len() == sites {
        return Err(Undefined::NoObservedPixels.into());
    }
    let system = System::new(image.grid, removed, &unknown_of);
    let mut filled = image.values.to_vec();
    for (c, channel) in filled.chunks_exact_mut(sites).enumerate() {
        let known = (0..sites).filter(|&i| unknown_of[i] == usize::MAX).map(|i| channel[i]).sum::<f64>();
        let values = system.solve(channel, known / (sites - removed.len()) as f64);
        for (j, (&site, v)) in removed.iter().zip(values).enumerate() {
            channel[site] = v + noise.map_or(0.0, |n| n[c * removed.len() + j]);
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_ramp_is_filled_in_exactly_and_a_constant_stays() {
        // Opposite neighbours cancel, so linear functions solve the equations away from the border.
        let grid = [9, 9, 5];
        let values: Vec<f64> = (0..405)
            .map(|i| coordinates(&grid, i).iter().zip([1.0, -2.0, 0.5]).map(|(&c, k)| c as f64 * k).sum())
            .collect();
        let removed: Vec<usize> =
            (0..405).filter(|&i| coordinates(&grid, i).iter().zip(grid).all(|(&c, g)| c > 1 && c < g - 2)).collect();
        let filled = impute(&Image::new(1, &grid, &values).unwrap(), &removed, None).unwrap();
        assert!(filled.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-10));
        let flat = [3.0; 32];
        let image = Image::new(2, &[4, 4], &flat).unwrap();
        let filled = impute(&image, &(1..16).collect::<Vec<_>>(), None).unwrap();
        assert!(filled.iter().all(|v| (v - 3.0).abs() < 1e-12));
        assert!(matches!(impute(&image, &(0..16).collect::<Vec<_>>(), None), Err(crate::MetricError::Undefined(_))));
        assert!(impute(&image, &[1, 1], None).is_err());
    }
}
