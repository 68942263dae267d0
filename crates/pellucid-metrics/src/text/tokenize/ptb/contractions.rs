//! Words with apostrophes.

use super::forms::{letter, run};

/// Endings that split from the word before them.
const ENDINGS: &[&str] = &["s", "m", "d", "ll", "re", "ve"];
/// Words that are two.
const TWO: &[(&str, usize)] = &[("cannot", 3), ("gonna", 3), ("wanna", 3), ("gotta", 3), ("gimme", 3), ("lemme", 3)];
/// Words that begin with an apostrophe.
const CLIPPED: &[&str] = &["em", "til", "till", "cause", "n"];

pub(super) fn apostrophe(c: char) -> bool {
    c == '\'' || c == '\u{2019}'
}

/// Adds the word of `length` characters, split where it's a contraction, and returns how many characters were taken.
pub(super) fn word(rest: &[char], length: usize, tokens: &mut Vec<String>) -> usize {
    let text = |range: &[char]| range.iter().collect::<String>();
    let word = &rest[..length];
    let lower = text(word).to_lowercase();
    if let Some((_, first)) = TWO.iter().find(|(two, _)| *two == lower) {
        tokens.extend([text(&word[..*first]), text(&word[*first..])]);
        return length;
    }
    let after = &rest[length..];
    if not(word, after) {
        if length > 1 {
            tokens.push(text(&word[..length - 1]));
        }
        tokens.push(format!("{}'{}", word[length - 1], after[1]));
        return length + 2;
    }
    if let Some(length) = elided(word, after) {
        tokens.push(rest[..length].iter().map(|&c| if apostrophe(c) { '\'' } else { c }).collect());
        return length;
    }
    if lower == "y" && after.first().is_some_and(|&c| apostrophe(c)) && run(&after[1..], letter) > 2 {
        tokens.push(text(word) + "'");
        return length + 1;
    }
    tokens.push(text(word));
    length
}

/// Names and French: characters of `O'Brien`, `d'accord`, or of `d'` alone in front of a consonant.
fn elided(word: &[char], after: &[char]) -> Option<usize> {
    let ([first], [mark, next, ..]) = (word, after) else { return None };
    if !apostrophe(*mark) || !letter(*next) || ending(after) > 0 {
        return None;
    }
    let whole = 2 + run(&after[1..], letter);
    match first.to_ascii_lowercase() {
        'o' if whole > 3 => Some(whole),
        'd' | 'l' | 'j' if matches!(next.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'h') => Some(whole),
        'd' | 'l' | 'j' => Some(2),
        _ => None,
    }
}

/// A word that ends in n, with `'t` after it.
fn not(word: &[char], after: &[char]) -> bool {
    let n = word.last().is_some_and(|c| c.eq_ignore_ascii_case(&'n'));
    n && matches!(after, [mark, 't' | 'T', tail @ ..] if apostrophe(*mark) && !tail.first().is_some_and(|c| c.is_alphabetic()))
}

/// Characters of an apostrophe with an ending that splits, at the start of `rest`; 0 if there's none.
pub(super) fn ending(rest: &[char]) -> usize {
    let [mark, tail @ ..] = rest else { return 0 };
    let letters = run(tail, |c| c.is_alphanumeric());
    let word: String = tail[..letters].iter().collect::<String>().to_lowercase();
    if apostrophe(*mark) && ENDINGS.contains(&word.as_str()) { 1 + letters } else { 0 }
}

/// Tokens that begin with an apostrophe: endings, clipped words, decades, quotes.
pub(super) fn quote(rest: &[char], tokens: &mut Vec<String>) -> usize {
    let with = |length: usize| format!("'{}", rest[1..length].iter().collect::<String>());
    let letters = run(&rest[1..], letter);
    let word: String = rest[1..1 + letters].iter().collect::<String>().to_lowercase();
    let ending = ending(rest);
    if ending > 0 {
        tokens.push(with(ending));
        return ending;
    }
    if word == "tis" || word == "twas" {
        tokens.push(with(2));
        return 2;
    }
    if CLIPPED.contains(&word.as_str()) {
        let closing = usize::from(word == "n" && rest.get(2).is_some_and(|&c| apostrophe(c)));
        tokens.push(with(1 + letters) + if closing == 1 { "'" } else { "" });
        return 1 + letters + closing;
    }
    if matches!(rest, [_, a, b, 's', ..] if a.is_ascii_digit() && b.is_ascii_digit()) {
        tokens.push(with(4));
        return 4;
    }
    let opens = matches!(rest, ['\'', a, b, ..] if a.is_ascii_alphabetic() && !b.is_whitespace());
    tokens.push(if opens { "`" } else { "'" }.to_string());
    1
}
