//! Roughness of a grid: a sum over the differences of neighbours, with its gradient.

/// Differences of neighbours along every axis, as places of the two and the difference.
fn differences<'a>(x: &'a [f64], shape: &'a [usize]) -> impl Iterator<Item = (usize, usize, f64)> + 'a {
    (0..shape.len()).flat_map(move |axis| {
        let inner: usize = shape[axis + 1..].iter().product();
        let n = shape[axis];
        (0..x.len()).filter(move |i| i / inner % n + 1 < n).map(move |i| (i, i + inner, x[i + inner] - x[i]))
    })
}

/// `sum |x_q - x_p|^power` over neighbours p, q along every axis, and its gradient.
pub(crate) fn variation(x: &[f64], shape: &[usize], power: f64) -> (f64, Vec<f64>) {
    let (mut sum, mut gradient) = (0.0, vec![0.0; x.len()]);
    for (p, q, d) in differences(x, shape) {
        sum += d.abs().powf(power);
        // at a difference of 0 the subgradient 0 is taken
        let slope = if d == 0.0 { 0.0 } else { power * d.abs().powf(power - 1.0) * d.signum() };
        gradient[q] += slope;
        gradient[p] -= slope;
    }
    (sum, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn a_step_counts_once_per_pair() {
        let (sum, gradient) = variation(&[0.0, 2.0, 0.0, 2.0], &[2, 2], 3.0);
        assert_eq!(sum, 16.0);
        assert_eq!(gradient, [-12.0, 12.0, -12.0, 12.0]);
        assert_eq!(variation(&[1.0; 6], &[6], 1.0), (0.0, vec![0.0; 6]));
    }

    #[test]
    fn the_gradient_is_that_of_the_sum() {
        let shape = [3, 2, 4];
        for power in [1.0, 2.0, 3.0] {
            let mut x = Stream::new(1, 0, 0).normals(24);
            let (_, gradient) = variation(&x, &shape, power);
            for i in 0..24 {
                let at = x[i];
                x[i] = at + 1e-5;
                let high = variation(&x, &shape, power).0;
                x[i] = at - 1e-5;
                let low = variation(&x, &shape, power).0;
                x[i] = at;
                let numeric = (high - low) / 2e-5;
                assert!((numeric - gradient[i]).abs() < 1e-6 * (1.0 + numeric.abs()), "{power}: {numeric}");
            }
        }
    }
}
