//! Broadcasting, and the index tables that moving elements about comes down to.

/// Marks a place of an index table that reads no element (padding). Sums of offsets stay above it.
pub const OUTSIDE: usize = 1 << 48;

/// The shape that two shapes broadcast to (numpy rules); `None` when they don't.
pub fn shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let at = |s: &[usize], i: usize| if i + s.len() < rank { 1 } else { s[i + s.len() - rank] };
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => Some(x),
            (1, y) => Some(y),
            (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

/// The shape that all shapes broadcast to; `None` when they don't.
pub fn shape_of_all<'a>(shapes: impl IntoIterator<Item = &'a [usize]>) -> Option<Vec<usize>> {
    shapes.into_iter().try_fold(vec![], |done, s| shape(&done, s))
}

/// Row-major strides of a shape.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut out = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        out[i - 1] = out[i] * shape[i];
    }
    out
}

/// Sums of one entry per axis over all combinations, the last axis fastest: `axes[a][i]` is what step `i` along axis `a` adds to the offset.
pub fn grid(axes: &[Vec<usize>]) -> Vec<usize> {
    axes.iter().fold(vec![0], |done, axis| done.iter().flat_map(|o| axis.iter().map(move |s| o + s)).collect())
}

/// [`grid`] of evenly spaced steps: offsets of the elements of `shape` under `strides`.
pub fn offsets(shape: &[usize], strides: &[usize]) -> Vec<usize> {
    let axes: Vec<Vec<usize>> = shape.iter().zip(strides).map(|(&n, &s)| (0..n).map(|i| i * s).collect()).collect();
    grid(&axes)
}

/// Where each element of a broadcast reads its operand.
pub enum Spread {
    /// The operand has the full shape.
    Same,
    /// The operand has one element.
    Scalar,
    /// Any other operand: its index for each element.
    Table(Vec<usize>),
}

impl Spread {
    /// The spread of an operand of shape `from` over the broadcast shape `to`.
    pub fn new(from: &[usize], to: &[usize]) -> Spread {
        if from == to {
            Spread::Same
        } else if from.iter().all(|&n| n == 1) {
            Spread::Scalar
        } else {
            Spread::Table(indices(from, to))
        }
    }

    /// Index into the operand of element `i`.
    #[inline]
    pub fn at(&self, i: usize) -> usize {
        match self {
            Spread::Same => i,
            Spread::Scalar => 0,
            Spread::Table(t) => t[i],
        }
    }
}

/// For each element of `to`, the index of the element of `from` that it reads; `from` must broadcast to `to`.
pub fn indices(from: &[usize], to: &[usize]) -> Vec<usize> {
    let lead = to.len() - from.len().min(to.len());
    let own = strides(from);
    let steps: Vec<usize> =
        (0..to.len()).map(|i| if i < lead || from[i - lead] == 1 { 0 } else { own[i - lead] }).collect();
    offsets(to, &steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_follow_numpy() {
        assert_eq!(shape(&[2, 1, 3], &[4, 1]), Some(vec![2, 4, 3]));
        assert_eq!(shape(&[], &[5]), Some(vec![5]));
        assert_eq!(shape(&[0], &[1]), Some(vec![0]));
        assert_eq!(shape(&[2], &[3]), None);
    }

    #[test]
    fn indices_repeat_the_axes_of_size_one() {
        assert_eq!(indices(&[2, 1], &[2, 3]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(indices(&[3], &[2, 3]), [0, 1, 2, 0, 1, 2]);
        assert_eq!(offsets(&[2, 2], &[1, 2]), [0, 2, 1, 3]);
        assert_eq!(grid(&[]), [0]);
        assert_eq!(grid(&[vec![], vec![1]]), [0usize; 0]);
    }
}
