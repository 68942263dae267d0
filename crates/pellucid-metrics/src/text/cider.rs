//! CIDEr and CIDEr-D: cosine of n-gram vectors weighted by how rare the n-grams are in the references.
//!
//! # Formula
//! ```text
//! g_w(s) = h_w(s) (ln M - ln max(1, df_w))
//! CIDEr   = 1/4 sum_n 1/|R| sum_r  <g(c), g(r)> / (||g(c)|| ||g(r)||)
//! CIDEr-D = 10/4 sum_n 1/|R| sum_r  sum_w min(g_w(c), g_w(r)) g_w(r) / (||g(c)|| ||g(r)||) exp(-(l_c - l_r)^2 / (2 sigma^2))
//! ```
//!
//! # Symbols
//! - `h_w(s)`: how often the n-gram `w` occurs in `s`; vectors are per order `n` = 1 to 4
//! - `M`: texts (images) of the corpus; `df_w`: texts with a reference that has `w`
//! - `l`: number of bigrams, as in the tool; `sigma` = 6
//!
//! # In images
//! Needs a corpus: with one text every weight is 0 and so is the score ([`Warning::SingleDocument`]); under about 50 texts the weights are noise
//! ([`Warning::SmallCorpus`]). [`DocumentFrequencies`] of a training set may be given instead.
//!
//! # Departures
//! The paper stems the words; no tool does, nor does this. The original tool multiplies the plain score by 10, too; here plain CIDEr is in `[0, 1]`.
//! What `pycocoevalcap` calls `CIDEr` is CIDEr-D.
//!
//! # Source
//! Vedantam et al., CIDEr, CVPR 2015, eq. 1-3 and 6; conventions as in `pycocoevalcap` 1.2.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::ngram::{Vocabulary, counts, shared};
use crate::text::Segment;
use crate::{Outcome, Undefined};

const ORDERS: usize = 4;
const SIGMA: f64 = 6.0;
const SMALL_CORPUS: usize = 50;

/// Which of both forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CiderForm {
    /// Cosine alone, in `[0, 1]`.
    Plain,
    /// CIDEr-D: clipped, with a penalty on the difference in length, in `[0, 10]`.
    D,
}

/// Why a score is to be read with care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The corpus is one text, so that every weight is 0.
    SingleDocument,
    /// The corpus has fewer than 50 texts.
    SmallCorpus,
}

/// How many texts of a corpus have an n-gram in a reference.
#[derive(Clone, Debug, Default)]
pub struct DocumentFrequencies {
    documents: usize,
    with: HashMap<Vec<String>, u32>,
}

impl DocumentFrequencies {
    /// Counts a corpus; each text is the list of its references.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a [Vec<String>]>) -> Self {
        let mut this = Self::default();
        for references in documents {
            this.documents += 1;
            let grams: HashSet<&[String]> =
                (1..=ORDERS).flat_map(|n| references.iter().flat_map(move |r| r.windows(n))).collect();
            for gram in grams {
                *this.with.entry(gram.to_vec()).or_insert(0) += 1;
            }
        }
        this
    }

    /// Texts that were counted.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// Texts with this n-gram.
    pub fn get(&self, gram: &[String]) -> u32 {
        self.with.get(gram).copied().unwrap_or(0)
    }
}

/// CIDEr of a corpus.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cider {
    /// Mean over the texts.
    pub value: f64,
    /// Score of each text.
    pub per_segment: Vec<f64>,
    /// Why to be careful.
    pub warnings: Vec<Warning>,
}

/// CIDEr of a corpus, with the weights of its own references or of `frequencies`.
///
/// # Errors
/// [`Undefined::NoInstances`] without a text, [`Undefined::NoReferences`] when a text has no reference.
pub fn cider(segments: &[Segment], form: CiderForm, frequencies: Option<&DocumentFrequencies>) -> Outcome<Cider> {
    if segments.is_empty() {
        return Err(Undefined::NoInstances);
    }
    for segment in segments {
        segment.references()?;
    }
    let mut vocabulary = Vocabulary::default();
    let texts: Vec<Text> = segments.iter().map(|s| Text::new(s, &mut vocabulary)).collect();
    let documents = frequencies.map_or(segments.len(), DocumentFrequencies::documents);
    let weights = match frequencies {
        Some(frequencies) => external_weights(segments, &texts, frequencies),
        None => own_weights(&texts),
    };
    let per_segment: Vec<f64> = texts.iter().map(|text| text.score(&weights, form)).collect();
    let warnings = match documents {
        0..=1 => vec![Warning::SingleDocument],
        2..SMALL_CORPUS => vec![Warning::SmallCorpus],
        _ => Vec::new(),
    };
    Ok(Cider { value: per_segment.iter().sum::<f64>() / per_segment.len() as f64, per_segment, warnings })
}

