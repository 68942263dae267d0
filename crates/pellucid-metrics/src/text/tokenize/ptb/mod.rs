//! A tokeniser like the one of the Penn Treebank, in lower case; after it, what COCO's caption tool drops.
//!
//! At every place the longest of the forms in [`forms`] is taken: hyphenated words, fractions and dates, numbers, words with points inside,
//! abbreviations. Contractions are split before the apostrophe or before `n't`; brackets become `-lrb-`, `-rrb-` and the like; quotes become `` and '';
//! dashes become `--`; three and more points become `...`.
//!
//! # Departures
//! The Stanford tokeniser has a licence that doesn't fit here. This one is our own, made from the conventions of the treebank and compared with the
//! outputs of that one on report sentences; rare forms (telephone numbers, most emoticons, file paths) differ.

mod contractions;
mod forms;
mod marks;
mod points;

use points::Point;

/// Tokens that COCO's list drops.
const COCO_DROPS: &[&str] = &["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"];
/// Names of brackets; COCO's list has most of them, but in capitals, so that they survive in lower-cased text.
const BRACKETS: &[&str] = &["-lrb-", "-rrb-", "-lsb-", "-rsb-", "-lcb-", "-rcb-"];

/// Tokens in lower case.
pub(super) fn tokenize(text: &str) -> Vec<String> {
    let chars: Vec<char> = marks::entities(text).chars().filter(|&c| c != '\u{ad}').collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        at += if chars[at].is_whitespace() { 1 } else { next(&chars, at, &mut tokens) };
    }
    tokens.iter().map(|t| t.to_lowercase()).collect()
}

/// The same without punctuation, as COCO's caption tool has it. `compat` keeps the names of brackets, as that tool does by mistake.
pub(super) fn coco(text: &str, compat: bool) -> Vec<String> {
    let drop = |t: &String| COCO_DROPS.contains(&t.as_str()) || (!compat && BRACKETS.contains(&t.as_str()));
    tokenize(text).into_iter().filter(|t| !drop(t)).collect()
}

/// Adds the token or tokens that begin at `at`, and returns how many characters they took (at least 1).
fn next(chars: &[char], at: usize, tokens: &mut Vec<String>) -> usize {
    let plain = forms::longest(&chars[at..]);
    let (pointed, point) = points::pointed(chars, at);
    if pointed > plain {
        let word: String = chars[at..at + pointed].iter().collect();
        match point {
            Point::Part => tokens.push(word),
            Point::PartAndEnd => tokens.extend([word, ".".to_string()]),
            Point::End => tokens.extend([word.trim_end_matches('.').to_string(), ".".to_string()]),
        }
        return pointed;
    }
    // A point in front of another mark doesn't end a sentence: "approx., ".
    if plain > 0 && matches!(chars[at + plain..], ['.', ',' | ';' | ':', ..]) {
        tokens.push(chars[at..=at + plain].iter().collect());
        return plain + 1;
    }
    if plain > 0 {
        return contractions::word(&chars[at..], plain, tokens);
    }
    marks::mark(chars, at, tokens)
}
