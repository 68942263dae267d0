//! Overlap of the binarised heatmap with the mask.
//!
//! # Formula
//! ```text
//! IoU  = |B and S| / |B or S|        Dice   = 2 |B and S| / (|B| + |S|)
//! precision = |B and S| / |B|        recall = |B and S| / |S|
//! ```
//!
//! # Symbols
//! - `B`: foreground: `R >= t max R` (none if `max R <= 0`), the `ceil(q N)` top sites, or above Otsu's threshold; `S`: true sites
//! - Otsu: 256 equal bins between the smallest and the largest value; the threshold is the centre of the first bin that maximises the variance
//!   between classes, foreground lies strictly above
//!
//! # In images
//! `box_iou` compares the box of the largest connected component (the first of equal size) with the box of the mask; 0.5 is called a correct
//! localisation. A ratio with nothing to divide by is undefined on its own: precision without foreground, recall without mask.
//!
//! # Source
//! zhou2016cam; otsu1979threshold; dice1945measures.

use crate::error::{MetricError, Result, finite};
use crate::image::{Heatmap, Mask};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::localisation::components::{bounding_box, box_iou, components};
use crate::ranking::descending;
use crate::score::Score;
use crate::statistics::histogram;
use crate::undefined::{Outcome, Undefined};

/// Intersection over union.
pub static INFO: MetricInfo = MetricInfo {
    id: "iou",
    name: "Overlap (IoU, Dice, precision, recall, boxes)",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "|S|/N when all is foreground",
    summary: "Overlap of the binarised heatmap with the mask",
    needs: &[Need::Mask],
    cost: "none",
    sources: &["zhou2016cam", "otsu1979threshold", "dice1945measures"],
    file: include_str!("iou.rs"),
};

/// How a heatmap becomes foreground and background.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binarise {
    /// At least this fraction of the maximum.
    FractionOfMax(f64),
    /// This fraction of the sites, from the top.
    TopFraction(f64),
    /// Above Otsu's threshold.
    Otsu,
}

impl Binarise {
    fn name(self) -> String {
        match self {
            Binarise::FractionOfMax(t) => format!("frac_of_max({t})"),
            Binarise::TopFraction(q) => format!("top_fraction({q})"),
            Binarise::Otsu => "otsu".into(),
        }
    }

    /// True where a heatmap is foreground.
    ///
    /// # Errors
    /// When a value isn't finite, the fraction isn't between 0 and 1, or Otsu's threshold is asked of a constant map.
    pub fn foreground(self, values: &[f64]) -> Result<Vec<bool>> {
        finite(values)?;
        let fraction = |what, f: f64| {
            if (0.0..=1.0).contains(&f) { Ok(f) } else { Err(MetricError::parameter(what, f, "0 to 1")) }
        };
        Ok(match self {
            Binarise::FractionOfMax(t) => {
                let t = fraction("fraction of the maximum", t)?;
                let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                values.iter().map(|&v| max > 0.0 && v >= t * max).collect()
            }
            Binarise::TopFraction(q) => {
                let count = (fraction("fraction of sites", q)? * values.len() as f64).ceil() as usize;
                let mut on = vec![false; values.len()];
                descending(values)?.iter().take(count).for_each(|&i| on[i] = true);
                on
            }
            Binarise::Otsu => {
                let threshold = otsu(values)?;
                values.iter().map(|&v| v > threshold).collect()
            }
        })
    }
}

/// Otsu's threshold over 256 bins.
///
/// # Errors
/// When all values are equal or one isn't finite.
pub fn otsu(values: &[f64]) -> Outcome {
    const BINS: usize = 256;
    finite(values)?;
    let (counts, edges) = histogram(values, BINS).ok_or(Undefined::ConstantHeatmap)?;
    let centres: Vec<f64> = edges.windows(2).map(|e| (e[0] + e[1]) / 2.0).collect();
    let mut below = vec![(0.0, 0.0); BINS];
    let mut above = vec![(0.0, 0.0); BINS];
    let mut total = (0.0, 0.0);
    for i in 0..BINS {
        total = (total.0 + counts[i] as f64, total.1 + counts[i] as f64 * centres[i]);
        below[i] = total;
    }
    total = (0.0, 0.0);
    for i in (0..BINS).rev() {
        total = (total.0 + counts[i] as f64, total.1 + counts[i] as f64 * centres[i]);
        above[i] = total;
    }
    let between = |i: usize| {
        let ((n, s), (m, t)) = (below[i], above[i + 1]);
        n * m * (s / n - t / m).powi(2)
    };
    let best = (0..BINS - 1).fold((0, f64::NEG_INFINITY), |best, i| {
        let v = between(i);
        if v > best.1 { (i, v) } else { best }
    });
    Ok(centres[best.0])
}

/// A ratio, undefined when there is nothing to divide by.
fn ratio(part: usize, whole: usize) -> Outcome {
    if whole == 0 { Err(Undefined::BothEmpty) } else { Ok(part as f64 / whole as f64) }
}

/// Overlap; parts `dice`, `precision`, `recall`, `foreground`, `box_iou`, and the series `box` (starts, then ends) when there is foreground.
///
/// # Errors
/// When sizes differ or a fraction isn't between 0 and 1.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask, rule: Binarise) -> Result<Score> {
    if heatmap.grid != mask.grid {
        let (expected, found) = (heatmap.values.len(), mask.values.len());
        return Err(MetricError::Size { what: "mask for this heatmap", expected, found });
    }
    let on = match crate::settle(rule.foreground(heatmap.values))? {
        Ok(on) => on,
        Err(reason) => return Ok(Score::of(&INFO, Err(reason)).param("binarise", rule.name())),
    };
    let both = on.iter().zip(mask.values).filter(|(b, s)| **b && **s).count();
    let (b, s) = (on.iter().filter(|&&b| b).count(), mask.count());
    let score = Score::of(&INFO, ratio(both, b + s - both)).part("dice", ratio(2 * both, b + s));
    let score = score.part("precision", ratio(both, b)).part("recall", ratio(both, s)).part("foreground", b);
    Ok(with_boxes(score, &on, mask).param("binarise", rule.name()))
}

fn with_boxes(score: Score, on: &[bool], mask: &Mask) -> Score {
    let largest =
        components(mask.grid, on).into_iter().reduce(|a, b| if b.sites.len() > a.sites.len() { b } else { a });
    let found = largest.and_then(|c| bounding_box(mask.grid, c.sites.into_iter()));
    let truth = bounding_box(mask.grid, (0..on.len()).filter(|&i| mask.values[i]));
    let Some(found) = found else { return score.part("box_iou", Err(Undefined::BothEmpty)) };
    let overlap = truth.map(|t| box_iou(&found, &t)).ok_or(Undefined::EmptyMask);
    let corners = found.iter().map(|b| b.0).chain(found.iter().map(|b| b.1)).map(|c| c as f64);
    let correct = overlap.map(|o| f64::from(u8::from(o >= 0.5)));
    score.part("box_iou", overlap).part("correct_localisation", correct).numbers("box", corners)
}
