//! How a picture looks, in six numbers: enough to rank guesses, never to be sure.

use pellucid_image::{Image, Units};

/// Statistics of a picture in shares of its full scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Share of places darker than 8 % of full scale.
    pub dark: f64,
    /// Share of places brighter than 80 % in every channel.
    pub bright: f64,
    /// Mean of the largest less the smallest channel.
    pub colour: f64,
    /// Mean hue of places with a difference of channels over 5 %, degrees from -180 to 180; `None` when there is none.
    pub hue: Option<f64>,
    /// Mean brightness of the four corners, each a tenth of the sides.
    pub corners: f64,
    /// Mean brightness.
    pub mean: f64,
}

/// Places looked at, at most.
const PLACES: usize = 65_536;

impl Look {
    /// Looks at a picture, or at the middle slice of a volume, whose values are levels; `None` for other units.
    pub fn at(image: &Image) -> Option<Look> {
        let Units::Levels { max } = image.units else { return None };
        if max.is_nan() || max <= 0.0 {
            return None;
        }
        let [channels, depth, height, width] = image.shape();
        let shown = if channels == 3 { 3 } else { 1 };
        let plane = height * width;
        let planes: Vec<&[f32]> =
            (0..shown).filter_map(|c| image.channel(c)?.get(depth / 2 * plane..(depth / 2 + 1) * plane)).collect();
        let step = ((plane as f64 / PLACES as f64).sqrt().ceil() as usize).max(1);
        let mut sums = Sums::default();
        for y in (0..height).step_by(step) {
            for x in (0..width).step_by(step) {
                let mut values = [0.0; 3];
                for (value, plane) in values.iter_mut().zip(&planes) {
                    let v = f64::from(plane.get(y * width + x).copied().unwrap_or(0.0) / max);
                    *value = if v.is_finite() { v.clamp(0.0, 1.0) } else { 0.0 };
                }
                let near = |i: usize, n: usize| i * 10 < n || (n - 1 - i) * 10 < n;
                sums.add(&values[..planes.len()], near(y, height) && near(x, width));
            }
        }
        sums.look()
    }
}

#[derive(Default)]
struct Sums {
    count: f64,
    dark: f64,
    bright: f64,
    colour: f64,
    hue: [f64; 2],
    corner: [f64; 2],
    mean: f64,
}

impl Sums {
    fn add(&mut self, values: &[f64], corner: bool) {
        let high = values.iter().copied().fold(0.0, f64::max);
        let low = values.iter().copied().fold(1.0, f64::min);
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        self.count += 1.0;
        self.mean += mean;
        self.dark += f64::from(u8::from(high < 0.08));
        self.bright += f64::from(u8::from(low > 0.8));
        self.colour += high - low;
        if let [r, g, b] = values
            && high - low > 0.05
        {
            // The hue circle as a plane: red on the first axis, green and blue at 120 degrees.
            self.hue[0] += r - 0.5 * (g + b);
            self.hue[1] += 0.75f64.sqrt() * (g - b);
        }
        if corner {
            self.corner[0] += mean;
            self.corner[1] += 1.0;
        }
    }

    fn look(&self) -> Option<Look> {
        let n = self.count;
        let [x, y] = self.hue;
        (n > 0.0).then(|| Look {
            dark: self.dark / n,
            bright: self.bright / n,
            colour: self.colour / n,
            hue: (x != 0.0 || y != 0.0).then(|| y.atan2(x).to_degrees()),
            corners: self.corner[0] / self.corner[1].max(1.0),
            mean: self.mean / n,
        })
    }
}

#[cfg(test)]
mod tests {
    use pellucid_image::Format;

    use super::*;

    fn picture(rgb: [f32; 3], corner: f32) -> Image {
        let n = 40;
        let inner = |p: usize| (8..32).contains(&(p / n)) || (8..32).contains(&(p % n));
        let voxels = rgb.iter().flat_map(|&v| (0..n * n).map(move |p| if inner(p) { v } else { corner })).collect();
        Image::new(voxels, [3, 1, n, n], Units::Levels { max: 255.0 }, Format::Png).unwrap()
    }

    #[test]
    fn numbers_of_plain_pictures() {
        let red = Look::at(&picture([200.0, 0.0, 0.0], 0.0)).unwrap();
        assert!(red.hue.unwrap().abs() < 1e-9 && red.corners < 1e-9 && red.dark > 0.1 && red.dark < 0.2, "{red:?}");
        let blue = Look::at(&picture([0.0, 0.0, 200.0], 255.0)).unwrap();
        assert!((blue.hue.unwrap() + 120.0).abs() < 1e-9 && blue.corners > 0.99, "{blue:?}");
        assert!((blue.bright - 256.0 / 1600.0).abs() < 1e-9);
        let grey = Look::at(&picture([100.0; 3], 100.0)).unwrap();
        assert!(grey.hue.is_none() && grey.colour == 0.0 && (grey.mean - 100.0 / 255.0).abs() < 1e-6);
        let hounsfield = Image::new(vec![0.0; 4], [1, 1, 2, 2], Units::Hounsfield, Format::Dicom).unwrap();
        assert!(Look::at(&hounsfield).is_none());
    }
}
