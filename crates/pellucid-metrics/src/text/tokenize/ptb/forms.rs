//! Forms of words and numbers; each gives the number of characters that it covers at the start of a text, 0 if none.

/// Longest form.
pub(super) fn longest(rest: &[char]) -> usize {
    [word, digits_first, hyphenated, slashed, joined_capitals, number, address, url, tag, handle]
        .iter()
        .map(|form| form(rest))
        .max()
        .unwrap_or(0)
}

pub(super) fn letter(c: char) -> bool {
    c.is_alphabetic()
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn alnum(c: char) -> bool {
    letter(c) || digit(c)
}

fn hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}')
}

/// Length of the run at the start whose characters fit.
pub(super) fn run(rest: &[char], fits: impl Fn(char) -> bool) -> usize {
    rest.iter().take_while(|&&c| fits(c)).count()
}

/// Repeats a part as long as it's there, at most `most` times; the part gives 0 when it isn't.
fn repeat(rest: &[char], most: usize, part: impl Fn(&[char]) -> usize) -> usize {
    let mut length = 0;
    for _ in 0..most {
        match part(&rest[length..]) {
            0 => break,
            more => length += more,
        }
    }
    length
}

/// A part that is a separator and a run after it.
fn separated(
    rest: &[char],
    separator: impl Fn(char) -> bool,
    first: impl Fn(char) -> bool,
    others: impl Fn(char) -> bool,
) -> usize {
    match rest {
        [s, f, tail @ ..] if separator(*s) && first(*f) => 2 + run(tail, others),
        _ => 0,
    }
}

/// Letters and digits after a letter, with single underscores, and with `.`, `!`, `?` in front of a letter: `T2`, `a_b`, `end.Next`.
fn word(rest: &[char]) -> usize {
    if !rest.first().is_some_and(|&c| letter(c)) {
        return 0;
    }
    let start = run(rest, alnum);
    let more = |r: &[char]| {
        separated(r, |c| matches!(c, '.' | '!' | '?'), letter, alnum).max(separated(r, |c| c == '_', alnum, alnum))
    };
    start + repeat(&rest[start..], usize::MAX, more)
}

/// A run that begins with a digit: `5mm`, `10x10`.
fn digits_first(rest: &[char]) -> usize {
    if !rest.first().is_some_and(|&c| digit(c)) {
        return 0;
    }
    let start = run(rest, alnum);
    start + repeat(&rest[start..], usize::MAX, |r| separated(r, |c| c == '_', alnum, alnum))
}

/// `left-sided`, `2.5-cm`, `6-12`, `L4-L5`; points and commas only in the first part.
fn hyphenated(rest: &[char]) -> usize {
    if !rest.first().is_some_and(|&c| alnum(c)) {
        return 0;
    }
    let start = run(rest, |c| alnum(c) || c == '.' || c == ',');
    match repeat(&rest[start..], usize::MAX, |r| separated(r, hyphen, alnum, alnum)) {
        0 => 0,
        more => start + more,
    }
}

/// Up to three parts between slashes, the parts with up to two hyphens each: `and/or`, `120/80`, `pre/post-contrast`, `12/03/2019`.
fn slashed(rest: &[char]) -> usize {
    let part = |r: &[char]| match run(r, |c| c.is_ascii_alphanumeric()) {
        0 => 0,
        start => {
            start
                + repeat(&r[start..], 2, |r| {
                    separated(r, hyphen, |c| c.is_ascii_alphabetic(), |c| c.is_ascii_alphabetic())
                })
        }
    };
    let start = part(rest);
    let more = |r: &[char]| match r {
        ['/', tail @ ..] => match part(tail) {
            0 => 0,
            length => 1 + length,
        },
        _ => 0,
    };
    match (start, repeat(&rest[start..], 2, more)) {
        (0, _) | (_, 0) => 0,
        (start, more) => start + more,
    }
}

/// `AT&T`, `R&D`.
fn joined_capitals(rest: &[char]) -> usize {
    let capital = |c: char| c.is_ascii_uppercase();
    let start = run(rest, capital);
    if start == 0 {
        return 0;
    }
    match repeat(&rest[start..], usize::MAX, |r| separated(r, |c| c == '&' || c == '+', capital, capital)) {
        0 => 0,
        more => start + more,
    }
}

/// `5`, `-5`, `+2.5`, `.5`, `1,000`, `12:30`.
fn number(rest: &[char]) -> usize {
    let sign = usize::from(matches!(rest.first(), Some('+' | '-')));
    let whole = run(&rest[sign..], digit);
    let parts =
        repeat(&rest[sign + whole..], usize::MAX, |r| separated(r, |c| matches!(c, '.' | ',' | ':'), digit, digit));
    if whole + parts == 0 { 0 } else { sign + whole + parts }
}

/// `name@host.org`.
fn address(rest: &[char]) -> usize {
    let name = run(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-'));
    let host = separated(
        &rest[name..],
        |c| c == '@',
        |c| c.is_ascii_alphanumeric(),
        |c| c.is_ascii_alphanumeric() || c == '-',
    );
    if name == 0 || host == 0 || !rest[0].is_ascii_alphanumeric() {
        return 0;
    }
    let at = name + host;
    at + repeat(&rest[at..], usize::MAX, |r| {
        separated(r, |c| c == '.', |c| c.is_ascii_alphanumeric(), |c| c.is_ascii_alphanumeric() || c == '-')
    })
}

/// `http://...` without marks at its end.
fn url(rest: &[char]) -> usize {
    let scheme = ["http://", "https://", "www."].iter().find(|s| rest.iter().take(s.len()).copied().eq(s.chars()));
    let Some(scheme) = scheme.map(|s| s.len()) else { return 0 };
    let body =
        run(&rest[scheme..], |c| !c.is_whitespace() && !matches!(c, '"' | '<' | '>' | '|' | '(' | ')' | '{' | '}'));
    let keep = rest[scheme..scheme + body].iter().rposition(|c| !matches!(c, '.' | '!' | '?' | ',' | '-'));
    keep.map_or(0, |last| scheme + last + 1)
}

/// `<b>`, `</p>`.
fn tag(rest: &[char]) -> usize {
    let ['<', first, ..] = rest else { return 0 };
    if !(first.is_ascii_alphabetic() || matches!(first, '/' | '!' | '?')) {
        return 0;
    }
    let body = run(&rest[1..], |c| c != '>' && c != '<' && c != '\n');
    if rest.get(1 + body) == Some(&'>') { body + 2 } else { 0 }
}

/// `@name`, `#word`.
fn handle(rest: &[char]) -> usize {
    match rest {
        ['@', first, ..] if first.is_ascii_alphabetic() || *first == '_' => {
            1 + run(&rest[1..], |c| c.is_ascii_alphanumeric() || c == '_')
        }
        ['#', first, ..] if letter(*first) => 1 + run(&rest[1..], alnum),
        _ => 0,
    }
}
