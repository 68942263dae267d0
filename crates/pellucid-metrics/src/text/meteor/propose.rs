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

/// Proposed matches by the position of the reference where they start.
pub(super) type Proposals = Vec<Vec<Match>>;

/// All matches, at each position in the order of the modules, then of the candidate.
pub(super) fn propose(candidate: &[String], reference: &[String], sources: &Sources<'_>) -> Proposals {
    let mut proposals: Proposals = vec![Vec::new(); reference.len()];
    let mut vocabulary = Vocabulary::default();
    let (c, r) = (vocabulary.ids(candidate), vocabulary.ids(reference));
    words(&mut proposals, Module::Exact, c.len(), |i, j| r[i] == c[j]);
    if c == r {
        return proposals;
    }
    if let Some(stemmer) = sources.stemmer {
        let stems = stem_ids(candidate.iter().zip(&c).chain(reference.iter().zip(&r)), stemmer);
        words(&mut proposals, Module::Stem, c.len(), |i, j| {
            stems[r[i] as usize] == stems[c[j] as usize] && r[i] != c[j]
        });
    }
    if let Some(synonyms) = sources.synonyms {
        let sets = |words: &[String]| -> Vec<Vec<u64>> { words.iter().map(|w| synonyms.all_synsets(w)).collect() };
        let (cs, rs) = (sets(candidate), sets(reference));
        words(&mut proposals, Module::Synonym, c.len(), |i, j| r[i] != c[j] && intersect(&rs[i], &cs[j]));
    }
    if let Some(paraphrases) = sources.paraphrases {
        phrases(&mut proposals, candidate, reference, paraphrases);
    }
    proposals
}

/// Number of the stem of each word, by the number of the word; every word is stemmed once.
fn stem_ids<'a>(words: impl Iterator<Item = (&'a String, &'a u32)>, stemmer: &dyn Stemmer) -> Vec<u32> {
    let mut stems: Vec<String> = Vec::new();
    for (word, &id) in words {
        // Numbers are given in the order of the words.
        if id as usize == stems.len() {
            stems.push(stemmer.stem(word));
        }
    }
    Vocabulary::default().ids(&stems)
}

fn words(proposals: &mut Proposals, module: Module, candidate: usize, fits: impl Fn(usize, usize) -> bool) {
    for (i, here) in proposals.iter_mut().enumerate() {
        let found = (0..candidate).filter(|&j| fits(i, j));
        here.extend(found.map(|j| Match {
            module,
            reference_start: i,
            reference_length: 1,
            candidate_start: j,
            candidate_length: 1,
        }));
    }
}

/// A row fires when its phrase is in one text and its paraphrase in the other, whichever way round. A pair that the table has both ways is proposed
/// twice, as by the original: it then isn't alone on its words, and the search decides about it.
fn phrases(proposals: &mut Proposals, candidate: &[String], reference: &[String], table: &Paraphrases) {
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
