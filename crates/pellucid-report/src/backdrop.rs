//! The image under a map: its values as brightness or colour.

use pellucid_image::{Channels, Image, Units};

use crate::colour::{Rgb, grey};
use crate::field::sizes;
use crate::number::short;
use crate::view::View;

/// An image and how its values become brightness.
pub(crate) struct Backdrop<'a> {
    image: &'a Image,
    window: Window,
    colour: bool,
    /// How it is shown, in words.
    pub words: String,
}

enum Window {
    /// The file's own.
    File,
    /// Linear between two values.
    Linear(f64, f64),
}

impl<'a> Backdrop<'a> {
    /// An image by its display window if it has one; levels up to the format's maximum; anything else between its 1st and 99th percentile.
    pub fn of(image: &'a Image) -> Backdrop<'a> {
        let colour = image.channels == Channels::Rgb;
        let (window, mut words) = match (&image.display, &image.units) {
            (Some(_), _) => (Window::File, "image: shown by the display window of its file".to_string()),
            (None, Units::Levels { max }) if *max <= 255.0 => {
                (Window::Linear(0.0, f64::from(*max)), format!("image: levels 0 to {max} as stored"))
            }
            (None, units) => {
                let (low, high) = central(image);
                let words = format!(
                    "image: shown from {} to {}{} (1st to 99th percentile)",
                    short(low),
                    short(high),
                    unit(units)
                );
                (Window::Linear(low, high), words)
            }
        };
        if let (Channels::Named(names), false) = (&image.channels, colour) {
            let name = names.get(shown_channel(image)).map_or("first", String::as_str);
            words.push_str(&format!(", {name} of {} channels", image.shape()[0]));
        }
        Backdrop { image, window, colour, words }
    }

    /// The image that is shown.
    pub fn image(&self) -> &Image {
        self.image
    }

    /// The colour of a voxel; values that aren't numbers are black.
    fn voxel(&self, x: usize, y: usize, z: usize) -> Rgb {
        let [_, d, h, w] = self.image.shape();
        let at = |c: usize| self.image.voxels()[((c * d + z) * h + y) * w + x];
        if self.colour {
            return [0, 1, 2].map(|c| grey(self.brightness(at(c)))[0]);
        }
        grey(self.brightness(at(shown_channel(self.image))))
    }

    fn brightness(&self, v: f32) -> f64 {
        let v = f64::from(v);
        match (&self.window, &self.image.display) {
            (Window::File, Some(window)) => window.apply(v),
            (Window::Linear(low, high), _) if high > low => (v - low) / (high - low),
            _ => 0.5,
        }
    }

    /// The colour of a pixel of a view: the mean of what lies under it, the nearest voxel when that is less than one.
    pub fn pixel(&self, view: &View, x: usize, y: usize) -> Rgb {
        if !self.image.is_2d() && view.voxels_per_pixel() < 1.0 {
            return self.between(view.place(x as f64, y as f64));
        }
        let samples = (view.voxels_per_pixel().ceil() as usize).clamp(1, 16);
        let mut sum = [0u32; 3];
        for i in 0..samples * samples {
            let offset = |k: usize| (k as f64 + 0.5) / samples as f64 - 0.5;
            let place = view.place(x as f64 + offset(i % samples), y as f64 + offset(i / samples));
            let [x, y, z] = self.nearest(place);
            for (s, v) in sum.iter_mut().zip(self.voxel(x, y, z)) {
                *s += u32::from(v);
            }
        }
        let n = (samples * samples) as u32;
        sum.map(|s| ((s + n / 2) / n) as u8)
    }

    fn nearest(&self, place: [f64; 3]) -> [usize; 3] {
        let grid = self.image.grid();
        std::array::from_fn(|i| (place[i].round().max(0.0) as usize).min(grid[2 - i] - 1))
    }

    /// Slices of a volume, whose voxels may be long, are smoother to read between voxels.
    fn between(&self, place: [f64; 3]) -> Rgb {
        let grid = self.image.grid();
        let mut sum = [0.0; 3];
        for corner in 0..8usize {
            let mut weight = 1.0;
            let mut voxel = [0; 3];
            for i in 0..3 {
                let p = place[i].clamp(0.0, grid[2 - i] as f64 - 1.0);
                let f = p - p.floor();
                let upper = corner >> i & 1 == 1;
                weight *= if upper { f } else { 1.0 - f };
                voxel[i] = (p as usize + usize::from(upper)).min(grid[2 - i] - 1);
            }
            if weight > 0.0 {
                let [x, y, z] = voxel;
                for (s, v) in sum.iter_mut().zip(self.voxel(x, y, z)) {
                    *s += weight * f64::from(v);
                }
            }
        }
        sum.map(|v: f64| v.round() as u8)
    }
}

/// The channel of a grey or multi-channel image that is shown: neighbouring slices are stacked around the middle one.
fn shown_channel(image: &Image) -> usize {
    match &image.channels {
        Channels::Named(names) if names.iter().all(|n| n.starts_with("slice")) => names.len() / 2,
        _ => 0,
    }
}

/// The 1st and 99th percentile of the finite values of the shown channel, from at most about 100,000 of them; the ends if those are equal.
fn central(image: &Image) -> (f64, f64) {
    let channel = if image.channels == Channels::Rgb {
        image.voxels()
    } else {
        image.channel(shown_channel(image)).unwrap_or(&[])
    };
    let step = channel.len().div_ceil(100_000).max(1);
    let mut values: Vec<f32> = channel.iter().step_by(step).copied().filter(|v| v.is_finite()).collect();
    values.sort_by(f32::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return (0.0, 1.0) };
    let at = |share: f64| f64::from(values[(last as f64 * share).round() as usize]);
    let (low, high) = (at(0.01), at(0.99));
    if high > low { (low, high) } else { (at(0.0), at(1.0)) }
}

/// The unit as it follows a number.
pub(crate) fn unit(units: &Units) -> String {
    match units {
        Units::Hounsfield => " HU".into(),
        Units::Named(name) => format!(" {name}"),
        Units::Levels { .. } | Units::Intensity => String::new(),
    }
}

/// Format, size and spacing of an image in words.
pub(crate) fn described(image: &Image) -> String {
    let [c, d, h, w] = image.shape();
    let grid = if d == 1 { sizes(&[w, h]) } else { sizes(&[w, h, d]) };
    let channels = match &image.channels {
        Channels::Grey => "grey".to_string(),
        Channels::Rgb => "RGB".into(),
        Channels::Named(_) => format!("{c} channels"),
    };
    let mut words = format!("{}, {grid}, {channels}", image.source.format.name());
    if image.geometry.spacing_known() {
        let mm = image.geometry.spacing_mm();
        let shown: Vec<String> = mm[..if d == 1 { 2 } else { 3 }].iter().map(|s| short(*s)).collect();
        words.push_str(&format!(", {} mm per voxel", shown.join(" x ")));
    }
    words
}

#[cfg(test)]
mod tests {
    use pellucid_image::{DisplayWindow, Format};

