//! Structural similarity of counterfactual images to their inputs.
//!
//! # Formula
//! ```text
//! mean over pairs of SSIM( x' , x )
//! ```
//!
//! # Symbols
//! - `x'`: counterfactual of the image `x`; SSIM: windows of 7 sites per axis, channels averaged, joint range of the pair
//!
//! # In images
//! 1 for a counterfactual that changes nothing: read it beside validity. An axis shorter than 7 is undefined; thin stacks are compared slice by slice.
//!
//! # Source
//! wang2004ssim.

use crate::counterfactual::paired;
use crate::error::{MetricError, Result, settle};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Rows;
use crate::score::Score;
use crate::ssim::ssim;
use crate::statistics::mean;

/// Image similarity.
pub static INFO: MetricInfo = MetricInfo {
    id: "image-similarity",
    name: "Image similarity of counterfactuals",
    family: Family::Counterfactual,
    direction: Direction::Higher,
    range: (-1.0, 1.0),
    chance: "none",
    summary: "Structural similarity of counterfactual images to their inputs",
    needs: &[Need::Batch],
    cost: "none",
    sources: &["wang2004ssim"],
    file: include_str!("image_similarity.rs"),
};

/// Mean similarity of images of one grid, all channels one after the other; series `per_sample`.
///
/// # Errors
/// When sizes differ, or the grid doesn't divide the images.
pub fn evaluate(x: Rows, counterfactuals: Rows, grid: &[usize]) -> Result<Score> {
    let sites = grid.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).filter(|&n| n > 0);
    let sites =
        sites.ok_or_else(|| MetricError::parameter("grid", format!("{grid:?}"), "axes of at least one site"))?;
    if !x.width.is_multiple_of(sites) {
        return Err(MetricError::Size { what: "image of this grid", expected: sites, found: x.width });
    }
    if let Err(reason) = paired(x, counterfactuals)? {
        return Ok(Score::of(&INFO, Err(reason)));
    }
    let pairs = x.iter().zip(counterfactuals.iter());
    let all = pairs.map(|(a, b)| settle(ssim(grid, a, b))).collect::<Result<Vec<_>>>()?;
    let defined: Vec<f64> = all.iter().copied().flatten().collect();
    let value = mean(&defined).map_err(|none| all.iter().find_map(|v| v.err()).unwrap_or(none));
    Ok(Score::of(&INFO, value).list("per_sample", all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use crate::undefined::Undefined;

    #[test]
    fn an_unchanged_image_is_the_most_similar() {
        let mut stream = Stream::new(1, 1);
        let x: Vec<f64> = (0..2 * 64).map(|_| stream.uniform()).collect();
        let near: Vec<f64> = x.iter().map(|v| v + 0.05 * stream.normal()).collect();
        let far: Vec<f64> = x.iter().map(|v| v + 0.5 * stream.normal()).collect();
        let rows = |values| Rows { values, width: 64 };
        let of = |other| evaluate(Rows { values: &x, width: 64 }, rows(other), &[8, 8]).unwrap().value.unwrap();
        assert!((of(&x) - 1.0).abs() < 1e-12);
        assert!(of(&near) < 1.0 && of(&far) < of(&near));
        assert!(evaluate(rows(&x), rows(&x), &[5, 8]).is_err());
        assert_eq!(evaluate(rows(&x), rows(&x), &[4, 16]).unwrap().value, Err(Undefined::TooSmall));
    }
}
