//! What every segmenter works on: colours at the places of a 3-D grid (`D = 1` for 2-D).

use std::borrow::Cow;

use crate::{ImageError, Result};

/// Colours of an image, in double precision and with the channels of a place side by side.
#[derive(Clone, Debug)]
pub(super) struct Field<'m> {
    /// `D x H x W x C`.
    pub colours: Vec<f64>,
    pub channels: usize,
    /// `[D, H, W]`.
    pub size: [usize; 3],
    /// `[D, H, W]`, the smallest being 1.
    pub spacing: [f64; 3],
    pub mask: Option<&'m [bool]>,
}

impl<'m> Field<'m> {
    pub fn new(values: &[f32], shape: &[usize], spacing: &[f64], mask: Option<&'m [bool]>) -> Result<Field<'m>> {
        let (channels, size) = match *shape {
            [c, h, w] => (c, [1, h, w]),
            [c, d, h, w] => (c, [d, h, w]),
            _ => {
                let text = format!("superpixels need an image of shape C x H x W or C x D x H x W, found {shape:?}");
                return Err(ImageError::Invalid(text));
            }
        };
        let count = shape.iter().try_fold(1usize, |n, &len| n.checked_mul(len));
        if count != Some(values.len()) || values.is_empty() {
            return Err(ImageError::Size { shape: shape.to_vec(), found: values.len() });
        }
        let places = values.len() / channels;
        if places >= u32::MAX as usize {
            return Err(ImageError::Invalid(format!("{places} places are too many for superpixels")));
        }
        check_values(values, mask, places)?;
        let spacing = relative(spacing, shape.len() - 1)?;
        let colour = |i: usize| f64::from(values[(i % channels) * places + i / channels]);
        Ok(Field { colours: (0..values.len()).map(colour).collect(), channels, size, spacing, mask })
    }

    pub fn places(&self) -> usize {
        self.size.iter().product()
    }

    pub fn colour(&self, place: usize) -> &[f64] {
        &self.colours[place * self.channels..(place + 1) * self.channels]
    }

    pub fn inside(&self, place: usize) -> bool {
        self.mask.is_none_or(|m| m[place])
    }

    /// Places that get a label, in C order.
    pub fn wanted(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.places()).filter(|&p| self.inside(p))
    }

    /// Squared difference of the colours of two places.
    pub fn contrast(&self, a: usize, b: usize) -> f64 {
        self.colour(a).iter().zip(self.colour(b)).map(|(a, b)| (a - b) * (a - b)).sum()
    }

    /// `[z, y, x]` of a place.
    pub fn position(&self, place: usize) -> [usize; 3] {
        let [_, h, w] = self.size;
        [place / (h * w), place / w % h, place % w]
    }

    /// The place at an offset, if there is one inside grid and mask.
    pub fn step(&self, place: usize, offset: [isize; 3]) -> Option<usize> {
        let at = self.position(place);
        let mut moved = [0; 3];
        for axis in 0..3 {
            moved[axis] = at[axis].checked_add_signed(offset[axis]).filter(|&v| v < self.size[axis])?;
        }
        let next = (moved[0] * self.size[1] + moved[1]) * self.size[2] + moved[2];
        self.inside(next).then_some(next)
    }

    /// The same places with other colours.
    pub fn map(&self, colour: impl Fn(f64) -> f64) -> Field<'m> {
        self.with(self.colours.iter().map(|&v| colour(v)).collect(), self.channels)
    }

    fn with(&self, colours: Vec<f64>, channels: usize) -> Field<'m> {
        Field { colours, channels, ..*self }
    }

    /// Colours stretched so that those inside run from 0 to 1; a constant becomes 0.
    pub fn stretched(&self) -> Field<'m> {
        let ends = self
            .wanted()
            .flat_map(|p| self.colour(p))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |e, &v| (e.0.min(v), e.1.max(v)));
        let range = ends.1 - ends.0;
        self.map(|v| if range > 0.0 { (v - ends.0) / range } else { 0.0 })
    }

    /// Red, green and blue in `[0, 1]` as CIE L*a*b*.
    pub fn lab(&self) -> Field<'m> {
        let lab = (0..self.places()).flat_map(|p| match *self.colour(p) {
            [r, g, b] => srgb_to_lab([r, g, b]),
            ref other => srgb_to_lab([other[0]; 3]),
        });
        self.with(lab.collect(), 3)
    }

    /// Gaussian blur, cut at four standard deviations, mirrored at the borders. `sigma` counts samples of the finest axis.
    pub fn blurred(&self, sigma: f64) -> Field<'m> {
        let mut colours = Cow::Borrowed(&self.colours);
        for axis in 0..3 {
            let half = half_kernel(sigma / self.spacing[axis]);
            if self.size[axis] > 1 && half.len() > 1 {
                colours = Cow::Owned(self.blurred_along(&colours, axis, &half));
            }
        }
        self.with(colours.into_owned(), self.channels)
    }

    fn blurred_along(&self, colours: &[f64], axis: usize, half: &[f64]) -> Vec<f64> {
        let len = self.size[axis];
        let stride = self.size[axis + 1..].iter().product::<usize>() * self.channels;
        let value = |i: usize| {
            let at = (i / stride % len) as isize;
            let line = i - at as usize * stride;
            let tap = |d: isize| colours[line + mirrored(at + d, len) * stride];
            let pairs = half.iter().enumerate().skip(1).map(|(d, w)| w * (tap(d as isize) + tap(-(d as isize))));
            half[0] * colours[i] + pairs.sum::<f64>()
        };
        (0..colours.len()).map(value).collect()
    }
}

