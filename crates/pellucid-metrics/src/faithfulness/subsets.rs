//! Relevance of subsets of features, and what the score loses without them.

use crate::error::{MetricError, Result, finite, inside, same_len};
use crate::model::Evaluator;

/// Relevance sums and drops of the score over subsets.
#[derive(Clone, Debug)]
pub(crate) struct Drops {
    /// `sum_{i in T} A_i`.
    pub sums: Vec<f64>,
    /// `f(x) - f(x without T)`.
    pub drops: Vec<f64>,
}

/// Sums and drops of each subset; `full` is the score of the input itself.
pub(crate) fn drops<'s>(
    evaluator: &mut Evaluator,
    full: f64,
    (x, baseline): (&[f64], &[f64]),
    attribution: &[f64],
    subsets: impl ExactSizeIterator<Item = &'s [usize]> + Clone,
) -> Result<Drops> {
    same_len("attribution", x.len(), attribution.len())?;
    same_len("baseline", x.len(), baseline.len())?;
    finite(attribution)?;
    let sums = subsets.clone().map(|t| {
        inside("feature of a subset", t, x.len())?;
        Ok(t.iter().map(|&i| attribution[i]).sum::<f64>())
    });
    let sums = sums.collect::<Result<Vec<f64>>>()?;
    let mut next = subsets.clone();
    let scores = evaluator.scores(subsets.len(), x.len(), |_, row| {
        row.copy_from_slice(x);
        next.next().unwrap_or_default().iter().for_each(|&i| row[i] = baseline[i]);
        Ok(())
    })?;
    Ok(Drops { sums, drops: scores.iter().map(|s| full - s).collect() })
}

/// Refuses a subset size that doesn't fit.
pub(crate) fn subset_size(size: usize, features: usize) -> Result<usize> {
    if size == 0 || size > features {
        return Err(MetricError::parameter("subset size", size, "1 to the number of features"));
    }
    Ok(size)
}
