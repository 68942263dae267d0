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

/// Meanings by the words of their phrase, and by the words' stems; a phrase may have several.
struct Phrases {
    by_words: HashMap<Vec<String>, Vec<Meaning>>,
    by_stems: HashMap<Vec<String>, Vec<Meaning>>,
    longest: usize,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::new);

impl Phrases {
    fn new() -> Self {
        let mut this = Self { by_words: HashMap::new(), by_stems: HashMap::new(), longest: 0 };
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
        let words: Vec<String> = phrase.split(' ').map(str::to_string).collect();
        let stems = words.iter().map(|w| stem(w)).collect();
        self.longest = self.longest.max(words.len());
        for meanings in [self.by_words.entry(words).or_default(), self.by_stems.entry(stems).or_default()] {
            if !meanings.contains(&meaning) {
                meanings.push(meaning.clone());
            }
        }
    }

    /// Meanings of these words. The words themselves come first, because unlike words may share a stem ("several", "severe").
    fn of(&self, words: &[String], stems: &[String]) -> Option<&Vec<Meaning>> {
        self.by_words.get(words).or_else(|| self.by_stems.get(stems))
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
        let hit = (1..=longest)
            .rev()
            .find_map(|n| PHRASES.of(&tokens[at..at + n], &stems[at..at + n]).map(|meanings| (n, meanings)));
        if let Some((length, meanings)) = hit {
            mentions.extend(meanings.iter().map(|m| Mention { start: at, end: at + length, meaning: m.clone() }));
            at += length;
        } else if let Some((size, length)) = size(&tokens[at..]) {
            mentions.push(Mention { start: at, end: at + length, meaning: Meaning::Size(size) });
            at += length;
        } else {
            at += 1;
        }
    }
    mentions
}

/// Up to three numbers joined by "x" and a unit of length at the start of a sentence's rest, in mm, with the number of tokens.
fn size(tokens: &[String]) -> Option<(String, usize)> {
    let mut numbers = vec![number(tokens.first()?)?];
    let mut at = 1;
    while let [joint, next, ..] = &tokens[at..]
        && matches!(joint.as_str(), "x" | "by" | "\u{d7}")
        && numbers.len() < 3
    {
        numbers.push(number(next)?);
        at += 2;
    }
    let factor = match tokens.get(at)?.as_str() {
        "mm" => 1.0,
        "cm" => 10.0,
        _ => return None,
    };
    // Tenths of a mm, so that 0.6 cm and 6 mm are the same text.
    let in_mm: Vec<String> = numbers.iter().map(|n| ((n * factor * 10.0).round() / 10.0).to_string()).collect();
    Some((format!("{} mm", in_mm.join(" x ")), at + 1))
}

fn number(token: &str) -> Option<f64> {
    token.parse().ok().filter(|n: &f64| n.is_finite())
}
