//! Which presets an image may belong to: cues of the presets held against the facts of the file, its values, and how it looks.
//!
//! Confidences are stated, not computed: a standard's own word (a DICOM modality) is nearly sure, looks never are. They aren't probabilities that
//! add up to 1, since several readings can be right at once. The bounds on looks were set on the very pictures that the tests hold: on others
//! they do worse.

mod look;

pub use look::Look;

use pellucid_image::{Channels, Image, Units};

use crate::preset::{PRESETS, Preset, Registry, When};

/// A preset that an image may belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<'a> {
    /// The preset.
    pub preset: &'a Preset,
    /// The highest confidence of a cue that holds, from 0 to 1.
    pub confidence: f64,
    /// What the cues that hold show, the surest first.
    pub reasons: Vec<String>,
}

/// The presets of the program that an image may belong to, the surest first; none when no cue holds.
pub fn recognise(image: &Image) -> Vec<Candidate<'static>> {
    recognise_among(image, &PRESETS)
}

/// As [`recognise`], among the presets of a registry.
pub fn recognise_among<'a>(image: &Image, registry: &'a Registry) -> Vec<Candidate<'a>> {
    let seen = Seen::of(image);
    let mut found: Vec<Candidate> = registry.presets().filter_map(|p| candidate(p, &seen)).collect();
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found
}

fn candidate<'a>(preset: &'a Preset, seen: &Seen) -> Option<Candidate<'a>> {
    let mut held: Vec<_> = preset.cues.iter().filter(|c| seen.meets(&c.when)).collect();
    held.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let confidence = held.first()?.confidence;
    Some(Candidate { preset, confidence, reasons: held.iter().map(|c| c.reason.clone()).collect() })
}

/// The facts of an image that cues speak of.
struct Seen {
    modality: Option<String>,
    body_part: Option<String>,
    unit: String,
    channels: &'static str,
    format: &'static str,
    volume: bool,
    channel_count: usize,
    range: Option<(f32, f32)>,
    aspect: f64,
    look: Option<Look>,
}

impl Seen {
    fn of(image: &Image) -> Seen {
        let [channels, depth, height, width] = image.shape();
        Seen {
            modality: fact(image, "modality"),
            body_part: fact(image, "body part"),
            unit: unit_word(&image.units),
            channels: match image.channels {
                Channels::Grey => "grey",
                Channels::Rgb => "rgb",
                Channels::Named(_) => "named",
            },
            format: image.source.format.name(),
            volume: depth > 1,
            channel_count: channels,
            range: image.range(),
            aspect: width as f64 / height as f64,
            look: Look::at(image),
        }
    }

    fn meets(&self, when: &When) -> bool {
        let words = [
            (&when.modality, self.modality.as_deref()),
            (&when.body_part, self.body_part.as_deref()),
            (&when.unit, Some(self.unit.as_str())),
            (&when.channels, Some(self.channels)),
            (&when.format, Some(self.format)),
        ];
        let look = |f: fn(&Look) -> f64| self.look.as_ref().map(f);
        let numbers = [
            (when.lowest, self.range.map(|r| f64::from(r.0))),
            (when.highest, self.range.map(|r| f64::from(r.1))),
            (when.aspect, Some(self.aspect)),
            (when.dark, look(|l| l.dark)),
            (when.bright, look(|l| l.bright)),
            (when.colour, look(|l| l.colour)),
            (when.hue, self.look.and_then(|l| l.hue)),
            (when.corners, look(|l| l.corners)),
            (when.mean, look(|l| l.mean)),
        ];
        words.iter().all(|(asked, found)| one_of(asked, *found))
            && numbers.iter().all(|(asked, found)| within(*asked, *found))
            && when.volume.is_none_or(|v| v == self.volume)
            && when.channels_from.is_none_or(|n| self.channel_count >= n)
    }
}

/// A fact of the file.
pub(crate) fn fact(image: &Image, name: &str) -> Option<String> {
    let value = image.source.facts.iter().find(|f| f.0 == name).map(|f| f.1.trim().to_string());
    value.filter(|v| !v.is_empty())
}

/// The word that cues and messages have for a unit.
pub(crate) fn unit_word(units: &Units) -> String {
    match units {
        Units::Levels { .. } => "level".into(),
        Units::Hounsfield => "HU".into(),
        Units::Intensity => "intensity".into(),
        Units::Named(name) => name.clone(),
    }
}

fn one_of(asked: &[String], found: Option<&str>) -> bool {
    asked.is_empty() || found.is_some_and(|f| asked.iter().any(|a| a.eq_ignore_ascii_case(f)))
}

fn within(asked: Option<[f64; 2]>, found: Option<f64>) -> bool {
    asked.is_none_or(|[lo, hi]| found.is_some_and(|v| (lo..=hi).contains(&v)))
}
