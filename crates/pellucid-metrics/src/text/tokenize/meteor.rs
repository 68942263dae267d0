//! The normaliser of METEOR 1.5 (`-norm`), lower-cased.
//!
//! In order: runs of points stand alone; quotes become plain ones; every mark but `. ' - ,` stands alone; commas stand alone except between digits;
//! double dashes become single; apostrophes split, and stay with what follows between letters; a dash between letters or digits becomes a space; a point
//! at the end of a word stands alone unless the word is an abbreviation or the next one begins in lower case; points inside an abbreviation such as `e.g.`
//! go.
//!
//! # Departures
//! The list of abbreviations is our own ([`is_abbreviation`]).

use super::abbreviations::{Ends, is_abbreviation};
use super::windows::replace_runs;

/// Tokens in lower case.
pub(super) fn tokenize(text: &str) -> Vec<String> {
    let chars = word_dashes(apostrophes(double_dashes(commas(marks(&quotes(&points(text)))))));
    let text: String = chars.into_iter().collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let next_of = |at: usize| words.get(at + 1).copied().unwrap_or("");
    words.iter().enumerate().flat_map(|(at, word)| final_point(word, next_of(at))).map(|w| w.to_lowercase()).collect()
}

/// Letters of its tables: Latin to U+017E, Cyrillic, phonetic extensions.
fn letter(c: char) -> bool {
    let ranges = [
        '\u{c0}'..='\u{d6}',
        '\u{d8}'..='\u{f6}',
        '\u{f8}'..='\u{17e}',
        '\u{400}'..='\u{527}',
        '\u{1d00}'..='\u{1d7f}',
    ];
    c.is_ascii_alphabetic() || ranges.iter().any(|r| r.contains(&c))
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn alnum(c: char) -> bool {
    letter(c) || digit(c)
}

fn quotes(text: &str) -> String {
    let text =
        text.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\"").replace('\u{2013}', " - ");
    text.replace('`', "'").replace("''", "\"")
}

/// Every mark but `. ' - ,` alone, spaces at both ends.
fn marks(text: &str) -> Vec<char> {
    let spaced = |c: char| {
        let keep = alnum(c) || c.is_whitespace() || matches!(c, '.' | '\'' | '-' | ',');
        if keep { vec![c] } else { vec![' ', c, ' '] }
    };
    format!(" {text} ").chars().flat_map(spaced).collect()
}

fn commas(chars: Vec<char>) -> Vec<char> {
    let split = |chars: &[char], before: bool, after: bool| {
        replace_runs(chars, |[a, b, c]| {
            (digit(a) == before && b == ',' && digit(c) == after).then(|| vec![a, ' ', b, ' ', c])
        })
    };
    let chars = split(&chars, false, false);
    split(&split(&chars, true, false), false, true)
}

fn apostrophes(chars: Vec<char>) -> Vec<char> {
    let alone = |chars: &[char], fits: fn(char, char) -> bool| {
        replace_runs(chars, |[a, b, c]| (b == '\'' && fits(a, c)).then(|| vec![a, ' ', b, ' ', c]))
    };
    let chars = alone(&chars, |a, c| !letter(a) && !letter(c));
    let chars = alone(&chars, |a, c| !alnum(a) && letter(c));
    let chars = alone(&chars, |a, c| letter(a) && !letter(c));
    let with_next = |chars: &[char], fits: fn(char, char) -> bool| {
        replace_runs(chars, |[a, b, c]| (b == '\'' && fits(a, c)).then(|| vec![a, ' ', b, c]))
    };
    let chars = with_next(&chars, |a, c| letter(a) && letter(c));
    with_next(&chars, |a, c| digit(a) && c == 's')
}

fn double_dashes(chars: Vec<char>) -> Vec<char> {
    replace_runs(&chars, |[a, b]| (a == '-' && b == '-').then(|| vec!['-']))
}

fn word_dashes(chars: Vec<char>) -> Vec<char> {
    replace_runs(&chars, |[a, b, c]| ((alnum(a) || a == '.') && b == '-' && alnum(c)).then(|| vec![a, ' ', c]))
}

/// Runs of two and more points alone.
fn points(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let spaced = |run: &[char]| {
        let run: String = run.iter().collect();
        if run.starts_with("..") { format!(" {run} ") } else { run }
    };
    chars.chunk_by(|a, b| *a == '.' && *b == '.').map(spaced).collect()
}

/// Splits the point off the end of a word, or takes the points out of an abbreviation.
fn final_point(word: &str, next: &str) -> Vec<String> {
    let Some(stem) = word.strip_suffix('.').filter(|stem| !stem.is_empty() && !stem.ends_with('.')) else {
        return vec![word.to_string()];
    };
    if stem.contains('.') && stem.contains(letter) {
        return vec![word.replace('.', "")];
    }
    let lower_follows = next.starts_with(|c: char| c.is_ascii_lowercase());
    let stays = match is_abbreviation(stem) {
        Some(Ends::Never) => true,
        Some(Ends::UnlessNumber) => next.starts_with(|c: char| c.is_ascii_digit()),
        None => false,
    };
    if stays || lower_follows { vec![word.to_string()] } else { vec![stem.to_string(), ".".to_string()] }
}
