//! How alike two maps are.

use crate::correlation::{cosine, pearson, spearman};
use crate::error::Result;
use crate::ssim::ssim;

/// How two maps are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Similarity<'g> {
    /// Spearman's correlation of absolute values.
    #[default]
    SpearmanOfAbsolute,
    /// Spearman's correlation.
    Spearman,
    /// Pearson's correlation.
    Pearson,
    /// Cosine of the angle.
    Cosine,
    /// Structural similarity on a grid.
    Ssim(&'g [usize]),
}

impl Similarity<'_> {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Similarity::SpearmanOfAbsolute => "spearman_abs",
            Similarity::Spearman => "spearman",
            Similarity::Pearson => "pearson",
            Similarity::Cosine => "cosine",
            Similarity::Ssim(_) => "ssim",
        }
    }

    /// The similarity of two maps.
    ///
    /// # Errors
    /// When sizes differ, or it is undefined.
    pub fn of(self, a: &[f64], b: &[f64]) -> Result<f64> {
        let absolute = |v: &[f64]| v.iter().map(|v| v.abs()).collect::<Vec<f64>>();
        match self {
            Similarity::SpearmanOfAbsolute => spearman(&absolute(a), &absolute(b)),
            Similarity::Spearman => spearman(a, b),
            Similarity::Pearson => pearson(a, b),
            Similarity::Cosine => cosine(a, b),
            Similarity::Ssim(grid) => ssim(grid, a, b),
        }
    }
}
