//! Basins of the gradient, flooded from markers.
//!
//! # Source
//! Meyer, "Topographic distance and watershed lines", Signal Processing 1994; compact form: Neubert and Protzel, "Compact watershed and
//! preemptive SLIC", ICPR 2014.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::connect::FACES;
use super::field::Field;
use super::grid::parts;
use super::{Labels, check, check_segments, check_sigma};
use crate::{ImageError, Result};

/// Floods the gradient's magnitude from markers near the points of a grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Watershed {
    /// About how many regions the whole grid has.
    pub segments: usize,
    /// Price of distance from the marker, in gradient of the image stretched to `[0, 1]`; 0 for the plain watershed.
    pub compactness: f64,
    /// Standard deviation of a blur beforehand, in samples of the finest axis.
    pub sigma: f64,
}

impl Default for Watershed {
    fn default() -> Watershed {
        Watershed { segments: 100, compactness: 0.0, sigma: 1.0 }
    }
}

impl Watershed {
    pub(super) fn run(&self, field: &Field) -> Result<Vec<u32>> {
        check_segments(self.segments)?;
        check("compactness", self.compactness, |v| v >= 0.0, "at least 0")?;
        check_sigma(self.sigma)?;
        let relief = gradient(&field.stretched().blurred(self.sigma));
        let markers = markers(&relief, self.segments);
        let mut labels = spill(&relief, &markers, self.compactness);
        name_islands(&relief, &mut labels);
        Ok(labels)
    }
}

/// Floods a relief of `H x W` or `D x H x W` values from markers. A marker of 0 is none; others are labels, and come out as they are. Places
/// that the water doesn't reach stay 0.
///
/// # Errors
/// When values, markers, shape and spacing don't fit each other, or the compactness is out of range.
pub fn flood(relief: &[f32], markers: &[u32], shape: &[usize], spacing: &[f64], compactness: f64) -> Result<Vec<u32>> {
    check("compactness", compactness, |v| v >= 0.0, "at least 0")?;
    if markers.len() != relief.len() {
        return Err(ImageError::Size { shape: shape.to_vec(), found: markers.len() });
    }
    let field = Field::new(relief, &[&[1], shape].concat(), spacing, None)?;
    let names: Vec<u32> = markers.iter().map(|m| m.wrapping_sub(1)).collect();
    Ok(spill(&field, &names, compactness).into_iter().map(|l| l.wrapping_add(1)).collect())
}

/// Magnitude of the gradient per sample of the finest axis, over all channels; one-sided at borders and at the edge of the mask.
fn gradient<'m>(field: &Field<'m>) -> Field<'m> {
    let slope = |place: usize, axis: usize| {
        let mut offset = [0; 3];
        offset[axis] = 1;
        let ahead = field.step(place, offset);
        let behind = field.step(place, offset.map(|v| -v));
        let apart = (usize::from(ahead.is_some()) + usize::from(behind.is_some())).max(1) as f64 * field.spacing[axis];
        field.contrast(ahead.unwrap_or(place), behind.unwrap_or(place)) / (apart * apart)
    };
    let size = |place: usize| (0..3).map(|axis| slope(place, axis)).sum::<f64>().sqrt();
    let colours = (0..field.places()).map(|p| if field.inside(p) { size(p) } else { 0.0 }).collect();
    Field { colours, channels: 1, ..*field }
}

/// One marker for each box of a grid: the lowest place inside, the one nearest to the middle among equals.
fn markers(relief: &Field, segments: usize) -> Vec<u32> {
    let parts = parts(relief, segments);
    let mut lowest: Vec<Option<(f64, f64, usize)>> = vec![None; parts.iter().product()];
    for place in relief.wanted() {
        let at = relief.position(place);
        let part: [usize; 3] = std::array::from_fn(|a| at[a] * parts[a] / relief.size[a]);
        let middle = |a: usize| (part[a] as f64 + 0.5) * relief.size[a] as f64 / parts[a] as f64 - 0.5;
        let off = (0..3).map(|a| ((at[a] as f64 - middle(a)) * relief.spacing[a]).powi(2)).sum::<f64>();
        let here = (relief.colours[place], off, place);
        let slot = &mut lowest[(part[0] * parts[1] + part[1]) * parts[2] + part[2]];
        if slot.is_none_or(|best| (here.0, here.1) < (best.0, best.1)) {
            *slot = Some(here);
        }
    }
    let mut markers = vec![Labels::OUTSIDE; relief.places()];
    for (name, (_, _, place)) in lowest.into_iter().flatten().enumerate() {
        markers[place] = name as u32;
    }
    markers
}

