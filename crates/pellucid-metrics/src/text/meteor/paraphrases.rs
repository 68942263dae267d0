//! The table of phrases that may stand for each other.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use super::read::{Lines, ReadError};

/// Phrases and their paraphrases, in the order of the table.
#[derive(Clone, Debug, Default)]
pub struct Paraphrases {
    rows: HashMap<Vec<String>, Vec<Vec<String>>>,
    longest: usize,
}

impl Paraphrases {
    /// From rows of phrase and paraphrase, words separated by white space.
    pub fn new<S: AsRef<str>>(rows: &[(S, S)]) -> Self {
        let mut table = Self::default();
        for (phrase, paraphrase) in rows {
            table.push(split(phrase.as_ref()), split(paraphrase.as_ref()));
        }
        table
    }

    /// Reads a table of three lines an entry: probability, phrase, paraphrase. METEOR's `paraphrase-*.gz` have this form once unpacked.
    ///
    /// Such tables have millions of rows. With `vocabulary`, only rows all of whose words are in it are kept: give the words of the texts that will be
    /// scored.
    ///
    /// # Errors
    /// [`ReadError`] when the file isn't UTF-8 text, a probability isn't a finite number from 0 on (published tables have
    /// values a little above 1), a phrase is empty, or the last entry is cut off.
    pub fn read(reader: impl BufRead, vocabulary: Option<&HashSet<String>>) -> Result<Self, ReadError> {
        let mut lines = Lines::new(reader, "paraphrase table");
        let mut table = Self::default();
        while let Some(probability) = lines.next()? {
            if !probability.trim().parse::<f64>().is_ok_and(|p| p.is_finite() && p >= 0.0) {
                return Err(lines.wrong("a probability", &probability));
            }
            let mut phrase = |expected| -> Result<Vec<String>, ReadError> {
                let line = lines.must(expected)?;
                let words = split(&line);
                if words.is_empty() { Err(lines.wrong(expected, &line)) } else { Ok(words) }
            };
            let (phrase, paraphrase) = (phrase("a phrase")?, phrase("a paraphrase")?);
            let known = |words: &[String]| vocabulary.is_none_or(|v| words.iter().all(|w| v.contains(w)));
            if known(&phrase) && known(&paraphrase) {
                table.push(phrase, paraphrase);
            }
        }
        Ok(table)
    }

    fn push(&mut self, phrase: Vec<String>, paraphrase: Vec<String>) {
        if !phrase.is_empty() && !paraphrase.is_empty() {
            self.longest = self.longest.max(phrase.len());
            self.rows.entry(phrase).or_default().push(paraphrase);
        }
    }

    /// Paraphrases of exactly this phrase, in the order of the table.
    pub fn of(&self, phrase: &[String]) -> &[Vec<String>] {
        self.rows.get(phrase).map_or(&[], Vec::as_slice)
    }

    /// Words of the longest phrase.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }
}

fn split(phrase: &str) -> Vec<String> {
    phrase.split_whitespace().map(str::to_string).collect()
}
