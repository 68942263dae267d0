//! Punctuation and symbols.

use super::contractions::{apostrophe, quote};
use super::forms::run;

/// Marks that are written otherwise.
const RENAMED: &[(char, &str)] = &[
    ('(', "-lrb-"),
    (')', "-rrb-"),
    ('[', "-lsb-"),
    (']', "-rsb-"),
    ('{', "-lcb-"),
    ('}', "-rcb-"),
    ('\u{2013}', "--"),
    ('\u{2014}', "--"),
    ('\u{2026}', "..."),
    ('\u{201c}', "``"),
    ('\u{201d}', "''"),
    ('\u{ab}', "``"),
    ('\u{bb}', "''"),
    ('\u{2018}', "`"),
    ('\u{2039}', "`"),
    ('\u{203a}', "'"),
    ('\u{20ac}', "$"),
    ('\u{a3}', "#"),
    ('\u{a2}', "cents"),
    ('\u{bd}', "1/2"),
    ('\u{bc}', "1/4"),
    ('\u{be}', "3/4"),
    ('\u{2153}', "1/3"),
    ('\u{2154}', "2/3"),
];

/// Puts the marks in place that a text for the web writes as entities.
pub(super) fn entities(text: &str) -> String {
    let text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

/// Adds the mark at `at` and returns how many characters it took (at least 1).
pub(super) fn mark(chars: &[char], at: usize, tokens: &mut Vec<String>) -> usize {
    let (rest, c) = (&chars[at..], chars[at]);
    let same = run(rest, |other| other == c);
    let face = face(rest);
    if face > 0 {
        tokens.push(rest[..face].iter().map(|&c| renamed(c).map_or(c.to_string(), str::to_string)).collect());
        return face;
    }
    let mut push = |text: &str, length: usize| {
        tokens.push(text.to_string());
        length
    };
    match c {
        '\'' if same == 2 => push("''", 2),
        '`' if same == 2 => push("``", 2),
        c if apostrophe(c) => quote(rest, tokens),
        '"' => {
            let opens = rest.get(1).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '$');
            push(if opens { "``" } else { "''" }, 1)
        }
        '.' if same > 2 => push("...", same),
        '.' if rest.starts_with(&['.', ' ', '.', ' ', '.']) => push("...", 5),
        '-' if (2..=4).contains(&same) => push("--", same),
        '-' | '*' | '_' => push(&rest[..same].iter().collect::<String>(), same),
        '!' | '?' => {
            let length = run(rest, |c| c == '!' || c == '?');
            push(&rest[..length].iter().collect::<String>(), length)
        }
        c => push(renamed(c).unwrap_or(&c.to_string()), 1),
    }
}

fn renamed(c: char) -> Option<&'static str> {
    RENAMED.iter().find(|(mark, _)| *mark == c).map(|(_, name)| *name)
}

/// Characters of a face such as `:)` at the start of `rest`, unless a letter or digit follows; 0 if there's none.
fn face(rest: &[char]) -> usize {
    let [':' | ';' | '=', tail @ ..] = rest else { return 0 };
    let nose = usize::from(matches!(tail, ['-' | 'o' | '*' | '\'', ..]));
    let mouth = |at: usize| {
        let mouth =
            matches!(tail.get(at), Some('(' | ')' | '[' | ']' | 'D' | 'P' | 'd' | 'p' | 'O' | '\\' | '|' | '@' | '{'));
        mouth && !tail.get(at + 1).is_some_and(char::is_ascii_alphanumeric)
    };
    if mouth(nose) {
        2 + nose
    } else if mouth(0) {
        2
    } else {
        0
    }
}
