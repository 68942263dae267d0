//! Steps of a card: from TOML and back.

use std::fmt::Write as _;

use toml::de::DeTable;

use super::keys::{STEPS, StepKey};
use super::reader::{Text, Value, nearest};
use crate::preprocess::{Colour, CropAt, Over, REC_601, REC_709, RESIZE_MODES, SquareHow, Step};
use crate::resize::Resample;
use crate::{Result, preprocess};

const OVER: &[(&str, Over)] = &[("all", Over::All), ("nonzero", Over::Nonzero)];
const AT: &[(&str, CropAt)] = &[("center", CropAt::Center), ("focus", CropAt::Focus)];
const SQUARE: &[(&str, SquareHow)] = &[("crop", SquareHow::Crop), ("pad", SquareHow::Pad)];
const COLOUR: &[(&str, Colour)] = &[("grey", Colour::Grey), ("rgb", Colour::Rgb), ("bgr", Colour::Bgr)];
const WEIGHTS: &[(&str, [f64; 3])] = &[("rec601", REC_601), ("rec709", REC_709), ("mean", [1.0 / 3.0; 3])];
const UNIT: [f64; 2] = [0.0, 1.0];

/// One step being read: its leading value and its options.
struct Fields<'t, 'a> {
    text: Text<'a>,
    key: &'static str,
    value: &'t Value<'a>,
    table: &'t DeTable<'a>,
}

/// Reads a step.
///
/// # Errors
/// When no known step leads it, a key or value is wrong.
pub(super) fn parse<'a>(text: Text<'a>, value: &Value<'a>) -> Result<Step> {
    let table = text.table("steps", value)?;
    let known: Vec<&str> = STEPS.iter().map(|s| s.key).collect();
    let leading: Vec<_> = table
        .iter()
        .filter_map(|(k, v)| STEPS.iter().find(|s| s.key == k.get_ref().as_ref()).map(|s| (s, v)))
        .collect();
    // `clip` leads a step of its own and is an option of others: what leads is the key that allows all the rest.
    let allows =
        |step: &StepKey| table.keys().map(|k| k.get_ref().as_ref()).all(|k| k == step.key || step.options.contains(&k));
    let whole: Vec<_> = leading.iter().copied().filter(|(step, _)| allows(step)).collect();
    let leading = if whole.len() == 1 { whole } else { leading };
    let (step, value) = match leading[..] {
        [one] => one,
        [] => {
            let Some(key) = table.keys().next() else {
                return Err(text.error(value.span(), "an empty step".into(), None));
            };
            let word = key.get_ref().as_ref();
            let reason = format!("unknown step `{word}`; known steps: `{}`", known.join("`, `"));
            return Err(text.error(key.span(), reason, nearest(word, &known)));
        }
        [a, b, ..] => {
            let reason = format!("two steps in one table, `{}` and `{}`; write `{{ }}, {{ }}`", a.0.key, b.0.key);
            return Err(text.error(value.span(), reason, None));
        }
    };
    let allowed: Vec<&str> = std::iter::once(step.key).chain(step.options.iter().copied()).collect();
    text.check_keys(step.key, table, &allowed)?;
    Fields { text, key: step.key, value, table }.step()
}

