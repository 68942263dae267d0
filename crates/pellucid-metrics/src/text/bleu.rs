//! BLEU: clipped n-gram precision with a penalty for brevity.
//!
//! # Formula
//! ```text
//! BLEU-N = BP exp( 1/N sum_{n=1..N} ln(m_n / t_n) ),   BP = 1 if c >= r, else exp(1 - r/c)
//! ```
//!
//! # Symbols
//! - `m_n`: n-grams of the candidate that a reference has, each counted at most as often as in the reference where it's most frequent
//! - `t_n = max(0, c - n + 1)`: n-grams of the candidate
//! - `c`: length of the candidate; `r`: length of the reference that is closest to it, the shorter one on a tie; tokens
//!
//! # In images
//! Blind to negation and to side: "no evidence of pneumothorax" and "evidence of pneumothorax" score high against each other. Read it together
//! with [`crate::text::flips`].
//!
//! # Departures
//! Values are in `[0, 1]`; sacreBLEU prints them times 100. An empty candidate scores 0.
//!
//! # Source
//! Papineni et al., BLEU, ACL 2002; smoothing after Chen and Cherry, WMT 2014, as in sacreBLEU 2.6.

use serde::Serialize;

use super::ngram::{Counts, Vocabulary, counts};
use crate::text::{Segment, Tokenizer};
use crate::{Outcome, Undefined};

/// What happens when an order has no match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Smoothing {
    /// The score is 0.
    None,
    /// A zero count becomes this many matches.
    Floor(f64),
    /// This is added to matches and totals from bigrams on. A candidate shorter than `n` then has precision 1: not for short texts.
    AddK(f64),
    /// NIST: the j-th zero becomes `1 / (2^j t_n)`.
    #[default]
    Exp,
    /// As `pycocoevalcap`: every ratio is `(m + 1e-15) / (t + 1e-9)`, so that no match gives about 1e-5 to 1e-16 instead of 0.
    Coco,
}

const COCO_TINY: f64 = 1e-15;
const COCO_SMALL: f64 = 1e-9;

/// How BLEU is made from its counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BleuOptions {
    /// Largest n, at least 1.
    pub order: usize,
    /// What happens when an order has no match.
    pub smoothing: Smoothing,
    /// Average only over the orders that the candidate is long enough for.
    pub effective_order: bool,
}

impl BleuOptions {
    /// For one text: order 4, exponential smoothing, effective order.
    pub const SENTENCE: Self = Self { order: 4, smoothing: Smoothing::Exp, effective_order: true };
    /// For a set of texts, as sacreBLEU: order 4, exponential smoothing, all orders.
    pub const CORPUS: Self = Self { order: 4, smoothing: Smoothing::Exp, effective_order: false };

    /// The same up to order `order` (at least 1).
    pub fn with_order(self, order: usize) -> Self {
        Self { order: order.max(1), ..self }
    }

    /// The same with another smoothing.
    pub fn with_smoothing(self, smoothing: Smoothing) -> Self {
        Self { smoothing, ..self }
    }

    /// What a reader must know to compare two scores.
    pub fn signature(&self, tokenizer: Tokenizer, level: &str) -> String {
        let smoothing = match self.smoothing {
            Smoothing::None => "none".to_string(),
            Smoothing::Floor(value) => format!("floor[{value}]"),
            Smoothing::AddK(value) => format!("add-k[{value}]"),
            Smoothing::Exp => "exp".to_string(),
            Smoothing::Coco => "coco".to_string(),
        };
        let effective = if self.effective_order { "yes" } else { "no" };
        format!("BLEU-{}|{level}|tok:{}|smooth:{smoothing}|eff:{effective}", self.order, tokenizer.id())
    }
}

/// Counts that BLEU is made of; they add up over texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BleuCounts {
    /// `m_n`, n from 1.
    pub matches: Vec<u64>,
    /// `t_n`, n from 1.
    pub totals: Vec<u64>,
    /// `c`, tokens.
    pub candidate_length: u64,
    /// `r`, tokens.
    pub reference_length: u64,
}

impl BleuCounts {
    /// Counts one text up to order `order`.
    ///
    /// # Errors
    /// [`Undefined::NoReferences`].
    pub fn of(segment: &Segment, order: usize) -> Outcome<Self> {
        let references = segment.references()?;
        let mut vocabulary = Vocabulary::default();
        let candidate = vocabulary.ids(&segment.candidate);
        let references: Vec<Vec<u32>> = references.iter().map(|r| vocabulary.ids(r)).collect();
        let matches = (1..=order).map(|n| clipped(&candidate, &references, n)).collect();
        let totals = (1..=order).map(|n| (candidate.len() + 1).saturating_sub(n) as u64).collect();
        let closest =
            references.iter().map(Vec::len).min_by_key(|&len| (len.abs_diff(candidate.len()), len)).unwrap_or(0);
        Ok(Self { matches, totals, candidate_length: candidate.len() as u64, reference_length: closest as u64 })
    }

