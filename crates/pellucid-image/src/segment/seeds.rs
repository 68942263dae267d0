//! Starting centres inside a mask.

use super::field::Field;
use super::lattice::{lattice, points};

/// Starting centres of about `segments` clusters, and the length over which places are compared, in samples of the finest axis.
pub(super) fn seeds(field: &Field, segments: usize) -> (Vec<[f64; 3]>, f64) {
    if field.mask.is_some() {
        let centres = spread(field, segments);
        let side = gap(field, &centres);
        return (centres, side);
    }
    let lines = lattice(field.size, segments);
    let centres = points(field.size, lines).iter().map(|p| p.map(|v| v as f64)).collect();
    (centres, lines.map(|l| l.step).into_iter().max().unwrap_or(1) as f64)
}

/// How far a centre is from the one nearest to it, along the axis where that is most on average; at least 1.
pub(super) fn gap(field: &Field, centres: &[[f64; 3]]) -> f64 {
    let mut sums = [0.0; 3];
    for (k, centre) in centres.iter().enumerate() {
        let others = centres.iter().enumerate().filter(|(other, _)| *other != k).map(|(_, c)| c);
        let nearest = others.min_by(|a, b| apart(field, a, centre).total_cmp(&apart(field, b, centre)));
        if let Some(other) = nearest {
            (0..3).for_each(|a| sums[a] += (other[a] - centre[a]).abs() * field.spacing[a]);
        }
    }
    sums.iter().fold(0.0f64, |m, s| m.max(s / centres.len() as f64)).max(1.0)
}

/// Squared distance in samples of the finest axis.
fn apart(field: &Field, a: &[f64; 3], b: &[f64; 3]) -> f64 {
    (0..3).map(|i| ((a[i] - b[i]) * field.spacing[i]).powi(2)).sum()
}

/// Points that keep far from each other: each is the place farthest from those before, the first being nearest to the middle.
fn spread(field: &Field, segments: usize) -> Vec<[f64; 3]> {
    let places: Vec<[f64; 3]> = field.wanted().map(|p| field.position(p).map(|v| v as f64)).collect();
    let middle: [f64; 3] =
        std::array::from_fn(|a| places.iter().map(|p| p[a]).sum::<f64>() / places.len().max(1) as f64);
    let first = places.iter().min_by(|a, b| apart(field, a, &middle).total_cmp(&apart(field, b, &middle)));
    let mut chosen: Vec<[f64; 3]> = first.into_iter().copied().collect();
    let mut gap = vec![f64::INFINITY; places.len()];
    while let Some(&last) = chosen.last().filter(|_| chosen.len() < segments.min(places.len())) {
        gap.iter_mut().zip(&places).for_each(|(g, p)| *g = g.min(apart(field, p, &last)));
        let far = (0..places.len()).max_by(|&a, &b| gap[a].total_cmp(&gap[b]).then(b.cmp(&a)));
        chosen.extend(far.map(|i| places[i]));
    }
    chosen
}
