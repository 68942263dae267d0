//! Baselines made from an image, in the units of the image.

use pellucid_image::{Channels, Image, Units};

use crate::preset::{Baseline, BaselineKind, Over, Unit};
use crate::{AdviseError, Result};

impl Baseline {
    /// The baseline for an image, of the same shape and units, to go through the same preparation. `region` has one entry for each place of the
    /// grid `D x H x W`; places outside it stay as they are under a blur within the region.
    ///
    /// # Errors
    /// When the baseline needs more than the image (donors, a reference region), a mask that isn't given, has another size or is empty, a unit or
    /// scale that the image doesn't have, or a time axis that it doesn't have.
    pub fn make(&self, image: &Image, region: Option<&[bool]>) -> Result<Image> {
        let refuse = |reason: String| AdviseError::Baseline { id: self.id.clone(), reason };
        if let Some(needs) = self.kind.needs() {
            return Err(refuse(format!("needs {needs}, which an image alone doesn't have")));
        }
        let places: usize = image.grid().iter().product();
        if region.is_some_and(|m| m.len() != places) {
            let found = region.map_or(0, <[bool]>::len);
            return Err(refuse(format!("the mask has {found} places, expected {places}")));
        }
        let mask = match (self.over, region) {
            (Some(Over::Region), None) => return Err(refuse("needs a mask of the valid region".into())),
            (Some(Over::Region), Some(mask)) if !mask.contains(&true) => {
                return Err(refuse("the mask of the valid region is empty".into()));
            }
            (Some(Over::Region), mask) => mask,
            _ => None,
        };
        let voxels = self.values(image, mask).map_err(refuse)?;
        let mut made = image.with_voxels(voxels)?;
        made.notes = vec![format!("baseline `{}`: {}", self.id, self.describe())];
        Ok(made)
    }

    fn values(&self, image: &Image, mask: Option<&[bool]>) -> std::result::Result<Vec<f32>, String> {
        let places: usize = image.grid().iter().product();
        let statistic = |of: &dyn Fn(Vec<f32>) -> f32| {
            let channels = image.voxels().chunks(places.max(1));
            channels.flat_map(|c| std::iter::repeat_n(of(inside(c, mask)), places)).collect()
        };
        match self.kind {
            BaselineKind::Constant => {
                let value = constant(self.value.unwrap_or(0.0), self.unit, &image.units)?;
                Ok(vec![value as f32; image.voxels().len()])
            }
            BaselineKind::Blur => blur(self, image, mask),
            BaselineKind::Mean => {
                Ok(statistic(&|v| (v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len().max(1) as f64) as f32))
            }
            BaselineKind::Median => Ok(statistic(&|v| percentile(v, 50.0))),
            BaselineKind::Percentile => Ok(statistic(&|v| percentile(v, self.percentile.unwrap_or(50.0)))),
            BaselineKind::TimeMean => {
                over_time(image, |series| (series.iter().sum::<f64>() / series.len() as f64) as f32)
            }
            BaselineKind::FirstFrame => over_time(image, |series| series.first().copied().unwrap_or(0.0) as f32),
            other => Err(format!("kind {other:?} isn't made from an image")),
        }
    }
}

/// The finite values of a channel inside the mask.
fn inside(channel: &[f32], mask: Option<&[bool]>) -> Vec<f32> {
    let kept = |p: usize| mask.is_none_or(|m| m.get(p).copied().unwrap_or(false));
    channel.iter().enumerate().filter(|(p, v)| v.is_finite() && kept(*p)).map(|(_, v)| *v).collect()
}

/// A percentile with linear interpolation between neighbours; 0 for no values.
fn percentile(mut values: Vec<f32>, percent: f64) -> f32 {
    values.sort_by(f32::total_cmp);
    let at = percent / 100.0 * values.len().saturating_sub(1) as f64;
    let (low, share) = (at.floor() as usize, at.fract());
    let value = |i: usize| f64::from(values.get(i).or(values.last()).copied().unwrap_or(0.0));
    (value(low) * (1.0 - share) + value(low + 1) * share) as f32
}

/// A physical value in the units of an image.
fn constant(value: f64, unit: Option<Unit>, units: &Units) -> std::result::Result<f64, String> {
    let named = |name: &str| matches!(units, Units::Named(n) if n.eq_ignore_ascii_case(name));
    match (unit, units) {
        (Some(Unit::Hounsfield), Units::Hounsfield) => Ok(value),
        // NIfTI names no unit; that a volume holds Hounsfield units is the user's word or the recognised preset's.
        (Some(Unit::Hounsfield | Unit::Suv | Unit::Counts | Unit::Relative), Units::Intensity) => Ok(value),
        (Some(Unit::Suv), _) if named("GML") || named("SUVbw") => Ok(value),
        (Some(Unit::Suv), _) if value == 0.0 && (named("BQML") || named("CNTS")) => Ok(0.0),
        (Some(Unit::Counts), _) if value == 0.0 || named("CNTS") => Ok(value),
        (Some(Unit::Level), Units::Levels { max }) => Ok(value * f64::from(*max)),
        // OD = -log10(I / full scale)
        (Some(Unit::OpticalDensity), Units::Levels { max }) => Ok(f64::from(*max) * 10f64.powf(-value)),
        (unit, units) => {
            let stated = unit.map(|u| u.to_string()).unwrap_or_default();
            Err(format!(
                "is stated in {stated}, but the image's values are of unit `{}`",
                crate::recognise::unit_word(units)
            ))
        }
    }
}

