//! Confidence and accuracy by bins of confidence.

use crate::error::{MetricError, Result, finite, inside, same_len};
use crate::model::{Rows, argmax};
use crate::undefined::Undefined;

/// Samples of one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Number of samples.
    pub count: usize,
    /// Mean confidence.
    pub confidence: f64,
    /// Share that is right.
    pub accuracy: f64,
}

impl Bin {
    fn of(samples: &[(f64, bool)]) -> Bin {
        let n = samples.len().max(1) as f64;
        Bin {
            count: samples.len(),
            confidence: samples.iter().map(|s| s.0).sum::<f64>() / n,
            accuracy: samples.iter().filter(|s| s.1).count() as f64 / n,
        }
    }

    /// Distance of accuracy and confidence.
    pub fn gap(&self) -> f64 {
        (self.accuracy - self.confidence).abs()
    }
}

/// Refuses probabilities outside `[0, 1]`, labels outside the classes, and an empty set.
pub(crate) fn checked(probabilities: Rows, labels: &[usize]) -> Result<()> {
    same_len("labels", probabilities.len(), labels.len())?;
    inside("label", labels, probabilities.width)?;
    finite(probabilities.values)?;
    // Room for the rounding of a softmax in single precision.
    if let Some(bad) = probabilities.values.iter().find(|p| !(-1e-6..=1.0 + 1e-6).contains(*p)) {
        return Err(MetricError::parameter("probability", bad, "0 to 1; apply softmax or sigmoid first"));
    }
    if labels.is_empty() { Err(Undefined::NoInstances.into()) } else { Ok(()) }
}

/// Confidence of the predicted class, and whether it is right, for each sample.
pub(crate) fn top_label(probabilities: Rows, labels: &[usize]) -> Result<Vec<(f64, bool)>> {
    checked(probabilities, labels)?;
    let one = |(row, &label): (&[f64], &usize)| {
        let class = argmax(row);
        (row[class], class == label)
    };
    Ok(probabilities.iter().zip(labels).map(one).collect())
}

/// Bins of equal width; bin `m` holds `(m-1)/M < confidence <= m/M`, the first one 0 too.
pub(crate) fn equal_width(samples: &[(f64, bool)], bins: usize) -> Result<Vec<Bin>> {
    let mut groups = vec![Vec::new(); positive(bins)?];
    for &sample in samples {
        groups[place(sample.0, bins)].push(sample);
    }
    Ok(groups.iter().map(|g| Bin::of(g)).collect())
}

/// The bin of a confidence: computed, then set right by comparing with the edges as they are.
fn place(confidence: f64, bins: usize) -> usize {
    let edge = |m: usize| m as f64 / bins as f64;
    let mut at = ((confidence * bins as f64).ceil().max(1.0) as usize).min(bins) - 1;
    while at > 0 && confidence <= edge(at) {
        at -= 1;
    }
    while at + 1 < bins && confidence > edge(at + 1) {
        at += 1;
    }
    at
}

/// Bins of nearly equal counts along ascending confidence; sizes differ by at most one, larger ones first.
pub(crate) fn equal_count(samples: &[(f64, bool)], bins: usize) -> Result<Vec<Bin>> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (size, larger) = (sorted.len() / positive(bins)?, sorted.len() % bins);
    let mut rest = sorted.as_slice();
    let mut take = |m: usize| {
        let (part, others) = rest.split_at(size + usize::from(m < larger));
        rest = others;
        Bin::of(part)
    };
    // Beyond the number of samples all further bins are empty.
    Ok((0..bins.min(samples.len())).map(&mut take).collect())
}

/// Most bins: more than any set needs.
const MOST_BINS: usize = 1 << 20;

fn positive(bins: usize) -> Result<usize> {
    if bins == 0 || bins > MOST_BINS {
        return Err(MetricError::parameter("bins", bins, "1 to 1048576"));
    }
    Ok(bins)
}

/// `sum n_m / n |acc_m - conf_m|`.
pub(crate) fn expected(bins: &[Bin]) -> f64 {
    let n = bins.iter().map(|b| b.count).sum::<usize>() as f64;
    bins.iter().map(|b| b.count as f64 / n * b.gap()).sum()
}

/// The reliability diagram: bins of equal width of the predicted class' confidence.
///
/// # Errors
/// When sizes differ, a label or probability is out of range, or there is no sample.
pub fn reliability(probabilities: Rows, labels: &[usize], bins: usize) -> Result<Vec<Bin>> {
    equal_width(&top_label(probabilities, labels)?, bins)
}
