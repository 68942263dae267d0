//! A map laid over the image: one picture in 2-D, a montage of slices in 3-D.

use crate::backdrop::Backdrop;
use crate::canvas::{Canvas, text_width};
use crate::colour::{Rgb, blend};
use crate::field::{Field, Reading};
use crate::frame::Frame;
use crate::scale::Scale;
use crate::view::{Planes, View};

/// Between the panels of a montage.
const GAP: usize = 8;
/// Height of a line of small text above a panel.
const CAPTION: usize = 26;
/// A montage is at least so wide, whatever the volume's proportions.
const NARROWEST: usize = 480;
/// Slices in the strip of a montage.
const STRIP: usize = 6;
/// Ground of a montage and the text on it.
const GROUND: Rgb = [16, 18, 22];
const INK: Rgb = [222, 226, 232];
/// How much of the image's brightness is taken away where the model didn't look.
const UNSEEN: f64 = 0.55;

/// What is laid over the image.
#[derive(Clone, Copy)]
pub(crate) struct Layer<'a> {
    /// Values on the grid of the model input.
    pub field: &'a Field,
    /// Colours.
    pub scale: Scale,
    /// How values between the grid points are read.
    pub reading: Reading,
    /// Draws a line around everything stronger than this share of the limit.
    pub contour: Option<f64>,
    /// Whether colours are laid over the image, or only the line.
    pub tint: bool,
}

/// The image with a layer over it, or bare.
pub(crate) fn overlay(backdrop: &Backdrop, frame: &Frame, layer: Option<Layer>, peak: Option<[f64; 3]>) -> Canvas {
    if backdrop.image().is_2d() {
        return paint(backdrop, frame, layer, &View::flat(backdrop.image()));
    }
    montage(backdrop, frame, layer, peak)
}

/// One view.
fn paint(backdrop: &Backdrop, frame: &Frame, layer: Option<Layer>, view: &View) -> Canvas {
    let [width, height] = view.size;
    let mut canvas = Canvas::new(width, height, [0; 3]);
    let clipped = !frame.covers_image();
    for y in 0..height {
        for x in 0..width {
            let mut colour = backdrop.pixel(view, x, y);
            let place = frame.to_input(view.place(x as f64, y as f64));
            if clipped && !inside(frame, place) {
                colour = blend(colour, [0; 3], UNSEEN);
            }
            if let Some(l) = layer.filter(|l| l.tint)
                && let Some(v) = l.field.read(place, l.reading)
            {
                colour = blend(colour, l.scale.colour(v), l.scale.opacity(v));
            }
            canvas.set(x, y, colour);
        }
    }
    if let Some(l) = layer
        && let Some(level) = l.contour
    {
        contour(&mut canvas, frame, l, view, level);
    }
    canvas
}

/// Whether a place of the model input lies on its grid.
fn inside(frame: &Frame, place: [f64; 3]) -> bool {
    let grid = frame.input_grid();
    (0..3).all(|i| (-0.5..=grid[2 - i] as f64 - 0.5).contains(&place[i]))
}

/// A light line with a dark rim around everything stronger than a level.
fn contour(canvas: &mut Canvas, frame: &Frame, layer: Layer, view: &View, level: f64) {
    let [width, height] = view.size;
    let strong: Vec<bool> = (0..width * height)
        .map(|i| {
            let place = frame.to_input(view.place((i % width) as f64, (i / width) as f64));
            layer.field.read(place, layer.reading).is_some_and(|v| layer.scale.strength(v) >= level)
        })
        .collect();
    let at = |x: usize, y: usize| x < width && y < height && strong[y * width + x];
    let near = |x: usize, y: usize, value: bool| {
        [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)]
            .into_iter()
            .any(|(x, y)| x < width && y < height && at(x, y) == value)
    };
    for y in 0..height {
        for x in 0..width {
            if at(x, y) && near(x, y, false) {
                canvas.mix(x, y, [255; 3], 0.85);
            } else if !at(x, y) && near(x, y, true) {
                canvas.mix(x, y, [0; 3], 0.6);
            }
        }
    }
}

