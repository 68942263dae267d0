//! A regular lattice of about a given number of points.

/// First point and step along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub start: usize,
    pub step: usize,
}

/// A lattice over `size` with equal steps, except that an axis shorter than the step gets a single point in its middle.
pub(super) fn lattice(size: [usize; 3], points: usize) -> [Line; 3] {
    let mut lines = [Line { start: 0, step: 1 }; 3];
    if size.iter().product::<usize>() <= points {
        return lines;
    }
    let mut axes = [0, 1, 2];
    axes.sort_by_key(|&a| size[a]);
    let mut rest = &axes[..];
    while let [shortest, longer @ ..] = rest {
        let volume: f64 = rest.iter().map(|&a| size[a] as f64).product();
        let side = (volume / points as f64).powf(1.0 / rest.len() as f64);
        if (size[*shortest] as f64) >= side {
            let line = Line { start: (side / 2.0) as usize, step: (side.round_ties_even() as usize).max(1) };
            rest.iter().for_each(|&a| lines[a] = line);
            break;
        }
        lines[*shortest] = Line { start: size[*shortest] / 2, step: size[*shortest] };
        rest = longer;
    }
    lines
}

/// The points of a lattice, in C order.
pub(super) fn points(size: [usize; 3], lines: [Line; 3]) -> Vec<[usize; 3]> {
    let along = |axis: usize| (lines[axis].start..size[axis]).step_by(lines[axis].step);
    along(0).flat_map(|z| along(1).flat_map(move |y| along(2).map(move |x| [z, y, x]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_axes_get_one_point() {
        let lines = lattice([1, 40, 60], 24);
        assert_eq!(lines, [Line { start: 0, step: 1 }, Line { start: 5, step: 10 }, Line { start: 5, step: 10 }]);
        assert_eq!(points([1, 40, 60], lines).len(), 24);
        assert_eq!(points([2, 3, 2], lattice([2, 3, 2], 12)).len(), 12);
    }
}
