//! A picture being drawn: rows of sRGB pixels.

use crate::colour::{Rgb, blend};
use crate::font;

/// An sRGB picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
}

impl Canvas {
    /// A picture of one colour.
    pub fn new(width: usize, height: usize, fill: Rgb) -> Canvas {
        Canvas { width, height, pixels: vec![fill; width * height] }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Red, green and blue of every pixel, row by row.
    pub fn rgb(&self) -> &[u8] {
        self.pixels.as_flattened()
    }

    /// A pixel, `None` outside.
    pub fn get(&self, x: usize, y: usize) -> Option<Rgb> {
        (x < self.width && y < self.height).then(|| self.pixels[y * self.width + x])
    }

    /// Sets a pixel; outside nothing happens.
    pub fn set(&mut self, x: usize, y: usize, colour: Rgb) {
        if x < self.width && y < self.height {
            self.pixels[y * self.width + x] = colour;
        }
    }

    /// Mixes a colour into a pixel; outside nothing happens.
    pub fn mix(&mut self, x: usize, y: usize, colour: Rgb, alpha: f64) {
        if let Some(under) = self.get(x, y) {
            self.set(x, y, blend(under, colour, alpha));
        }
    }

    /// Fills a rectangle.
    pub fn rect(&mut self, left: usize, top: usize, width: usize, height: usize, colour: Rgb) {
        for y in top..top + height {
            for x in left..left + width {
                self.set(x, y, colour);
            }
        }
    }

    /// Draws the outline of a rectangle, one pixel wide, just inside it.
    pub fn frame(&mut self, left: usize, top: usize, width: usize, height: usize, colour: Rgb) {
        self.rect(left, top, width, 1, colour);
        self.rect(left, (top + height).saturating_sub(1), width, 1, colour);
        self.rect(left, top, 1, height, colour);
        self.rect((left + width).saturating_sub(1), top, 1, height, colour);
    }

    /// Copies another picture in, its corner at the given place.
    pub fn paste(&mut self, other: &Canvas, left: usize, top: usize) {
        for y in 0..other.height {
            for x in 0..other.width {
                self.set(left + x, top + y, other.pixels[y * other.width + x]);
            }
        }
    }

    /// Writes a line of text, its upper left corner at the given place, each dot of the font `scale` pixels wide.
    pub fn text(&mut self, left: usize, top: usize, text: &str, scale: usize, colour: Rgb) {
        for (i, c) in font::fold(text).chars().enumerate() {
            for (x, y) in font::dots(c) {
                self.rect(left + (i * font::CELL.0 + x) * scale, top + y * scale, scale, scale, colour);
            }
        }
    }

    /// Writes a line of text with a dark rim, readable on any picture.
    pub fn text_on_picture(&mut self, left: usize, top: usize, text: &str, scale: usize) {
        for (dx, dy) in [(0, 1), (2, 1), (1, 0), (1, 2), (0, 0), (2, 2), (0, 2), (2, 0)] {
            self.text((left + dx).saturating_sub(1), (top + dy).saturating_sub(1), text, scale, [0; 3]);
        }
        self.text(left, top, text, scale, [255; 3]);
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// When the encoder refuses the size.
    pub fn png(&self) -> crate::Result<Vec<u8>> {
        use image::ImageEncoder;
        use image::codecs::png::{CompressionType, FilterType, PngEncoder};
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
        let (width, height) = (self.width as u32, self.height as u32);
        encoder
            .write_image(self.pixels.as_flattened(), width, height, image::ExtendedColorType::Rgb8)
            .map_err(|e| crate::ReportError::Picture { reason: e.to_string() })?;
        Ok(bytes)
    }
}

/// Pixels that a line of text takes across.
pub(crate) fn text_width(text: &str, scale: usize) -> usize {
    let n = font::fold(text).chars().count();
    (n * font::CELL.0).saturating_sub(font::CELL.0 - font::GLYPH.0) * scale
}

/// Breaks text into at most `lines` lines of at most `width` pixels, at spaces where it can; what doesn't fit ends in `...`.
pub(crate) fn wrap(text: &str, width: usize, scale: usize, lines: usize) -> Vec<String> {
    let room = ((width + scale) / (font::CELL.0 * scale)).max(4);
    let mut rest: Vec<char> = font::fold(text).trim().chars().collect();
    let mut out = Vec::new();
    while !rest.is_empty() && out.len() < lines {
        if rest.len() <= room {
            out.push(rest.drain(..).collect());
            break;
        }
        if out.len() + 1 == lines {
            let kept: String = rest[..room - 3].iter().collect();
            out.push(format!("{}...", kept.trim_end()));
            break;
        }
        let cut = rest[..=room].iter().rposition(|c| *c == ' ').filter(|&i| i > 0).unwrap_or(room);
        let line: String = rest.drain(..cut).collect();
        out.push(line.trim_end().to_string());
        let spaces = rest.iter().take_while(|c| **c == ' ').count();
        rest.drain(..spaces);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn png_gives_the_pixels_back() {
        let mut canvas = Canvas::new(7, 3, [10, 20, 30]);
        canvas.set(6, 2, [255, 0, 1]);
        canvas.set(99, 99, [1; 3]);
        let read = image::load_from_memory(&canvas.png().unwrap()).unwrap().to_rgb8();
        assert_eq!(read.dimensions(), (7, 3));
        assert_eq!((read.get_pixel(6, 2).0, read.get_pixel(0, 0).0), ([255, 0, 1], [10, 20, 30]));
    }

    #[test]
    fn text_puts_ink_where_the_glyph_has_dots() {
        let mut canvas = Canvas::new(24, 16, [255; 3]);
        canvas.text(1, 1, "Li", 2, [0; 3]);
        // the stem of `L`, its foot, and the gap after it
        assert_eq!(canvas.get(1, 1), Some([0; 3]));
        assert_eq!(canvas.get(10, 14), Some([0; 3]));
        assert_eq!(canvas.get(10, 1), Some([255; 3]));
        assert_eq!(canvas.get(11, 14), Some([255; 3]));
        // the dot of `i`
        assert_eq!(canvas.get(17, 2), Some([0; 3]));
        assert_eq!(text_width("Li", 2), 22);
    }

    #[test]
    fn drawing_outside_does_nothing() {
        let mut canvas = Canvas::new(4, 4, [9; 3]);
        canvas.rect(3, 3, 10, 10, [1; 3]);
        canvas.frame(0, 0, 0, 0, [2; 3]);
        canvas.paste(&Canvas::new(5, 5, [3; 3]), 3, 0);
        canvas.mix(7, 7, [0; 3], 1.0);
        assert_eq!(canvas.get(3, 3), Some([3; 3]));
        assert_eq!(canvas.get(2, 2), Some([9; 3]));
    }

    #[test]
    fn wrapping_keeps_words_and_marks_what_is_cut() {
        // 60 px at scale 1: 10 characters
        assert_eq!(wrap("one two three four", 60, 1, 3), ["one two", "three four"]);
        assert_eq!(wrap("one two three four five six", 60, 1, 2), ["one two", "three f..."]);
        assert_eq!(wrap("abcdefghijklmnop", 60, 1, 2), ["abcdefghij", "klmnop"]);
        assert!(wrap("   ", 60, 1, 2).is_empty());
    }
}
