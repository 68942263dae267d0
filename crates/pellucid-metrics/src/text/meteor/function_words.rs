//! Words that carry grammar rather than content; they weigh `1 - delta`.

use std::collections::HashSet;
use std::io::BufRead;

use super::read::{Lines, ReadError};

/// A set of function words.
#[derive(Clone, Debug, Default)]
pub struct FunctionWords(HashSet<String>);

impl FunctionWords {
    /// None: every word is content, and `delta` has no effect.
    pub fn none() -> Self {
        Self::default()
    }

    /// From a list of words.
    pub fn new<S: AsRef<str>>(words: &[S]) -> Self {
        Self(words.iter().map(|w| w.as_ref().to_string()).collect())
    }

    /// Reads a file with one word or mark a line; empty lines are left out. METEOR's `function/*.words` have this form.
    ///
    /// # Errors
    /// [`ReadError`] when the file isn't UTF-8 text or a line holds more than one word.
    pub fn read(reader: impl BufRead) -> Result<Self, ReadError> {
        let mut lines = Lines::new(reader, "function words");
        let mut words = HashSet::new();
        while let Some(line) = lines.next()? {
            let word = line.trim();
            if word.contains(char::is_whitespace) {
                return Err(lines.wrong("one word", word));
            }
            if !word.is_empty() {
                words.insert(word.to_string());
            }
        }
        Ok(Self(words))
    }

    /// Whether a word is one.
    pub fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
