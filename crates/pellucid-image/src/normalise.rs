//! From raw signed maps to displayed ones: the orders of ReLU, rescaling and resizing that other tools use.
//!
//! The same map looks different in each; the raw map is what counts. A map without contrast gives zeros and [`Shown::flat`], never NaN.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::resize::{Resample, resample};

/// A way to make a displayed map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisplayPreset {
    /// ReLU, `m - min` divided by its maximum + 1e-7, resize, the same again. Resizing is half-pixel linear in 2-D, cubic spline zoom in 3-D.
    PytorchGradCam,
    /// ReLU, `m - min` divided by its maximum + 1e-8, at the map's own resolution.
    TorchCam,
    /// Signed values, resized to the nearest input sample.
    Captum,
    /// ReLU, resize half-pixel linear, min-max.
    Monai,
    /// ReLU, corner-aligned linear zoom, min-max.
    TfKerasVis,
    /// Resize half-pixel linear, ReLU, divided by the maximum.
    SegGradCam,
    /// Sum over channels of absolute values, cut at the 99th percentile, min subtracted, divided by the rest: 0 to 1.
    PairGrayscale,
    /// Sum over channels, `(m + s) / 2s` with `s` the absolute 99th percentile of the signed sums, cut at -1 and 1: zero evidence is shown as 0.5,
    /// and values below `-s` run on under 0, as PAIR's own code has it (its text describes another formula).
    PairDiverging,
}

/// A map ready to be coloured.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Values, row-major.
    pub values: Vec<f32>,
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Whether the map had no contrast, so that zeros stand for it.
    pub flat: bool,
}

/// Every preset, with its id, in the order of the reference page.
pub const DISPLAY_PRESETS: &[(&str, DisplayPreset)] = &[
    ("pytorch-grad-cam", DisplayPreset::PytorchGradCam),
    ("torchcam", DisplayPreset::TorchCam),
    ("captum", DisplayPreset::Captum),
    ("monai", DisplayPreset::Monai),
    ("tf-keras-vis", DisplayPreset::TfKerasVis),
    ("seg-grad-cam", DisplayPreset::SegGradCam),
    ("pair-grayscale", DisplayPreset::PairGrayscale),
    ("pair-diverging", DisplayPreset::PairDiverging),
];

/// Prepares a raw map for display.
///
/// CAM presets take a spatial map (1 to 3 axes) and a `size` for it (ignored by `torchcam`). The `pair` presets take an attribution with channels
/// on the first axis, sum them away, and leave the size as it is.
///
/// # Errors
/// When the values don't fill the shape or the size doesn't fit the axes.
pub fn show(map: &[f32], shape: &[usize], size: &[usize], preset: DisplayPreset) -> Result<Shown> {
    let raw: Vec<f64> = map.iter().map(|&v| f64::from(v)).collect();
    let resized = |values: &[f64], method| resample(values, shape, size, method);
    let (values, shape, flat) = match preset {
        DisplayPreset::PytorchGradCam => {
            let (scaled, _) = shift_scale(relu(&raw), 1e-7);
            let method = if shape.len() == 3 { Resample::SplineAlignCorners } else { Resample::LinearHalfPixel };
            let (values, flat) = shift_scale(resized(&scaled, method)?, 1e-7);
            (values, size.to_vec(), flat)
        }
        DisplayPreset::TorchCam => {
            let (values, flat) = shift_scale(relu(&raw), 1e-8);
            (resample(&values, shape, shape, Resample::NearestFloor)?, shape.to_vec(), flat)
        }
        DisplayPreset::Captum => {
            let values = resized(&raw, Resample::NearestFloor)?;
            let flat = is_flat(&values);
            (values, size.to_vec(), flat)
        }
        DisplayPreset::Monai => min_max_of(resized(&relu(&raw), Resample::LinearHalfPixel)?, size),
        DisplayPreset::TfKerasVis => min_max_of(resized(&relu(&raw), Resample::LinearAlignCorners)?, size),
        DisplayPreset::SegGradCam => {
            let values = relu(&resized(&raw, Resample::LinearHalfPixel)?);
            let max = values.iter().copied().fold(0.0, f64::max);
            (divide(values, max), size.to_vec(), max <= 0.0)
        }
        DisplayPreset::PairGrayscale => {
            let summed = over_channels(&raw, shape, |sum, v| sum + v.abs())?;
            let (min, top) = (minimum(&summed), percentile(&summed, 99.0));
            let values = summed.iter().map(|v| (v - min) / (top - min)).map(|v| v.clamp(0.0, 1.0)).collect();
            (if top > min { values } else { vec![0.0; summed.len()] }, shape[1..].to_vec(), top <= min)
        }
        DisplayPreset::PairDiverging => {
            let summed = over_channels(&raw, shape, |sum, v| sum + v)?;
            let span = percentile(&summed, 99.0).abs();
            let values = summed.iter().map(|v| ((v + span) / (2.0 * span)).clamp(-1.0, 1.0)).collect();
            (if span > 0.0 { values } else { vec![0.0; summed.len()] }, shape[1..].to_vec(), span <= 0.0)
        }
    };
    Ok(Shown { values: values.into_iter().map(|v| v as f32).collect(), shape, flat })
}

