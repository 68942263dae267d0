//! Similarity of the map to that of another class.
//!
//! # Formula
//! ```text
//! s( a_y , a_k ),    k: another class, drawn
//! ```
//!
//! # Symbols
//! - `a_y`: attribution of the explained class; `s`: structural similarity on the grid (windows of 7)
//!
//! # Cost
//! 1 explanation.
//!
//! # In images
//! For two classes whose probabilities sum to 1, maps of probabilities are each other's negative: compare maps of logits. `ssim_flat` is the form of a
//! known library, on the values as one line.
//!
//! # Source
//! sixt2020explanations.

use crate::correlation::{cosine, spearman};
use crate::error::{Result, settle};
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::random::Stream;
use crate::score::Score;
use crate::ssim::ssim;

/// Random logit.
pub static INFO: MetricInfo = MetricInfo {
    id: "random-logit",
    name: "Random logit",
    family: Family::Randomisation,
    direction: Direction::Lower,
    range: (-1.0, 1.0),
    chance: "1 for a map that ignores the class",
    summary: "Similarity of the map to that of another class",
    needs: &[Need::Explainer],
    cost: "1 A",
    sources: &["sixt2020explanations"],
    file: include_str!("random_logit.rs"),
};

/// Structural similarity of the map to another class' map; parts `ssim_flat`, `cosine`, `spearman`.
///
/// # Errors
/// When sizes differ.
pub fn evaluate(of_class: &Image, of_other: &[f64]) -> Result<Score> {
    let a = of_class.values;
    crate::error::same_len("map of the other class", a.len(), of_other.len())?;
    let score = Score::new(&INFO, ssim(of_class.grid, a, of_other))?;
    let score = score.part("ssim_flat", settle(ssim(&[a.len()], a, of_other))?);
    Ok(score.part("cosine", settle(cosine(a, of_other))?).part("spearman", settle(spearman(a, of_other))?))
}

/// Draws another class.
///
/// # Errors
/// When there is no other class.
pub fn other_class(class: usize, classes: usize, seed: u64) -> Result<usize> {
    if classes < 2 || class >= classes {
        return Err(crate::MetricError::Index {
            what: "explained class among at least two",
            index: class,
            len: classes,
        });
    }
    let drawn = Stream::new(seed, 0x726c).below(classes - 1);
    Ok(if drawn >= class { drawn + 1 } else { drawn })
}
