//! Copying boxes of values between arrays of any number of axes.

/// Steps of a row-major array.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut out = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        out[i - 1] = out[i] * shape[i];
    }
    out
}

/// The next index of a box in row-major order; false after the last.
pub fn advance(at: &mut [usize], shape: &[usize]) -> bool {
    for i in (0..at.len()).rev() {
        at[i] += 1;
        if at[i] < shape[i] {
            return true;
        }
        at[i] = 0;
    }
    false
}

/// Copies a box of `shape` that starts at `from_start` and `to_start` and steps as given.
pub fn copy_box(
    from: &[f32],
    from_start: usize,
    from_steps: &[usize],
    to: &mut [f32],
    to_start: usize,
    to_steps: &[usize],
    shape: &[usize],
) {
    let Some((&n, outer)) = shape.split_last() else { return };
    if shape.contains(&0) {
        return;
    }
    let (from_step, to_step) = (from_steps[outer.len()], to_steps[outer.len()]);
    let mut at = vec![0usize; outer.len()];
    loop {
        let place = |start: usize, steps: &[usize]| start + at.iter().zip(steps).map(|(&i, &s)| i * s).sum::<usize>();
        let (a, b) = (place(from_start, from_steps), place(to_start, to_steps));
        if from_step == 1 && to_step == 1 {
            to[b..b + n].copy_from_slice(&from[a..a + n]);
        } else {
            (0..n).for_each(|k| to[b + k * to_step] = from[a + k * from_step]);
        }
        if !advance(&mut at, outer) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_lands_where_it_belongs() {
        let from: Vec<f32> = (0..24).map(|v| v as f32).collect();
        let mut to = vec![0.0; 12];
        copy_box(&from, 5, &strides(&[2, 3, 4]), &mut to, 3, &strides(&[1, 3, 4]), &[1, 2, 1]);
        assert_eq!((to[3], to[7]), (5.0, 9.0));
        assert_eq!(to.iter().filter(|v| **v != 0.0).count(), 2);
    }
}