impl<'a> Fields<'_, 'a> {
    fn option<T>(&self, key: &str, default: T, read: impl Fn(&str, &Value<'a>) -> Result<T>) -> Result<T> {
        self.table.get(key).map_or(Ok(default), |v| read(key, v))
    }

    fn mode(&self) -> Result<Resample> {
        let modes: Vec<(&str, Resample)> = RESIZE_MODES.iter().map(|m| (m.0, m.1)).collect();
        self.option("mode", Resample::LinearHalfPixel, |k, v| self.text.choice(k, v, &modes))
    }

    fn round(&self) -> Result<bool> {
        self.option("round", true, |k, v| self.text.boolean(k, v))
    }

    fn clip(&self) -> Result<bool> {
        self.option("clip", true, |k, v| self.text.boolean(k, v))
    }

    fn to(&self) -> Result<[f64; 2]> {
        self.option("to", UNIT, |k, v| self.text.pair(k, v, false))
    }

    fn over(&self) -> Result<Over> {
        self.option("over", Over::All, |k, v| self.text.choice(k, v, OVER))
    }

    fn size(&self) -> Result<Vec<usize>> {
        let size = self.text.list(self.key, self.value, None, |v| self.text.whole(self.key, v, 1))?;
        if !(2..=3).contains(&size.len()) {
            let reason = format!("`{}` must be `[H, W]` or `[D, H, W]`, not {} numbers", self.key, size.len());
            return Err(self.text.error(self.value.span(), reason, None));
        }
        Ok(size)
    }

    fn rising(&self, key: &str, value: &Value<'a>, least: usize) -> Result<Vec<f64>> {
        let list = self.text.numbers(key, value, None)?;
        if list.len() < least || list.windows(2).any(|w| w[1] < w[0]) {
            let reason = format!("`{key}` must be at least {least} rising numbers");
            return Err(self.text.error(value.span(), reason, None));
        }
        Ok(list)
    }

    fn positive(&self, key: &str, value: &Value) -> Result<f64> {
        let number = self.text.number(key, value)?;
        if number <= 0.0 {
            return Err(self.text.error(value.span(), format!("`{key}` must be above 0"), None));
        }
        Ok(number)
    }

    fn step(&self) -> Result<Step> {
        let (text, key, value) = (self.text, self.key, self.value);
        Ok(match key {
            "orient" => Step::Orient { axes: self.axes()? },
            "spacing_mm" => {
                let s = text.list(key, value, Some(3), |v| self.positive(key, v))?;
                Step::Spacing { spacing_mm: [s[0], s[1], s[2]], mode: self.mode()? }
            }
            "resize" => Step::Resize { size: self.size()?, mode: self.mode()?, round: self.round()? },
            "resize_shorter" => {
                Step::ResizeShorter { size: text.whole(key, value, 1)?, mode: self.mode()?, round: self.round()? }
            }
            "crop" => Step::Crop {
                size: self.size()?,
                at: self.option("at", CropAt::Center, |k, v| text.choice(k, v, AT))?,
                fill: self.option("fill", None, |k, v| self.single(k, v).map(Some))?,
            },
            "square" => Step::Square { how: text.choice(key, value, SQUARE)? },
            "slices" => Step::Slices { count: text.whole(key, value, 1)? },
            "channels" => Step::Channels {
                colour: text.choice(key, value, COLOUR)?,
                weights: self.option("weights", REC_601, |k, v| self.weights(k, v))?,
            },
            "select" => Step::Select { channels: text.list(key, value, None, |v| text.whole(key, v, 0))? },
            "eight_bit" => self.only_true(Step::EightBit)?,
            "display_window" => Step::DisplayWindow { to: text.pair(key, value, false)? },
            "window" => self.window()?,
            "range" => Step::Range { from: text.pair(key, value, true)?, to: self.to()?, clip: self.clip()? },
            "percentiles" => Step::Percentiles {
                from: self.percents(key, value, text.pair(key, value, true)?)?,
                to: self.to()?,
                clip: self.clip()?,
                over: self.over()?,
            },
            "z_score" => Step::ZScore { over: text.choice(key, value, OVER)? },
            "clip" => Step::Clip { limits: text.pair(key, value, true)? },
            "mean" => self.mean_std()?,
            "scale" => {
                let offset = self.option("offset", 0.0, |k, v| text.number(k, v))?;
                Step::Scale { scale: text.number(key, value)?, offset }
            }
            "gamma" => Step::Gamma {
                gamma: self.positive(key, value)?,
                max: self.option("max", 1.0, |k, v| self.positive(k, v))?,
            },
            "clahe" => {
                let tiles =
                    self.option("tiles", vec![8, 8], |k, v| text.list(k, v, Some(2), |t| text.whole(k, t, 1)))?;
                Step::Clahe { limit: text.number(key, value)?, tiles: [tiles[0], tiles[1]] }
            }
            "landmarks" => self.landmarks()?,
            _ => Step::ReplaceNan { value: self.single(key, value)? },
        })
    }

    /// A number that `f32` can hold.
    fn single(&self, key: &str, value: &Value) -> Result<f32> {
        let number = self.text.number(key, value)? as f32;
        if number.is_finite() {
            return Ok(number);
        }
        Err(self.text.error(value.span(), format!("`{key}` is too large"), None))
    }

    fn axes(&self) -> Result<String> {
        let axes = self.text.string(self.key, self.value)?;
        if preprocess::is_orientation(&axes) {
            return Ok(axes);
        }
        let reason = format!("`orient` is `{axes}`; it must have one letter of each pair R/L, A/P, S/I, such as `RAS`");
        Err(self.text.error(self.value.span(), reason, None))
    }

    fn only_true(&self, step: Step) -> Result<Step> {
        if self.text.boolean(self.key, self.value)? {
            return Ok(step);
        }
        let reason = format!("`{}` can only be `true`; leave the step out instead", self.key);
        Err(self.text.error(self.value.span(), reason, None))
    }

    fn percents(&self, key: &str, value: &Value, list: [f64; 2]) -> Result<[f64; 2]> {
        if list[0] >= 0.0 && list[1] <= 100.0 {
            return Ok(list);
        }
        Err(self.text.error(value.span(), format!("`{key}` must lie between 0 and 100"), None))
    }

    fn weights(&self, key: &str, value: &Value<'a>) -> Result<[f64; 3]> {
        if value.get_ref().is_array() {
            let list = self.text.numbers(key, value, Some(3))?;
            return Ok([list[0], list[1], list[2]]);
        }
        self.text.choice(key, value, WEIGHTS)
    }

    fn window(&self) -> Result<Step> {
        let [center, width] = self.text.pair(self.key, self.value, false)?;
        if width <= 0.0 {
            let reason = "`window` is `[centre, width]`, and the width must be above 0".into();
            return Err(self.text.error(self.value.span(), reason, None));
        }
        Ok(Step::Window { center, width, to: self.to()? })
    }

    fn mean_std(&self) -> Result<Step> {
        let list = |key: &str, value: &Value<'a>| match value.get_ref().is_array() {
            true => self.text.numbers(key, value, None),
            false => Ok(vec![self.text.number(key, value)?]),
        };
        let mean = list(self.key, self.value)?;
        let std = self.option("std", vec![1.0], list)?;
        if mean.is_empty() || std.is_empty() || std.contains(&0.0) {
            let reason = "`mean` and `std` must not be empty, and no `std` may be 0".into();
            return Err(self.text.error(self.value.span(), reason, None));
        }
        Ok(Step::MeanStd { mean, std })
    }

    fn landmarks(&self) -> Result<Step> {
        let values = self.rising(self.key, self.value, 2)?;
        let at = self.table.get("at").ok_or_else(|| {
            self.text.error(self.value.span(), "`landmarks` needs `at`, the percentiles they stand for".into(), None)
        })?;
        let percentiles = self.rising("at", at, 2)?;
        if percentiles.len() != values.len() {
            let reason = format!("`landmarks` has {} numbers and `at` {}", values.len(), percentiles.len());
            return Err(self.text.error(at.span(), reason, None));
        }
        Ok(Step::Landmarks { percentiles, values, over: self.over()? })
    }
}

