//! Precision averaged over the recall of a falling threshold.
//!
//! # Formula
//! ```text
//! AP = sum_j (recall_j - recall_{j-1}) precision_j        j over distinct values, descending
//! ```
//!
//! # Symbols
//! - `precision_j`, `recall_j`: of the sites at or above the j-th distinct value
//!
//! # In images
//! A constant map scores `|S|/N`. Unlike the AUC it isn't flattered by many easy negatives.
//!
//! # Source
//! davis2006relationship; without interpolation.

use crate::error::{Result, same_len};
use crate::image::{Heatmap, Mask, checked};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::ranking::{descending, tied_along};
use crate::score::Score;
use crate::undefined::Undefined;

/// Average precision.
pub static INFO: MetricInfo = MetricInfo {
    id: "average-precision",
    name: "Average precision of the heatmap",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "|S|/N",
    summary: "Precision averaged over the recall of a falling threshold",
    needs: &[Need::Mask],
    cost: "none",
    sources: &["davis2006relationship"],
    file: include_str!("average_precision.rs"),
};

/// Average precision of scores against labels, and the fraction of tied scores.
///
/// # Errors
/// When sizes differ, there is no true label, or a score isn't finite.
pub fn average(scores: &[f64], labels: &[bool]) -> Result<(f64, f64)> {
    same_len("labels", scores.len(), labels.len())?;
    let order = descending(scores)?;
    let positive = labels.iter().filter(|&&l| l).count();
    if positive == 0 {
        return Err(Undefined::EmptyMask.into());
    }
    let (mut seen, mut hits, mut sum) = (0usize, 0usize, 0.0);
    for run in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let new = run.iter().filter(|&&i| labels[i]).count();
        seen += run.len();
        hits += new;
        sum += new as f64 / positive as f64 * (hits as f64 / seen as f64);
    }
    Ok((sum, tied_along(scores, &order)))
}

/// Average precision of a heatmap against a mask.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask) -> Result<Score> {
    let found = crate::settle(checked(heatmap, mask).and_then(|()| average(heatmap.values, mask.values)))?;
    let score = Score::of(&INFO, found.map(|f| f.0)).part("chance", mask.fraction());
    Ok(match found {
        Ok((_, tied)) => score.ties(tied),
        Err(_) => score,
    })
}