/// Water that is about to cover a place.
#[derive(PartialEq)]
struct Drop {
    level: f64,
    age: u64,
    place: usize,
    source: usize,
}

impl Eq for Drop {}

impl Ord for Drop {
    /// Greatest is what flows first: the lowest, then the oldest.
    fn cmp(&self, other: &Drop) -> Ordering {
        other.level.total_cmp(&self.level).then(other.age.cmp(&self.age))
    }
}

impl PartialOrd for Drop {
    fn partial_cmp(&self, other: &Drop) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Floods from the markers (`OUTSIDE` for none); places that can't be reached are `OUTSIDE`.
fn spill(relief: &Field, markers: &[u32], compactness: f64) -> Vec<u32> {
    let mut labels = markers.to_vec();
    let mut queue = BinaryHeap::new();
    let mut age = 0;
    for place in relief.wanted().filter(|&p| markers[p] != Labels::OUTSIDE) {
        queue.push(Drop { level: relief.colours[place], age, place, source: place });
        age += 1;
    }
    while let Some(drop) = queue.pop() {
        if drop.place != drop.source && compactness > 0.0 {
            // With a price on distance several sources compete for a place; the first to flow there wins.
            if labels[drop.place] != Labels::OUTSIDE {
                continue;
            }
            labels[drop.place] = labels[drop.source];
        }
        for next in FACES.iter().filter_map(|&o| relief.step(drop.place, o)) {
            if labels[next] != Labels::OUTSIDE {
                continue;
            }
            let mut level = relief.colours[next];
            if compactness > 0.0 {
                level += compactness * apart(relief, next, drop.source);
            } else {
                labels[next] = labels[drop.source];
            }
            queue.push(Drop { level, age, place: next, source: drop.source });
            age += 1;
        }
    }
    labels
}

/// Gives each piece of the mask that has no marker a label of its own.
fn name_islands(relief: &Field, labels: &mut [u32]) {
    let mut next = labels.iter().filter(|&&l| l != Labels::OUTSIDE).max().map_or(0, |l| l + 1);
    for start in relief.wanted() {
        if labels[start] != Labels::OUTSIDE {
            continue;
        }
        labels[start] = next;
        let mut open = vec![start];
        while let Some(place) = open.pop() {
            for near in FACES.iter().filter_map(|&o| relief.step(place, o)) {
                if labels[near] == Labels::OUTSIDE {
                    labels[near] = next;
                    open.push(near);
                }
            }
        }
        next += 1;
    }
}

fn apart(field: &Field, a: usize, b: usize) -> f64 {
    let (at, to) = (field.position(a), field.position(b));
    (0..3).map(|i| ((at[i] as f64 - to[i] as f64) * field.spacing[i]).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Segmenter;

    #[test]
    fn water_stops_at_the_ridge_and_compactness_moves_it_to_the_middle() {
        let relief = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0];
        let markers = [1, 0, 0, 0, 0, 0, 0, 0, 2];
        let label = |compactness| flood(&relief, &markers, &[1, 9], &[1.0, 1.0], compactness).unwrap();
        assert_eq!(label(0.0)[..6], [1; 6]);
        assert_eq!(label(0.0)[7..], [2; 2]);
        assert_eq!(label(100.0), [1, 1, 1, 1, 1, 2, 2, 2, 2]);
    }

    #[test]
    fn islands_of_a_mask_get_labels() {
        let mask = [true, false, true, true, false, true];
        let cut = Segmenter::Watershed(Watershed { segments: 1, ..Watershed::default() });
        let labels = cut.label_within(&[0.0; 6], &[1, 1, 6], &[1.0, 1.0], &mask).unwrap();
        let out = Labels::OUTSIDE;
        assert_eq!(labels.labels, [0, out, 1, 1, out, 2]);
    }

    #[test]
    fn a_volume_is_cut_at_its_edge() {
        let values: Vec<f32> = (0..6 * 6 * 6).map(|i| if i / 36 < 3 { 0.0 } else { 1.0 }).collect();
        let cut = Segmenter::Watershed(Watershed { segments: 8, compactness: 0.0, sigma: 0.0 });
        let labels = cut.label(&values, &[1, 6, 6, 6], &[1.0; 3]).unwrap();
        assert_eq!(labels.count, 8);
        for members in labels.members() {
            assert!(members.iter().all(|&p| values[p] == values[members[0]]));
        }
    }
}
