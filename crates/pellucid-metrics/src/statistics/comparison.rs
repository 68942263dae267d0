//! Several methods on the same images: every pair tested, the probabilities corrected together.

use serde::Serialize;

use crate::error::{Result, settle};
use crate::statistics::paired::{PairedTest, holm, wilcoxon};
use crate::undefined::Outcome;

/// Two methods compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Index of the first method.
    pub first: usize,
    /// Index of the second method.
    pub second: usize,
    /// Wilcoxon's signed-rank test on the images that both have a value for.
    pub test: PairedTest,
    /// Its probability after Holm's correction over all pairs.
    pub corrected: f64,
}

/// Compares every pair of methods; `methods` has, for each, one value per image. Pairs without a test (no image in common, or no difference at
/// all) are left out, and don't count in the correction.
///
/// # Errors
/// When the numbers of images differ.
pub fn compare(methods: &[Vec<Outcome>]) -> Result<Vec<Comparison>> {
    let mut found = Vec::new();
    for second in 1..methods.len() {
        for first in 0..second {
            if let Ok(test) = settle(wilcoxon(&methods[first], &methods[second]))? {
                found.push(Comparison { first, second, test, corrected: test.p });
            }
        }
    }
    let corrected = holm(&found.iter().map(|c| c.test.p).collect::<Vec<f64>>());
    found.iter_mut().zip(corrected).for_each(|(c, p)| c.corrected = p);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// Three methods on the same 40 images, of which the last is better by 0.5.
    fn methods(seed: u64) -> [Vec<Outcome>; 3] {
        let mut stream = Stream::new(seed, 4);
        let images: Vec<f64> = (0..40).map(|_| stream.normal()).collect();
        [0.0, 0.0, 0.5].map(|shift| images.iter().map(|i| Ok(i + shift + 0.3 * stream.normal())).collect())
    }

    #[test]
    fn a_difference_is_found_and_none_is_found_at_its_level() {
        let (mut found, mut mistaken) = (0, 0);
        for seed in 0..400 {
            let all = compare(&methods(seed)).unwrap();
            assert_eq!(all.iter().map(|c| (c.first, c.second)).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
            assert!(all.iter().all(|c| c.corrected >= c.test.p));
            mistaken += usize::from(all[0].corrected < 0.05);
            found +=
                usize::from(all[1].corrected < 0.05 && all[2].corrected < 0.05 && all[1].test.mean_difference < 0.0);
        }
        // The level is 5 %: 20 of 400 are expected, with a standard deviation of 4.4.
        assert!(found > 390 && mistaken < 38, "{found} found, {mistaken} mistaken");
    }

    #[test]
    fn pairs_without_a_difference_are_left_out() {
        let one = methods(1)[0].clone();
        assert!(compare(&[one.clone(), one.clone()]).unwrap().is_empty());
        assert!(compare(&[one, Vec::new()]).is_err());
    }
}
