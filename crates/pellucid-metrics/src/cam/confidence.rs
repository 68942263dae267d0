//! The score of an input, and of the input multiplied by its map.

use crate::error::{Result, finite, same_len};
use crate::image::{Heatmap, Image};
use crate::info::MetricInfo;
use crate::model::Evaluator;
use crate::score::Score;
use crate::statistics::mean;
use crate::undefined::{Outcome, Undefined};

/// Two scores of one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    /// `Y = f(x)`.
    pub full: f64,
    /// `O = f(x * m)`.
    pub masked: f64,
}

impl Confidence {
    /// `max(0, Y - O) / Y`.
    ///
    /// # Errors
    /// When `Y` is 0 or a score isn't finite.
    pub fn drop(self) -> Outcome {
        finite(&[self.full, self.masked])?;
        if self.full == 0.0 {
            return Err(Undefined::ZeroReferenceOutput);
        }
        Ok((self.full - self.masked).max(0.0) / self.full)
    }

    /// `max(0, O - Y) / (1 - Y)`.
    ///
    /// # Errors
    /// When `Y` is 1 or a score isn't finite.
    pub fn gain(self) -> Outcome {
        finite(&[self.full, self.masked])?;
        if self.full == 1.0 {
            return Err(Undefined::FullReferenceOutput);
        }
        Ok((self.masked - self.full).max(0.0) / (1.0 - self.full))
    }
}

/// A map brought to `[0, 1]` by its smallest and largest value.
///
/// # Errors
/// When it is constant or a value isn't finite.
pub fn unit(map: &[f64]) -> Outcome<Vec<f64>> {
    finite(map)?;
    let (low, high) = map.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |r, &v| (r.0.min(v), r.1.max(v)));
    if high > low {
        Ok(map.iter().map(|v| (v - low) / (high - low)).collect())
    } else {
        Err(Undefined::ConstantHeatmap)
    }
}

/// Scores of the image as the model takes it, and of that times the map, for all channels alike. The map lies in `[0, 1]`.
///
/// # Errors
/// When sizes differ or the model fails.
pub fn confidence(evaluator: &mut Evaluator, image: &Image, map: &Heatmap) -> Result<Confidence> {
    map.fits(image)?;
    finite(map.values)?;
    same_len("map", image.sites(), map.values.len())?;
    let scores = evaluator.scores(2, image.values.len(), |i, row| {
        row.copy_from_slice(image.values);
        if i == 1 {
            row.iter_mut().zip(map.values.iter().cycle()).for_each(|(r, m)| *r *= m);
        }
        Ok(())
    })?;
    Ok(Confidence { full: scores[0], masked: scores[1] })
}

/// Mean over the images with a value; the series `per_image` has them all.
pub(crate) fn over_images(info: &MetricInfo, per_image: Vec<Outcome>) -> Score {
    let defined: Vec<f64> = per_image.iter().copied().flatten().collect();
    let value = mean(&defined).map_err(|none| per_image.iter().find_map(|v| v.err()).unwrap_or(none));
    let score = Score::of(info, value).part("images", defined.len()).part("undefined", per_image.len() - defined.len());
    score.list("per_image", per_image)
}
