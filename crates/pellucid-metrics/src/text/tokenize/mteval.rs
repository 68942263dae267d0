//! The `13a` tokeniser of `mteval-v13a`, as sacreBLEU 2.6 runs it.
//!
//! Four passes in order: spaces around every ASCII mark except `' , - .`; a point or comma splits from what's before unless that's a digit; it splits
//! from what's after unless that's a digit; a dash splits after a digit. In a pass, a pair of characters that was split isn't looked at again.

use super::windows::replace_runs;

/// Tokens, case kept.
pub(super) fn tokenize(text: &str) -> Vec<String> {
    let text = text.trim_end().replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let marks = format!(" {text} ").chars().flat_map(spaced).collect::<Vec<char>>();
    let stop = |c: char| c == '.' || c == ',';
    let digit = |c: char| c.is_ascii_digit();
    let split_before = replace_runs(&marks, |[a, b]| (!digit(a) && stop(b)).then(|| vec![a, ' ', b, ' ']));
    let split_after = replace_runs(&split_before, |[a, b]| (stop(a) && !digit(b)).then(|| vec![' ', a, ' ', b]));
    let split_dash = replace_runs(&split_after, |[a, b]| (digit(a) && b == '-').then(|| vec![a, ' ', b, ' ']));
    let text: String = split_dash.into_iter().collect();
    text.split(white).filter(|t| !t.is_empty()).map(str::to_string).collect()
}

/// What Python's `split` takes as white space: Unicode's, and the four separators of ASCII.
fn white(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn spaced(c: char) -> Vec<char> {
    let mark = c.is_ascii_punctuation() && !matches!(c, '\'' | ',' | '-' | '.');
    if mark { vec![' ', c, ' '] } else { vec![c] }
}
