//! Share of the `K` most relevant sites that lie in the mask.
//!
//! # Formula
//! ```text
//! TKI = |TopK(R) and S| / K
//! concept influence = TKI * N / |S|
//! ```
//!
//! # Symbols
//! - `R`: heatmap with its sign; `S`: true sites; `N`: sites; `K`: number of sites looked at, `|S|` unless given
//!
//! # Source
//! theiner2022interpretable.

use crate::error::Result;
use crate::image::{Heatmap, Mask, checked};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::ranking::{descending, tied_along};
use crate::score::Score;
use crate::undefined::{Outcome, Undefined};

/// Top-K intersection.
pub static INFO: MetricInfo = MetricInfo {
    id: "top-k-intersection",
    name: "Top-K intersection",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "|S|/N",
    summary: "Share of the K most relevant sites that lie in the mask",
    needs: &[Need::Mask],
    cost: "none",
    sources: &["theiner2022interpretable"],
    file: include_str!("top_k_intersection.rs"),
};

/// The sites at the top of a heatmap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Top {
    /// Share in the mask.
    pub share: f64,
    /// Share in the mask, expected over random orders of equal values.
    pub expected: f64,
    /// Fraction of sites that share their value.
    pub tied: f64,
}

impl Top {
    pub(crate) fn of(values: &[f64], mask: &[bool], k: usize) -> Outcome<Top> {
        if k == 0 || k > values.len() {
            return Err(Undefined::BadK);
        }
        let order = descending(values)?;
        let hits = |sites: &[usize]| sites.iter().filter(|&&i| mask[i]).count() as f64;
        let last = values[order[k - 1]];
        let above = order.partition_point(|&i| values[i] > last);
        let level = order.partition_point(|&i| values[i] >= last);
        let tied = hits(&order[above..level]) / (level - above) as f64;
        Ok(Top {
            share: hits(&order[..k]) / k as f64,
            expected: (hits(&order[..above]) + (k - above) as f64 * tied) / k as f64,
            tied: tied_along(values, &order),
        })
    }
}

/// Share of the top `k` sites in the mask; `|S|` sites for `None`.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask, k: Option<usize>) -> Result<Score> {
    let k = k.unwrap_or_else(|| mask.count());
    let usable = match mask.count() {
        0 => Err(Undefined::EmptyMask.into()),
        _ if k == 0 || k > heatmap.values.len() => Err(Undefined::BadK.into()),
        _ => checked(heatmap, mask),
    };
    let top = crate::settle(usable.and_then(|()| Ok(Top::of(heatmap.values, mask.values, k)?)))?;
    let score = Score::of(&INFO, top.map(|t| t.share));
    let score = score.part("concept_influence", top.map(|t| t.share / mask.fraction()));
    let score = score.part("expected_over_ties", top.map(|t| t.expected)).part("chance", mask.fraction()).param("k", k);
    Ok(match top {
        Ok(t) => score.ties(t.tied),
        Err(_) => score,
    })
}
