//! Values on a grid of sites (pixels or voxels): images, heatmaps, masks. 2-D and 3-D alike.

use crate::error::{MetricError, Result, finite, same_len};
use crate::undefined::{Outcome, Undefined};

/// `channels x grid..`, row-major; also an attribution, which has the shape of its image.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Number of channels.
    pub channels: usize,
    /// Spatial size, slowest axis first: `[h, w]` or `[d, h, w]`.
    pub grid: &'a [usize],
    /// The values.
    pub values: &'a [f64],
}

impl<'a> Image<'a> {
    /// An image.
    ///
    /// # Errors
    /// When the number of values isn't that of the shape.
    pub fn new(channels: usize, grid: &'a [usize], values: &'a [f64]) -> Result<Image<'a>> {
        let sites = sites(grid)?;
        let expected = sites.checked_mul(channels).filter(|&n| n > 0);
        let expected = expected.ok_or_else(|| MetricError::parameter("channels", channels, "at least 1"))?;
        same_len("image", expected, values.len())?;
        Ok(Image { channels, grid, values })
    }

    /// Number of sites.
    pub fn sites(&self) -> usize {
        self.values.len() / self.channels
    }

    /// The same shape with other values.
    ///
    /// # Errors
    /// When their number differs.
    pub fn with<'b>(&self, values: &'b [f64]) -> Result<Image<'b>>
    where
        'a: 'b,
    {
        same_len("image", self.values.len(), values.len())?;
        Ok(Image { channels: self.channels, grid: self.grid, values })
    }
}

/// One value per site.
#[derive(Clone, Copy, Debug)]
pub struct Heatmap<'a> {
    /// Spatial size, slowest axis first.
    pub grid: &'a [usize],
    /// The values.
    pub values: &'a [f64],
}

impl<'a> Heatmap<'a> {
    /// A heatmap.
    ///
    /// # Errors
    /// When the number of values isn't that of the grid.
    pub fn new(grid: &'a [usize], values: &'a [f64]) -> Result<Heatmap<'a>> {
        same_len("heatmap", sites(grid)?, values.len())?;
        Ok(Heatmap { grid, values })
    }

    /// Refuses a heatmap of another size than the image's: resizing is the caller's decision.
    pub(crate) fn fits(&self, image: &Image) -> Result<()> {
        if self.grid == image.grid {
            return Ok(());
        }
        Err(MetricError::Size { what: "heatmap for this image", expected: image.sites(), found: self.values.len() })
    }
}

/// True where the ground truth is.
#[derive(Clone, Copy, Debug)]
pub struct Mask<'a> {
    /// Spatial size, slowest axis first.
    pub grid: &'a [usize],
    /// The values.
    pub values: &'a [bool],
}

impl<'a> Mask<'a> {
    /// A mask.
    ///
    /// # Errors
    /// When the number of values isn't that of the grid.
    pub fn new(grid: &'a [usize], values: &'a [bool]) -> Result<Mask<'a>> {
        same_len("mask", sites(grid)?, values.len())?;
        Ok(Mask { grid, values })
    }

    /// Number of true sites.
    pub fn count(&self) -> usize {
        self.values.iter().filter(|&&v| v).count()
    }

    /// Fraction of true sites.
    pub fn fraction(&self) -> f64 {
        self.count() as f64 / self.values.len() as f64
    }
}

/// A heatmap and its mask, of one size; the mask isn't empty and every value is finite.
pub(crate) fn checked(heatmap: &Heatmap, mask: &Mask) -> Result<()> {
    if heatmap.grid != mask.grid {
        let (expected, found) = (heatmap.values.len(), mask.values.len());
        return Err(MetricError::Size { what: "mask for this heatmap", expected, found });
    }
    finite(heatmap.values)?;
    if mask.count() == 0 { Err(Undefined::EmptyMask.into()) } else { Ok(()) }
}

/// Values at the true sites of a region, in order: restricts a heatmap, a mask or an image's channel to the body, brain or lung.
///
/// # Errors
/// When the lengths differ, or the region is empty.
pub fn restrict<T: Copy>(values: &[T], region: &Mask) -> Result<Vec<T>> {
    same_len("values to restrict", region.values.len(), values.len())?;
    let kept: Vec<T> = values.iter().zip(region.values).filter(|(_, r)| **r).map(|(v, _)| *v).collect();
    if kept.is_empty() { Err(Undefined::EmptyMask.into()) } else { Ok(kept) }
}

/// Product of the sizes of a grid.
fn sites(grid: &[usize]) -> Result<usize> {
    let product = grid.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).filter(|&n| n > 0 && !grid.is_empty());
    product.ok_or_else(|| MetricError::parameter("grid", format!("{grid:?}"), "one or more axes of at least one site"))
}

/// Coordinates of a site.
pub(crate) fn coordinates(grid: &[usize], mut site: usize) -> Vec<usize> {
    let mut at = vec![0; grid.len()];
    for axis in (0..grid.len()).rev() {
        at[axis] = site % grid[axis];
        site /= grid[axis];
    }
    at
}

/// Distance in the flat index between neighbours along each axis.
pub(crate) fn strides(grid: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; grid.len()];
    for axis in (1..grid.len()).rev() {
        strides[axis - 1] = strides[axis] * grid[axis];
    }
    strides
}

/// What to do with the sign of relevance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// As it is.
    Raw,
    /// The positive part.
    #[default]
    Positive,
    /// The absolute value.
    Abs,
}

impl Sign {
    /// A value under the rule.
    pub fn of(self, v: f64) -> f64 {
        match self {
            Sign::Raw => v,
            Sign::Positive => v.max(0.0),
            Sign::Abs => v.abs(),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Sign::Raw => "raw",
            Sign::Positive => "positive",
            Sign::Abs => "abs",
        }
    }
}

/// Relevance in the mask, and in total.
pub(crate) fn mass(values: &[f64], mask: &[bool], sign: Sign) -> Outcome<(f64, f64)> {
    let sums = |scale: f64| {
        let inside = values.iter().zip(mask).filter(|(_, m)| **m).map(|(v, _)| sign.of(v / scale)).sum::<f64>();
        (inside, values.iter().map(|v| sign.of(v / scale)).sum::<f64>())
    };
    let (inside, total) = sums(1.0);
    if total == 0.0 {
        return Err(Undefined::ZeroTotalRelevance);
    }
    // Sums of huge values overflow; the ratio of scaled ones is the same.
    Ok(if total.is_finite() { (inside, total) } else { sums(f64::MAX) })
}
