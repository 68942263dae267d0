//! Histograms with bins of equal width.

/// Counts of bins of equal width between the smallest and the largest value, and their edges; the last bin includes its upper edge. `None` when
/// all values are equal or there is none.
pub fn histogram(values: &[f64], bins: usize) -> Option<(Vec<usize>, Vec<f64>)> {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |r, &v| (r.0.min(v), r.1.max(v)));
    let span = high - low;
    if bins == 0 || span <= 0.0 || !span.is_finite() {
        return None;
    }
    let step = span / bins as f64;
    let mut edges: Vec<f64> = (0..=bins).map(|i| low + i as f64 * step).collect();
    edges[bins] = high;
    let mut counts = vec![0; bins];
    for &v in values {
        counts[bin(v, low, span, &edges)] += 1;
    }
    Some((counts, edges))
}

/// The bin of a value: computed, then set right where rounding put it on the wrong side of an edge.
fn bin(v: f64, low: f64, span: f64, edges: &[f64]) -> usize {
    let last = edges.len() - 2;
    let guess = (((v - low) / span * (last + 1) as f64) as usize).min(last);
    if v < edges[guess] {
        guess - 1
    } else if guess < last && v >= edges[guess + 1] {
        guess + 1
    } else {
        guess
    }
}

/// Entropy of counts, nats.
pub fn entropy(counts: &[usize]) -> f64 {
    let total = counts.iter().sum::<usize>() as f64;
    let term = |&c: &usize| {
        let p = c as f64 / total;
        if c == 0 { 0.0 } else { p * p.ln() }
    };
    0.0 - counts.iter().map(term).sum::<f64>()
}
