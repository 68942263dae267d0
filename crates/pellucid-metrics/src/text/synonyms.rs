//! What the metrics ask a thesaurus: which sets of synonyms a word is in.

use std::collections::HashMap;

/// A thesaurus made of numbered sets of synonyms (synsets).
pub trait Synonyms {
    /// Sets that have exactly this word.
    fn synsets(&self, word: &str) -> &[u64];

    /// Base forms of an inflected word, where they're known and differ from the word.
    fn base_forms(&self, word: &str) -> Vec<String> {
        let _ = word;
        Vec::new()
    }

    /// Sets of the word and of its base forms, ascending.
    fn all_synsets(&self, word: &str) -> Vec<u64> {
        let mut sets = self.synsets(word).to_vec();
        for base in self.base_forms(word) {
            sets.extend_from_slice(self.synsets(&base));
        }
        sets.sort_unstable();
        sets.dedup();
        sets
    }
}

/// Sets of synonyms written out as lists of words.
#[derive(Clone, Debug, Default)]
pub struct SynonymSets {
    sets: HashMap<String, Vec<u64>>,
}

impl SynonymSets {
    /// From the lists; a word may be in several.
    pub fn new<S: AsRef<str>, L: AsRef<[S]>>(lists: &[L]) -> Self {
        let mut sets: HashMap<String, Vec<u64>> = HashMap::new();
        for (id, list) in lists.iter().enumerate() {
            for word in list.as_ref() {
                sets.entry(word.as_ref().to_string()).or_default().push(id as u64);
            }
        }
        Self { sets }
    }
}

impl Synonyms for SynonymSets {
    fn synsets(&self, word: &str) -> &[u64] {
        self.sets.get(word).map_or(&[], Vec::as_slice)
    }
}

/// No synonyms at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSynonyms;

impl Synonyms for NoSynonyms {
    fn synsets(&self, _: &str) -> &[u64] {
        &[]
    }
}

/// Whether two ascending lists share a number.
pub(crate) fn intersect(a: &[u64], b: &[u64]) -> bool {
    let mut rest = b.iter().peekable();
    a.iter().any(|x| {
        while rest.next_if(|y| *y < x).is_some() {}
        rest.peek() == Some(&x)
    })
}
