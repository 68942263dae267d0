//! A thesaurus read from the user's files, in WordNet's own form or in METEOR's.

use std::collections::HashMap;
use std::io::BufRead;

use super::read::{Lines, ReadError};
use crate::text::synonyms::Synonyms;

/// Words with the sets of synonyms that they're in, and irregular forms with their base forms.
#[derive(Clone, Debug, Default)]
pub struct WordNet {
    synsets: HashMap<String, Vec<u64>>,
    irregular: HashMap<String, Vec<String>>,
}

/// Endings of regular forms and what replaces them: nouns, verbs, adjectives, as WordNet's morphology lists them.
const ENDINGS: &[(&str, &str)] = &[
    ("s", ""),
    ("ses", "s"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
    ("es", "e"),
    ("es", ""),
    ("ed", "e"),
    ("ed", ""),
    ("ing", "e"),
    ("ing", ""),
    ("er", ""),
    ("est", ""),
    ("er", "e"),
    ("est", "e"),
];

/// Parts of speech of an index, in the order of their numbers.
const PARTS_OF_SPEECH: [&str; 4] = ["n", "v", "a", "r"];

impl WordNet {
    /// Reads METEOR's pair of files. `synsets` has two lines a word: the word, then the numbers of its sets separated by spaces. `exceptions` has two
    /// lines a base form: the form, then its irregular forms separated by spaces.
    ///
    /// # Errors
    /// [`ReadError`] when a file isn't UTF-8 text, an entry is cut off, or a number isn't one.
    pub fn read_meteor(synsets: impl BufRead, exceptions: impl BufRead) -> Result<Self, ReadError> {
        let mut this = Self::default();
        let mut lines = Lines::new(synsets, "synonym sets");
        while let Some(word) = lines.next()? {
            let ids = lines.must("the numbers of the word's sets")?;
            for id in ids.split_whitespace() {
                let id = id.parse().map_err(|_| lines.wrong("the number of a set", id))?;
                this.synsets.entry(word.clone()).or_default().push(id);
            }
        }
        let mut lines = Lines::new(exceptions, "irregular forms");
        while let Some(base) = lines.next()? {
            for form in lines.must("the irregular forms")?.split_whitespace() {
                this.irregular.entry(form.to_string()).or_default().push(base.clone());
            }
        }
        Ok(this)
    }

    /// Adds one of WordNet's index files (`index.noun`, `index.verb`, `index.adj`, `index.adv`; format wndb(5WN)).
    ///
    /// # Errors
    /// [`ReadError`] when the file isn't UTF-8 text or a line isn't `lemma pos synset_cnt p_cnt [symbols] sense_cnt tagsense_cnt offsets`.
    pub fn add_index(&mut self, reader: impl BufRead) -> Result<(), ReadError> {
        let mut lines = Lines::new(reader, "WordNet index");
        while let Some(line) = lines.next()? {
            // The licence at the top is indented.
            if line.starts_with("  ") || line.trim().is_empty() {
                continue;
            }
            let (lemma, sets) = index_line(&line).ok_or_else(|| {
                lines.wrong("`lemma pos synset_cnt p_cnt [symbols] sense_cnt tagsense_cnt offsets`", &line)
            })?;
            self.synsets.entry(lemma).or_default().extend(sets);
        }
        Ok(())
    }

    /// Adds one of WordNet's lists of irregular forms (`noun.exc`, ...): a form and its base forms a line, separated by spaces.
    ///
    /// # Errors
    /// [`ReadError`] when the file isn't UTF-8 text or a form has no base.
    pub fn add_exceptions(&mut self, reader: impl BufRead) -> Result<(), ReadError> {
        let mut lines = Lines::new(reader, "WordNet exceptions");
        while let Some(line) = lines.next()? {
            let mut words = line.split_whitespace().map(str::to_string);
            let Some(form) = words.next() else { continue };
            let bases: Vec<String> = words.collect();
            if bases.is_empty() {
                return Err(lines.wrong("a form and its base forms", &line));
            }
            self.irregular.entry(form).or_default().extend(bases);
        }
        Ok(())
    }
}

fn index_line(line: &str) -> Option<(String, Vec<u64>)> {
    let mut fields = line.split_whitespace();
    let lemma = fields.next()?.to_string();
    let part = fields.next()?;
    let part = PARTS_OF_SPEECH.iter().position(|p| *p == part)? as u64;
    let sets: usize = fields.next()?.parse().ok()?;
    let pointers: usize = fields.next()?.parse().ok()?;
    // The symbols of the pointers and two counts come before the offsets.
    let offsets =
        fields.skip(pointers.checked_add(2)?).map(|f| f.parse::<u32>().ok().map(|o| part << 32 | u64::from(o)));
    let offsets: Vec<u64> = offsets.collect::<Option<_>>()?;
    (offsets.len() == sets).then_some((lemma, offsets))
}

impl Synonyms for WordNet {
    fn synsets(&self, word: &str) -> &[u64] {
        self.synsets.get(word).map_or(&[], Vec::as_slice)
    }

    /// The bases of an irregular form, else what the first ending gives that leads to a known word. Words of one and two letters have none.
    fn base_forms(&self, word: &str) -> Vec<String> {
        if let Some(bases) = self.irregular.get(word) {
            return bases.clone();
        }
        if word.chars().count() <= 2 {
            return Vec::new();
        }
        let base = |(ending, instead): &(&str, &str)| {
            let stem = word.strip_suffix(ending)?;
            let plural_of_s = *ending == "s" && word.ends_with("ss");
            let base = format!("{stem}{instead}");
            (!plural_of_s && self.synsets.contains_key(&base)).then_some(base)
        };
        ENDINGS.iter().find_map(base).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "  1 a licence\nstone n 2 3 @ ~ + 2 1 00001234 00005678\ncalculus n 1 1 @ 1 0 00005678\n";

    #[test]
    fn both_forms_of_files_give_the_same_relations() {
        let mut own = WordNet::default();
        own.add_index(INDEX.as_bytes()).unwrap();
        own.add_exceptions("calculi calculus\n".as_bytes()).unwrap();
        let pairs =
            WordNet::read_meteor("stone\n1234 5678\ncalculus\n5678\n".as_bytes(), "calculus\ncalculi\n".as_bytes())
                .unwrap();
        for wordnet in [own, pairs] {
            let (stones, calculi) = (wordnet.all_synsets("stones"), wordnet.all_synsets("calculi"));
            assert_eq!((stones.len(), calculi.len()), (2, 1));
            assert!(stones.contains(&calculi[0]));
            assert!(wordnet.all_synsets("ss").is_empty());
        }
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = WordNet::default().add_index("stone n two\n".as_bytes()).unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("found `stone n two`"), "{error}");
        let error = WordNet::read_meteor("stone\n".as_bytes(), "".as_bytes()).unwrap_err().to_string();
        assert!(error.contains("ends after line 1"), "{error}");
        assert!(WordNet::read_meteor("stone\nx\n".as_bytes(), "".as_bytes()).is_err());
        assert!(WordNet::default().add_exceptions("alone\n".as_bytes()).is_err());
        assert!(WordNet::default().add_index([0xff, 0xfe].as_slice()).is_err());
    }
}
