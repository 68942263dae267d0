//! Every match that some module sees, before the search chooses among them.

use crate::text::meteor::paraphrases::Paraphrases;
use crate::text::meteor::{Match, Module};
use crate::text::ngram::Vocabulary;
use crate::text::stem::Stemmer;
use crate::text::synonyms::{Synonyms, intersect};

/// The modules in use beside the exact one.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) stemmer: Option<&'a dyn Stemmer>,
    pub(super) synonyms: Option<&'a dyn Synonyms>,
    pub(super) paraphrases: Option<&'a Paraphrases>,
}

/// Proposed matches. Those of single words are kept once for each different word of the reference, so that repeated words cost no memory.
pub(super) struct Proposals {
    /// Which of its different words the reference has at each position.
    words: Vec<u32>,
    /// Module and position in the candidate, for each different word of the reference.
    of_word: Vec<Vec<(Module, u32)>>,
    /// Matches of the paraphrase table, by the position of the reference where they start.
    phrases: Vec<Vec<Match>>,
}

impl Proposals {
    /// Positions of the reference.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Matches that start at a position of the reference, in the order of the modules, then of the candidate.
    pub(super) fn at(&self, position: usize) -> impl Iterator<Item = Match> + '_ {
        let single = move |&(module, at): &(Module, u32)| Match {
            module,
            reference_start: position,
            reference_length: 1,
            candidate_start: at as usize,
            candidate_length: 1,
        };
        self.of_word[self.words[position] as usize].iter().map(single).chain(self.phrases[position].iter().copied())
    }

    /// Adds what a module sees: whether a word of the reference, by its number, fits a position of the candidate.
    fn add(&mut self, module: Module, candidate: &[u32], fits: impl Fn(u32, usize) -> bool) {
        for (matches, word) in self.of_word.iter_mut().zip(0..) {
            matches.extend((0..candidate.len()).filter(|&j| fits(word, j)).map(|j| (module, j as u32)));
        }
    }
}

/// All matches that some module sees.
pub(super) fn propose(candidate: &[String], reference: &[String], sources: &Sources<'_>) -> Proposals {
    // The reference's different words have the first numbers.
    let mut vocabulary = Vocabulary::default();
    let (r, c) = (vocabulary.ids(reference), vocabulary.ids(candidate));
    let different = r.iter().max().map_or(0, |&last| last as usize + 1);
    let mut found = Proposals { of_word: vec![Vec::new(); different], phrases: vec![Vec::new(); r.len()], words: r };
    found.add(Module::Exact, &c, |word, j| word == c[j]);
    if c == found.words {
        return found;
    }
    if let Some(stemmer) = sources.stemmer {
        let stems = of_each(reference, candidate, &found.words, &c, |word| stemmer.stem(word));
        let stems = Vocabulary::default().ids(&stems);
        found.add(Module::Stem, &c, |word, j| word != c[j] && stems[word as usize] == stems[c[j] as usize]);
    }
    if let Some(synonyms) = sources.synonyms {
        let sets = of_each(reference, candidate, &found.words, &c, |word| synonyms.all_synsets(word));
        found.add(Module::Synonym, &c, |word, j| word != c[j] && intersect(&sets[word as usize], &sets[c[j] as usize]));
    }
    if let Some(paraphrases) = sources.paraphrases {
        phrases(&mut found.phrases, candidate, reference, paraphrases);
    }
    found
}

/// What `make` gives for each different word, by the word's number; numbers were given in the order reference, candidate.
fn of_each<T>(reference: &[String], candidate: &[String], r: &[u32], c: &[u32], make: impl Fn(&str) -> T) -> Vec<T> {
    let mut made = Vec::new();
    for (word, &id) in reference.iter().zip(r).chain(candidate.iter().zip(c)) {
        if id as usize == made.len() {
            made.push(make(word));
        }
    }
    made
}

/// A row fires when its phrase is in one text and its paraphrase in the other, whichever way round. A pair that the table has both ways is proposed
/// twice, as by the original: it then isn't alone on its words, and the search decides about it.
fn phrases(proposals: &mut [Vec<Match>], candidate: &[String], reference: &[String], table: &Paraphrases) {
    for (from, to, forward) in [(reference, candidate, true), (candidate, reference, false)] {
        for (i, length) in spans(from, table.longest()) {
            for paraphrase in table.of(&from[i..i + length]) {
                for j in occurrences(to, paraphrase) {
                    let (other, module) = (paraphrase.len(), Module::Paraphrase);
                    let found = if forward {
                        Match {
                            module,
                            reference_start: i,
                            reference_length: length,
                            candidate_start: j,
                            candidate_length: other,
                        }
                    } else {
                        Match {
                            module,
                            reference_start: j,
                            reference_length: other,
                            candidate_start: i,
                            candidate_length: length,
                        }
                    };
                    proposals[found.reference_start].push(found);
                }
            }
        }
    }
}

/// Start and length of every run of at most `longest` words.
fn spans(words: &[String], longest: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    (0..words.len()).flat_map(move |i| (1..=longest.min(words.len() - i)).map(move |length| (i, length)))
}

fn occurrences<'a>(words: &'a [String], phrase: &'a [String]) -> impl Iterator<Item = usize> + 'a {
    words.windows(phrase.len()).enumerate().filter(move |(_, window)| *window == phrase).map(|(at, _)| at)
}