    use super::*;

    fn image(values: Vec<f32>, shape: [usize; 4], units: Units) -> Image {
        Image::new(values, shape, units, Format::Synthetic).unwrap()
    }

    #[test]
    fn levels_are_shown_as_stored_and_pixels_stay_blocks() {
        let i = image(vec![0.0, 255.0, 51.0, f32::NAN], [1, 1, 2, 2], Units::Levels { max: 255.0 });
        let (b, v) = (Backdrop::of(&i), View::flat(&i));
        assert_eq!(v.size, [320, 320]);
        assert_eq!(
            [(0, 0), (159, 0), (160, 0), (0, 319), (319, 319)].map(|(x, y)| b.pixel(&v, x, y)[0]),
            [0, 0, 255, 51, 0]
        );
    }

    #[test]
    fn window_of_the_file_comes_first() {
        let mut i = image(vec![-160.0, 40.0, 240.0, 999.0], [1, 1, 2, 2], Units::Hounsfield);
        i.display = Some(DisplayWindow::LinearExact { center: 40.0, width: 400.0 });
        let (b, v) = (Backdrop::of(&i), View::flat(&i));
        assert_eq!([(0, 0), (319, 0), (0, 319), (319, 319)].map(|(x, y)| b.pixel(&v, x, y)[0]), [0, 128, 255, 255]);
    }

    #[test]
    fn other_values_are_shown_by_percentiles_with_their_unit() {
        let values: Vec<f32> = (0..10_000).map(|v| v as f32 - 1000.0).collect();
        let i = image(values, [1, 1, 100, 100], Units::Hounsfield);
        let b = Backdrop::of(&i);
        assert!(b.words.contains("from -900 to 8899 HU"), "{}", b.words);
        let flat = image(vec![7.0; 16], [1, 1, 4, 4], Units::Intensity);
        assert_eq!(Backdrop::of(&flat).pixel(&View::flat(&flat), 0, 0), [128; 3]);
    }

    #[test]
    fn large_images_are_averaged() {
        // columns alternate between black and white; two of them fall on each pixel
        let values = (0..1280 * 1280).map(|i| if i % 2 == 0 { 0.0 } else { 255.0 }).collect();
        let i = image(values, [1, 1, 1280, 1280], Units::Levels { max: 255.0 });
        let (b, v) = (Backdrop::of(&i), View::flat(&i));
        assert_eq!(v.size, [640, 640]);
        assert_eq!(b.pixel(&v, 300, 300), [128; 3]);
    }

    #[test]
    fn colour_images_keep_their_colours() {
        let i = image(vec![255.0, 10.0, 20.0], [3, 1, 1, 1], Units::Levels { max: 255.0 });
        assert_eq!(Backdrop::of(&i).pixel(&View::flat(&i), 5, 5), [255, 10, 20]);
        assert_eq!(described(&i), "synthetic, 1 x 1, RGB");
    }
}