    /// Adds the counts of another text.
    pub fn add(&mut self, other: &Self) {
        let orders = self.matches.len().max(other.matches.len());
        self.matches.resize(orders, 0);
        self.totals.resize(orders, 0);
        self.matches.iter_mut().zip(&other.matches).for_each(|(a, b)| *a += b);
        self.totals.iter_mut().zip(&other.totals).for_each(|(a, b)| *a += b);
        self.candidate_length += other.candidate_length;
        self.reference_length += other.reference_length;
    }

    /// `BP`.
    pub fn brevity_penalty(&self) -> f64 {
        let (c, r) = (self.candidate_length as f64, self.reference_length as f64);
        if c >= r {
            1.0
        } else if c == 0.0 {
            0.0
        } else {
            (1.0 - r / c).exp()
        }
    }

    /// BLEU from these counts, in `[0, 1]`; orders that weren't counted are left out.
    pub fn score(&self, options: &BleuOptions) -> f64 {
        let order = options.order.min(self.matches.len());
        if let Smoothing::Coco = options.smoothing {
            return self.coco(order);
        }
        if self.candidate_length == 0 || self.matches.iter().all(|&m| m == 0) {
            return 0.0;
        }
        let precisions = self.precisions(order, options);
        if precisions.is_empty() || precisions.contains(&0.0) {
            return 0.0;
        }
        let mean = precisions.iter().map(|p| p.ln()).sum::<f64>() / precisions.len() as f64;
        self.brevity_penalty() * mean.exp()
    }

    /// Smoothed precisions of the orders in use.
    pub fn precisions(&self, order: usize, options: &BleuOptions) -> Vec<f64> {
        let mut zeros = 0;
        let mut precisions = Vec::new();
        for (n, (&m, &t)) in self.matches.iter().zip(&self.totals).take(order).enumerate() {
            let (mut m, mut t) = (m as f64, t as f64);
            if let Smoothing::AddK(k) = options.smoothing
                && n > 0
            {
                (m, t) = (m + k, t + k);
            }
            if t == 0.0 {
                if !options.effective_order {
                    precisions.push(0.0);
                }
                continue;
            }
            if m == 0.0 {
                m = match options.smoothing {
                    Smoothing::Floor(value) => value,
                    Smoothing::Exp => {
                        zeros += 1;
                        0.5f64.powi(zeros)
                    }
                    _ => 0.0,
                };
            }
            precisions.push(m / t);
        }
        precisions
    }

    fn coco(&self, order: usize) -> f64 {
        let ratio = |m: f64, t: f64| (m + COCO_TINY) / (t + COCO_SMALL);
        let product: f64 =
            self.matches.iter().zip(&self.totals).take(order).map(|(&m, &t)| ratio(m as f64, t as f64)).product();
        let length = ratio(self.candidate_length as f64, self.reference_length as f64);
        let penalty = if length < 1.0 { (1.0 - 1.0 / length).exp() } else { 1.0 };
        product.powf(1.0 / order.max(1) as f64) * penalty
    }
}

/// `m_n`.
fn clipped(candidate: &[u32], references: &[Vec<u32>], n: usize) -> u64 {
    let references: Vec<Counts<'_>> = references.iter().map(|r| counts(r, n)).collect();
    counts(candidate, n).iter().map(|&(gram, count)| u64::from(count.min(most(&references, gram)))).sum()
}

/// Largest count of an n-gram in one reference.
fn most(references: &[Counts<'_>], gram: &[u32]) -> u32 {
    let in_one =
        |counts: &Counts<'_>| counts.binary_search_by(|(other, _)| (*other).cmp(gram)).map_or(0, |at| counts[at].1);
    references.iter().map(in_one).max().unwrap_or(0)
}

/// BLEU of one text.
///
/// # Errors
/// [`Undefined::NoReferences`].
pub fn sentence_bleu(segment: &Segment, options: &BleuOptions) -> Outcome {
    Ok(BleuCounts::of(segment, options.order)?.score(options))
}

/// Counts of a set of texts, summed. The score of the sum is not the mean of the texts' scores.
///
/// # Errors
/// [`Undefined::NoInstances`] without a text, [`Undefined::NoReferences`] when a text has no reference.
pub fn corpus_counts(segments: &[Segment], order: usize) -> Outcome<BleuCounts> {
    let mut sum = BleuCounts::default();
    if segments.is_empty() {
        return Err(Undefined::NoInstances);
    }
    for segment in segments {
        sum.add(&BleuCounts::of(segment, order)?);
    }
    Ok(sum)
}

/// BLEU of a set of texts.
///
/// # Errors
/// As [`corpus_counts`].
pub fn corpus_bleu(segments: &[Segment], options: &BleuOptions) -> Outcome {
    Ok(corpus_counts(segments, options.order)?.score(options))
}