/// Three planes through the peak above a strip of slices.
fn montage(backdrop: &Backdrop, frame: &Frame, layer: Option<Layer>, peak: Option<[f64; 3]>) -> Canvas {
    let image = backdrop.image();
    let grid = frame.input_grid().map(|n| n as f64 - 1.0);
    let [low, high] = [frame.to_image([0.0; 3]), frame.to_image([grid[2], grid[1], grid[0]])];
    let middle = std::array::from_fn(|i| 0.5 * (low[i] + high[i]));
    let at = peak.map_or(middle, |p| frame.to_image(p));
    let planes = Planes::of(image);
    let upper = planes.through(image, at);
    let (places, [width, height]) = arrange(&upper, planes.stacked);
    let slot = (width - GAP * (STRIP + 1)) / STRIP;
    let lower = planes.strip(image, low, high, STRIP, slot);
    let below = lower.iter().map(|v| v.size[1]).max().unwrap_or(0) + CAPTION + GAP;
    let mut canvas = Canvas::new(width, height + below, GROUND);
    for (view, [left, top]) in upper.iter().zip(places) {
        panel(&mut canvas, &paint(backdrop, frame, layer, view), view, left, top);
        if peak.is_some() {
            cross(&mut canvas, view.pixel(at), view.size, left, top + CAPTION);
        }
    }
    for (i, view) in lower.iter().enumerate() {
        // a strip of few slices is spread as one of many
        panel(&mut canvas, &paint(backdrop, frame, layer, view), view, GAP + i * (slot + GAP), height);
    }
    canvas
}

/// Upper left corners of three panels, their titles included, and the size of the rectangle they need: in a row, or two stacked beside the first.
fn arrange(views: &[View; 3], stacked: bool) -> ([[usize; 2]; 3], [usize; 2]) {
    let [[aw, ah], [bw, bh], [cw, ch]] = [0, 1, 2].map(|k| views[k].size);
    let second = GAP + aw + GAP;
    let (places, width, height) = if stacked {
        let below = CAPTION + bh + GAP / 2;
        ([[GAP, 0], [second, 0], [second, below]], second + bw.max(cw) + GAP, ah.max(below + ch))
    } else {
        let third = second + bw + GAP;
        ([[GAP, 0], [second, 0], [third, 0]], third + cw + GAP, ah.max(bh).max(ch))
    };
    (places, [width.max(NARROWEST), CAPTION + height + GAP / 2])
}

/// A painted view with its title above and the patient's directions at its edges.
fn panel(canvas: &mut Canvas, picture: &Canvas, view: &View, left: usize, top: usize) {
    let [width, height] = view.size;
    let small = text_width(&view.title, 2) > width;
    let scale = if small { 1 } else { 2 };
    canvas.text(left, top + CAPTION - 5 - 7 * scale, &view.title, scale, INK);
    let top = top + CAPTION;
    canvas.paste(picture, left, top);
    let Some(edges) = view.edges.filter(|_| width >= 150) else { return };
    let places = [
        (left + 4, top + height / 2 - 7),
        (left + width - 14, top + height / 2 - 7),
        (left + width / 2 - 5, top + 4),
        (left + width / 2 - 5, top + height - 18),
    ];
    for (edge, (x, y)) in edges.into_iter().zip(places) {
        canvas.text_on_picture(x, y, &edge.to_string(), 2);
    }
}

/// Marks on the borders of a panel that point at a pixel.
fn cross(canvas: &mut Canvas, [x, y]: [usize; 2], [width, height]: [usize; 2], left: usize, top: usize) {
    const LENGTH: usize = 9;
    for i in 0..LENGTH.min(width).min(height) {
        for (x, y) in [(x, i), (x, height - 1 - i), (i, y), (width - 1 - i, y)] {
            canvas.mix(left + x, top + y, [255, 255, 255], 0.9);
        }
    }
}

