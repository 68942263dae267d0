//! Connected components of a mask: neighbours over faces, edges and corners (8 in 2-D, 26 in 3-D).

use crate::frame::Frame;
use crate::image::strides;

/// One connected component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its sites, ascending.
    pub sites: Vec<usize>,
}

/// The components of a mask on a grid, in the order of their first sites.
pub fn components(grid: &[usize], mask: &[bool]) -> Vec<Component> {
    let frame = Frame::new(grid);
    // What is still to be found; the rim never is.
    let mut left = vec![false; frame.len];
    mask.iter().enumerate().filter(|(_, m)| **m).for_each(|(site, _)| left[frame.with_rim(site)] = true);
    let mut found = Vec::new();
    for first in 0..frame.len {
        if !std::mem::replace(&mut left[first], false) {
            continue;
        }
        let mut places = vec![first];
        let mut next = 0;
        while next < places.len() {
            for place in frame.around(places[next]) {
                if std::mem::replace(&mut left[place], false) {
                    places.push(place);
                }
            }
            next += 1;
        }
        let mut sites: Vec<usize> = places.into_iter().map(|p| frame.site(p)).collect();
        sites.sort_unstable();
        found.push(Component { sites });
    }
    found
}

/// Half-open box around sites: first and past-the-last index per axis; `None` for no site.
pub(crate) fn bounding_box(grid: &[usize], sites: impl Iterator<Item = usize>) -> Option<Vec<(usize, usize)>> {
    let steps = strides(grid);
    let mut bounds = vec![(usize::MAX, 0); grid.len()];
    for site in sites {
        for (axis, bound) in bounds.iter_mut().enumerate() {
            let c = site / steps[axis] % grid[axis];
            *bound = (bound.0.min(c), bound.1.max(c + 1));
        }
    }
    if bounds.iter().any(|b| b.1 == 0) { None } else { Some(bounds) }
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
