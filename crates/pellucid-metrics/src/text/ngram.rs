//! Tokens as numbers, and counts of their n-grams.

use std::collections::HashMap;

/// Gives every different token a number.
#[derive(Default)]
pub(crate) struct Vocabulary<'a> {
    ids: HashMap<&'a str, u32>,
}

impl<'a> Vocabulary<'a> {
    /// Number of a token; a new token gets the next one.
    pub(crate) fn id(&mut self, token: &'a str) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry(token).or_insert(next)
    }

    /// Numbers of the tokens.
    pub(crate) fn ids<S: AsRef<str>>(&mut self, tokens: &'a [S]) -> Vec<u32> {
        tokens.iter().map(|token| self.id(token.as_ref())).collect()
    }
}

/// How often each n-gram occurs, in the order of the n-grams, so that sums over them are the same in every run.
pub(crate) type Counts<'a> = Vec<(&'a [u32], u32)>;

/// Counts the n-grams of order `n` (at least 1).
pub(crate) fn counts(ids: &[u32], n: usize) -> Counts<'_> {
    let mut grams: Vec<&[u32]> = ids.windows(n).collect();
    grams.sort_unstable();
    let mut counts = Counts::new();
    for gram in grams {
        match counts.last_mut() {
            Some((last, count)) if *last == gram => *count += 1,
            _ => counts.push((gram, 1)),
        }
    }
    counts
}

/// Pairs of the values that both sides have under the same n-gram; both in the order of the n-grams.
pub(crate) fn shared<'a, A: Copy, B: Copy>(
    a: &'a [(&[u32], A)],
    b: &'a [(&[u32], B)],
) -> impl Iterator<Item = (A, B)> + 'a {
    let mut rest = b;
    a.iter().filter_map(move |(gram, value)| {
        let skip = rest.iter().take_while(|(other, _)| other < gram).count();
        rest = &rest[skip..];
        rest.first().filter(|(other, _)| other == gram).map(|(_, other)| (*value, *other))
    })
}

/// Sum over n-grams of the smaller of both counts.
pub(crate) fn overlap(a: &Counts<'_>, b: &Counts<'_>) -> u64 {
    shared(a, b).map(|(x, y)| u64::from(x.min(y))).sum()
}
