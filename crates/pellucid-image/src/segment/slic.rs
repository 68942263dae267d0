//! Simple linear iterative clustering, with a mask where wanted.
//!
//! # Source
//! Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", PAMI 2012; Irving, "maskSLIC", 2016.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::connect::connect;
use super::field::Field;
use super::lattice::lattice;
use super::seeds::{gap, seeds};
use super::{Labels, check, check_segments, check_sigma};
use crate::Result;

/// k-means over place and colour that looks only near each centre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Slic {
    /// About how many regions.
    pub segments: usize,
    /// Weight of place against colour: regions are more compact the larger it is.
    pub compactness: f64,
    /// Most passes over the image.
    pub iterations: usize,
    /// Standard deviation of a blur beforehand, in samples of the finest axis.
    pub sigma: f64,
    /// Compare images of three channels in CIE L*a*b*.
    pub lab: bool,
    /// Make every region connected: parts under half the mean size join a neighbour, those over three times are cut.
    pub connected: bool,
}

impl Default for Slic {
    fn default() -> Slic {
        Slic { segments: 100, compactness: 10.0, iterations: 10, sigma: 0.0, lab: true, connected: true }
    }
}

impl Slic {
    pub(super) fn run(&self, field: &Field) -> Result<Vec<u32>> {
        check_segments(self.segments)?;
        check("compactness", self.compactness, |v| v > 0.0, "above 0")?;
        check("iterations", self.iterations as f64, |v| v >= 1.0, "at least 1")?;
        check_sigma(self.sigma)?;
        let field = self.prepared(field);
        let (places, side) = seeds(&field, self.segments);
        let mut clusters = Clusters::new(places, side, &field);
        if field.mask.is_some() {
            // Seeds in a mask are uneven until they have been relaxed by place alone.
            clusters.settle(&field, self.iterations, |_| false);
            clusters.weight = gap(&field, &clusters.places).powi(-2);
        }
        let labels = clusters.settle(&field, self.iterations, |pass| pass > 0 || field.mask.is_some());
        if !self.connected {
            return Ok(labels);
        }
        let mean = field.wanted().count() as f64 / clusters.places.len() as f64;
        Ok(connect(&field, &labels, (0.5 * mean) as usize, ((3.0 * mean) as usize).max(1)))
    }

    fn prepared<'m>(&self, field: &Field<'m>) -> Field<'m> {
        let mut field = field.stretched();
        if self.sigma > 0.0 {
            field = field.blurred(self.sigma);
        }
        if self.lab && field.channels == 3 {
            field = field.lab();
        }
        field.map(|v| v / self.compactness)
    }
}

/// Centres of the clusters.
struct Clusters {
    /// `[z, y, x]` in samples.
    places: Vec<[f64; 3]>,
    /// `K x C`.
    colours: Vec<f64>,
    /// A cluster that lost all its places is out of the race.
    alive: Vec<bool>,
    /// How far each axis is searched from a centre.
    reach: [f64; 3],
    /// Weight of squared length.
    weight: f64,
}

impl Clusters {
    fn new(places: Vec<[f64; 3]>, side: f64, field: &Field) -> Clusters {
        let reach = lattice(field.size, places.len()).map(|l| 2.0 * l.step as f64);
        let (colours, alive) = (vec![0.0; places.len() * field.channels], vec![true; places.len()]);
        Clusters { places, colours, alive, reach, weight: 1.0 / (side * side) }
    }

    /// Passes until nothing changes. Centres have no colour before their first update, so the first pass goes by place.
    fn settle(&mut self, field: &Field, passes: usize, by_colour: impl Fn(usize) -> bool) -> Vec<u32> {
        let mut labels = Vec::new();
        for pass in 0..passes {
            let next = self.assign(field, by_colour(pass));
            if next == labels {
                break;
            }
            labels = next;
            self.update(field, &labels);
        }
        labels
    }

    fn assign(&self, field: &Field, by_colour: bool) -> Vec<u32> {
        let mut labels = vec![Labels::OUTSIDE; field.places()];
        let [_, h, w] = field.size;
        labels.par_chunks_mut(w).enumerate().for_each(|(row, out)| {
            let mut best = vec![f64::INFINITY; w];
            for k in (0..self.places.len()).filter(|&k| self.alive[k]) {
                if self.span(k, 0, field).contains(&(row / h)) && self.span(k, 1, field).contains(&(row % h)) {
                    self.claim(k, row, self.span(k, 2, field), field, by_colour, &mut best, out);
                }
            }
            // Places that no window reaches go to the best centre anywhere.
            let missed = |(x, d): (usize, &f64)| (d.is_infinite() && field.inside(row * w + x)).then_some(x);
            let missed: Vec<usize> = best.iter().enumerate().filter_map(missed).collect();
            for x in missed {
                for k in (0..self.places.len()).filter(|&k| self.alive[k]) {
                    self.claim(k, row, x..x + 1, field, by_colour, &mut best, out);
                }
            }
        });
        labels
    }

