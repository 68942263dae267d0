//! Tokenisers. The tokeniser moves a score more than the metric does: name it with every score.

mod abbreviations;
mod meteor;
mod mteval;
mod ptb;
mod rouge;
mod windows;

use serde::Serialize;

use super::stem::{Porter, Stemmer};

/// How a text becomes tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tokenizer {
    /// At white space; case is kept.
    Whitespace,
    /// `mteval-v13a`, the default of sacreBLEU; case is kept.
    Mteval13a,
    /// The same in lower case.
    Mteval13aLowercase,
    /// `rouge-score`: lower case, runs of `a-z0-9`.
    Rouge,
    /// The same with Porter stems of tokens longer than three letters.
    RougeStemmed,
    /// METEOR 1.5's normaliser, in lower case.
    Meteor,
    /// Like the Penn Treebank's, in lower case.
    PtbLike,
    /// The same without punctuation and brackets, for caption metrics.
    CocoLike,
    /// As COCO's caption tool, where the names of brackets (`-lrb-`) survive by mistake; for comparison with published numbers.
    CocoCompat,
}

impl Tokenizer {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Whitespace,
        Self::Mteval13a,
        Self::Mteval13aLowercase,
        Self::Rouge,
        Self::RougeStemmed,
        Self::Meteor,
        Self::PtbLike,
        Self::CocoLike,
        Self::CocoCompat,
    ];

    /// Name in a score's signature.
    pub fn id(self) -> &'static str {
        match self {
            Self::Whitespace => "whitespace",
            Self::Mteval13a => "mteval-13a",
            Self::Mteval13aLowercase => "mteval-13a-lowercase",
            Self::Rouge => "rouge",
            Self::RougeStemmed => "rouge-stemmed",
            Self::Meteor => "meteor-norm",
            Self::PtbLike => "ptb-like",
            Self::CocoLike => "coco-like",
            Self::CocoCompat => "coco-compat",
        }
    }

    /// Tokens of a text. Any text gives a list; an empty one gives none.
    pub fn tokenize(self, text: &str) -> Vec<String> {
        match self {
            Self::Whitespace => text.split_whitespace().map(str::to_string).collect(),
            Self::Mteval13a => mteval::tokenize(text),
            Self::Mteval13aLowercase => mteval::tokenize(text).iter().map(|t| t.to_lowercase()).collect(),
            Self::Rouge => rouge::tokenize(text),
            Self::RougeStemmed => rouge::tokenize(text).into_iter().map(stem_long).collect(),
            Self::Meteor => meteor::tokenize(text),
            Self::PtbLike => ptb::tokenize(text),
            Self::CocoLike => ptb::coco(text, false),
            Self::CocoCompat => ptb::coco(text, true),
        }
    }
}

/// `rouge-score` leaves words of three letters and fewer alone.
fn stem_long(token: String) -> String {
    if token.len() > 3 { Porter.stem(&token) } else { token }
}
