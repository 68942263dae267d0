//! Finds the phrases of the lexicon in a sentence.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lexicon;
use crate::text::stem::{SnowballEnglish, Stemmer};

/// What a phrase says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A finding and the part of the body that it implies.
    Finding(&'static str, Option<&'static str>),
    /// A part of the body.
    Anatomy(&'static str),
    /// One side or both.
    Sides(&'static [&'static str]),
    /// Extent, look or change.
    Attribute(&'static str),
    /// A size such as `6 mm`.
    Size(String),
    /// As it should be.
    Normal,
    /// Denies (or doubts) what comes after.
    After(Cue),
    /// Denies (or doubts) what comes before.
    Before(Cue),
    /// The scope ends.
    EndsScope,
}

/// What a cue does to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    /// It isn't there.
    Denies,
    /// It may be there.
    Doubts,
}

/// A phrase in a sentence: its first token and the one after its last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mention {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) meaning: Meaning,
}

/// Meanings by the stems of their phrase; a phrase may have several.
struct Phrases {
    meanings: HashMap<Vec<String>, Vec<Meaning>>,
    longest: usize,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::new);

impl Phrases {
    fn new() -> Self {
        let mut this = Self { meanings: HashMap::new(), longest: 0 };
        lexicon::FINDINGS.iter().for_each(|(phrase, name, part)| this.add(phrase, Meaning::Finding(name, *part)));
        lexicon::ANATOMY.iter().for_each(|(phrase, name)| this.add(phrase, Meaning::Anatomy(name)));
        lexicon::SIDES.iter().for_each(|(phrase, sides)| this.add(phrase, Meaning::Sides(sides)));
        lexicon::ATTRIBUTES.iter().for_each(|(phrase, name)| this.add(phrase, Meaning::Attribute(name)));
        lexicon::NORMAL.iter().for_each(|phrase| this.add(phrase, Meaning::Normal));
        lexicon::DENIES_AFTER.iter().for_each(|phrase| this.add(phrase, Meaning::After(Cue::Denies)));
        lexicon::DENIES_BEFORE.iter().for_each(|phrase| this.add(phrase, Meaning::Before(Cue::Denies)));
        lexicon::DOUBTS_AFTER.iter().for_each(|phrase| this.add(phrase, Meaning::After(Cue::Doubts)));
        lexicon::DOUBTS_BEFORE.iter().for_each(|phrase| this.add(phrase, Meaning::Before(Cue::Doubts)));
        lexicon::ENDS_SCOPE.iter().for_each(|phrase| this.add(phrase, Meaning::EndsScope));
        this
    }

    fn add(&mut self, phrase: &str, meaning: Meaning) {
        let words: Vec<String> = phrase.split(' ').map(stem).collect();
        self.longest = self.longest.max(words.len());
        let meanings = self.meanings.entry(words).or_default();
        if !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
}

fn stem(word: &str) -> String {
    SnowballEnglish::default().stem(word)
}

/// Mentions in a sentence, at each place those of the longest phrase.
pub(super) fn mentions(tokens: &[String]) -> Vec<Mention> {
    let stems: Vec<String> = tokens.iter().map(|t| stem(t)).collect();
    let mut mentions = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let longest = PHRASES.longest.min(tokens.len() - at);
        let hit =
            (1..=longest).rev().find_map(|n| PHRASES.meanings.get(&stems[at..at + n]).map(|meanings| (n, meanings)));
        if let Some((length, meanings)) = hit {
            mentions.extend(meanings.iter().map(|m| Mention { start: at, end: at + length, meaning: m.clone() }));
            at += length;
        } else if let Some(size) = size(&tokens[at..]) {
            mentions.push(Mention { start: at, end: at + 2, meaning: Meaning::Size(size) });
            at += 2;
        } else {
            at += 1;
        }
    }
    mentions
}

/// A number and a unit of length, in mm, at the start of a sentence's rest.
fn size(tokens: &[String]) -> Option<String> {
    let [number, unit, ..] = tokens else { return None };
    let factor = match unit.as_str() {
        "mm" => 1.0,
        "cm" => 10.0,
        _ => return None,
    };
    let value: f64 = number.parse().ok()?;
    // Tenths of a mm, so that 0.6 cm and 6 mm are the same text.
    value.is_finite().then(|| format!("{} mm", (value * factor * 10.0).round() / 10.0))
}
