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
const CAPTION: usize = 20;
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
    let width = upper.iter().map(|v| v.size[0]).sum::<usize>() + GAP * (upper.len() + 1);
    let slot = (width - GAP * (STRIP + 1)) / STRIP;
    let lower = planes.strip(image, low, high, STRIP, slot);
    let tall = |views: &[View]| views.iter().map(|v| v.size[1]).max().unwrap_or(0) + CAPTION;
    let mut canvas = Canvas::new(width, tall(&upper) + tall(&lower) + 2 * GAP, GROUND);
    let mut left = GAP;
    for view in &upper {
        panel(&mut canvas, &paint(backdrop, frame, layer, view), view, left, 0);
        if peak.is_some() {
            cross(&mut canvas, view.pixel(at), view.size, left, CAPTION);
        }
        left += view.size[0] + GAP;
    }
    let top = tall(&upper) + GAP;
    for (i, view) in lower.iter().enumerate() {
        // a strip of few slices is spread as one of many
        panel(&mut canvas, &paint(backdrop, frame, layer, view), view, GAP + i * (slot + GAP), top);
    }
    canvas
}

/// A painted view with its title above and the patient's directions at its edges.
fn panel(canvas: &mut Canvas, picture: &Canvas, view: &View, left: usize, top: usize) {
    let [width, height] = view.size;
    let small = text_width(&view.title, 2) > width;
    let scale = if small { 1 } else { 2 };
    canvas.text(left, top + CAPTION - 4 - 7 * scale, &view.title, scale, INK);
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