/// `tanh(gamma relu(m) / max m)`: LayerCAM's scaling of maps from shallow layers before they are fused.
pub fn layercam_scale(map: &[f32], gamma: f64) -> Vec<f32> {
    let max = map.iter().fold(0.0f64, |m, &v| m.max(f64::from(v)));
    let scale = |v: f32| if max > 0.0 { (gamma * f64::from(v).max(0.0) / max).tanh() } else { 0.0 };
    map.iter().map(|&v| scale(v) as f32).collect()
}

/// How an attribution with channels on the first axis becomes one map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduce {
    /// Signed sum.
    Sum,
    /// Sum of absolute values.
    SumAbs,
    /// Largest absolute value.
    MaxAbs,
}

/// One map of an attribution of shape `C x ...`.
///
/// # Errors
/// When the values don't fill the shape.
pub fn reduce_channels(values: &[f32], shape: &[usize], how: Reduce) -> Result<Vec<f32>> {
    let raw: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
    let reduced = over_channels(&raw, shape, |sum, v| match how {
        Reduce::Sum => sum + v,
        Reduce::SumAbs => sum + v.abs(),
        Reduce::MaxAbs => f64::max(sum, v.abs()),
    })?;
    Ok(reduced.into_iter().map(|v| v as f32).collect())
}

/// Percentile (0 to 100) with linear interpolation between order statistics, as NumPy's default. NaN are left out; 0 when nothing is left.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    if sorted.is_empty() {
        return 0.0;
    }
    sorted.sort_unstable_by(f64::total_cmp);
    let place = (percent / 100.0).clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let low = place.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (place - low as f64) * (sorted[high] - sorted[low])
}

fn relu(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| v.max(0.0)).collect()
}

fn minimum(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn is_flat(values: &[f64]) -> bool {
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    max <= minimum(values)
}

/// `(m - min) / (max - min + epsilon)`, or zeros and `true` for a map without contrast.
fn shift_scale(values: Vec<f64>, epsilon: f64) -> (Vec<f64>, bool) {
    if is_flat(&values) {
        return (vec![0.0; values.len()], true);
    }
    let min = minimum(&values);
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (values.into_iter().map(|v| (v - min) / (max - min + epsilon)).collect(), false)
}

fn min_max_of(values: Vec<f64>, size: &[usize]) -> (Vec<f64>, Vec<usize>, bool) {
    let (values, flat) = shift_scale(values, 0.0);
    (values, size.to_vec(), flat)
}

fn divide(values: Vec<f64>, by: f64) -> Vec<f64> {
    if by > 0.0 { values.into_iter().map(|v| v / by).collect() } else { vec![0.0; values.len()] }
}

fn over_channels(values: &[f64], shape: &[usize], add: impl Fn(f64, f64) -> f64) -> Result<Vec<f64>> {
    let product = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    if product != Some(values.len()) || values.is_empty() {
        return Err(crate::ImageError::Size { shape: shape.to_vec(), found: values.len() });
    }
    let n = values.len() / shape[0];
    let mut out = vec![0.0; n];
    for channel in values.chunks_exact(n) {
        out.iter_mut().zip(channel).for_each(|(o, &v)| *o = add(*o, v));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_maps_give_zeros_and_a_flag_in_every_preset() {
        for (id, preset) in DISPLAY_PRESETS {
            for value in [0.0, -3.0] {
                let shown = show(&[value; 18], &[2, 3, 3], &[2, 5, 5], *preset).unwrap();
                let signed = matches!(preset, DisplayPreset::Captum | DisplayPreset::PairDiverging);
                assert!(signed || (shown.flat && shown.values.iter().all(|&v| v == 0.0)), "{id}");
                assert!(shown.values.iter().all(|v| v.is_finite()), "{id}");
            }
        }
        assert_eq!(layercam_scale(&[0.0, -1.0], 2.0), [0.0, 0.0]);
    }

    #[test]
    fn percentile_interpolates() {
        // numpy.percentile([1, 2, 4, 8], 40) = 2.4
        assert!((percentile(&[8.0, 1.0, 4.0, 2.0], 40.0) - 2.4).abs() < 1e-12);
        assert_eq!(percentile(&[f64::NAN], 50.0), 0.0);
    }
}