/// A text as numbers.
struct Text {
    candidate: Vec<u32>,
    references: Vec<Vec<u32>>,
}

/// Weight of each n-gram; one that isn't here is in no reference.
struct Weights<'a> {
    known: HashMap<&'a [u32], f64>,
    unknown: f64,
}

impl Weights<'_> {
    fn of(&self, gram: &[u32]) -> f64 {
        self.known.get(gram).copied().unwrap_or(self.unknown)
    }
}

fn own_weights(texts: &[Text]) -> Weights<'_> {
    // Number of texts, and the last text that was counted.
    let mut frequencies: HashMap<&[u32], (u32, usize)> = HashMap::new();
    for (index, text) in texts.iter().enumerate() {
        for gram in (1..=ORDERS).flat_map(|n| text.references.iter().flat_map(move |r| r.windows(n))) {
            let entry = frequencies.entry(gram).or_insert((0, usize::MAX));
            if entry.1 != index {
                *entry = (entry.0 + 1, index);
            }
        }
    }
    let all = (texts.len() as f64).ln();
    Weights {
        known: frequencies.into_iter().map(|(gram, (df, _))| (gram, all - f64::from(df).ln())).collect(),
        unknown: all,
    }
}

fn external_weights<'a>(segments: &[Segment], texts: &'a [Text], frequencies: &DocumentFrequencies) -> Weights<'a> {
    let all = (frequencies.documents().max(1) as f64).ln();
    let mut known = HashMap::new();
    for (segment, text) in segments.iter().zip(texts) {
        let pairs = segment.references.iter().zip(&text.references).chain([(&segment.candidate, &text.candidate)]);
        for (words, ids) in pairs {
            for n in 1..=ORDERS {
                for (gram, key) in words.windows(n).zip(ids.windows(n)) {
                    known.entry(key).or_insert_with(|| all - f64::from(frequencies.get(gram).max(1)).ln());
                }
            }
        }
    }
    Weights { known, unknown: all }
}

/// Weighted n-gram vector of one order.
struct Vector<'a> {
    values: Vec<(&'a [u32], f64)>,
    norm: f64,
}

impl<'a> Vector<'a> {
    fn new(ids: &'a [u32], n: usize, weights: &Weights<'_>) -> Self {
        let values: Vec<(&[u32], f64)> =
            counts(ids, n).into_iter().map(|(gram, count)| (gram, f64::from(count) * weights.of(gram))).collect();
        let norm = values.iter().map(|(_, v)| v * v).sum::<f64>().sqrt();
        Self { values, norm }
    }

    fn similarity(&self, reference: &Self, form: CiderForm) -> f64 {
        if self.norm == 0.0 || reference.norm == 0.0 {
            return 0.0;
        }
        let product = |(a, b): (f64, f64)| if form == CiderForm::D { a.min(b) * b } else { a * b };
        shared(&self.values, &reference.values).map(product).sum::<f64>() / (self.norm * reference.norm)
    }
}

impl Text {
    fn new<'a>(segment: &'a Segment, vocabulary: &mut Vocabulary<'a>) -> Self {
        let candidate = vocabulary.ids(&segment.candidate);
        Self { candidate, references: segment.references.iter().map(|r| vocabulary.ids(r)).collect() }
    }

    fn score(&self, weights: &Weights<'_>, form: CiderForm) -> f64 {
        let mut sum = 0.0;
        for n in 1..=ORDERS {
            let candidate = Vector::new(&self.candidate, n, weights);
            for reference in &self.references {
                let similarity = candidate.similarity(&Vector::new(reference, n, weights), form);
                sum += match form {
                    CiderForm::Plain => similarity,
                    CiderForm::D => 10.0 * similarity * self.length_factor(reference),
                };
            }
        }
        sum / (ORDERS * self.references.len()) as f64
    }

    fn length_factor(&self, reference: &[u32]) -> f64 {
        let bigrams = |ids: &[u32]| ids.len().saturating_sub(1) as f64;
        let difference = bigrams(&self.candidate) - bigrams(reference);
        (-difference * difference / (2.0 * SIGMA * SIGMA)).exp()
    }
}
