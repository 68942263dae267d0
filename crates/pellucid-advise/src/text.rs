//! Strict TOML: unknown keys and wrong kinds are errors that name file, line, column and key.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{AdviseError, Result};

/// Reads `text` into `T`, whose types refuse unknown keys; `file` is for messages.
///
/// # Errors
/// When the text isn't TOML, or a key is unknown, missing or of the wrong kind.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T> {
    toml::from_str(text).map_err(|e| {
        let span = e.span().unwrap_or(0..0);
        let key = DeTable::parse(text).ok().and_then(|root| key_at(root.get_ref(), span.start));
        at(text, file, span, key, e.message().trim().to_string())
    })
}

/// An error at the value of a key such as `intensity.clip` or `baseline[1].value`; at the nearest table there is when the key isn't.
pub(crate) fn wrong(text: &str, file: &str, key: &str, reason: impl Into<String>) -> AdviseError {
    let root = DeTable::parse(text).ok();
    let span = root.as_ref().map_or(0..0, |root| place(root.get_ref(), key));
    at(text, file, span, Some(key.to_string()), reason.into())
}

fn at(text: &str, file: &str, span: Range<usize>, key: Option<String>, reason: String) -> AdviseError {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    AdviseError::Toml { file: file.to_string(), line, column, key, reason }
}

/// The path of the deepest key or value that covers a place of the text.
fn key_at(table: &DeTable, place: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref().as_ref();
        if key.span().contains(&place) {
            return Some(name.to_string());
        }
        inside(name, value, place)
    })
}

fn inside(path: &str, value: &Spanned<DeValue>, place: usize) -> Option<String> {
    match value.get_ref() {
        DeValue::Table(table) => {
            key_at(table, place).map(|k| format!("{path}.{k}")).or_else(|| covers(value, place, path))
        }
        DeValue::Array(list) => {
            let entry = list.iter().enumerate().find_map(|(i, v)| inside(&format!("{path}[{i}]"), v, place));
            entry.or_else(|| covers(value, place, path))
        }
        _ => covers(value, place, path),
    }
}

fn covers(value: &Spanned<DeValue>, place: usize, path: &str) -> Option<String> {
    value.span().contains(&place).then(|| path.to_string())
}

/// Where the value of a path lies.
fn place(root: &DeTable, path: &str) -> Range<usize> {
    let mut span = 0..0;
    let mut table = Some(root);
    let mut value: Option<&Spanned<DeValue>>;
    for part in path.split('.') {
        let (name, indices) = part.split_once('[').map_or((part, ""), |(n, i)| (n, i));
        let Some(found) = table.and_then(|t| t.get(name)) else { return span };
        value = Some(found);
        for index in indices.split(['[', ']']).filter_map(|i| i.parse::<usize>().ok()) {
            value = value.and_then(|v| v.get_ref().as_array()).and_then(|list| list.get(index));
        }
        let Some(found) = value else { return span };
        span = found.span();
        table = found.get_ref().as_table();
    }
    span
}

/// The nearest word, if one is near.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let best = known.map(|k| (distance(&word.to_lowercase(), k), k)).min_by_key(|d| d.0)?;
    (best.0 <= word.chars().count().max(3) / 2).then(|| best.1.to_string())
}

/// Number of letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        x: f64,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        name: String,
        #[allow(dead_code)]
        item: Vec<Inner>,
    }

    fn message(text: &str) -> String {
        parse::<Outer>(text, "a.toml").unwrap_err().to_string()
    }

    #[test]
    fn errors_name_file_line_column_and_key() {
        let wrong_kind = message("name = \"n\"\n[[item]]\nx = 1.0\n[[item]]\nx = \"two\"\n");
        assert!(wrong_kind.starts_with("`a.toml`, line 5, column 5, key `item[1].x`: "), "{wrong_kind}");
        let unknown = message("name = \"n\"\n[[item]]\nx = 1.0\ny = 2\n");
        assert!(unknown.starts_with("`a.toml`, line 4, column 1, key `item[0].y`: unknown field `y`"), "{unknown}");
        assert!(message("item = []").contains("missing field `name`"));
        assert!(message("name = ").starts_with("`a.toml`, line 1"));
    }

    #[test]
    fn a_path_is_found_again() {
        let text = "name = \"n\"\n[[item]]\nx = 1.0\n[[item]]\nx = 2.0\n";
        let error = wrong(text, "b.toml", "item[1].x", "too large").to_string();
        assert_eq!(error, "`b.toml`, line 5, column 5, key `item[1].x`: too large");
        assert!(wrong(text, "b.toml", "item[7].x", "gone").to_string().starts_with("`b.toml`, line "));
    }
}