#[cfg(test)]
mod tests {
    use pellucid_image::{Affine, Format, Image, Units};

    use super::*;

    fn image(shape: [usize; 4], value: f32) -> Image {
        let n = shape.iter().product();
        Image::new(vec![value; n], shape, Units::Levels { max: 255.0 }, Format::Synthetic).unwrap()
    }

    fn layer(field: &Field) -> Layer<'_> {
        let scale = Scale { limit: 1.0, signed: false };
        Layer { field, scale, reading: Reading::Nearest, contour: None, tint: true }
    }

    #[test]
    fn colours_lie_where_the_values_are() {
        let image = image([1, 1, 4, 4], 100.0);
        let frame = Frame::whole([1, 4, 4], [1, 2, 2]).unwrap();
        let field = Field::new([1, 2, 2], vec![0.0, 1.0, 0.0, 0.0]).unwrap();
        let drawn = overlay(&Backdrop::of(&image), &frame, Some(layer(&field)), None);
        assert_eq!((drawn.width(), drawn.height()), (320, 320));
        let scale = Scale { limit: 1.0, signed: false };
        let strongest = blend([100; 3], scale.colour(1.0), scale.opacity(1.0));
        // the upper right quarter, and nothing beyond it
        assert_eq!([(160, 0), (319, 159)].map(|(x, y)| drawn.get(x, y).unwrap()), [strongest; 2]);
        assert_eq!([(159, 0), (160, 160), (0, 319)].map(|(x, y)| drawn.get(x, y).unwrap()), [[100; 3]; 3]);
    }

    #[test]
    fn what_the_model_did_not_see_is_darkened() {
        let image = image([1, 1, 4, 4], 100.0);
        let crop = Frame::new([1, 4, 4], [1, 2, 2], Affine::scale_offset([1.0; 3], [1.0, 1.0, 0.0])).unwrap();
        let drawn = overlay(&Backdrop::of(&image), &crop, None, None);
        assert_eq!(drawn.get(160, 160), Some([100; 3]));
        assert_eq!(drawn.get(10, 160), Some([45; 3]));
    }

    #[test]
    fn a_contour_rings_the_strong_part_and_leaves_the_rest() {
        let image = image([1, 1, 4, 4], 100.0);
        let frame = Frame::whole([1, 4, 4], [1, 4, 4]).unwrap();
        let mut values = vec![0.0; 16];
        values[5] = 1.0; // pixels 80 to 159 in both directions
        let field = Field::new([1, 4, 4], values).unwrap();
        let ring = Layer { contour: Some(0.5), tint: false, ..layer(&field) };
        let drawn = overlay(&Backdrop::of(&image), &frame, Some(ring), None);
        let at = |x, y| drawn.get(x, y).unwrap()[0];
        assert!(at(80, 120) > 200 && at(159, 120) > 200 && at(79, 120) < 50 && at(160, 120) < 50);
        assert_eq!([at(120, 120), at(40, 40), at(78, 120)], [100; 3]);
    }

    #[test]
    fn volumes_of_any_proportion_give_a_montage() {
        for grid in [[512, 4, 4], [1, 3, 200], [2, 300, 3], [3, 64, 64], [64, 64, 64], [2, 1, 1]] {
            let [d, h, w] = grid;
            let image = image([1, d, h, w], 100.0);
            if image.is_2d() {
                continue;
            }
            let frame = Frame::whole(grid, [2, 2, 2]).unwrap();
            let field = Field::new([2, 2, 2], (0..8).map(|i| i as f32 / 7.0).collect()).unwrap();
            let drawn = overlay(&Backdrop::of(&image), &frame, Some(layer(&field)), Some([1.0, 0.0, 1.0]));
            assert!(drawn.width() >= NARROWEST && drawn.height() > 2 * CAPTION, "{grid:?}");
        }
    }
}
