//! Abbreviations: words that keep their point.

use super::forms::run;

/// What the point after a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// A part of the word.
    Part,
    /// A part of the word, and the end of the sentence too; the point stands twice.
    PartAndEnd,
    /// The end of the sentence alone.
    End,
}

/// Months, days, bodies and endings of names, in any case; a sentence can end after them.
const ENDS: &[&str] = &[
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "tues", "wed",
    "thu", "thurs", "fri", "inc", "co", "cos", "corp", "ltd", "bros", "plc", "bhd", "assn", "intl", "univ", "est",
    "ext", "tel", "etc", "al", "seq", "sq", "sys", "jr", "sr", "esq", "ph.d", "bldg", "blvd", "rd",
];

/// States of the USA, in any case.
const STATES: &[&str] = &[
    "ala", "ariz", "calif", "colo", "conn", "ct", "dak", "fla", "ga", "ind", "kan", "ky", "md", "mich", "minn", "mo",
    "mont", "neb", "nev", "okla", "penn", "tenn", "va", "vt", "wis", "wyo",
];

/// States whose abbreviation is a word when it isn't capitalised.
const CAPITAL_STATES: &[&str] = &["ark", "az", "del", "ill", "la", "mass", "miss", "ore", "pa", "tex", "wash"];

/// Titles, ranks, streets and words that always have something after them, in any case.
const NEVER_END: &[&str] = &[
    "dr", "drs", "mr", "mrs", "ms", "messrs", "mme", "mlle", "prof", "gen", "col", "maj", "capt", "cmdr", "comdr",
    "lt", "sgt", "cpl", "pvt", "pfc", "sfc", "spc", "adm", "brig", "gov", "sen", "sens", "rep", "reps", "pres", "rev",
    "hon", "insp", "supt", "asst", "atty", "adv", "adj", "elec", "treas", "vs", "cf", "cie", "invt", "assoc", "natl",
    "mfg", "dept", "ph", "ave", "st", "mt", "ft", "ste",
];

/// Words that are abbreviations in front of a number.
const BEFORE_NUMBERS: &[&str] = &["fig", "figs", "no", "nos", "op", "pp", "art", "prop", "ca"];

/// Words that begin a sentence rather than go on after initials.
const BEGINS: &[&str] = &[
    "A",
    "About",
    "According",
    "Additionally",
    "After",
    "An",
    "As",
    "At",
    "But",
    "He",
    "Her",
    "Here",
    "However",
    "If",
    "In",
    "It",
    "Last",
    "Many",
    "More",
    "Now",
    "Once",
    "One",
    "Other",
    "Our",
    "She",
    "Since",
    "So",
    "Some",
    "Such",
    "That",
    "The",
    "Their",
    "Then",
    "There",
    "These",
    "They",
    "This",
    "We",
    "What",
    "When",
    "While",
    "Yet",
    "You",
];

/// Characters of the abbreviation at `at`, with its point, and what the point is; 0 if there's none.
pub(super) fn pointed(chars: &[char], at: usize) -> (usize, Point) {
    let rest = &chars[at..];
    let initials = initials(rest);
    if initials > 0 {
        let begins = sentence_begins(&rest[initials..]);
        return match (begins, initials) {
            (false, _) => (initials, Point::Part),
            (true, 2) => (initials, Point::End),
            (true, _) => (initials, Point::PartAndEnd),
        };
    }
    let length = letters_and_points(rest);
    if length < 2 {
        return (0, Point::Part);
    }
    let word: String = rest[..length - 1].iter().collect();
    let (lower, after) = (word.to_lowercase(), &rest[length..]);
    let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
    let is = |list: &[&str]| list.contains(&lower.as_str());
    if is(ENDS) || is(STATES) || (capital && is(CAPITAL_STATES)) {
        (length, if ends(after) { Point::PartAndEnd } else { Point::Part })
    } else if is(NEVER_END) || (is(BEFORE_NUMBERS) && number_follows(after)) {
        (length, Point::Part)
    } else {
        (0, Point::Part)
    }
}

/// `p.`, `U.S.`, `e.g.`; not in front of a letter.
fn initials(rest: &[char]) -> usize {
    let pairs = rest.chunks(2).take_while(|pair| matches!(pair, [letter, '.'] if letter.is_ascii_alphabetic())).count();
    2 * pairs
}

/// Letters and a point after them; `ph.d.` counts too.
fn letters_and_points(rest: &[char]) -> usize {
    let letters = run(rest, |c| c.is_ascii_alphabetic());
    match &rest[letters..] {
        ['.', d, '.', ..] if letters == 2 && d.eq_ignore_ascii_case(&'d') => letters + 3,
        ['.', ..] => letters + 1,
        _ => 0,
    }
}

/// Nothing follows, or a capital after a space.
fn ends(after: &[char]) -> bool {
    let space = run(after, char::is_whitespace);
    match after.get(space) {
        None => true,
        Some(next) => space > 0 && next.is_ascii_uppercase(),
    }
}

/// A word that begins sentences follows.
fn sentence_begins(after: &[char]) -> bool {
    let space = run(after, char::is_whitespace);
    let word: String = after[space..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    let then = after.get(space + word.len());
    let title = word == "Mr" && then == Some(&'.');
    space > 0 && (title || (then.is_none_or(|c| c.is_whitespace()) && BEGINS.contains(&word.as_str())))
}

fn number_follows(after: &[char]) -> bool {
    let space = run(after, char::is_whitespace);
    after.get(space).is_some_and(char::is_ascii_digit)
}
