//! From any order of axes to channels, slices, rows, columns.

/// What an axis of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Column.
    X,
    /// Row.
    Y,
    /// Slice.
    Z,
    /// Anything else: colours, components, time points. Several together make the channels, the slower one major.
    Channel,
}

/// Row-major values whose axes (slowest first) have the given sizes and roles, as `[C, D, H, W]`; values that are in order already are kept.
pub fn arrange(values: Vec<f32>, sizes: &[usize], roles: &[Role]) -> (Vec<f32>, [usize; 4]) {
    let mut strides = vec![1usize; sizes.len()];
    for i in (1..sizes.len()).rev() {
        strides[i - 1] = strides[i] * sizes[i];
    }
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&i| match roles[i] {
        Role::Channel => 0,
        Role::Z => 1,
        Role::Y => 2,
        Role::X => 3,
    });
    let length = |role: Role| (0..sizes.len()).filter(|&i| roles[i] == role).map(|i| sizes[i]).product::<usize>();
    let shape = [length(Role::Channel), length(Role::Z), length(Role::Y), length(Role::X)];
    // An axis of one entry may stand anywhere.
    if order.iter().filter(|&&i| sizes[i] > 1).is_sorted() || values.is_empty() {
        return (values, shape);
    }
    let mut out = Vec::with_capacity(values.len());
    let Some((&last, outer)) = order.split_last() else { return (values, shape) };
    let mut at = vec![0usize; outer.len()];
    loop {
        let start: usize = at.iter().zip(outer).map(|(&k, &axis)| k * strides[axis]).sum();
        out.extend((0..sizes[last]).map(|k| values[start + k * strides[last]]));
        // The next row, as an odometer.
        let Some(turn) = (0..outer.len()).rev().find(|&i| at[i] + 1 < sizes[outer[i]]) else { break };
        at[turn] += 1;
        at[turn + 1..].fill(0);
    }
    (out, shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_of_axes_is_told_from_its_indices() {
        let sizes = [2, 3, 4, 5, 6];
        let roles = [Role::Y, Role::Channel, Role::X, Role::Channel, Role::Z];
        let values: Vec<f32> = (0..720).map(|v| v as f32).collect();
        let (out, shape) = arrange(values, &sizes, &roles);
        assert_eq!(shape, [15, 6, 2, 4]);
        let mut i = 0;
        for c in 0..15 {
            for z in 0..6 {
                for y in 0..2 {
                    for x in 0..4 {
                        let old = (((y * 3 + c / 5) * 4 + x) * 5 + c % 5) * 6 + z;
                        assert_eq!(out[i], old as f32);
                        i += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn missing_axes_have_one_entry() {
        let (out, shape) = arrange(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3], &[Role::X, Role::Y]);
        assert_eq!((out, shape), (vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0], [1, 1, 3, 2]));
        let (_, shape) = arrange(vec![0.0; 6], &[2, 3], &[Role::Y, Role::X]);
        assert_eq!(shape, [1, 1, 2, 3]);
    }
}