fn name_of<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> &'static str {
    choices.iter().find(|c| c.1 == *value).map_or("", |c| c.0)
}

/// A step as an inline table.
pub(super) fn write(step: &Step) -> String {
    let mode = |mode: &Resample| {
        let name = RESIZE_MODES.iter().find(|m| m.1 == *mode).map_or("bilinear", |m| m.0);
        format!(", mode = \"{name}\"")
    };
    let round = |round: bool| if round { "" } else { ", round = false" };
    let to = |to: &[f64; 2]| if *to == UNIT { String::new() } else { format!(", to = {to:?}") };
    let clip = |clip: bool| if clip { "" } else { ", clip = false" };
    let over = |over: &Over| if *over == Over::All { "" } else { ", over = \"nonzero\"" };
    let list = |list: &[f64]| if let [one] = list { format!("{one:?}") } else { format!("{list:?}") };
    let key = step.key();
    let rest = match step {
        Step::Orient { axes } => format!("\"{axes}\""),
        Step::Spacing { spacing_mm, mode: m } => format!("{spacing_mm:?}{}", mode(m)),
        Step::Resize { size, mode: m, round: r } => format!("{size:?}{}{}", mode(m), round(*r)),
        Step::ResizeShorter { size, mode: m, round: r } => format!("{size}{}{}", mode(m), round(*r)),
        Step::Crop { size, at, fill } => {
            let mut out = format!("{size:?}, at = \"{}\"", name_of(AT, at));
            if let Some(fill) = fill {
                let _ = write!(out, ", fill = {fill:?}");
            }
            out
        }
        Step::Square { how } => format!("\"{}\"", name_of(SQUARE, how)),
        Step::Slices { count } => count.to_string(),
        Step::Channels { colour, weights } => {
            let named = WEIGHTS.iter().find(|w| w.1 == *weights).map(|w| format!("\"{}\"", w.0));
            let weights = match (*weights == REC_601, named) {
                (true, _) => String::new(),
                (_, Some(name)) => format!(", weights = {name}"),
                (_, None) => format!(", weights = {weights:?}"),
            };
            format!("\"{}\"{weights}", name_of(COLOUR, colour))
        }
        Step::Select { channels } => format!("{channels:?}"),
        Step::EightBit => "true".into(),
        Step::DisplayWindow { to } => format!("{to:?}"),
        Step::Window { center, width, to: t } => format!("[{center:?}, {width:?}]{}", to(t)),
        Step::Range { from, to: t, clip: c } => format!("{from:?}{}{}", to(t), clip(*c)),
        Step::Percentiles { from, to: t, clip: c, over: o } => format!("{from:?}{}{}{}", to(t), clip(*c), over(o)),
        Step::ZScore { over } => format!("\"{}\"", name_of(OVER, over)),
        Step::Clip { limits } => format!("{limits:?}"),
        Step::MeanStd { mean, std } => format!("{}, std = {}", list(mean), list(std)),
        Step::Scale { scale, offset } => format!("{scale:?}, offset = {offset:?}"),
        Step::Gamma { gamma, max } => format!("{gamma:?}, max = {max:?}"),
        Step::Clahe { limit, tiles } => format!("{limit:?}, tiles = {tiles:?}"),
        Step::Landmarks { percentiles, values, over: o } => format!("{values:?}, at = {percentiles:?}{}", over(o)),
        Step::ReplaceNan { value } => format!("{value:?}"),
    };
    format!("{{ {key} = {rest} }}")
}

/// The modes of resizing with their meaning, for the comments of a card.
pub(super) fn modes() -> impl Iterator<Item = (&'static str, &'static str)> {
    preprocess::RESIZE_MODES.iter().map(|m| (m.0, m.2))
}