    /// The indices along an axis that a centre is compared with.
    fn span(&self, k: usize, axis: usize, field: &Field) -> std::ops::Range<usize> {
        let at = self.places[k][axis];
        let high = (at + self.reach[axis] + 1.0).min(field.size[axis] as f64);
        (at - self.reach[axis]).max(0.0) as usize..high as usize
    }

    /// Takes the places of a row that are nearer to a centre than to those before.
    fn claim(
        &self,
        k: usize,
        row: usize,
        span: std::ops::Range<usize>,
        field: &Field,
        by_colour: bool,
        best: &mut [f64],
        out: &mut [u32],
    ) {
        let [_, h, w] = field.size;
        let centre = self.places[k];
        let along = |axis: usize, at: usize| (field.spacing[axis] * (centre[axis] - at as f64)).powi(2);
        let across = along(0, row / h) + along(1, row % h);
        let colour = &self.colours[k * field.channels..(k + 1) * field.channels];
        for x in span.filter(|&x| field.inside(row * w + x)) {
            let mut distance = (across + along(2, x)) * self.weight;
            if by_colour {
                let own = field.colour(row * w + x);
                distance += own.iter().zip(colour).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
            }
            if distance < best[x] {
                best[x] = distance;
                out[x] = k as u32;
            }
        }
    }

    /// Centres become the means of their places.
    fn update(&mut self, field: &Field, labels: &[u32]) {
        let mut counts = vec![0usize; self.places.len()];
        self.places.fill([0.0; 3]);
        self.colours.fill(0.0);
        for place in field.wanted() {
            let k = labels[place] as usize;
            counts[k] += 1;
            let at = field.position(place);
            (0..3).for_each(|axis| self.places[k][axis] += at[axis] as f64);
            let sums = &mut self.colours[k * field.channels..(k + 1) * field.channels];
            sums.iter_mut().zip(field.colour(place)).for_each(|(s, v)| *s += v);
        }
        for (k, &count) in counts.iter().enumerate() {
            self.alive[k] = count > 0;
            let n = count.max(1) as f64;
            self.places[k].iter_mut().for_each(|v| *v /= n);
            self.colours[k * field.channels..(k + 1) * field.channels].iter_mut().for_each(|v| *v /= n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Segmenter;

    #[test]
    fn an_edge_is_followed_and_the_unit_of_length_does_not_matter() {
        let values: Vec<f32> = (0..20 * 20).map(|i| if i % 20 < 7 { 0.0 } else { 1.0 }).collect();
        let slic = Segmenter::Slic(Slic { segments: 9, compactness: 0.1, ..Slic::default() });
        let labels = slic.label(&values, &[1, 20, 20], &[1.0, 1.0]).unwrap();
        for members in labels.members() {
            assert!(members.iter().all(|&p| values[p] == values[members[0]]));
        }
        assert_eq!(labels, slic.label(&values, &[1, 20, 20], &[0.25, 0.25]).unwrap());
    }

    #[test]
    fn a_mask_bounds_the_regions() {
        let mask: Vec<bool> = (0..24 * 24).map(|i| (i / 24) < 10 && (i % 24) > 3).collect();
        let labels = Segmenter::slic(8).label_within(&[0.5; 24 * 24], &[1, 24, 24], &[1.0, 1.0], &mask).unwrap();
        assert!(labels.labels.iter().zip(&mask).all(|(&l, &m)| (l == Labels::OUTSIDE) != m));
        assert!((6..=10).contains(&labels.count), "{}", labels.count);
    }

    #[test]
    fn thick_slices_make_regions_flatter() {
        let slic = Segmenter::Slic(Slic { segments: 27, connected: false, ..Slic::default() });
        let depth = |spacing: f64| {
            let labels = slic.label(&[0.0; 15 * 15 * 15], &[1, 15, 15, 15], &[spacing, 1.0, 1.0]).unwrap();
            let depths = labels.members();
            depths.iter().map(|m| m[m.len() - 1] / 225 - m[0] / 225 + 1).max().unwrap()
        };
        assert!(depth(4.0) <= depth(1.0));
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let wrong = |p: Slic| Segmenter::Slic(p).label(&[0.0; 4], &[1, 2, 2], &[1.0, 1.0]).is_err();
        assert!(wrong(Slic { segments: 0, ..Slic::default() }));
        assert!(wrong(Slic { compactness: 0.0, ..Slic::default() }));
        assert!(wrong(Slic { sigma: f64::NAN, ..Slic::default() }));
        assert!(wrong(Slic { iterations: 0, ..Slic::default() }));
    }
}
