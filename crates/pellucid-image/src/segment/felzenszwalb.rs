//! Regions grown along the edges of a graph of neighbours.
//!
//! # Source
//! Felzenszwalb and Huttenlocher, "Efficient graph-based image segmentation", IJCV 2004; in 3-D with all 26 neighbours.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::field::Field;
use super::{Labels, check, check_sigma};
use crate::Result;

/// Merges neighbours whose contrast is small against the contrast within each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Felzenszwalb {
    /// Preference for large regions, in levels of an image from 0 to 255 whatever the range of the values.
    pub scale: f64,
    /// Standard deviation of a blur beforehand, in samples of the finest axis.
    pub sigma: f64,
    /// Regions with fewer places join a neighbour.
    pub min_size: usize,
}

impl Default for Felzenszwalb {
    fn default() -> Felzenszwalb {
        Felzenszwalb { scale: 1.0, sigma: 0.8, min_size: 20 }
    }
}

/// Half of the neighbours, so that each pair comes once.
const FORWARD: [[isize; 3]; 13] = [
    [0, 0, 1],
    [0, 1, 0],
    [0, 1, 1],
    [0, 1, -1],
    [1, 0, 0],
    [1, 0, 1],
    [1, 0, -1],
    [1, 1, 0],
    [1, -1, 0],
    [1, 1, 1],
    [1, 1, -1],
    [1, -1, 1],
    [1, -1, -1],
];

struct Edge {
    cost: f64,
    a: u32,
    b: u32,
}

impl Felzenszwalb {
    pub(super) fn run(&self, field: &Field) -> Result<Vec<u32>> {
        check("scale", self.scale, |v| v >= 0.0, "at least 0")?;
        check_sigma(self.sigma)?;
        let edges = edges(&field.blurred(self.sigma));
        let mut forest = Forest::new(field.places());
        let slack = self.scale / 255.0;
        for edge in &edges {
            forest.join(edge, |f, a, b| edge.cost < f.limit(a, slack).min(f.limit(b, slack)));
        }
        for edge in &edges {
            forest.join(edge, |f, a, b| f.size[a].min(f.size[b]) < self.min_size);
        }
        let label = |p: usize| if field.inside(p) { forest.root(p) as u32 } else { Labels::OUTSIDE };
        Ok((0..field.places()).map(label).collect())
    }
}

/// All edges from the least to the greatest contrast; equal ones by direction, then place.
fn edges(field: &Field) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for offset in FORWARD {
        let ends = field.wanted().filter_map(|a| field.step(a, offset).map(|b| (a, b)));
        edges.extend(ends.map(|(a, b)| Edge { cost: field.contrast(a, b).sqrt(), a: a as u32, b: b as u32 }));
    }
    edges.par_sort_by(|x, y| x.cost.total_cmp(&y.cost));
    edges
}

/// Regions as trees.
struct Forest {
    parent: Vec<u32>,
    size: Vec<usize>,
    /// The greatest contrast that was bridged inside.
    bridged: Vec<f64>,
}

impl Forest {
    fn new(places: usize) -> Forest {
        Forest { parent: (0..places as u32).collect(), size: vec![1; places], bridged: vec![0.0; places] }
    }

    fn root(&self, mut place: usize) -> usize {
        while self.parent[place] as usize != place {
            place = self.parent[place] as usize;
        }
        place
    }

    fn limit(&self, root: usize, slack: f64) -> f64 {
        self.bridged[root] + slack / self.size[root] as f64
    }

    /// Joins the ends of an edge when they are of different regions and `when` holds for the two roots.
    fn join(&mut self, edge: &Edge, when: impl Fn(&Forest, usize, usize) -> bool) {
        let (a, b) = (self.root(edge.a as usize), self.root(edge.b as usize));
        if a == b || !when(self, a, b) {
            return;
        }
        let (large, small) = if self.size[a] >= self.size[b] { (a, b) } else { (b, a) };
        self.parent[small] = large as u32;
        self.size[large] += self.size[small];
        self.bridged[large] = edge.cost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Segmenter;

    fn label(values: &[f32], shape: &[usize], p: Felzenszwalb) -> Labels {
        Segmenter::Felzenszwalb(p).label(values, shape, &vec![1.0; shape.len() - 1]).unwrap()
    }

    #[test]
    fn halves_stay_apart_and_specks_join() {
        let mut values: Vec<f32> = (0..12 * 12).map(|i| if i % 12 < 5 { 0.0 } else { 1.0 }).collect();
        values[0] = 0.5;
        let p = Felzenszwalb { scale: 100.0, sigma: 0.0, min_size: 5 };
        let labels = label(&values, &[1, 12, 12], p.clone());
        assert_eq!(labels.count, 2);
        assert!((0..144).all(|i| labels.labels[i] == u32::from(i % 12 >= 5)));
        assert_eq!(label(&values, &[1, 12, 12], Felzenszwalb { scale: 0.1, min_size: 1, ..p }).count, 3);
    }

    #[test]
    fn in_3d_corners_connect() {
        let mut values = vec![0.0; 27];
        for at in [0, 13, 26] {
            values[at] = 1.0;
        }
        let p = Felzenszwalb { scale: 1.0, sigma: 0.0, min_size: 1 };
        assert_eq!(label(&values, &[1, 3, 3, 3], p).count, 2);
    }
}
