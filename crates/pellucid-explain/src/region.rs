//! The positions that a segmentation target is about, frozen from the unperturbed run.

use pellucid_graph::Tensor;

use crate::target::{Reference, Region};

/// Whether each spatial position (row-major) belongs to the region of class `c`.
pub(crate) fn positions(region: &Region, reference: &Reference, c: usize) -> Result<Vec<bool>, String> {
    let shape = reference.value.shape();
    let axis = reference.class_axis;
    let spatial: Vec<usize> = shape.iter().enumerate().skip(1).filter(|(a, _)| *a != axis).map(|(_, n)| *n).collect();
    let count: usize = spatial.iter().product();
    match region {
        Region::Mask { inside } if inside.len() == count => Ok(inside.clone()),
        Region::Mask { inside } => Err(format!("the mask has {} positions, the output {spatial:?}", inside.len())),
        Region::Pixel { at } => {
            let i = flat_position(at, &spatial).ok_or_else(|| format!("position {at:?} isn't inside {spatial:?}"))?;
            Ok((0..count).map(|p| p == i).collect())
        }
        Region::Predicted => Ok(predicted(reference, c)),
        Region::LargestComponent => Ok(component(&predicted(reference, c), &spatial, true)),
        Region::SmallestComponent => Ok(component(&predicted(reference, c), &spatial, false)),
    }
}

/// Row-major index of a position.
pub(crate) fn flat_position(at: &[usize], shape: &[usize]) -> Option<usize> {
    if at.len() != shape.len() || at.iter().zip(shape).any(|(a, n)| a >= n) {
        return None;
    }
    Some(at.iter().zip(shape).fold(0, |i, (a, n)| i * n + a))
}

fn predicted(reference: &Reference, c: usize) -> Vec<bool> {
    wins(reference.value, reference.class_axis, c)
}

/// Where a class has the largest value, the first of equal ones; for a single logit, where it is positive. `value` is `1 x K [x S..]` with classes along
/// `class_axis`; row-major over the other axes.
pub fn wins(value: &Tensor, class_axis: usize, class: usize) -> Vec<bool> {
    let (shape, y) = (value.shape(), value.to_f64());
    let k = shape.get(class_axis).copied().unwrap_or(1);
    let inner: usize = shape.iter().skip(class_axis + 1).product();
    let outer: usize = shape.iter().take(class_axis).product();
    let at = |place: usize, c: usize| y[(place / inner * k + c) * inner + place % inner];
    let first = |p: usize, d: usize| at(p, class) > at(p, d) || (at(p, class) == at(p, d) && class <= d);
    (0..outer * inner).map(|p| if k == 1 { at(p, 0) > 0.0 } else { (0..k).all(|d| first(p, d)) }).collect()
}

/// The largest or smallest component connected through faces.
fn component(mask: &[bool], shape: &[usize], largest: bool) -> Vec<bool> {
    let mut label = vec![0usize; mask.len()];
    let mut sizes = vec![0usize];
    for start in 0..mask.len() {
        if !mask[start] || label[start] != 0 {
            continue;
        }
        let id = sizes.len();
        sizes.push(0);
        let mut stack = vec![start];
        label[start] = id;
        while let Some(p) = stack.pop() {
            sizes[id] += 1;
            for q in neighbours(p, shape) {
                if mask[q] && label[q] == 0 {
                    label[q] = id;
                    stack.push(q);
                }
            }
        }
    }
    let ids = 1..sizes.len();
    // the first of equals, so that the choice doesn't depend on iteration order
    let best = if largest { ids.rev().max_by_key(|&i| sizes[i]) } else { ids.min_by_key(|&i| sizes[i]) };
    label.iter().map(|&l| Some(l) == best && l != 0).collect()
}

/// Positions that share a face with `p`.
fn neighbours(p: usize, shape: &[usize]) -> Vec<usize> {
    let mut out = Vec::with_capacity(2 * shape.len());
    let mut stride = 1;
    for &n in shape.iter().rev() {
        let i = p / stride % n;
        if i > 0 {
            out.push(p - stride);
        }
        if i + 1 < n {
            out.push(p + stride);
        }
        stride *= n;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_graph::Tensor;

    fn reference(value: &Tensor) -> Reference<'_> {
        Reference { wire: "y", value, class_axis: 1, stepped_over: None, labels: &[] }
    }

    #[test]
    fn components_are_found_by_size() {
        // class 1 wins at a block of three and at a single pixel
        let y =
            Tensor::f32(&[1, 2, 2, 4], vec![0., 0., 9., 0., 0., 9., 9., 9., 1., 1., 1., 2., 1., 1., 1., 1.]).unwrap();
        let r = reference(&y);
        let all = positions(&Region::Predicted, &r, 1).unwrap();
        assert_eq!(all, [true, true, false, true, true, false, false, false]);
        let big = positions(&Region::LargestComponent, &r, 1).unwrap();
        assert_eq!(big, [true, true, false, false, true, false, false, false]);
        let small = positions(&Region::SmallestComponent, &r, 1).unwrap();
        assert_eq!(small, [false, false, false, true, false, false, false, false]);
    }

    #[test]
    fn positions_outside_are_refused() {
        let y = Tensor::f32(&[1, 1, 2, 2], vec![1., -1., 2., 0.]).unwrap();
        assert!(positions(&Region::Pixel { at: vec![2, 0] }, &reference(&y), 0).is_err());
        assert!(positions(&Region::Mask { inside: vec![true] }, &reference(&y), 0).is_err());
        assert_eq!(positions(&Region::Predicted, &reference(&y), 0).unwrap(), [true, false, true, false]);
    }
}
