//! Connected components of a mask: neighbours over faces, edges and corners (8 in 2-D, 26 in 3-D).

use crate::image::{coordinates, neighbour, neighbourhood};

/// One connected component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its sites, ascending.
    pub sites: Vec<usize>,
}

/// The components of a mask on a grid, in the order of their first sites.
pub fn components(grid: &[usize], mask: &[bool]) -> Vec<Component> {
    let offsets = neighbourhood(grid.len());
    let mut seen = vec![false; mask.len()];
    let mut found = Vec::new();
    for first in 0..mask.len() {
        if !mask[first] || seen[first] {
            continue;
        }
        seen[first] = true;
        let mut sites = vec![first];
        let mut next = 0;
        while next < sites.len() {
            let at = coordinates(grid, sites[next]);
            next += 1;
            for site in offsets.iter().filter_map(|o| neighbour(grid, &at, o)) {
                if mask[site] && !seen[site] {
                    seen[site] = true;
                    sites.push(site);
                }
            }
        }
        sites.sort_unstable();
        found.push(Component { sites });
    }
    found
}

/// Half-open box around sites: first and past-the-last index per axis; `None` for no site.
pub(crate) fn bounding_box(grid: &[usize], sites: impl Iterator<Item = usize>) -> Option<Vec<(usize, usize)>> {
    sites.map(|s| coordinates(grid, s)).fold(None, |bounds: Option<Vec<(usize, usize)>>, at| {
        let bounds = bounds.unwrap_or_else(|| at.iter().map(|&c| (c, c + 1)).collect());
        Some(bounds.iter().zip(&at).map(|(b, &c)| (b.0.min(c), b.1.max(c + 1))).collect())
    })
}

/// Intersection over union of two boxes.
pub(crate) fn box_iou(a: &[(usize, usize)], b: &[(usize, usize)]) -> f64 {
    let volume = |sizes: &mut dyn Iterator<Item = usize>| sizes.map(|s| s as f64).product::<f64>();
    let common = volume(&mut a.iter().zip(b).map(|(a, b)| a.1.min(b.1).saturating_sub(a.0.max(b.0))));
    let whole = |x: &[(usize, usize)]| volume(&mut x.iter().map(|(lo, hi)| hi - lo));
    common / (whole(a) + whole(b) - common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_connect_in_two_and_three_dimensions() {
        let mask = [true, false, false, false, true, false, false, false, false];
        assert_eq!(components(&[3, 3], &mask), [Component { sites: vec![0, 4] }]);
        let mut volume = [false; 27];
        (volume[0], volume[13], volume[26], volume[18]) = (true, true, true, true);
        assert_eq!(components(&[3, 3, 3], &volume).len(), 1);
        volume[13] = false;
        assert_eq!(components(&[3, 3, 3], &volume).len(), 3);
        assert_eq!(box_iou(&[(0, 2), (0, 2)], &[(1, 3), (0, 2)]), 1.0 / 3.0);
    }
}