fn check_values(values: &[f32], mask: Option<&[bool]>, places: usize) -> Result<()> {
    let found = values.iter().filter(|v| !v.is_finite()).count();
    if found > 0 {
        return Err(ImageError::NotFinite { found, of: values.len() });
    }
    match mask {
        Some(m) if m.len() != places => {
            Err(ImageError::Invalid(format!("the mask has {} entries, the image {places} places", m.len())))
        }
        Some(m) if !m.contains(&true) => Err(ImageError::Invalid("the mask of the superpixels is empty".into())),
        _ => Ok(()),
    }
}

/// Spacing as `[D, H, W]` over the finest.
fn relative(spacing: &[f64], axes: usize) -> Result<[f64; 3]> {
    if spacing.len() != axes || spacing.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return Err(ImageError::Invalid(format!("the spacing must be {axes} positive numbers, found {spacing:?}")));
    }
    let finest = spacing.iter().copied().fold(f64::INFINITY, f64::min);
    let mut all = [1.0; 3];
    all[3 - axes..].iter_mut().zip(spacing).for_each(|(to, s)| *to = s / finest);
    Ok(all)
}

/// Weights of a Gaussian from its centre outwards; of sum 1 when mirrored.
fn half_kernel(sigma: f64) -> Vec<f64> {
    let radius = (4.0 * sigma + 0.5) as usize;
    if radius == 0 {
        return vec![1.0];
    }
    let raw: Vec<f64> = (0..=radius).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp()).collect();
    let total = raw[0] + 2.0 * raw[1..].iter().sum::<f64>();
    raw.iter().map(|w| w / total).collect()
}

/// An index continued past both borders by mirroring, the border itself counting twice.
fn mirrored(at: isize, len: usize) -> usize {
    let at = at.rem_euclid(2 * len as isize) as usize;
    at.min(2 * len - 1 - at)
}

/// IEC 61966-2-1 to CIE 1931 to CIE 1976, white D65 of two degrees.
fn srgb_to_lab(rgb: [f64; 3]) -> [f64; 3] {
    const XYZ: [[f64; 3]; 3] =
        [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]];
    const WHITE: [f64; 3] = [0.95047, 1.0, 1.08883];
    let linear = rgb.map(|v| if v > 0.04045 { ((v + 0.055) / 1.055).powf(2.4) } else { v / 12.92 });
    let [x, y, z] = std::array::from_fn(|i| {
        let t = XYZ[i].iter().zip(linear).map(|(m, v)| m * v).sum::<f64>() / WHITE[i];
        if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_of_known_colours() {
        let near = |rgb, lab: [f64; 3]| srgb_to_lab(rgb).iter().zip(lab).all(|(a, b)| (a - b).abs() < 0.02);
        assert!(near([1.0, 1.0, 1.0], [100.0, 0.0, 0.0]));
        assert!(near([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]));
        assert!(near([1.0, 0.0, 0.0], [53.24, 80.09, 67.20]));
    }

    #[test]
    fn a_blur_keeps_the_sum_and_follows_the_spacing() {
        let mut values = vec![0.0; 81 * 81];
        values[40 * 81 + 40] = 1.0;
        let field = Field::new(&values, &[1, 81, 81], &[6.0, 3.0], None).unwrap().blurred(4.0);
        assert!((field.colours.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let variance = |axis: usize| -> f64 {
            field.colours.iter().enumerate().map(|(p, v)| v * (field.position(p)[axis] as f64 - 40.0).powi(2)).sum()
        };
        assert!((variance(1) - 4.0).abs() < 0.02 && (variance(2) - 16.0).abs() < 0.05);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let one = [1.0, 1.0];
        assert!(Field::new(&[0.0; 5], &[1, 2, 3], &one, None).is_err());
        assert!(Field::new(&[], &[0, 2, 3], &one, None).is_err());
        assert!(Field::new(&[0.0; 6], &[2, 3], &one, None).is_err());
        assert!(Field::new(&[f32::NAN; 6], &[1, 2, 3], &one, None).is_err());
        assert!(Field::new(&[0.0; 6], &[1, 2, 3], &[1.0, 0.0], None).is_err());
        assert!(Field::new(&[0.0; 6], &[1, 2, 3], &[1.0; 3], None).is_err());
        assert!(Field::new(&[0.0; 6], &[1, 2, 3], &one, Some(&[true; 5])).is_err());
        assert!(Field::new(&[0.0; 6], &[1, 2, 3], &one, Some(&[false; 6])).is_err());
        assert!(Field::new(&[0.0; 6], &[usize::MAX, 2, 3], &one, None).is_err());
    }
}
