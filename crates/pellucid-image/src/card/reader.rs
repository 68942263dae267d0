//! Reading spanned TOML so that every complaint names key, line and column.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{ImageError, Result};

/// A TOML value with its place.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// The text of a card, for finding lines.
#[derive(Clone, Copy)]
pub struct Text<'a>(pub &'a str);

impl<'a> Text<'a> {
    /// Parses the text.
    ///
    /// # Errors
    /// When it isn't TOML.
    pub fn parse(self) -> Result<Spanned<DeTable<'a>>> {
        DeTable::parse(self.0).map_err(|e| self.error(e.span().unwrap_or(0..0), e.message().to_string(), None))
    }

    /// An error at a place.
    pub fn error(self, span: Range<usize>, reason: String, near: Option<String>) -> ImageError {
        let before = self.0.get(..span.start).unwrap_or(self.0);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        ImageError::Card { line, column, reason, near }
    }

    fn wrong(self, key: &str, value: &Value, expected: &str) -> ImageError {
        let found = value.get_ref().type_str();
        self.error(value.span(), format!("`{key}` must be {expected}, not {found}"), None)
    }

    /// A text.
    pub fn string(self, key: &str, value: &Value) -> Result<String> {
        value.get_ref().as_str().map(str::to_string).ok_or_else(|| self.wrong(key, value, "text in quotes"))
    }

    /// A boolean.
    pub fn boolean(self, key: &str, value: &Value) -> Result<bool> {
        value.get_ref().as_bool().ok_or_else(|| self.wrong(key, value, "`true` or `false`"))
    }

    /// A finite number.
    pub fn number(self, key: &str, value: &Value) -> Result<f64> {
        let text = match value.get_ref() {
            DeValue::Integer(i) if i.radix() == 10 => i.as_str(),
            DeValue::Float(f) => f.as_str(),
            _ => return Err(self.wrong(key, value, "a number")),
        };
        let number: Option<f64> = text.replace('_', "").parse().ok();
        number
            .filter(|v| v.is_finite())
            .ok_or_else(|| self.error(value.span(), format!("`{key}` must be finite"), None))
    }

    /// A whole number of at least `least`.
    pub fn whole(self, key: &str, value: &Value, least: usize) -> Result<usize> {
        let number = match value.get_ref() {
            DeValue::Integer(i) => usize::from_str_radix(&i.as_str().replace('_', ""), i.radix()).ok(),
            _ => None,
        };
        number
            .filter(|&n| n >= least)
            .ok_or_else(|| self.error(value.span(), format!("`{key}` must be a whole number, at least {least}"), None))
    }

    /// A list, each entry read by `read`; of `length` entries if given.
    pub fn list<T>(
        self,
        key: &str,
        value: &Value<'a>,
        length: Option<usize>,
        read: impl Fn(&Value<'a>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let array = value.get_ref().as_array().ok_or_else(|| self.wrong(key, value, "a list in `[ ]`"))?;
        if let Some(length) = length.filter(|&l| l != array.len()) {
            let reason = format!("`{key}` must have {length} entries, not {}", array.len());
            return Err(self.error(value.span(), reason, None));
        }
        array.iter().map(read).collect()
    }

    /// Numbers.
    pub fn numbers(self, key: &str, value: &Value<'a>, length: Option<usize>) -> Result<Vec<f64>> {
        self.list(key, value, length, |v| self.number(key, v))
    }

    /// Two numbers, the second larger unless `any`.
    pub fn pair(self, key: &str, value: &Value<'a>, rising: bool) -> Result<[f64; 2]> {
        let list = self.numbers(key, value, Some(2))?;
        if rising && list[1] <= list[0] {
            return Err(self.error(value.span(), format!("the second number of `{key}` must be the larger"), None));
        }
        Ok([list[0], list[1]])
    }

    /// One of the listed words; the nearest is proposed for another.
    pub fn choice<T: Copy>(self, key: &str, value: &Value, choices: &[(&str, T)]) -> Result<T> {
        let word = self.string(key, value)?;
        choices.iter().find(|c| c.0 == word).map(|c| c.1).ok_or_else(|| {
            let known: Vec<&str> = choices.iter().map(|c| c.0).collect();
            let reason = format!("`{key}` is `{word}`; it must be one of {}", quoted(&known));
            self.error(value.span(), reason, nearest(&word, &known))
        })
    }

    /// A table.
    pub fn table<'t>(self, key: &str, value: &'t Value<'a>) -> Result<&'t DeTable<'a>> {
        value.get_ref().as_table().ok_or_else(|| self.wrong(key, value, "a table"))
    }

    /// Complains of the first key that isn't known.
    pub fn check_keys(self, place: &str, table: &DeTable, known: &[&str]) -> Result<()> {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let word = key.get_ref().as_ref();
                let place = if place.is_empty() { String::new() } else { format!(" in `{place}`") };
                let reason = format!("unknown key `{word}`{place}; known keys: {}", quoted(known));
                return Err(self.error(key.span(), reason, nearest(word, known)));
            }
        }
        Ok(())
    }
}

/// Words in backticks, separated by commas.
fn quoted(words: &[&str]) -> String {
    words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

/// The nearest word, if one is near.
pub fn nearest(word: &str, known: &[&str]) -> Option<String> {
    let best = known.iter().map(|k| (distance(word, k), k)).min_by_key(|d| d.0)?;
    (best.0 <= word.chars().count().max(3) / 2).then(|| best.1.to_string())
}

/// Number of letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            let best = change.min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found() {
        assert_eq!(nearest("lables", &["name", "labels", "layout"]), Some("labels".into()));
        assert_eq!(nearest("Task", &["name", "task"]), Some("task".into()));
        assert_eq!(nearest("zzzzzz", &["name", "task"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
