//! Stemmers: the original Porter rules as the ROUGE and NLTK tools run them, and Snowball's English ("Porter2") as METEOR 1.5 runs it.

mod porter;
mod snowball;

pub use porter::Porter;
pub use snowball::SnowballEnglish;

/// Reduces a word to a stem that its inflected forms share.
pub trait Stemmer {
    /// Name for a score's signature.
    fn id(&self) -> &'static str;

    /// Stem of a word. Never fails: what isn't an English word comes back as it is, or nearly so.
    fn stem(&self, word: &str) -> String;
}
