//! Share of the lesions that the most relevant sites touch.
//!
//! # Formula
//! ```text
//! recall = |{lesions l : l and Top(ceil(q N)) is not empty}| / |lesions|
//! share_l = sum_{p in l} R+_p / sum_p R+_p
//! ```
//!
//! # Symbols
//! - lesion: a connected component of the mask (8 neighbours in 2-D, 26 in 3-D); `R`: heatmap; `q`: fraction of the sites
//!
//! # In images
//! One score over all sites of a mask hides that small lesions were missed: read `per lesion` beside the `size`, which is in mm³ (mm² in 2-D) when
//! the spacing is given, and sites otherwise.
//!
//! # Source
//! Ours.

use crate::error::{MetricError, Result, finite, same_len};
use crate::image::{Heatmap, Mask, checked};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::localisation::components::components;
use crate::ranking::{descending, tied_along};
use crate::score::Score;
use crate::undefined::{Outcome, Undefined};

/// Lesion recall.
pub static INFO: MetricInfo = MetricInfo {
    id: "lesion-recall",
    name: "Lesion recall",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "grows with q and the size of lesions",
    summary: "Share of the lesions that the most relevant sites touch",
    needs: &[Need::Mask],
    cost: "none",
    sources: &[],
    file: include_str!("lesion_recall.rs"),
};

/// Recall over lesions at the top fraction `q`; series `touched`, `share` and `size` per lesion, in the order of their first sites.
///
/// # Errors
/// When sizes differ or `q` isn't between 0 and 1.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask, q: f64, spacing: Option<&[f64]>) -> Result<Score> {
    if !(q > 0.0 && q <= 1.0) {
        return Err(MetricError::parameter("fraction of sites", q, "above 0 and at most 1"));
    }
    spacing.map_or(Ok(()), |s| same_len("spacing", mask.grid.len(), s.len()))?;
    let order = match crate::settle(checked(heatmap, mask).and_then(|()| Ok(descending(heatmap.values)?)))? {
        Ok(order) => order,
        Err(reason) => return Ok(Score::of(&INFO, Err(reason)).param("q", q)),
    };
    let mut top = vec![false; order.len()];
    order.iter().take((q * order.len() as f64).ceil() as usize).for_each(|&i| top[i] = true);
    let lesions = components(mask.grid, mask.values);
    let site = spacing.map_or(1.0, |s| s.iter().product());
    let total = heatmap.values.iter().map(|v| v.max(0.0)).sum::<f64>();
    let touched: Vec<f64> = lesions.iter().map(|l| f64::from(u8::from(l.sites.iter().any(|&i| top[i])))).collect();
    let share = |sites: &[usize]| -> Outcome {
        let part = sites.iter().map(|&i| heatmap.values[i].max(0.0)).sum::<f64>();
        if total == 0.0 { Err(Undefined::ZeroTotalRelevance) } else { finite(&[total]).map(|()| part / total) }
    };
    let recall = touched.iter().sum::<f64>() / lesions.len() as f64;
    let score = Score::of(&INFO, Ok(recall)).part("lesions", lesions.len()).numbers("touched", touched);
    let score = score.list("share", lesions.iter().map(|l| share(&l.sites)).collect());
    let score = score.numbers("size", lesions.iter().map(|l| l.sites.len() as f64 * site));
    Ok(score.param("q", q).ties(tied_along(heatmap.values, &order)))
}
