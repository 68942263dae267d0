//! A picture that stands alone: title, overlay, colour bar with numbers.

use crate::canvas::{Canvas, text_width, wrap};
use crate::colour::Rgb;
use crate::number::{short, ticks};
use crate::scale::Scale;

const PAPER: Rgb = [255; 3];
const INK: Rgb = [24, 28, 34];
const SOFT: Rgb = [92, 100, 112];
const LINE: Rgb = [150, 156, 166];
/// Empty border, distance between parts, width of the colour bar.
const BORDER: usize = 16;
const GAP: usize = 14;
const BAR: usize = 18;
/// Height of lines of large and small text.
const LARGE: usize = 22;
const SMALL: usize = 12;

/// What a figure says around its picture.
pub(crate) struct Figure<'a> {
    /// First line, large.
    pub title: &'a str,
    /// What was explained and its value.
    pub subtitle: &'a str,
    /// How the picture came about, below it in small letters.
    pub words: &'a [String],
    /// Colours, unless there is nothing to show.
    pub scale: Option<Scale>,
    /// Unit of the numbers at the colour bar.
    pub unit: &'a str,
}

impl Figure<'_> {
    /// The figure around a picture.
    pub fn draw(&self, picture: &Canvas) -> Canvas {
        let labels = self.scale.map(|s| bar_ticks(s, picture.height())).unwrap_or_default();
        let bar = match labels.iter().map(|t| text_width(&t.1, 2)).max() {
            Some(widest) => GAP + BAR + 10 + widest,
            None => 0,
        };
        let room = picture.width() + bar;
        let title = wrap(self.title, room, 2, 2);
        let subtitle = wrap(self.subtitle, room, 1, 3);
        let unit: Option<String> = self.scale.map(|s| format!("numbers in {}; {}", self.unit, s.colours().name));
        let below: Vec<String> = unit.iter().chain(self.words).flat_map(|w| wrap(w, room, 1, 3)).collect();
        let top = BORDER + title.len() * LARGE + subtitle.len() * SMALL + GAP / 2;
        let bottom = if below.is_empty() { 0 } else { GAP + below.len() * SMALL };
        let mut canvas = Canvas::new(room + 2 * BORDER, top + picture.height() + bottom + BORDER, PAPER);
        lines(&mut canvas, &title, BORDER, 2, INK);
        lines(&mut canvas, &subtitle, BORDER + title.len() * LARGE, 1, SOFT);
        canvas.paste(picture, BORDER, top);
        if let Some(scale) = self.scale {
            draw_bar(&mut canvas, scale, &labels, BORDER + picture.width() + GAP, top, picture.height());
        }
        lines(&mut canvas, &below, top + picture.height() + GAP, 1, SOFT);
        canvas
    }
}

fn lines(canvas: &mut Canvas, lines: &[String], top: usize, scale: usize, colour: Rgb) {
    let height = if scale == 1 { SMALL } else { LARGE };
    for (i, line) in lines.iter().enumerate() {
        canvas.text(BORDER, top + i * height, line, scale, colour);
    }
}

/// Values and texts beside a bar of a height.
fn bar_ticks(scale: Scale, height: usize) -> Vec<(f64, String)> {
    ticks(f64::from(scale.low()), f64::from(scale.limit), (height / 60).clamp(2, 6))
}

/// A colour bar, its strongest value at the top, with ticks on its right.
fn draw_bar(canvas: &mut Canvas, scale: Scale, labels: &[(f64, String)], left: usize, top: usize, height: usize) {
    let (low, high) = (f64::from(scale.low()), f64::from(scale.limit));
    for y in 0..height {
        let v = high - (high - low) * y as f64 / (height - 1).max(1) as f64;
        canvas.rect(left, top + y, BAR, 1, scale.colour(v as f32));
    }
    canvas.frame(left, top, BAR, height, LINE);
    for (v, label) in labels {
        let y = ((high - v) / (high - low) * (height - 1) as f64).round() as usize;
        canvas.rect(left + BAR, top + y, 5, 1, INK);
        // the text stays beside the bar at both ends
        let text = (top + y).saturating_sub(7).clamp(top, top + height.saturating_sub(14));
        canvas.text(left + BAR + 8, text, label, 2, INK);
    }
}

/// Positions and texts of ticks as shares of the bar from its low end, for reports that draw their own bar.
pub(crate) fn tick_shares(scale: Scale, wanted: usize) -> Vec<(f64, String)> {
    let (low, high) = (f64::from(scale.low()), f64::from(scale.limit));
    let ticks = ticks(low, high, wanted).into_iter();
    ticks.map(|(v, text)| (if high > low { (v - low) / (high - low) } else { 0.0 }, text)).collect()
}

/// The value of a target after its description.
pub(crate) fn subtitle(description: &str, value: f64) -> String {
    format!("{description} = {}", short(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::{DIVERGING, SEQUENTIAL};

    fn figure(scale: Option<Scale>) -> Figure<'static> {
        Figure { title: "Grad-CAM", subtitle: "logit of lesion = 3.2", words: &[], scale, unit: "units of the target" }
    }

    #[test]
    fn bar_runs_from_low_at_the_bottom_to_high_at_the_top() {
        let picture = Canvas::new(320, 320, [7; 3]);
        let drawn = figure(Some(Scale { limit: 2.0, signed: false })).draw(&picture);
        let (left, top) = (BORDER + 320 + GAP + 4, BORDER + LARGE + SMALL + GAP / 2);
        assert_eq!(drawn.get(BORDER, top), Some([7; 3]));
        assert_eq!(drawn.get(BORDER - 1, top), Some(PAPER));
        assert_eq!(drawn.get(left, top + 1), Some(SEQUENTIAL.at(318.0 / 319.0)));
        assert_eq!(drawn.get(left, top + 318), Some(SEQUENTIAL.at(1.0 / 319.0)));
        let signed = figure(Some(Scale { limit: 2.0, signed: true })).draw(&picture);
        assert_eq!(signed.get(left, top + 1), Some(DIVERGING.at(318.0 / 319.0)));
        // a tick at zero, in the middle
        assert_eq!(signed.get(left + BAR, top + 160), Some(INK));
    }

    #[test]
    fn without_a_scale_there_is_no_bar() {
        let drawn = figure(None).draw(&Canvas::new(320, 200, [7; 3]));
        assert_eq!((drawn.width(), drawn.height()), (320 + 2 * BORDER, 2 * BORDER + LARGE + SMALL + GAP / 2 + 200));
    }

    #[test]
    fn ticks_of_a_report_lie_at_their_share() {
        let shares = tick_shares(Scale { limit: 1.0, signed: true }, 4);
        assert_eq!(shares[0], (0.0, "-1".to_string()));
        assert_eq!(shares[2], (0.5, "0".to_string()));
        assert_eq!(shares[4].0, 1.0);
    }
}