/// Every place's series over the channels, which must be points in time.
fn over_time(image: &Image, of: impl Fn(&[f64]) -> f32) -> std::result::Result<Vec<f32>, String> {
    let frames = image.shape()[0];
    if !matches!(image.channels, Channels::Named(_)) || frames < 2 {
        return Err("needs an image whose channels are points in time".into());
    }
    let places = image.voxels().len() / frames;
    let mut out = vec![0.0; image.voxels().len()];
    let mut series = vec![0.0; frames];
    for p in 0..places {
        for (t, s) in series.iter_mut().enumerate() {
            *s = f64::from(image.voxels()[t * places + p]);
        }
        let value = of(&series);
        (0..frames).for_each(|t| out[t * places + p] = value);
    }
    Ok(out)
}

/// A Gaussian cut at four standard deviations; what lies beyond the edge or outside the mask has no weight, so constants stay what they are.
fn blur(baseline: &Baseline, image: &Image, mask: Option<&[bool]>) -> std::result::Result<Vec<f32>, String> {
    let (Some(sigma), Some(along)) = (baseline.sigma, &baseline.along) else { return Err("has no width".into()) };
    let grid = image.grid();
    let samples = sigma.samples(&image.geometry, grid);
    let samples = samples.ok_or_else(|| format!("is {sigma} wide, but the image has no scale: give its spacing"))?;
    let places: usize = grid.iter().product();
    let weight: Vec<f64> = (0..places).map(|p| f64::from(u8::from(mask.is_none_or(|m| m[p])))).collect();
    let mut out = Vec::with_capacity(image.voxels().len());
    for channel in image.voxels().chunks(places.max(1)) {
        // NaN has no weight.
        let here: Vec<f64> = channel.iter().zip(&weight).map(|(v, w)| if v.is_finite() { *w } else { 0.0 }).collect();
        let mut values: Vec<f64> =
            channel.iter().zip(&here).map(|(&v, &w)| if w > 0.0 { f64::from(v) } else { 0.0 }).collect();
        let mut weights = here.clone();
        for (axis, name) in [(0, 'z'), (1, 'y'), (2, 'x')] {
            let sigma = samples[2 - axis];
            if along.contains(name) && grid[axis] > 1 {
                let kernel = kernel(sigma, grid[axis]);
                values = smooth(&values, grid, axis, &kernel);
                weights = smooth(&weights, grid, axis, &kernel);
            }
        }
        out.extend((0..places).map(|p| if here[p] > 0.0 { (values[p] / weights[p]) as f32 } else { channel[p] }));
    }
    Ok(out)
}

/// Weights at distance 0, 1, 2, ..
fn kernel(sigma: f64, size: usize) -> Vec<f64> {
    let reach = ((4.0 * sigma).ceil() as usize).min(size.saturating_sub(1));
    (0..=reach).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp()).collect()
}

fn smooth(values: &[f64], grid: [usize; 3], axis: usize, kernel: &[f64]) -> Vec<f64> {
    let (n, step) = (grid[axis], grid[axis + 1..].iter().product::<usize>());
    let mut out = vec![0.0; values.len()];
    for (p, o) in out.iter_mut().enumerate() {
        let at = p / step % n;
        let first = at.saturating_sub(kernel.len() - 1);
        let last = (at + kernel.len() - 1).min(n - 1);
        *o = (first..=last).map(|q| kernel[q.abs_diff(at)] * values[p + q * step - at * step]).sum();
    }
    out
}

#[cfg(test)]
mod tests {
    use pellucid_image::{Format, Geometry};

    use super::*;
    use crate::preset::preset;

    fn image(shape: [usize; 4], units: Units, value: impl Fn(usize) -> f32) -> Image {
        Image::new((0..shape.iter().product()).map(value).collect(), shape, units, Format::Synthetic).unwrap()
    }

    fn baseline(preset_id: &str, id: &str) -> Baseline {
        preset(preset_id).unwrap().baseline(id).unwrap().clone()
    }

