//! The METEOR of 2005 as NLTK runs it; a different number from METEOR 1.5.
//!
//! # Formula
//! ```text
//! F = P R / (alpha P + (1 - alpha) R),   score = F (1 - gamma (chunks / matches)^beta)
//! ```
//!
//! # Symbols
//! - `P`, `R`: matched words over the words of the candidate and of the reference
//! - `chunks`: runs of matches that are adjacent on both sides
//! - `alpha` = 0.9, `beta` = 3, `gamma` = 0.5: recall weighs nine times as much as precision
//!
//! # Departures
//! As NLTK, words are matched greedily and not so that chunks are fewest: in each stage the candidate is scanned from its last word to the first, and
//! each word takes the last equal word of the reference that is still free. The synonym stage sees the stems that the stem stage left.
//! An identical text scores less than 1, because one chunk is still a chunk.
//!
//! # Source
//! Banerjee and Lavie, METEOR, ACL workshop 2005; NLTK 3.10 for the matching.

use serde::Serialize;

use super::prf::share;
use super::synonyms::{Synonyms, intersect};
use crate::Outcome;
use crate::text::Segment;
use crate::text::stem::Stemmer;

/// Stages and parameters.
#[derive(Clone, Copy)]
pub struct MeteorNltk<'a> {
    /// Weight of precision against recall, 0 to 1.
    pub alpha: f64,
    /// Exponent of the fragmentation.
    pub beta: f64,
    /// Largest penalty, 0 to 1.
    pub gamma: f64,
    /// Stemmer of the second stage; without one, stems aren't compared.
    pub stemmer: Option<&'a dyn Stemmer>,
    /// Thesaurus of the third stage; without one, there is no third stage.
    pub synonyms: Option<&'a dyn Synonyms>,
}

impl Default for MeteorNltk<'_> {
    fn default() -> Self {
        Self { alpha: 0.9, beta: 3.0, gamma: 0.5, stemmer: None, synonyms: None }
    }
}

/// Score against one reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MeteorNltkScore {
    /// Score.
    pub value: f64,
    /// Matched words.
    pub matches: usize,
    /// Runs of matches that are adjacent on both sides.
    pub chunks: usize,
}

/// A word that isn't matched yet, with its position.
type Free = Vec<(usize, String)>;

impl MeteorNltk<'_> {
    /// Name with the stages in use.
    pub fn name(&self) -> String {
        let stages = [Some("exact"), self.stemmer.map(|s| s.id()), self.synonyms.map(|_| "synonym")];
        format!("METEOR-2005-NLTK[{}]", stages.into_iter().flatten().collect::<Vec<_>>().join(","))
    }

    /// Best score over the references.
    ///
    /// # Errors
    /// [`crate::Undefined::NoReferences`].
    pub fn segment(&self, segment: &Segment) -> Outcome<MeteorNltkScore> {
        let scores = segment.references()?.iter().map(|r| self.pair(&segment.candidate, r));
        Ok(scores.reduce(|best, next| if next.value > best.value { next } else { best }).unwrap_or_default())
    }

    /// Score against one reference; 0 when nothing matches or a side is empty.
    pub fn pair<S: AsRef<str>>(&self, candidate: &[S], reference: &[S]) -> MeteorNltkScore {
        let matches = self.matches(candidate, reference);
        if matches.is_empty() {
            return MeteorNltkScore::default();
        }
        let adjacent = |w: &&[(usize, usize)]| w[1] == (w[0].0 + 1, w[0].1 + 1);
        let chunks = matches.len() - matches.windows(2).filter(adjacent).count();
        let (p, r) = (share(matches.len(), candidate.len()), share(matches.len(), reference.len()));
        let f = p * r / (self.alpha * p + (1.0 - self.alpha) * r);
        let penalty = self.gamma * share(chunks, matches.len()).powf(self.beta);
        MeteorNltkScore { value: (1.0 - penalty) * f, matches: matches.len(), chunks }
    }

    /// Positions in candidate and reference, ascending.
    fn matches<S: AsRef<str>>(&self, candidate: &[S], reference: &[S]) -> Vec<(usize, usize)> {
        let free = |words: &[S]| -> Free { words.iter().map(|w| w.as_ref().to_lowercase()).enumerate().collect() };
        let (mut left, mut right) = (free(candidate), free(reference));
        let mut matches = take(&mut left, &mut right, |a, b| a == b);
        if let Some(stemmer) = self.stemmer {
            for (_, word) in left.iter_mut().chain(&mut right) {
                *word = stemmer.stem(word);
            }
            matches.extend(take(&mut left, &mut right, |a, b| a == b));
        }
        if let Some(synonyms) = self.synonyms {
            matches.extend(take_synonyms(&mut left, &mut right, synonyms));
        }
        matches.sort_unstable();
        matches
    }
}

/// Takes matched words out of both lists: from the last word of the candidate to the first, each with the last fitting word of the reference.
fn take<T: PartialEq>(
    left: &mut Vec<(usize, T)>,
    right: &mut Vec<(usize, T)>,
    fits: impl Fn(&T, &T) -> bool,
) -> Vec<(usize, usize)> {
    let mut matches = Vec::new();
    for i in (0..left.len()).rev() {
        if let Some(j) = right.iter().rposition(|(_, word)| fits(&left[i].1, word)) {
            matches.push((left.remove(i).0, right.remove(j).0));
        }
    }
    matches
}

/// A word of the reference fits when it's itself a member of a set that the word of the candidate, or its base form, is in.
fn take_synonyms(left: &mut Free, right: &mut Free, synonyms: &dyn Synonyms) -> Vec<(usize, usize)> {
    let with = |free: &Free, sets: &dyn Fn(&str) -> Vec<u64>| -> Vec<(usize, (String, Vec<u64>))> {
        free.iter().map(|(at, word)| (*at, (word.clone(), sets(word)))).collect()
    };
    let exactly = |word: &str| {
        let mut sets = synonyms.synsets(word).to_vec();
        sets.sort_unstable();
        sets
    };
    let mut left = with(left, &|word| synonyms.all_synsets(word));
    let mut right = with(right, &exactly);
    take(&mut left, &mut right, |a, b| a.0 == b.0 || intersect(&a.1, &b.1))
}
