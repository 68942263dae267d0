//! Snowball's English stemmer, also known as Porter2.

use rust_stemmers::Algorithm;

use super::Stemmer;

/// Snowball English. The same stems as METEOR 1.5 gives.
#[derive(Default)]
pub struct SnowballEnglish(());

impl Stemmer for SnowballEnglish {
    fn id(&self) -> &'static str {
        "snowball-english"
    }

    fn stem(&self, word: &str) -> String {
        rust_stemmers::Stemmer::create(Algorithm::English).stem(word).into_owned()
    }
}