    #[test]
    fn constants_are_in_the_images_units() {
        let ct = image([1, 2, 4, 4], Units::Hounsfield, |i| i as f32);
        assert!(baseline("ct", "air").make(&ct, None).unwrap().voxels().iter().all(|&v| v == -1000.0));
        let slide = image([3, 1, 4, 4], Units::Levels { max: 255.0 }, |i| i as f32);
        assert!(baseline("histopathology", "glass").make(&slide, None).unwrap().voxels().iter().all(|&v| v == 255.0));
        let error = baseline("ct", "air").make(&slide, None).unwrap_err().to_string();
        assert!(
            error.starts_with("baseline `air`: is stated in HU, but the image's values are of unit `level`"),
            "{error}"
        );
        let pet = image([1, 1, 2, 2], Units::Named("BQML".into()), |i| i as f32);
        assert!(baseline("pet", "no-uptake").make(&pet, None).unwrap().voxels().iter().all(|&v| v == 0.0));
    }

    #[test]
    fn statistics_stay_within_the_region() {
        let mr = image([1, 1, 2, 4], Units::Intensity, |i| i as f32);
        let mask = [false, false, true, true, false, false, true, true];
        let mean = baseline("mri", "tissue-mean").make(&mr, Some(&mask)).unwrap();
        assert!(mean.voxels().iter().all(|&v| v == 4.5));
        let median = baseline("cbct", "median").make(&mr, Some(&mask)).unwrap();
        assert!(median.voxels().iter().all(|&v| v == 4.5));
        assert!(baseline("mri", "tissue-mean").make(&mr, None).is_err());
        assert!(baseline("mri", "tissue-mean").make(&mr, Some(&[false; 8])).is_err());
        assert!(baseline("mri", "tissue-mean").make(&mr, Some(&[true; 7])).is_err());
        let field = image([1, 1, 1, 101], Units::Levels { max: 255.0 }, |i| i as f32);
        assert!(
            baseline("hematology", "field-background").make(&field, None).unwrap().voxels().iter().all(|&v| v == 90.0)
        );
    }

    #[test]
    fn a_blur_keeps_constants_at_every_edge_and_needs_a_scale_for_mm() {
        let mut ct = image([1, 5, 20, 20], Units::Hounsfield, |_| 7.0);
        let blur = baseline("ct", "blur");
        let error = blur.make(&ct, None).unwrap_err().to_string();
        assert!(error.contains("the image has no scale"), "{error}");
        ct.geometry = Geometry::spacing([1.0, 1.0, 4.0]);
        assert!(blur.make(&ct, None).unwrap().voxels().iter().all(|&v| (v - 7.0).abs() < 1e-5));
        // Within a region, what lies outside neither runs in nor changes.
        let breast = image([1, 1, 16, 16], Units::Intensity, |i| if i % 16 < 8 { 3.0 } else { 1000.0 });
        let mut breast = breast;
        breast.geometry = Geometry::spacing([1.0; 3]);
        let mask: Vec<bool> = (0..256).map(|i| i % 16 < 8).collect();
        let made = baseline("mammography", "breast-blur").make(&breast, Some(&mask)).unwrap();
        assert!(made.voxels().iter().zip(breast.voxels()).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn a_blurred_point_is_a_gaussian_of_the_stated_width() {
        let mut point = image([1, 1, 101, 101], Units::Intensity, |i| if i == 50 * 101 + 50 { 1.0 } else { 0.0 });
        point.geometry = Geometry::spacing([2.0; 3]);
        let made = baseline("ct", "blur").make(&point, None).unwrap();
        // sigma 8 mm is 4 samples; the variance along x is 16 samples squared
        let along = |f: &dyn Fn(f64) -> f64| -> f64 {
            made.voxels().iter().enumerate().map(|(i, &v)| f64::from(v) * f((i % 101) as f64 - 50.0)).sum()
        };
        let (mass, variance) = (along(&|_| 1.0), along(&|x| x * x));
        assert!((mass - 1.0).abs() < 1e-3 && (variance / mass - 16.0).abs() < 0.1, "{mass} {variance}");
    }

    #[test]
    fn time_is_the_channels() {
        let mut series = image([3, 1, 2, 2], Units::Intensity, |i| (i * i) as f32);
        let mean = baseline("fmri", "session-mean").make(&series, None).unwrap();
        assert_eq!(mean.voxels()[0], (0.0 + 16.0 + 64.0) / 3.0);
        let first = baseline("fluorescence-angiography", "early-frame").make(&series, None).unwrap();
        assert_eq!(first.voxels()[4..8], series.voxels()[0..4]);
        series.channels = Channels::Rgb;
        assert!(baseline("fmri", "session-mean").make(&series, None).is_err());
    }

    #[test]
    fn what_needs_more_than_the_image_is_refused_with_what_it_needs() {
        let mr = image([1, 1, 2, 2], Units::Intensity, |i| i as f32);
        let error = baseline("mri", "donor").make(&mr, None).unwrap_err().to_string();
        assert_eq!(
            error,
            "baseline `donor`: needs images of other patients on the same grid, which an image alone doesn't have"
        );
    }
}
