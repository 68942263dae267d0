//! Modules, and parameters that were fitted to human judgements.

use serde::Serialize;

/// How two pieces of text were found to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    /// The same surface form.
    Exact,
    /// Different surface forms with the same stem.
    Stem,
    /// Different surface forms in a common set of synonyms.
    Synonym,
    /// Phrases that the paraphrase table has.
    Paraphrase,
}

impl Module {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Stem, Self::Synonym, Self::Paraphrase];

    /// Name in a score's name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Stem => "stem",
            Self::Synonym => "synonym",
            Self::Paraphrase => "paraphrase",
        }
    }
}

/// Parameters of METEOR 1.5.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeteorParameters {
    /// Weight of recall, 0 to 1.
    pub alpha: f64,
    /// Exponent of the fragmentation.
    pub beta: f64,
    /// Largest penalty, 0 to 1.
    pub gamma: f64,
    /// Weight of content words, 0 to 1.
    pub delta: f64,
    /// Weight of each module, in the order of [`Module::ALL`].
    pub weights: [f64; 4],
}

impl MeteorParameters {
    /// English, task `rank`: the default of METEOR 1.5, and what COCO and most papers on reports use.
    pub const ENGLISH_RANK: Self = Self::new(0.85, 0.20, 0.60, 0.75, [1.0, 0.6, 0.8, 0.6]);
    /// English, task `adq` (adequacy).
    pub const ENGLISH_ADEQUACY: Self = Self::new(0.75, 1.40, 0.45, 0.70, [1.0, 1.0, 0.6, 0.8]);
    /// English, task `hter` (edits by a human).
    pub const ENGLISH_HTER: Self = Self::new(0.40, 1.50, 0.35, 0.55, [1.0, 0.2, 0.6, 0.8]);
    /// English, task `util`, a measure for tuning.
    pub const ENGLISH_TUNING: Self = Self::new(0.65, 0.10, 0.55, 0.65, [1.0, 0.0, 0.0, 0.8]);
    /// For a language without parameters of its own.
    pub const ANY_LANGUAGE: Self = Self::new(0.75, 1.40, 0.70, 0.50, [1.0, 0.5, 0.5, 0.5]);
    /// METEOR Universal, which knows exact matches and paraphrases.
    pub const UNIVERSAL: Self = Self::new(0.70, 1.40, 0.30, 0.70, [1.0, 0.0, 0.0, 0.6]);

    const fn new(alpha: f64, beta: f64, gamma: f64, delta: f64, weights: [f64; 4]) -> Self {
        Self { alpha, beta, gamma, delta, weights }
    }
}
