//! Probability that a site of the mask is more relevant than one outside.
//!
//! # Formula
//! ```text
//! AUC = (sum of mid-ranks of S - |S| (|S| + 1) / 2) / (|S| (N - |S|))
//! ```
//!
//! # Symbols
//! - `S`: true sites; `N`: sites
//!
//! # In images
//! A constant map scores 0.5. Air around the body counts as easy negatives: restrict both to the region of interest.
//!
//! # Source
//! hanley1982meaning.

use crate::error::{Result, same_len};
use crate::image::{Heatmap, Mask, checked};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::ranking::{mid_ranks, tied_fraction};
use crate::score::Score;
use crate::undefined::Undefined;

/// Area under the ROC curve.
pub static INFO: MetricInfo = MetricInfo {
    id: "roc-auc",
    name: "ROC AUC of the heatmap",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "0.5",
    summary: "Probability that a site of the mask is more relevant than one outside",
    needs: &[Need::Mask],
    cost: "none",
    sources: &["hanley1982meaning"],
    file: include_str!("roc_auc.rs"),
};

/// Area under the ROC curve of scores against labels.
///
/// # Errors
/// When sizes differ, labels are of one class, or a score isn't finite.
pub fn area(scores: &[f64], labels: &[bool]) -> Result<f64> {
    same_len("labels", scores.len(), labels.len())?;
    let ranks = mid_ranks(scores)?;
    let positive = labels.iter().filter(|&&l| l).count() as f64;
    let negative = labels.len() as f64 - positive;
    if positive == 0.0 || negative == 0.0 {
        return Err(Undefined::SingleClass.into());
    }
    let sum: f64 = ranks.iter().zip(labels).filter(|(_, l)| **l).map(|(r, _)| r).sum();
    Ok((sum - positive * (positive + 1.0) / 2.0) / (positive * negative))
}

/// Area under the ROC curve of a heatmap against a mask.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask) -> Result<Score> {
    let value = checked(heatmap, mask).and_then(|()| {
        if mask.count() == mask.values.len() {
            Err(Undefined::FullMask.into())
        } else {
            area(heatmap.values, mask.values)
        }
    });
    let score = Score::new(&INFO, value)?;
    Ok(match tied_fraction(heatmap.values) {
        Ok(tied) => score.ties(tied),
        Err(_) => score,
    })
}
