//! A candidate text with its references, as lists of tokens.

use crate::text::Tokenizer;
use crate::{Outcome, Undefined};

/// One candidate and the references that it's compared with, both tokenised in the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Tokens of the text to judge.
    pub candidate: Vec<String>,
    /// Tokens of each reference.
    pub references: Vec<Vec<String>>,
}

impl Segment {
    /// Tokenises a candidate and its references.
    pub fn new<R: AsRef<str>>(tokenizer: Tokenizer, candidate: &str, references: &[R]) -> Self {
        let references = references.iter().map(|r| tokenizer.tokenize(r.as_ref())).collect();
        Self { candidate: tokenizer.tokenize(candidate), references }
    }

    /// From tokens that are there already.
    pub fn from_tokens<S: AsRef<str>, R: AsRef<[S]>>(candidate: &[S], references: &[R]) -> Self {
        let owned = |tokens: &[S]| tokens.iter().map(|t| t.as_ref().to_string()).collect();
        Self { candidate: owned(candidate), references: references.iter().map(|r| owned(r.as_ref())).collect() }
    }

    /// The references; undefined when there are none.
    pub(crate) fn references(&self) -> Outcome<&[Vec<String>]> {
        if self.references.is_empty() { Err(Undefined::NoReferences) } else { Ok(&self.references) }
    }
}
