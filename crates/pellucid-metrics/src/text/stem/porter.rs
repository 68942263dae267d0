//! The Porter stemmer with the extensions that NLTK runs by default.
//!
//! # Departures
//! From the algorithm of 1980: words of one or two letters stay; a few irregular words have fixed stems; `ies` and `ied` after one letter give `ie`;
//! `y` becomes `i` only after a consonant that isn't the word's first letter; step 2 knows `bli`, `fulli`, `logi` and applies itself again after
//! `alli`; a stem of two letters, vowel and consonant, counts as ending in consonant, vowel, consonant.
//!
//! # Source
//! Porter, An algorithm for suffix stripping, Program 14(3), 1980; the extensions as NLTK 3.10 documents them.

use super::Stemmer;

/// Porter's rules in NLTK's extended mode, which is also what `rouge-score` uses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Porter;

/// Words whose stem no rule gives.
const IRREGULAR: &[(&str, &str)] = &[
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// Suffix and replacement; both of step 2 and 3 need a stem of positive measure.
type Rules = &'static [(&'static str, &'static str)];

const STEP_2: Rules = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

const STEP_3: Rules =
    &[("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

const STEP_4: &[&str] = &[
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
];

impl Stemmer for Porter {
    fn id(&self) -> &'static str {
        "porter"
    }

    fn stem(&self, word: &str) -> String {
        let word = word.to_lowercase();
        if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
            return (*stem).to_string();
        }
        let mut w = Word(word.chars().collect());
        if w.0.len() <= 2 {
            return word;
        }
        w.plural();
        w.past();
        w.final_y();
        w.step_2();
        w.step_3();
        w.step_4();
        w.step_5();
        w.0.into_iter().collect()
    }
}

struct Word(Vec<char>);

impl Word {
    /// Letters before the suffix, if the word ends in it.
    fn before(&self, suffix: &str) -> Option<usize> {
        let keep = self.0.len().checked_sub(suffix.chars().count())?;
        self.0[keep..].iter().copied().eq(suffix.chars()).then_some(keep)
    }

    fn replace(&mut self, keep: usize, ending: &str) {
        self.0.truncate(keep);
        self.0.extend(ending.chars());
    }

    fn consonant(&self, at: usize) -> bool {
        consonants(&self.0).nth(at).unwrap_or(false)
    }

    fn has_vowel(&self, keep: usize) -> bool {
        consonants(&self.0[..keep]).any(|c| !c)
    }

    /// Porter's m: how often a vowel is followed by a consonant in the first `keep` letters.
    fn measure(&self, keep: usize) -> usize {
        let (mut count, mut vowel) = (0, false);
        for consonant in consonants(&self.0[..keep]) {
            count += usize::from(vowel && consonant);
            vowel = !consonant;
        }
        count
    }

    /// Porter's *o, with NLTK's case for two letters.
    fn ends_short(&self, keep: usize) -> bool {
        let kinds: Vec<bool> = consonants(&self.0[..keep]).collect();
        match kinds.as_slice() {
            [.., true, false, true] => !matches!(self.0[keep - 1], 'w' | 'x' | 'y'),
            [false, true] => true,
            _ => false,
        }
    }

    fn double_consonant(&self) -> bool {
        matches!(self.0.as_slice(), [.., a, b] if a == b) && self.consonant(self.0.len() - 1)
    }

    /// Step 1a.
    fn plural(&mut self) {
        if self.before("ies") == Some(1) {
            return self.replace(1, "ie");
        }
        for (suffix, ending) in [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")] {
            if let Some(keep) = self.before(suffix) {
                return self.replace(keep, ending);
            }
        }
    }

    /// Step 1b.
    fn past(&mut self) {
        if let Some(keep) = self.before("ied") {
            return self.replace(keep, if keep == 1 { "ie" } else { "i" });
        }
        if let Some(keep) = self.before("eed") {
            if self.measure(keep) > 0 {
                self.replace(keep, "ee");
            }
            return;
        }
        let Some(keep) = ["ed", "ing"].iter().find_map(|s| self.before(s).filter(|&keep| self.has_vowel(keep))) else {
            return;
        };
        self.replace(keep, "");
        if ["at", "bl", "iz"].iter().any(|s| self.before(s).is_some()) {
            self.0.push('e');
        } else if self.double_consonant() {
            if !matches!(self.0[keep - 1], 'l' | 's' | 'z') {
                self.0.pop();
            }
        } else if self.measure(keep) == 1 && self.ends_short(keep) {
            self.0.push('e');
        }
    }

    /// Step 1c.
    fn final_y(&mut self) {
        if let Some(keep) = self.before("y")
            && keep > 1
            && self.consonant(keep - 1)
        {
            self.replace(keep, "i");
        }
    }

    fn step_2(&mut self) {
        if let Some(keep) = self.before("alli")
            && self.measure(keep) > 0
        {
            self.replace(keep, "al");
            return self.step_2();
        }
        if let Some(keep) = self.before("logi") {
            // The l belongs to the measured stem.
            if self.measure(keep + 1) > 0 {
                self.replace(keep, "log");
            }
            return;
        }
        self.by_rules(STEP_2);
    }

    fn step_3(&mut self) {
        self.by_rules(STEP_3);
    }

    fn by_rules(&mut self, rules: Rules) {
        let hit = rules.iter().find_map(|(suffix, ending)| self.before(suffix).map(|keep| (keep, ending)));
        if let Some((keep, ending)) = hit
            && self.measure(keep) > 0
        {
            self.replace(keep, ending);
        }
    }

    fn step_4(&mut self) {
        let Some((suffix, keep)) = STEP_4.iter().find_map(|s| self.before(s).map(|keep| (*s, keep))) else { return };
        let allowed = suffix != "ion" || matches!(self.0[..keep], [.., 's' | 't']);
        if allowed && self.measure(keep) > 1 {
            self.replace(keep, "");
        }
    }

    /// Steps 5a and 5b.
    fn step_5(&mut self) {
        if let Some(keep) = self.before("e") {
            let measure = self.measure(keep);
            if measure > 1 || (measure == 1 && !self.ends_short(keep)) {
                self.replace(keep, "");
            }
        }
        if let Some(keep) = self.before("ll")
            && self.measure(keep + 1) > 1
        {
            self.replace(keep + 1, "");
        }
    }
}

/// Whether each letter is a consonant; `y` is one at the start and after a vowel.
fn consonants(letters: &[char]) -> impl Iterator<Item = bool> + '_ {
    letters.iter().scan(false, |previous, letter| {
        let consonant = match letter {
            'a' | 'e' | 'i' | 'o' | 'u' => false,
            'y' => !*previous,
            _ => true,
        };
        *previous = consonant;
        Some(consonant)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_paper_and_of_the_extensions() {
        for (word, stem) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("ties", "tie"),
            ("agreed", "agre"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("relational", "relat"),
            ("electriciti", "electr"),
            ("adjustment", "adjust"),
            ("controll", "control"),
            ("enjoy", "enjoy"),
            ("skies", "sky"),
            ("radiology", "radiolog"),
            ("is", "is"),
        ] {
            assert_eq!(Porter.stem(word), stem, "{word}");
        }
    }
}
